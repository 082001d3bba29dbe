"""Counts pranks: a reader of the journal that blocks a number once enough of its calls were judged one."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from cc110.core import counting
from cc110.core.counting import Record
from cc110.core.events import CallEnded, Event, Recorded, VerdictGiven, VerdictWithdrawn
from cc110.core.ids import CallId
from cc110.core.policy import BlockPolicy
from cc110.ports import Clock, Journal

_log: Final = structlog.get_logger("counting")

Settled = Callable[[int], Awaitable[None]]
"""Returns when the tables have taken in the journal up to this seq."""


class Records(Protocol):
    """The tables' side."""

    async def of_call(self, call_id: CallId, now: datetime) -> Record | None:
        """The record of a call's number; None when it has none."""
        ...


class PrankCounter:
    """Looks again at a number whenever one of its calls is judged.

    It decides from the tables alone, and only after they have taken in the verdict: an event that comes
    twice finds its consequence already there.
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
        """Deal with one event; any but a verdict, its withdrawal, or a recovered call is none of ours.

        Raises:
            JournalUnavailable: the consequence can't be written; the event is to come again.
        """
        match recorded.event.data:
            case VerdictGiven() | VerdictWithdrawn() | CallEnded(recovered=True):
                if call_id := recorded.event.call_id:
                    await self._settled(recorded.seq)
                    await self._look(call_id)
            case _:
                pass

    async def _look(self, call_id: CallId) -> None:
        now = self._clock.now()
        record = await self._records.of_call(call_id, now)
        decided = counting.decide(record, now=now, policy=self._policy) if record else None
        if decided:
            (written,) = await self._journal.append([Event(at=now, data=decided)])
            await self._settled(written.seq)
            _log.info("blocklist changed by count", change=type(decided).__name__, call=call_id)
