"""The counter of pranks over a real journal: what is judged in the journal ends up on the blocklist."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from cc110.core import events
from cc110.core.events import Data, Event, NumberBlocked, NumberUnblocked
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.policy import BlockPolicy
from cc110.core.words import NumberSource, Verdict
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.lookups import Lookups
from cc110.journal.readers import Readers
from cc110.journal.writer import JournalWriter
from cc110.service.clock import SystemClock
from cc110.service.counting import PrankCounter

NUMBER = Number("6284000000001")
NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)


class Court:
    """A journal with the tables and the counter behind it."""

    def __init__(self, database: Database, writer: JournalWriter) -> None:
        self._lookups = Lookups(database)
        self._writer = writer
        self._now = NOON
        self.tables = Readers(database, writer.progress, [CallsReader(), BlocksReader()])
        counter = PrankCounter(
            records=self._lookups,
            journal=writer,
            settled=self.tables.reached,
            clock=SystemClock(),
            policy=BlockPolicy(),
        )
        self.effects = Readers(database, writer.progress, [counter])

    async def say(self, *told: tuple[str, Data]) -> None:
        """Journal events of calls, and wait until all have had their consequences."""
        for call, data in told:
            self._now += timedelta(minutes=1)
            await self._writer.append([Event(at=self._now, call_id=CallId(call), data=data)])
        await self._followed_to_the_end()

    async def say_at_once(self, *told: tuple[str, Data]) -> None:
        """The same in one transaction, as after an outage: readers take them together."""
        await self._writer.append(
            [Event(at=self._now, call_id=CallId(call), data=data) for call, data in told]
        )
        await self._followed_to_the_end()

    async def _followed_to_the_end(self) -> None:
        async with asyncio.timeout(20):
            while self._writer.progress.seq > await self._followed():
                pass

    async def _followed(self) -> int:
        seq = self._writer.progress.seq
        await self.effects.reached(seq)
        return seq

    async def changes(self) -> list[Data]:
        """What happened to the blocklist."""
        kinds = NumberBlocked | NumberUnblocked
        return [
            one.event.data async for one in self._writer.read() if isinstance(one.event.data, kinds)
        ]


@pytest_asyncio.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    """An empty journal."""
    database = await Database.open(sqlite_url(tmp_path / "journal.db"))
    writer = await JournalWriter.open(database, site="sample")
    court = Court(database, writer)
    tasks = [asyncio.create_task(each.run()) for each in (court.tables, court.effects)]
    yield court
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await writer.aclose()
    await database.aclose()


def arrived(number: Number | None = NUMBER) -> events.CallArrived:
    """A caller whose number the trunk vouches for."""
    return events.CallArrived(
        channel="1.1",
        number=number,
        source=NumberSource.ASSERTED if number else NumberSource.NONE,
        dialled="110",
        trunk="trunk",
        queue=QueueName("polda-metro-jaya"),
    )


ANSWERED = events.AgentAnswered(agent=AgentId("1101"), channel="1.2", waited_s=1.0)


def judged(verdict: Verdict = Verdict.PRANK) -> events.VerdictGiven:
    """The operator's word."""
    return events.VerdictGiven(agent=AgentId("1101"), verdict=verdict)


def pranks(
    count: int, number: Number | None = NUMBER, name: str = "call"
) -> list[tuple[str, Data]]:
    """So many calls, each answered and judged twice."""
    story: list[Data] = [arrived(number), ANSWERED, judged(), judged()]
    return [(f"{name}-{n}", data) for n in range(count) for data in story]


async def test_five_calls_make_one_block(court: Court) -> None:
    """However often each was judged; the sixth adds nothing."""
    await court.say(*pranks(4))
    assert await court.changes() == []
    await court.say(*pranks(5)[16:])
    await court.say(*pranks(6)[20:])

    (made,) = await court.changes()
    assert isinstance(made, NumberBlocked)
    assert [one.call_id for one in made.evidence] == [f"call-{n}" for n in range(5)]


async def test_numbers_that_are_judged_together_are_blocked_once_each(court: Court) -> None:
    """One with enough pranks, one with too few, and one that was judged otherwise at last."""
    few, other = Number("6284000000002"), Number("6284000000003")
    await court.say_at_once(
        *pranks(7), *pranks(4, few, "few"), *pranks(5, other, "o"), ("o-4", judged(Verdict.VALID))
    )

    (made,) = await court.changes()
    assert isinstance(made, NumberBlocked)
    assert made.number == NUMBER
    assert made.owner == "polda-metro-jaya"
    assert [one.call_id for one in made.evidence] == [f"call-{n}" for n in range(7)]


async def test_unidentified_callers_are_never_blocked(court: Court) -> None:
    """All of them together are nobody (X7)."""
    await court.say(*pranks(6, None))

    assert await court.changes() == []


async def test_a_call_that_nobody_answered_counts_for_nothing(court: Court) -> None:
    """A verdict without a talk judges nothing."""
    unanswered = [(call, data) for call, data in pranks(6) if data is not ANSWERED]
    await court.say(*unanswered)

    assert await court.changes() == []


async def test_a_later_verdict_and_a_withdrawal_lift_the_block(court: Court) -> None:
    """What a block rests on can be taken back; five new ones are needed then."""
    await court.say(*pranks(5))
    withdrawn = events.VerdictWithdrawn(verdict=Verdict.PRANK, reason="wrong button", by="padal")
    await court.say(("call-2", withdrawn))
    await court.say(("call-2", judged()), ("call-3", judged(Verdict.VALID)))

    made, lifted = await court.changes()
    assert isinstance(made, NumberBlocked)
    assert isinstance(lifted, NumberUnblocked)
    assert lifted.by == "cc110"
