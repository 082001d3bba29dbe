"""What was missed is told once, whoever told of it before and however often it is read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cc110.app.resync import Resync
from cc110.core import facts as f
from cc110.core.events import CallEnded, Event, PbxBack
from cc110.core.ids import AgentId, CallId, ChannelId, Number, QueueName
from cc110.core.policy import Policy
from cc110.core.words import EndedBy, NumberSource, Stage
from cc110.journal.memory import MemoryJournal
from cc110.pbx.ami import AmiMessage, EventQueue
from cc110.ports import JournalUnavailable
from cc110.service.calls import Calls
from cc110.service.catchup import CatchUp, Outage
from cc110.service.clock import SystemClock
from cc110.service.outbox import Outbox
from cc110.service.reconcile import close_missing, say_back, see
from cc110.service.roster import Operators

START = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
OUTAGE = Outage(
    since=START, until=START + timedelta(minutes=10), booted_at=START - timedelta(hours=1)
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(name: str, seconds: float) -> list[f.Fact]:
    """A call that nobody answered and nobody recorded."""
    call_id = CallId(name)
    arrived = f.Arrived(
        at=at(seconds),
        call_id=call_id,
        channel=ChannelId(f"channel-{name}"),
        number=Number("6280000000110"),
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="trunk-demo",
        queue=QueueName("polda-metro-jaya"),
    )
    gone = f.CallerGone(at=at(seconds + 0.5), call_id=call_id, by=EndedBy.CALLER)
    return [replace(arrived, recovered=True), replace(gone, recovered=True)]


def listing(arrived: f.Fact) -> f.Seen:
    """What the PBX's own list says of a call that waits."""
    assert isinstance(arrived, f.Arrived)
    return f.Seen(
        at=at(60),
        call_id=arrived.call_id,
        channel=arrived.channel,
        number=arrived.number,
        source=arrived.source,
        dialled=arrived.dialled,
        trunk=arrived.trunk,
        queue=arrived.queue,
        stage=Stage.QUEUE,
        recording=None,
        legs=(),
    )


def rejected(name: str, seconds: float) -> f.Rejected:
    return f.Rejected(
        at=at(seconds),
        call_id=CallId(name),
        number=Number("6280000000333"),
        source=NumberSource.ASSERTED,
        until=0,
        recovered=True,
    )


class Record:
    """What the PBX wrote."""

    def __init__(self, *batches: Sequence[f.Fact]) -> None:
        self.batches = batches
        self.asked: list[tuple[datetime, datetime]] = []
        self.broken_after: int | None = None
        self.silent: datetime | None = None

    async def facts(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[f.Fact]]:
        self.asked.append((since, until))
        for number, batch in enumerate(self.batches):
            if number == self.broken_after:
                raise OSError("the disk is gone")
            yield batch

    async def begins_at(self) -> datetime | None:
        return None

    async def silent_since(self, moment: datetime) -> datetime | None:
        return self.silent

    async def members(self, since: datetime, until: datetime) -> Sequence[f.RosterFact]:
        self.asked.append((since, until))
        if self.broken_after is not None:
            raise OSError("the disk is gone")
        return [f.MemberRemoved(at=since, agent=AgentId("1101"), queue=QueueName("q"))]


class House:
    """A daemon over a journal in memory; the outbox is written as it goes."""

    def __init__(self, record: Record, known: Collection[CallId] | None = ()) -> None:
        self.journal = MemoryJournal()
        self.said: list[Event] = []
        self.outbox = Outbox(self.journal, told=self.said.extend)
        self.known = known
        self.calls = Calls(
            policy=Policy(),
            clock=SystemClock(),
            outbox=self.outbox,
            control=None,
            recordings=None,
            lift=None,
        )
        self.catch_up = CatchUp(
            record=record, queues=record, known=self._known, calls=self.calls, outbox=self.outbox
        )

    async def _known(self, since: datetime) -> Collection[CallId]:
        if self.known is None:
            raise JournalUnavailable("locked")
        return self.known

    async def told(self) -> list[tuple[str, str]]:
        """Calls and the events of them, as they are journaled."""
        writing = asyncio.create_task(self.outbox.run())
        await self.outbox.drained()
        writing.cancel()
        await self.calls.aclose()
        return [(r.event.call_id or "", r.event.type) for r in self.journal.recorded]


