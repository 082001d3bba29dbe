"""An Asterisk that the machine already has."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cc110.pbx.embedded.asterisk_conf import directories
from cc110.pbx.embedded.errors import PbxInstallError
from cc110.pbx.embedded.installation import Installation, asterisk_version

if TYPE_CHECKING:
    from collections.abc import Sequence

# A module that this service cannot do without, and that tells a module directory from others.
_TELLTALE = "res_pjsip.so"


@dataclass(frozen=True, kw_only=True)
class NotUsable:
    """Why no installed Asterisk is used: one sentence."""

    reason: str


def find_installed(path: str | None = None) -> Installation | NotUsable:
    """Return the Asterisk on the search path `path`; None means PATH, then /usr/sbin."""
    found = shutil.which("asterisk", path=path or _search_path())
    if found is None:
        return NotUsable(reason="No Asterisk is installed.")
    program = Path(found).resolve()
    try:
        version = asterisk_version([found])
    except PbxInstallError as error:
        return NotUsable(reason=str(error))
    return _describe(found, program.parent.parent, version)


def _describe(command: str, prefix: Path, version: str) -> Installation | NotUsable:
    named = _named_directories(prefix)
    modules = _first(named.get("astmoddir"), _module_directories(prefix), _TELLTALE)
    data = _first(named.get("astdatadir"), _data_directories(prefix), "sounds")
    if modules is None or data is None:
        missing = "modules" if modules is None else "sounds"
        return NotUsable(
            reason=f"{command} is Asterisk {version}, but its {missing} are not found."
        )
    return Installation(
        command=(command,), modules_dir=modules, data_dir=data, version=version, origin="system"
    )


def _search_path() -> str:
    # Many users' PATH lacks the directories of programs for administrators.
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])


def _named_directories(prefix: Path) -> dict[str, Path]:
    """Return the directories named in the asterisk.conf that belongs to `prefix`."""
    etc = Path("/etc") if prefix == Path("/usr") else prefix / "etc"
    try:
        return directories(etc / "asterisk" / "asterisk.conf")
    except OSError:
        return {}


def _module_directories(prefix: Path) -> list[Path]:
    libraries = [prefix / "lib", prefix / "lib64", *sorted(prefix.glob("lib/*-linux-gnu"))]
    return [library / "asterisk" / "modules" for library in libraries]


def _data_directories(prefix: Path) -> list[Path]:
    return [prefix / "share" / "asterisk", prefix / "var/lib/asterisk", Path("/var/lib/asterisk")]


def _first(named: Path | None, usual: Sequence[Path], content: str) -> Path | None:
    """Return the first directory that exists and holds `content`."""
    candidates = [named, *usual] if named else usual
    return next((place for place in candidates if (place / content).exists()), None)
