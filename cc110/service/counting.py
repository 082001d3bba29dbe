"""Counts pranks: a reader of the journal that blocks a number once enough of its calls were judged one."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from cc110.core import counting
from cc110.core.counting import Record
from cc110.core.events import CallEnded, Data, Event, Recorded, VerdictGiven, VerdictWithdrawn
from cc110.core.ids import CallId
from cc110.core.policy import BlockPolicy
from cc110.ports import Clock, Journal

_log: Final = structlog.get_logger("counting")

Settled = Callable[[int], Awaitable[None]]
"""Returns when the tables have taken in the journal up to this seq."""


class Records(Protocol):
    """The tables' side."""

    async def of_calls(self, call_ids: Collection[CallId], now: datetime) -> Sequence[Record]:
        """The record of each of these calls' numbers that has pranks or was ever blocked, once."""
        ...


class PrankCounter:
    """Looks again at a number whenever one of its calls is judged.

    It decides from the tables alone, and only after they have taken in the verdict: an event that comes
    twice finds its consequence already there. Several verdicts are looked at together, as after an outage.
    """

    name = "pranks"

    def __init__(
        self,
        *,
        records: Records,
        journal: Journal,
        settled: Settled,
        clock: Clock,
        policy: BlockPolicy,
    ) -> None:
        """Wire it to the tables it reads and the journal it writes."""
        self._records = records
        self._journal = journal
        self._settled = settled
        self._clock = clock
        self._policy = policy

    def use(self, policy: BlockPolicy) -> None:
        """Verdicts are counted by other rules from now on."""
        self._policy = policy

    async def handle(self, recorded: Recorded) -> None:
        """As `handle_all`, with one event."""
        await self.handle_all([recorded])

    async def handle_all(self, batch: Sequence[Recorded]) -> None:
        """Look at the numbers whose calls were judged; events of other kinds are none of ours.

        Raises:
            JournalUnavailable: the consequence can't be written; the events are to come again.
        """
        judged = {
            one.event.call_id: one.seq
            for one in batch
            if one.event.call_id and _may_count(one.event.data)
        }
        if not judged:
            return
        await self._settled(max(judged.values()))
        now = self._clock.now()
        for record in await self._records.of_calls(judged, now):
            await self._look(record, now)

    async def _look(self, record: Record, now: datetime) -> None:
        decided = counting.decide(record, now=now, policy=self._policy)
        if decided:
            (written,) = await self._journal.append([Event(at=now, data=decided)])
            await self._settled(written.seq)
            _log.info("blocklist changed by count", change=type(decided).__name__)


def _may_count(data: Data) -> bool:
    """A verdict, its withdrawal, or the end of a call whose answer may have been read back after its verdict."""
    return isinstance(data, VerdictGiven | VerdictWithdrawn) or (
        isinstance(data, CallEnded) and data.recovered
    )
