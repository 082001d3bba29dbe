"""An Asterisk that can be run, and the tools beside it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cc110.pbx.embedded.errors import CacheNotExecutable, PbxInstallError, ToolMissing, TooOld

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FLOOR = (22, 10, 1)
"""The oldest Asterisk that has the fixes this service relies on."""

_VERSION = re.compile(r"Asterisk (?P<version>(\d+)\.(\d+)\.(\d+)\S*)")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """An Asterisk of at least the floor version.

    Attributes:
        command: what to put before Asterisk's own arguments.
        modules_dir: for `astmoddir`.
        data_dir: sounds and documentation of the package, for `astdatadir`.
        version: as Asterisk prints it, such as `22.10.1+dfsg-1`.
        origin: `system` if it was there before, `embedded` if it was unpacked.
        tools: the command of each tool at hand, by name.
    """

    command: tuple[str, ...]
    modules_dir: Path
    data_dir: Path
    version: str
    origin: Literal["system", "embedded"]
    tools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tool(self, name: str) -> tuple[str, ...]:
        """Return the command that runs `sipp` or `espeak-ng`. Raises ToolMissing."""
        try:
            return self.tools[name]
        except KeyError:
            msg = f"{name} is not installed: run `cc110 pbx install --with {name}`."
            raise ToolMissing(msg) from None


def asterisk_version(command: Sequence[str]) -> str:
    """Return the version of the Asterisk that `command` runs.

    Raises TooOld if it is below the floor, or has none by which this could be told (such as a
    development build); CacheNotExecutable or PbxInstallError if it cannot run.
    """
    printed = run([*command, "-V"])
    found = _VERSION.match(printed)
    if found is None:
        msg = f"{command[0]} is {printed.strip() or 'nothing known'}, not a release of Asterisk."
        raise TooOld(msg)
    if tuple(int(part) for part in found.groups()[1:]) < FLOOR:
        floor = ".".join(map(str, FLOOR))
        msg = f"{command[0]} is Asterisk {found['version']}, and {floor} or later is needed."
        raise TooOld(msg)
    return found["version"]


def run(command: Sequence[str], *, code: int = 0) -> str:
    """Return what `command` prints, if it ends with `code`.

    Raises CacheNotExecutable or PbxInstallError if it does not.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except PermissionError as error:
        msg = f"{command[0]} may not be run: is its disk mounted noexec? Set CC110_CACHE elsewhere."
        raise CacheNotExecutable(msg, detail=str(error)) from error
    except (OSError, subprocess.SubprocessError) as error:
        msg = f"{command[0]} does not run: {error}."
        raise PbxInstallError(msg) from error
    if done.returncode != code:
        said = (done.stderr or done.stdout).strip() or f"it ended with code {done.returncode}"
        msg = f"{command[0]} does not run: {said}."
        raise PbxInstallError(msg, detail=said)
    return done.stdout