WHOLE = ["CallArrived", "CallAbandoned", "CallEnded"]


async def test_s2_calls_that_came_and_went_meanwhile_are_told() -> None:
    """Rejected ones as well; read with a margin before the outage."""
    record = Record(call("a", 10), [rejected("b", 20)])
    house = House(record)

    await house.catch_up.read_calls(OUTAGE)

    assert await house.told() == [*(("a", kind) for kind in WHOLE), ("b", "CallRejected")]
    ((since, until),) = record.asked
    assert since < OUTAGE.since - timedelta(seconds=30)
    assert until == OUTAGE.until


async def test_s2_what_was_read_before_is_not_told_again() -> None:
    """In this process, or as the journal has it."""
    house = House(Record(call("a", 10), [rejected("b", 20)], call("c", 30)), known={CallId("c")})

    await house.catch_up.read_calls(OUTAGE)
    await house.catch_up.read_calls(OUTAGE)

    assert await house.told() == [*(("a", kind) for kind in WHOLE), ("b", "CallRejected")]


async def test_s2_what_is_heard_again_after_it_was_read_back_is_silent() -> None:
    """The link was up before the reading ended: the same came both ways."""
    house = House(Record(call("a", 10), [rejected("b", 20)]))
    await house.catch_up.read_calls(OUTAGE)

    for fact in (*call("a", 10), rejected("b", 20)):
        house.calls.submit(replace(fact, recovered=False))
    await house.calls.settled()

    assert len(await house.told()) == 4


async def test_s8_a_list_older_than_a_calls_end_does_not_begin_it_anew() -> None:
    """The list was taken as the link came back; the caller hung up while the record was being read."""
    arrived, gone = call("a", 10)
    house = House(Record())
    house.calls.submit(arrived)
    await house.calls.settled()
    listed = [listing(arrived)]
    house.calls.submit(gone)
    await house.calls.settled()

    see(listed, house.calls)
    await house.calls.settled()

    assert [kind for _, kind in await house.told()] == WHOLE


async def test_a_journal_that_can_t_be_asked_holds_nothing_up() -> None:
    """What is in memory is known all the same."""
    house = House(Record(call("a", 10)), known=None)
    await house.catch_up.read_calls(OUTAGE)
    await house.catch_up.read_calls(OUTAGE)

    assert [kind for _, kind in await house.told()] == WHOLE


async def test_a_record_that_breaks_off_gives_what_was_read() -> None:
    """And no error reaches the link."""
    record = Record(call("a", 10), call("b", 20))
    record.broken_after = 1
    house = House(record)
    await house.catch_up.read_calls(OUTAGE)

    assert await house.catch_up.read_members(OUTAGE) == ()
    assert {call_id for call_id, _ in await house.told()} == {"a"}


async def test_s2_it_says_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is decided: a daemon that is killed then goes on there. The margin before the outage is no progress."""
    monkeypatch.setattr("cc110.service.catchup._SAY_EVERY_S", 0)
    house = House(Record(call("early", -30), call("a", 10), call("b", 20)))
    said: list[tuple[datetime, list[str]]] = []

    await house.catch_up.read_calls(
        OUTAGE, lambda moment: said.append((moment, sorted(house.calls.live)))
    )

    assert [moment for moment, _ in said] == [at(10.5), at(20.5)]
    assert [live for _, live in said] == [[], []]
    await house.told()


async def test_operators_are_read_without_a_margin() -> None:
    """From the second after the last word on: a pause that was heard must not come again."""
    record = Record()
    since = START + timedelta(seconds=0.7)
    await House(record).catch_up.read_members(replace(OUTAGE, since=since))

    assert record.asked == [(at(1), OUTAGE.until)]


@pytest.mark.parametrize(
    ("booted_s", "silent_s", "over_s"),
    [(-3600, 50, 600), (100, 50, 50), (100, -20, 0), (100, None, 0), (100, 200, 100)],
)
async def test_s9_calls_that_died_with_the_pbx_ended_when_it_did(
    booted_s: float, silent_s: float | None, over_s: float
) -> None:
    """Its last word, but not before ours nor after its new start; without a restart: now."""
    record = Record()
    record.silent = None if silent_s is None else at(silent_s)
    outage = replace(OUTAGE, booted_at=at(booted_s))

    assert await House(record).catch_up.over_at(outage) == at(over_s)


class Link:
    """A link that is live once its state is read; what the PBX says meanwhile is kept back."""

    def __init__(self) -> None:
        self.events = EventQueue(10)
        self.events.hold()
        self.ended_at = START
        self._live = asyncio.Event()

    def go_live(self) -> None:
        self._live.set()
        self.events.release()

    async def await_live(self) -> None:
        await self._live.wait()


class Lists:
    """A PBX that has no calls and no operators any more; the caller hung up as it was asked."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def wrapup_s(self) -> dict[str, float]:
        return {}

    async def seen_members(self) -> Sequence[f.MemberSeen]:
        return []

    async def calls(self) -> Sequence[f.Seen]:
        await asyncio.sleep(0.01)
        self._link.ended_at = datetime.now(UTC)
        self._link.events.put(AmiMessage((("Event", "Gone"),)))
        return []


