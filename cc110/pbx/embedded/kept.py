"""The keeper of a running PBX, as its parent sees it: spawned, waited for, told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEEPER = Path(__file__).with_name("keeper.py")


class KeptProcess:
    """A program under a keeper.

    asyncio's own subprocesses would not do: they are killed with their event loop, and a program
    that was started to stay must outlive it.
    """

    def __init__(self, pid: int, lifeline: int | None) -> None:
        """Watch the keeper `pid`; `lifeline` is our end of the pipe that it reads, if any."""
        self._pid = pid
        self._lifeline = lifeline
        self._handle = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self._code: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(self._handle, self._reap)

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        *,
        log: Path,
        directory: Path,
        descriptors: int,
        grace: float,
        tied: bool,
    ) -> KeptProcess:
        """Run `command` in `directory` and a session of its own; what it prints is added to `log`.

        `descriptors` and `grace` are as the keeper has them. Raises OSError.
        """
        options = ["tied" if tied else "free", str(directory), str(descriptors), str(grace)]
        program = [sys.executable, "-I", "-S", str(_KEEPER), *options, *command]
        far, near = os.pipe() if tied else (os.open(os.devnull, os.O_RDONLY), None)
        try:
            pid = _spawn(program, far, log)
        except BaseException:
            if near is not None:
                os.close(near)
            raise
        finally:
            os.close(far)
        return cls(pid, near)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._code.done()

    async def wait(self) -> int:
        """Wait for the end; return the exit code."""
        return await asyncio.shield(self._code)

    def let_go(self) -> None:
        """Have the keeper end its program, with SIGTERM first. Returns at once."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the keeper, upon which the kernel kills its program."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def _reap(self) -> None:
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        _, status = os.waitpid(self._pid, 0)
        self._code.set_result(os.waitstatus_to_exitcode(status))
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def _spawn(program: list[str], stdin: int, log: Path) -> int:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, stdin, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, output, to) for to in (1, 2)]
        return os.posix_spawn(
            program[0], program, os.environ, file_actions=actions, setsid=True, setsigmask=()
        )
    finally:
        os.close(output)
