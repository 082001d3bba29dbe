"""The running PBX: started, watched and stopped, and never left behind."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cc110.pbx.embedded.asterisk_conf import make_directories
from cc110.pbx.embedded.console import Console, PbxStatus
from cc110.pbx.embedded.errors import (
    AlreadyRunning,
    PbxDied,
    PbxError,
    PbxNotReady,
    PbxNotRunning,
    PbxRunError,
)
from cc110.pbx.embedded.kept import KeptProcess
from cc110.pbx.embedded.ports import Listen, require_free

if TYPE_CHECKING:
    from pathlib import Path

    from cc110.pbx.embedded.installation import Installation

DESCRIPTORS = 32_768
"""Open files the PBX may have; more would not fit the sets it selects on (its ast_FDMAX)."""

_LOG_LIMIT = 1_000_000
_LAST_LINES = 20
_ERROR_LINE = re.compile(r"ERROR\[\d+\]\S*:? (?:\S+:\d+ \w+: )?(?P<said>.+)")


@dataclass(frozen=True, kw_only=True)
class PbxRun:
    """How to run a PBX.

    Attributes:
        etc_dir: holds asterisk.conf and the rest of the configuration.
        run_dir: what asterisk.conf calls `astrundir`; the control socket is made there.
        log: what the PBX prints is added to this file.
        listens: addresses that must be free before the start.
        boot_limit: seconds until the PBX must have fully booted.
        descriptors: open files the PBX may have, if this user's hard limit allows as many.
        term_grace: seconds between SIGTERM and SIGKILL for a PBX that did not stop when asked.
        tied: end the PBX when this process ends, however that happens.
    """

    etc_dir: Path
    run_dir: Path
    log: Path
    listens: tuple[Listen, ...] = ()
    boot_limit: float = 30.0
    descriptors: int = DESCRIPTORS
    term_grace: float = 5.0
    tied: bool = True


class PbxProcess:
    """A PBX that this process started with `start`."""

    def __init__(
        self,
        console: Console,
        run: PbxRun,
        kept: KeptProcess,
    ) -> None:
        """Take over the PBX under its keeper."""
        self.socket = console.socket
        self._console = console
        self._run = run
        self._kept = kept

    @classmethod
    async def start(cls, installation: Installation, run: PbxRun) -> PbxProcess:
        """Start Asterisk and return once it has fully booted.

        It runs as the calling user, in a session of its own, so that Ctrl-C does not reach it.
        Raises PortInUse, AlreadyRunning, PbxDied, PbxNotReady or another PbxRunError.
        """
        console = Console(installation, etc_dir=run.etc_dir, run_dir=run.run_dir)
        if (pid := console.pid()) is not None:
            msg = f"A PBX is already running on {run.run_dir} (pid {pid}); stop it first."
            raise AlreadyRunning(msg)
        require_free(run.listens)
        command = [*installation.command, "-C", str(console.config), "-f", "-n"]
        try:
            make_directories(console.config)
            seen = _prepare_log(run.log)
            kept = _spawn(command, run)
        except OSError as error:
            raise PbxRunError(f"The PBX cannot be started: {error}.") from error
        pbx = cls(console, run, kept)
        try:
            await pbx._boot(seen)
        except BaseException:
            await pbx._end()
            raise
        return pbx

    @property
    def running(self) -> bool:
        """Whether the PBX has not ended."""
        return self._kept.running

    async def wait(self) -> int:
        """Wait until the PBX ends by itself or otherwise; return its exit code."""
        return await self._kept.wait()

    async def console(self, command: str, *, limit: float = 10.0) -> str:
        """Return what the PBX prints for a console command.

        Raises PbxNotRunning, ConsoleTimeout after `limit` seconds, or another PbxRunError.
        """
        return await self._console.run(command, limit=limit)

    async def status(self) -> PbxStatus:
        """Return what the PBX says of itself. Raises ConsoleTimeout if it hangs."""
        return await self._console.status()

    async def stop(self, grace: float = 10.0) -> int:
        """End the PBX and return its exit code, once the process is gone.

        It is asked to stop and has `grace` seconds for that, then SIGTERM, then SIGKILL.
        """
        try:
            async with asyncio.timeout(grace):
                with suppress(PbxError):
                    await self._console.run("core stop now", limit=grace)
                return await self._kept.wait()
        except TimeoutError:
            return await self._end()
        except asyncio.CancelledError:
            self._kept.let_go()
            raise

    async def _boot(self, seen: int) -> None:
        """Wait for the first of: fully booted, ended, out of time."""
        booted = asyncio.create_task(self._fully_booted(), name="pbx-boot")
        ended = asyncio.create_task(self._kept.wait(), name="pbx-end")
        try:
            await asyncio.wait(
                (booted, ended), timeout=self._run.boot_limit, return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done():
                raise _died(ended.result(), self._run.log, seen)
            if not booted.done():
                raise _not_ready(self._run, seen)
            booted.result()
        finally:
            booted.cancel()
            ended.cancel()
            await asyncio.gather(booted, ended, return_exceptions=True)

    async def _fully_booted(self) -> None:
        while True:
            if self._console.socket.exists():
                with suppress(PbxNotRunning):
                    said = await self._console.run("core waitfullybooted", limit=3600)
                    if "fully booted" in said:
                        return
            await asyncio.sleep(0.02)

    async def _end(self) -> int:
        """Have the keeper end the PBX, and wait for that."""
        self._kept.let_go()
        try:
            async with asyncio.timeout(self._run.term_grace + 5.0):
                return await self._kept.wait()
        except TimeoutError:
            self._kept.kill()
            return await self._kept.wait()


def _spawn(command: list[str], run: PbxRun) -> KeptProcess:
    return KeptProcess.spawn(
        command,
        log=run.log,
        directory=run.run_dir,
        descriptors=run.descriptors,
        grace=run.term_grace,
        tied=run.tied,
    )


def _prepare_log(log: Path) -> int:
    """Put a long log aside, and return the length of the one to be added to."""
    log.parent.mkdir(parents=True, exist_ok=True)
    size = log.stat().st_size if log.exists() else 0
    if size < _LOG_LIMIT:
        return size
    log.replace(log.with_name(f"{log.name}.1"))
    return 0


def _died(code: int, log: Path, seen: int) -> PbxDied:
    lines = _last_lines(log, seen)
    msg = f"The PBX ended with code {code} while starting: {_why(lines)} (see {log})."
    return PbxDied(msg, detail="\n".join(lines))


def _not_ready(run: PbxRun, seen: int) -> PbxNotReady:
    lines = _last_lines(run.log, seen)
    msg = f"The PBX did not boot within {run.boot_limit:g} s: {_why(lines)} (see {run.log})."
    return PbxNotReady(msg, detail="\n".join(lines))


def _last_lines(log: Path, seen: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(seen)
        text = file.read(_LOG_LIMIT).decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()][-_LAST_LINES:]


def _why(lines: list[str]) -> str:
    """Return the first error in the log, which the later ones mostly follow from."""
    errors = filter(None, map(_ERROR_LINE.search, lines))
    first = next((error["said"] for error in errors), lines[-1] if lines else "it said nothing")
    return first.rstrip(".")
