"""From decisions to the journal: in order, off every caller's path.

Calls put events here and go on at once. One task appends them; when the journal is locked, full or gone
it tries again until it is back, and nothing is passed over.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from cc110.core.events import Event
from cc110.ports import Journal, JournalUnavailable

_log = structlog.get_logger("outbox")
_BATCH: Final = 500
_GATHER_S: Final = 0.025
"""How long the first event waits for others: one transaction for several costs little more than for one."""
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


class Outbox:
    """Events on their way to the journal."""

    def __init__(self, journal: Journal) -> None:
        """Write to this journal."""
        self._journal = journal
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        """How many events are not yet in the journal."""
        return len(self._waiting)

    def put(self, events: Sequence[Event]) -> None:
        """Take events; they are journaled in this order."""
        if events:
            self._waiting.extend(events)
            self._empty.clear()
            self._news.set()

    async def drained(self) -> None:
        """Return when everything taken so far is in the journal."""
        await self._empty.wait()

    async def run(self) -> None:
        """Append for ever; cancel to stop."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_GATHER_S)
            self._news.clear()
            while self._waiting:
                await self._append_some()
            self._empty.set()

    async def _append_some(self) -> None:
        batch = [self._waiting[i] for i in range(min(_BATCH, len(self._waiting)))]
        failures = 0
        while True:
            try:
                await self._journal.append(batch)
                break
            except JournalUnavailable as error:
                if failures == 0:
                    _log.error("journal unavailable", waiting=len(self._waiting), error=str(error))
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
        for _ in batch:
            self._waiting.popleft()
        if failures:
            _log.warning("journal is back", waiting=len(self._waiting))
