"""What the journal knows of a caller, looked up while he listens. He never waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from cc110.core.ids import Number

_log = structlog.get_logger("known")

MOST: Final = 64
"""Look-ups under way at once; a journal that has stopped answering must not gather callers."""
LATE_S: Final = 0.05
"""How long a caller who has finished listening may be held up for what is known of him."""
_END_S: Final = 1.0

KnownOf = Callable[[Number], Awaitable[str]]


class LookUps:
    """Look-ups under way. Each ends by itself: a caller who hangs up leaves no half-done query behind."""

    def __init__(self, known_of: KnownOf, *, most: int = MOST, late_s: float = LATE_S) -> None:
        """Ask `known_of`, which returns a few words for the operator's display."""
        self._known_of = known_of
        self._most = most
        self._late_s = late_s
        self._running: set[asyncio.Task[str]] = set()

    def begin(self, number: Number | None) -> Callable[[], Awaitable[str]]:
        """Look a number up; the result, when it is asked for, is nothing if it is late or failed."""
        if number is None or len(self._running) >= self._most:
            return _nothing
        task = asyncio.create_task(self._look_up(number), name="known")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return lambda: self._in_time(task)

    async def aclose(self) -> None:
        """End what is still under way."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=_END_S)

    async def _look_up(self, number: Number) -> str:
        try:
            return await self._known_of(number)
        except Exception as error:
            _log.warning("nothing known of a caller", error=str(error))
            return ""

    async def _in_time(self, task: asyncio.Task[str]) -> str:
        await asyncio.wait({task}, timeout=self._late_s)
        return task.result() if task.done() and not task.cancelled() else ""


async def _nothing() -> str:
    return ""
