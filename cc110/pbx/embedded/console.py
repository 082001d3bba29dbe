"""Asterisk's console from outside: `asterisk -rx` and the control socket it talks to."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cc110.pbx.embedded.asterisk_conf import directories
from cc110.pbx.embedded.errors import (
    AlreadyRunning,
    ConsoleTimeout,
    PbxNotRunning,
    PbxRunError,
    RunDirMismatch,
    RunDirTooLong,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cc110.pbx.embedded.installation import Installation

_SOCKET = "asterisk.ctl"
# sockaddr_un has 108 bytes with the final zero, and Asterisk cuts a longer path silently.
_LONGEST = 107
_NO_CONNECTION = "Unable to connect to remote asterisk"


@dataclass(frozen=True, kw_only=True)
class PbxStatus:
    """What a PBX says of itself. Without a process all else is None.

    `uptime` is in seconds; `calls` are those going on, `processed` those since the start.
    """

    pid: int | None
    version: str | None = None
    uptime: int | None = None
    calls: int | None = None
    processed: int | None = None

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self.pid is not None


class Console:
    """The console of the PBX that runs, or will run, with one configuration and run directory."""

    def __init__(self, installation: Installation, *, etc_dir: Path, run_dir: Path) -> None:
        """Check that asterisk.conf and the control socket's path fit.

        Raises RunDirTooLong or RunDirMismatch.
        """
        self.config = etc_dir.absolute() / "asterisk.conf"
        self.socket = run_dir.absolute() / _SOCKET
        self._command = installation.command
        _require_short(self.socket)
        _require_same(self.config, run_dir.absolute())

    async def run(self, command: str, *, limit: float = 10.0) -> str:
        """Return what the PBX prints for one console command, such as `core show uptime`.

        Raises PbxNotRunning, ConsoleTimeout after `limit` seconds, or PbxRunError.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *("-C", str(self.config), "-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(limit):
                output, _ = await process.communicate()
        except TimeoutError:
            msg = f"The PBX gave no answer to `{command}` within {limit:g} s."
            raise ConsoleTimeout(msg) from None
        finally:
            await _end(process)
        return _answer(command, process.returncode, output.decode(errors="replace"))

    def pid(self) -> int | None:
        """Return the number of the process that listens on the control socket."""
        return _listener(self.socket)

    async def status(self) -> PbxStatus:
        """Return what the PBX says of itself. Raises ConsoleTimeout if it hangs."""
        pid = self.pid()
        if pid is None:
            return PbxStatus(pid=None)
        try:
            version = await self.run("core show version")
            uptime = await self.run("core show uptime seconds")
            calls = await self.run("core show channels count")
        except PbxNotRunning:
            return PbxStatus(pid=None)
        return PbxStatus(
            pid=pid,
            version=_find(r"Asterisk (\S+)", version),
            uptime=_number(r"System uptime: (\d+)", uptime),
            calls=_number(r"(\d+) active call", calls),
            processed=_number(r"(\d+) calls? processed", calls),
        )


def require_stopped(run_dir: Path) -> None:
    """Refuse to touch what a running PBX reads. Raises AlreadyRunning."""
    if (pid := _listener(run_dir.absolute() / _SOCKET)) is not None:
        msg = f"A PBX is already running on {run_dir} (pid {pid}); stop it first."
        raise AlreadyRunning(msg)


def _listener(path: Path) -> int | None:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return None
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", credentials)[0]
    return pid


def _require_short(path: Path) -> None:
    length = len(bytes(path))
    if length > _LONGEST:
        msg = (
            f"The PBX's control socket {path} has {length} bytes and {_LONGEST} are allowed: "
            "set CC110_HOME to a shorter path."
        )
        raise RunDirTooLong(msg)


def _require_same(config: Path, run_dir: Path) -> None:
    try:
        named = directories(config).get("astrundir")
    except OSError as error:
        msg = f"{config} cannot be read ({error.strerror}): render the PBX's configuration first."
        raise PbxRunError(msg) from error
    if named != run_dir:
        msg = f"{config} names {named} as astrundir, and not {run_dir}: render it again."
        raise RunDirMismatch(msg)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _answer(command: str, code: int | None, output: str) -> str:
    if _NO_CONNECTION in output:
        raise PbxNotRunning(detail=output)
    if code:
        msg = f"The PBX's console failed at `{command}`: {output.strip()}."
        raise PbxRunError(msg, detail=output)
    return output


def _find(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


def _number(pattern: str, text: str) -> int | None:
    found = _find(pattern, text)
    return int(found) if found else None
