"""Stopping a PBX that another process started."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cc110.pbx.embedded.errors import PbxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cc110.pbx.embedded.console import Console


async def stop_running(console: Console, grace: float = 10.0, term_grace: float = 5.0) -> bool:
    """End the PBX behind `console` and return once it is gone; False if there is none.

    It is asked to stop and has `grace` seconds for that, then SIGTERM and
    `term_grace` seconds, then SIGKILL.
    Raises PermissionError if it is another user's.
    """
    pid = console.pid()
    if pid is None:
        return False
    with suppress(ProcessLookupError), _watched(pid) as (process, ended):
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                with suppress(PbxError):
                    await console.run("core stop now", limit=grace)
                await ended.wait()
        await _kill(process, ended, term_grace)
    return True


async def _kill(process: int, ended: asyncio.Event, grace: float) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if ended.is_set():
            return
        signal.pidfd_send_signal(process, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await ended.wait()


@contextmanager
def _watched(pid: int) -> Iterator[tuple[int, asyncio.Event]]:
    """Yield a handle on the process that stays its own, and an event set when it has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    process = os.pidfd_open(pid)
    try:
        loop.add_reader(process, ended.set)
        yield process, ended
    finally:
        loop.remove_reader(process)
        os.close(process)
