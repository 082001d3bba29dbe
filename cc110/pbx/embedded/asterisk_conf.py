"""The directories that an asterisk.conf names."""

from __future__ import annotations

import re
from pathlib import Path

_DIRECTORY = re.compile(r"^\s*(?P<name>ast\w+dir)\s*=>?\s*(?P<path>[^;\n]*[^;\s])", re.MULTILINE)
# The other two, astetcdir and astmoddir, are there already or nothing can run.
_WRITTEN = ("astvarlibdir", "astdbdir", "astkeydir", "astspooldir", "astrundir", "astlogdir")


def directories(config: Path) -> dict[str, Path]:
    """Return the directories by name, such as `astrundir`. Raises OSError."""
    text = config.read_text(errors="replace")
    return {found["name"]: Path(found["path"]) for found in _DIRECTORY.finditer(text)}


def make_directories(config: Path) -> None:
    """Make those that Asterisk writes to, for this user alone. Raises OSError."""
    named = directories(config)
    for place in (named[name] for name in _WRITTEN if name in named):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
