"""Waiting for the journal at the start: the dialplan carries the calls meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Final

import structlog

from cc110.service.heartbeat import tell_systemd

_log = structlog.get_logger("daemon")
_AGAIN_S: Final = 1.0
_EXTENDED_S: Final = 30


class StoppedWaiting(Exception):
    """We were told to stop before there was a journal."""


class Patience:
    """Waits as long as it takes, tells why, and hears when it is to stop."""

    def __init__(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        self._stop = stop
        self._told = ""

    async def once_more(self, reason: str) -> None:
        """Wait a little before the next attempt.

        Raises:
            StoppedWaiting: there is to be none.
        """
        self._tell(reason)
        try:
            async with asyncio.timeout(_AGAIN_S):
                await self._stop.wait()
        except TimeoutError:
            return
        raise StoppedWaiting

    async def until(self, done: Coroutine[None, None, None], reason: str) -> None:
        """Wait until something is done.

        Raises:
            StoppedWaiting: we were told to stop before it was.
        """
        task = asyncio.create_task(done)
        try:
            while not (await asyncio.wait({task}, timeout=_AGAIN_S))[0]:
                await self.once_more(reason)
            await task
        finally:
            task.cancel()

    def _tell(self, reason: str) -> None:
        """systemd gives up a start that takes long, unless it hears of us."""
        tell_systemd(f"EXTEND_TIMEOUT_USEC={_EXTENDED_S * 1_000_000}\nSTATUS=waits: {reason}")
        if reason != self._told:
            _log.error("the daemon waits; calls go on without it", reason=reason)
        self._told = reason
