"""A growing list that can be waited on, from any thread and from any event loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from .timing import DEFAULT_LIMIT_S, limit

T = TypeVar("T")


class LogClosed(ConnectionError):
    """Nothing more will be written to the log."""


class _Waiter(Generic[T]):
    """Somebody who waits for the first event that fits."""

    def __init__(self, fits: Callable[[T], bool]) -> None:
        self.future: Future[T] = Future()
        self._fits = fits

    def offer(self, item: T) -> bool:
        """Show an event; whether the wait is over, be it by a fault in the question itself."""
        try:
            if not self._fits(item):
                return self.future.cancelled()
        except Exception as error:
            self.fail(error)
            return True
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(item)
        return True

    def fail(self, error: Exception) -> None:
        """End the wait with an error."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class EventLog(Generic[T]):
    """Events in the order in which they came; ``close`` wakes everybody who still waits."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._items: list[T] = []
        self._waiters: list[_Waiter[T]] = []
        self._lock = threading.Lock()
        self._closed: str | None = None

    def __len__(self) -> int:
        return len(self._items)

    def since(self, position: int = 0) -> tuple[T, ...]:
        """The events from ``position`` on."""
        return tuple(self._items[position:])

    def append(self, item: T) -> None:
        """Add an event and wake those who wait for it."""
        with self._lock:
            self._items.append(item)
            self._waiters = [waiter for waiter in self._waiters if not waiter.offer(item)]

    def close(self, reason: str) -> None:
        """Say that nothing more will come."""
        with self._lock:
            self._closed = reason
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.fail(LogClosed(f"{self._name}: {reason}"))

    def expect(self, fits: Callable[[T], bool], *, after: int = 0) -> Future[T]:
        """The first event from position ``after`` on that fits, already there or still to come."""
        waiter = _Waiter(fits)
        with self._lock:
            if any(waiter.offer(item) for item in self._items[after:]):
                return waiter.future
            if self._closed is not None:
                waiter.fail(LogClosed(f"{self._name}: {self._closed}"))
            else:
                self._waiters.append(waiter)
        return waiter.future

    async def wait_for(
        self,
        fits: Callable[[T], bool],
        what: str,
        *,
        after: int = 0,
        timeout: float = DEFAULT_LIMIT_S,
    ) -> T:
        """Wait for the first event that fits.

        Raises:
            TimeoutError: it did not come within ``timeout`` seconds (stretched).
            LogClosed: it can no longer come.
        """
        future = self.expect(fits, after=after)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), limit(timeout))
        except TimeoutError:
            raise TimeoutError(self._missed(what, timeout)) from None

    async def stream(self, after: int = 0) -> AsyncIterator[T]:
        """All events from ``after`` on, for as long as the log is open."""
        position = after
        while True:
            for item in self._items[position:]:
                position += 1
                yield item
            try:
                await asyncio.wrap_future(self.expect(lambda _: True, after=position))
            except LogClosed:
                return

    def _missed(self, what: str, timeout: float) -> str:
        last = "\n  ".join(str(item) for item in self._items[-12:]) or "nothing"
        return f"{self._name}: no {what} within {limit(timeout):g} s. Last seen:\n  {last}"
