"""Clocks that are set while callers are on the line (S16)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from cc110.core import facts as f
from cc110.core.effects import LiftBlock
from cc110.core.events import AgentAnswered, CallEnded, CallRescued, Data, TransferReturned
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName
from cc110.core.policy import Policy
from cc110.core.words import EndedBy, LeaveCause, NumberSource, TransferFailure, TransferKind
from cc110.journal.memory import MemoryJournal
from cc110.service.calls import Calls
from cc110.service.clock import CallClock, ClockSteps
from cc110.service.outbox import Outbox
from cc110.service.timers import Timers

HOUR = timedelta(hours=1)
STEPS = [HOUR, -HOUR, timedelta(days=-400), timedelta(seconds=2)]
CALL = CallId("call")


@dataclass
class Watch:
    """A wall clock that can be set, and one that can't."""

    wall: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def goes_on(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds

    def set_by(self, step: timedelta) -> None:
        self.wall += step


class Pbx:
    """Neither is asked in these tests."""

    async def rescue(self, channel: ChannelId, queue: QueueName) -> None:
        raise AssertionError("no caller needed it")

    async def seconds(self, path: str) -> float:
        raise FileNotFoundError(path)

    async def lift(self, lift: LiftBlock) -> None:
        raise AssertionError("nothing to lift")


@pytest.mark.parametrize("step", STEPS)
def test_s16_a_call_s_time_goes_on_when_the_clock_is_set(step: timedelta) -> None:
    """A call that began before keeps its time; one that begins after has the new one."""
    watch = Watch()
    steps = ClockSteps(watch, watch.monotonic)
    before = CallClock(watch, steps)
    began = before.now()
    watch.goes_on(10)
    watch.set_by(step)
    watch.goes_on(5)
    assert (before.now() - began).total_seconds() == 15
    assert CallClock(watch, steps).now() == watch.now()


def test_s16_a_clock_that_is_slewed_is_followed() -> None:
    """NTP's small corrections are no steps: the call stays with the wall clock."""
    watch = Watch()
    clock = CallClock(watch, ClockSteps(watch, watch.monotonic))
    for _ in range(100):
        watch.goes_on(60)
        watch.set_by(timedelta(milliseconds=30))
        assert clock.now() == watch.now()


@pytest.mark.parametrize("step", STEPS)
async def test_s16_no_duration_is_negative_and_no_word_is_lost(step: timedelta) -> None:
    """The clock is set while the Polres rings: the return, the second operator and the end are told as they were."""
    told = await _told(step)
    assert [type(data).__name__ for data in told] == [
        type(data).__name__ for data in await _told(timedelta())
    ]
    assert TransferReturned(
        polres=PolresExt("7101"), reason=TransferFailure.BUSY, agent=AgentId("1101")
    ) in [data for data in told if isinstance(data, TransferReturned)]
    assert not [data for data in told if isinstance(data, CallRescued)]
    assert [data.waited_s for data in told if isinstance(data, AgentAnswered)] == [3.0, 1.0]
    assert [data.duration_s for data in told if isinstance(data, CallEnded)] == [12.0]


async def _told(step: timedelta) -> Sequence[Data]:
    """What the journal has of a call of 12 s during which the clock is set."""
    watch, pbx, journal = Watch(), Pbx(), MemoryJournal()
    outbox = Outbox(journal)
    calls = Calls(
        policy=Policy(),
        clock=watch,
        outbox=outbox,
        control=pbx,
        recordings=pbx,
        lift=pbx.lift,
        steps=ClockSteps(watch, watch.monotonic),
    )
    writing = asyncio.create_task(outbox.run())
    for number, (seconds, fact) in enumerate(_story(watch)):
        watch.goes_on(seconds)
        if number == 4:
            watch.set_by(step)
        calls.submit(fact(watch.now()))
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while not any(one.event.type == "CallEnded" for one in journal.recorded):
            await asyncio.sleep(0.005)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await calls.aclose()
    return [one.event.data for one in journal.recorded]


def _story(watch: Watch):  # type: ignore[no-untyped-def]
    """Seconds after the one before, and the fact at a time."""
    agent, other, polres = AgentId("1101"), AgentId("1102"), PolresExt("7101")
    one, two, queue = ChannelId("1"), ChannelId("2"), QueueName("polda-metro-jaya")
    call = {"call_id": CALL}
    arrival = {
        "channel": ChannelId("c"),
        "number": Number("6280000000110"),
        "source": NumberSource.ASSERTED,
        "dialled": "110",
        "trunk": "trunk-demo",
        "queue": queue,
    }
    ask = {"agent": agent, "polres": polres, "kind": TransferKind.JOIN, "ring_s": 5.0}
    failed = {"polres": polres, "reason": TransferFailure.BUSY}
    left = {"agent": agent, "channel": one, "cause": LeaveCause.LOST}
    return [
        (0, lambda at: f.Arrived(at=at, **call, **arrival)),
        (1, lambda at: f.Queued(at=at, **call, queue=queue, priority=5)),
        (2, lambda at: f.AgentTook(at=at, **call, agent=agent, channel=one)),
        (2, lambda at: f.TransferAsked(at=at, **call, **ask)),
        (1, lambda at: f.TransferFailed(at=at, **call, **failed)),
        (1, lambda at: f.AgentGone(at=at, **call, **left)),
        (1, lambda at: f.Queued(at=at, **call, queue=queue, priority=10, returned=True)),
        (1, lambda at: f.AgentTook(at=at, **call, agent=other, channel=two)),
        (3, lambda at: f.CallerGone(at=at, **call, by=EndedBy.CALLER)),
    ]


async def test_s16_deadlines_run_by_the_monotonic_clock() -> None:
    """They are seconds to wait, not a time of day: nothing that sets the clock can reach them."""
    passed: asyncio.Queue[str] = asyncio.Queue()
    timers = Timers(lambda _, name: passed.put_nowait(name))
    timers.set(CALL, "far", 3600)
    timers.set(CALL, "near", 0.02)
    timers.set(CALL, "past", -5)
    assert await asyncio.wait_for(passed.get(), 5) == "past"
    assert await asyncio.wait_for(passed.get(), 5) == "near"
    assert len(timers) == 1
    timers.close()
