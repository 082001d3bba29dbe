"""Deadlines by name: the core asks for them as data and hears of them as facts.

They run on the loop's monotonic clock: a step of the wall clock neither fires nor delays one. A process
that stood still for a while hears first what came meanwhile, and only then that a deadline has passed.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from cc110.core.ids import CallId

STOOD_STILL_S: Final = 0.5
"""A deadline that comes so late tells of a process that stood still, or had no processor."""
_LISTEN_S: Final = 0.5

Passed = Callable[[CallId, str], None]


class Timers:
    """The deadlines of all live calls."""

    def __init__(self, passed: Passed) -> None:
        """Call `passed` for each deadline that comes."""
        self._passed = passed
        self._running: dict[tuple[CallId, str], asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """How many deadlines are running."""
        return len(self._running)

    def set(self, call_id: CallId, name: str, wait_s: float) -> None:
        """Start a deadline that comes in so many seconds, in place of an earlier one of that name."""
        self.cancel(call_id, name)
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, wait_s)
        self._running[call_id, name] = loop.call_at(due, self._come, call_id, name, due)

    def cancel(self, call_id: CallId, name: str) -> None:
        """Stop a deadline; it is no error when there is none."""
        if handle := self._running.pop((call_id, name), None):
            handle.cancel()

    def close(self) -> None:
        """Stop all of them."""
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()

    def _come(self, call_id: CallId, name: str, due: float) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - due <= STOOD_STILL_S:
            self._fire(call_id, name)
        else:
            later = loop.call_later(_LISTEN_S, self._fire, call_id, name)
            self._running[call_id, name] = later

    def _fire(self, call_id: CallId, name: str) -> None:
        del self._running[call_id, name]
        self._passed(call_id, name)
