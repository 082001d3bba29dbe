"""cc110 without the second that Python takes to import it: forked from a process that has done so.

The suite starts the daemon and commands some hundred times. What runs is the same program, in a process and
a session of its own; only its modules were read before. The measurements of `make bench`, and the tests of
`cc110 run`, start it as people do.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from asyncio import StreamReader, StreamReaderProtocol
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from .background import is_in_background, step_back

_PRELOADED: Final = ["cc110.cli.main", "cc110.cli.serving", "cc110.app.daemon", __name__]


class WarmProcess:
    """What tests use of `asyncio.subprocess.Process`."""

    def __init__(
        self, process: ForkServerProcess, stdout: StreamReader, stderr: StreamReader | None
    ) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.stdout = stdout
        self.stderr = stderr
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

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it prints, once it has ended."""
        assert self.stderr is not None, "its errors go to a file"
        said = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return said[0], said[1]


async def start_warm(
    *words: str, environ: Mapping[str, str], log: Path | None = None
) -> WarmProcess:
    """Start `cc110 WORDS` with this environment and nothing else.

    Args:
        words: the command.
        environ: its environment.
        log: a file to which its standard error is added; without one it is read here.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    out, its_out = context.Pipe(duplex=False)
    err, its_err = (None, None) if log else context.Pipe(duplex=False)
    told = (words, dict(environ), its_out, its_err or str(log))
    process = context.Process(target=_run, args=told, daemon=True)
    await asyncio.to_thread(process.start)  # the first of them waits for the imports
    its_out.close()
    if its_err:
        its_err.close()
    return WarmProcess(process, await _reader(out), await _reader(err) if err else None)


async def _reader(pipe: Connection) -> StreamReader:
    reader = StreamReader()
    with pipe:
        file = os.fdopen(os.dup(pipe.fileno()), "rb")
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: StreamReaderProtocol(reader), file)
    return reader


def _run(
    words: Sequence[str], environ: Mapping[str, str], stdout: Connection, stderr: Connection | str
) -> None:
    from cc110.cli.main import main

    if is_in_background():
        step_back()
    else:
        os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    with stdout:
        os.dup2(stdout.fileno(), 1)
    with Path(stderr).open("ab") if isinstance(stderr, str) else stderr as file:
        os.dup2(file.fileno(), 2)
    sys.argv = ["cc110", *words]
    main()