async def test_a_call_that_ended_while_the_list_was_made_is_not_told_as_lost() -> None:
    """Its end waits behind the list, among what is kept back until the link is live."""
    arrived, gone = call("a", 10)
    house, link = House(Record()), Link()
    house.calls.submit(arrived)
    await house.calls.settled()
    resync = resync_of(house, Record(), link)

    async def follow() -> None:
        async for _ in link.events:
            house.calls.hear(gone)

    assert await ends_of(house, resync, link, follow) == [EndedBy.CALLER]


async def test_s2_the_record_is_read_up_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one: the live word of the end came before anybody had read that there is such a call."""
    monkeypatch.setattr("cc110.app.resync._READ_FIRST_S", 0.01)
    link, house = Link(), House(Record())
    began = datetime.now(UTC) - timedelta(seconds=30)

    class Slow(Record):
        async def facts(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[f.Fact]]:
            await asyncio.sleep(0.2)
            arrived, gone = call("a", 0)
            told = (replace(arrived, at=began), replace(gone, at=link.ended_at))
            yield [fact for fact in told if fact.at <= until]

    async def follow() -> None:
        async for _ in link.events:
            house.calls.hear(replace(call("a", 0)[1], at=link.ended_at, recovered=False))

    resync = resync_of(house, Slow(), link)
    assert await ends_of(house, resync, link, follow) == [EndedBy.CALLER]


def resync_of(house: House, record: Record, link: Link) -> Resync:
    """Over a PBX that has no calls any more."""
    return Resync(
        link=link,
        lists=Lists(link),
        lookups=None,
        catch_up=CatchUp(
            record=record,
            queues=record,
            known=house._known,
            calls=house.calls,
            outbox=house.outbox,
        ),
        calls=house.calls,
        operators=Operators(house.outbox, SystemClock()),
        desks=lambda: None,  # type: ignore[return-value]
        outbox=house.outbox,
        clock=SystemClock(),
    )


async def ends_of(
    house: House, resync: Resync, link: Link, follow: Callable[[], Coroutine[None, None, None]]
) -> list[EndedBy]:
    """The link comes up and is live: by whom calls ended, as it is told."""
    following = asyncio.create_task(follow())
    await resync.up(AmiMessage((("Event", "FullyBooted"), ("Uptime", "3600"))))
    link.go_live()
    async with asyncio.timeout(5):
        while not any(one.type == "PbxBack" for one in house.said):
            await asyncio.sleep(0.01)
    following.cancel()
    await house.told()

    return [one.data.by for one in house.said if isinstance(one.data, CallEnded)]


async def test_a_call_that_came_after_the_list_is_not_closed_by_it() -> None:
    """The list was long ago when all was read."""
    house = House(Record())
    for fact in (call("old", -5)[0], call("new", 700)[0]):
        house.calls.submit(fact)
    await house.calls.settled()

    close_missing([], house.calls, listed_at=OUTAGE.until, over_at=at(10))
    await house.calls.settled()
    say_back(1, house.outbox, SystemClock(), restarted=False)

    told = await house.told()
    assert ("old", "CallEnded") in told
    assert ("new", "CallEnded") not in told
    assert told[-1] == ("", PbxBack.__name__)
