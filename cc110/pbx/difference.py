"""What changes between two configurations, for people: unified, and without passwords."""

import hashlib
import re
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import Final

from cc110.pbx.generations import changed_names
from cc110.pbx.render import File, Files

_SECRET: Final = re.compile(r"^(\s*(?:password|secret|url)\s*=>?\s*)(.*\S)", re.IGNORECASE)
_BINARY: Final = frozenset({".wav"})


def masked(line: str) -> str:
    """A line without its password; the same password gives the same mark, so that a change is seen."""

    def hidden(found: re.Match[str]) -> str:
        return f"{found[1]}<hidden {hashlib.sha256(found[2].encode()).hexdigest()[:6]}>"

    return _SECRET.sub(hidden, line)


def difference(before: Files, after: Files) -> Iterator[str]:
    """Lines of a unified diff, file by file."""
    for name in changed_names(before, after):
        path = PurePosixPath(name)
        old, new = before.get(path), after.get(path)
        if path.suffix in _BINARY:
            yield f"Binary file {name} {_became(old, new)}"
        else:
            yield from unified_diff(
                _lines(old), _lines(new), f"live/{name}", f"site/{name}", lineterm=""
            )
            if old and new and old.mode != new.mode:
                yield f"Mode of {name}: {old.mode:04o}, should be {new.mode:04o}"


def _became(old: File | None, new: File | None) -> str:
    return "is new" if old is None else "goes" if new is None else "differs"


def _lines(file: File | None) -> list[str]:
    text = file.content.decode("utf-8", errors="replace") if file else ""
    return [masked(line) for line in text.splitlines()]
