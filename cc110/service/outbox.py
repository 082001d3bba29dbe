"""From decisions to the journal: in order, off every caller's path.

Calls put events here and go on at once. One task takes them into the spool, which outlives this process;
another brings them from the spool to the journal. When that is locked, full or gone it tries again until
it is back, and nothing is passed over, doubled or lost.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import structlog

from cc110.core.events import Event
from cc110.core.tally import Backlog
from cc110.ports import Journal, JournalUnavailable, Owed, Spool, SpoolFull, SpoolMark
from cc110.service.memory_spool import MemorySpool

T = TypeVar("T")

_log = structlog.get_logger("outbox")
_BATCH: Final = 500
MOST_IN_MEMORY: Final = 20_000
"""Events that wait in memory because the spool is full as well. More are lost, with an alarm."""
_GATHER_S: Final = 0.01
"""How long the first event waits for others: one transaction for several costs little more than for one."""
_LATE_S: Final = 0.5
"""A journal that takes longer is in trouble: from now on the spool's disk has to hold a power loss as well."""
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


class Outbox:
    """Events on their way to the journal."""

    def __init__(
        self,
        journal: Journal,
        spool: Spool | None = None,
        *,
        told: Callable[[Sequence[Event]], None] = lambda _: None,
    ) -> None:
        """Write to this journal; without a spool, what waits ends with the process.

        Args:
            journal: where events go.
            spool: where they wait.
            told: hears of events at once, before they are written.
        """
        self._told = told
        self.lost = 0
        """Events that had no room anywhere."""
        self._journal = journal
        self._spool = MemorySpool() if spool is None else spool
        self._coming: deque[Event] = deque()
        self._news = asyncio.Event()
        self._owed = asyncio.Event()
        self._moved = asyncio.Event()
        self._is_late = False
        self._spool_failures = 0
        self._backlog = Backlog()
        self._backlog.put(len(self), time.monotonic())
        self._taken = len(self)

    @property
    def lag_s(self) -> float:
        """How long the oldest event waits that is not yet in the journal; 0 = none does."""
        return self._backlog.age_s(len(self), time.monotonic())

    @property
    def spooled(self) -> int:
        """How many events are in the spool."""
        return len(self._spool)

    def __len__(self) -> int:
        """How many events are not yet in the journal."""
        return len(self._coming) + len(self._spool)

    def put(self, events: Sequence[Event]) -> None:
        """Take events; they are journaled in this order."""
        if not events:
            return
        self._told(events)
        if len(self._coming) + len(events) > MOST_IN_MEMORY:
            self._lose(events)
            return
        self._backlog.put(len(events), time.monotonic())
        self._taken += len(events)
        self._coming.extend(events)
        self._news.set()

    async def drained(self) -> None:
        """Return when everything taken so far is in the journal, by this process or one before.

        What is taken meanwhile is not waited for: while calls go on there is always something on its way.
        """
        wanted = self._taken
        while self._taken - len(self) < wanted:
            await self._moved.wait()

    async def run(self) -> None:
        """Append for ever; cancel to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_in(), name="outbox-to-spool")
            group.create_task(self._bring(), name="spool-to-journal")

    # --- into the spool ---------------------------------------------------------------------------

    async def _take_in(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(_GATHER_S)
            self._news.clear()
            while self._coming:
                await self._take_some()

    async def _take_some(self) -> None:
        batch = list(islice(self._coming, _BATCH))
        try:
            await asyncio.to_thread(self._spool.write, batch, to_disk=self._is_late)
        except (SpoolFull, OSError) as error:
            self._spool_fails(error)
            if len(self._spool) or not await self._bring_directly(batch):
                await asyncio.sleep(_pause(self._spool_failures))
                return
        else:
            self._spool_works()
        for _ in batch:
            self._coming.popleft()
        self._owed.set()
        self._tell_moved()

    async def _bring_directly(self, batch: Sequence[Event]) -> bool:
        """Without a spool: better in the journal than nowhere; False = not even that."""
        try:
            await self._journal.append(batch)
        except JournalUnavailable as error:
            _log.error("neither spool nor journal", waiting=len(self), error=str(error))
            return False
        return True

    def _spool_fails(self, error: Exception) -> None:
        if self._spool_failures == 0:
            _log.error("spool unavailable", waiting=len(self), error=str(error))
        self._spool_failures += 1

    def _spool_works(self) -> None:
        if self._spool_failures:
            _log.warning("spool is back", waiting=len(self))
        self._spool_failures = 0

    def _lose(self, events: Sequence[Event]) -> None:
        """The newest, so that what is kept has no gap before its end. What the PBX wrote may tell of them."""
        if self.lost % 1000 < len(events):
            kinds = sorted({event.type for event in events})
            _log.critical("events lost: spool and memory are full", lost=self.lost, kinds=kinds)
        self.lost += len(events)

    # --- from the spool to the journal --------------------------------------------------------------

    async def _bring(self) -> None:
        await self._pass_over_what_is_there()
        settled: SpoolMark | None = None
        while True:
            self._owed.clear()
            owed = await self._insist(partial(asyncio.to_thread, self._next, settled))
            self._tell_moved()
            if owed is None:
                await self._owed.wait()
            else:
                await self._insist(partial(self._append, owed))
            settled = owed.mark if owed else None

    def _next(self, settled: SpoolMark | None) -> Owed | None:
        """What comes after that which the journal has. Blocks."""
        if settled:
            self._spool.settle(settled)
        return self._spool.owed(_BATCH)

    async def _pass_over_what_is_there(self) -> None:
        """A process that ended may have appended without noting it; the journal's mark tells."""
        for part in self._spool.left():
            number = await self._insist(partial(self._journal.marked, part))
            mark = SpoolMark(part=part, number=number)
            await self._insist(partial(asyncio.to_thread, self._spool.settle, mark))

    async def _append(self, owed: Owed) -> None:
        """Once, however often it is tried: the mark is in the same transaction."""
        append = asyncio.ensure_future(self._journal.append(owed.events, mark=owed.mark))
        try:
            done, _ = await asyncio.wait({append}, timeout=_LATE_S)
            if not done:
                await self._be_late()
            await append
        finally:
            append.cancel()
        self._is_late = False

    async def _be_late(self) -> None:
        """It may take long now: what waits is to outlive a power loss too."""
        if self._is_late:
            return
        self._is_late = True
        try:
            await asyncio.to_thread(self._spool.to_disk)
        except OSError as error:
            _log.error("spool can't be synced", error=str(error))

    async def _insist(self, what: Callable[[], Awaitable[T]]) -> T:
        """Try until it is done."""
        failures = 0
        while True:
            try:
                result = await what()
            except (JournalUnavailable, OSError) as error:
                if failures == 0:
                    _log.error("journal unavailable", waiting=len(self), error=str(error))
                failures += 1
                await self._be_late()
                await asyncio.sleep(_pause(failures))
                continue
            if failures:
                _log.warning("journal is back", waiting=len(self))
            return result

    def _tell_moved(self) -> None:
        """Whoever waits for the journal looks again."""
        self._moved.set()
        self._moved = asyncio.Event()


def _pause(failures: int) -> float:
    return _RETRY_S[min(failures, len(_RETRY_S)) - 1]
