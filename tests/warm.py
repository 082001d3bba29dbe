"""A daemon without the second that Python takes to import it: forked from a process that has.

The suite starts the daemon some two hundred times. What runs is `cc110 daemon` itself, in a process and
a session of its own; only its modules were read before. The measurements of `make bench` start it as
people do.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from asyncio import StreamReader, StreamReaderProtocol
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

_PRELOADED: Final = ["cc110.cli.main", "cc110.cli.serving", "cc110.app.daemon", __name__]


class WarmProcess:
    """What tests use of `asyncio.subprocess.Process`."""

    def __init__(self, process: ForkServerProcess, stdout: StreamReader) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.stdout = stdout
        self._process = process

    @property
    def returncode(self) -> int | None:
        """None while it runs; minus the signal that ended it, or its exit code."""
        return self._process.exitcode

    def send_signal(self, what: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, what)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it has ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self.returncode is not None
        return self.returncode


async def start_warm(environ: Mapping[str, str], log: Path) -> WarmProcess:
    """Start `cc110 daemon` with this environment and nothing else; what it logs is added to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(dict(environ), str(log), theirs), daemon=True)
    await asyncio.to_thread(process.start)  # the first of them waits for the imports
    theirs.close()
    loop, reader = asyncio.get_running_loop(), StreamReader()
    await loop.connect_read_pipe(
        lambda: StreamReaderProtocol(reader), os.fdopen(os.dup(ours.fileno()), "rb")
    )
    ours.close()
    return WarmProcess(process, reader)


def _serve(environ: Mapping[str, str], log: str, stdout: Connection) -> None:
    from cc110.cli.main import main

    os.setsid()  # as under systemd
    os.environ.clear()
    os.environ.update(environ)
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.argv = ["cc110", "daemon"]
    main()
