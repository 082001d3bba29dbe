"""Figures from events and state: what is counted, and that it can't grow without bound."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core import events as e
from cc110.core.call import Call
from cc110.core.decide import step
from cc110.core.events import Data, Event
from cc110.core.facts import MemberAdded, MemberPaused, Queued
from cc110.core.ids import AgentId, CallId, PolresExt, QueueName
from cc110.core.phases import Waiting
from cc110.core.roster import Roster
from cc110.core.roster import step as roster_step
from cc110.core.tally import Backlog, QueueLook, Spread, Tally, operators_now, queues_now
from cc110.core.words import (
    AgentState,
    CallbackOutcome,
    DeviceState,
    EndedBy,
    LeaveCause,
    NumberSource,
    TransferFailure,
    TransferKind,
)
from cc110.journal.samples import samples
from tests.unit.core.told import CALL, POLICY, QUEUE, at
from tests.unit.core.told import arrived as arrived_fact

TRUNK = "trunk-demo"
LEFT = e.AgentLeft(agent=AgentId("1101"), cause=LeaveCause.NORMAL)


def tally(*told: tuple[str, Data]) -> Tally:
    """Totals of these events, each with its call's id."""
    made = Tally(trunks=[TRUNK], polres=[PolresExt("7101")])
    for call_id, data in told:
        made.take(Event(at=at(0), call_id=CallId(call_id), data=data))
    return made


def arrived(trunk: str = TRUNK) -> e.CallArrived:
    return e.CallArrived(
        channel="1.1",
        number=None,
        source=NumberSource.NONE,
        dialled="110",
        trunk=trunk,
        queue=QUEUE,
    )


def ended() -> e.CallEnded:
    return e.CallEnded(by=EndedBy.CALLER, duration_s=9.0)


def test_each_call_has_one_outcome() -> None:
    """Who gave up did not talk, also when others end in between."""
    found = tally(
        ("a", arrived()),
        ("b", arrived("somewhere")),
        ("a", e.CallAbandoned(waited_s=4.0)),
        ("b", ended()),
        ("a", ended()),
        ("c", samples()["CallRejected"].event.data),
    )

    assert found.arrived == {TRUNK: 1, "other": 1}
    assert found.outcomes == {"talked": 1, "abandoned": 1, "rejected": 1}
    assert found.events == 6


def test_a_callback_is_in_no_figure_of_those_who_called() -> None:
    """Neither an arrival nor an answer time nor an end; its outcome is counted."""
    called = replace(arrived(), callback_of=CALL)
    answer = e.AgentAnswered(agent=AgentId("1101"), channel="1.2", waited_s=0.1)
    made = samples()["CallbackMade"].event.data
    assert isinstance(made, e.CallbackMade)
    found = tally(
        ("a", called),
        ("a", replace(made, outcome=CallbackOutcome.ANSWERED)),
        ("a", answer),
        ("a", ended()),
        ("b", called),
        ("b", e.CallAbandoned(waited_s=0.1)),
        ("b", ended()),
        ("c", replace(made, outcome=CallbackOutcome.BUSY)),
    )

    assert found.arrived == {TRUNK: 0, "other": 0}
    assert found.outcomes == {"talked": 0, "abandoned": 0, "rejected": 0}
    assert (found.answers.count, found.abandoned.count) == (0, 0)
    assert {word: count for word, count in found.callbacks.items() if count} == {
        "answered": 1,
        "busy": 1,
    }


def test_transfers_and_returns_are_told_by_polres() -> None:
    """A Polres that the directory does not know shares one figure with all others."""
    agent = AgentId("1101")
    known, stranger = PolresExt("7101"), PolresExt("9999")
    found = tally(
        *(
            (
                "a",
                e.TransferStarted(agent=agent, polres=polres, kind=TransferKind.JOIN, ring_s=5.0),
            )
            for polres in (known, stranger, known)
        ),
        ("a", e.PolresAnswered(polres=known, channel="1.2")),
        ("a", e.TransferReturned(polres=known, reason=TransferFailure.BUSY, agent=agent)),
    )

    assert found.transfers == {"7101": 2, "other": 1}
    assert found.transfers_answered == {"7101": 1, "other": 0}
    assert found.returns == {("7101", "busy"): 1}


def test_every_event_of_the_vocabulary_can_be_counted() -> None:
    """Whatever comes, it is one more."""
    found = Tally(trunks=[], polres=[])
    for recorded in samples().values():
        found.take(recorded.event)

    assert found.events == len(samples())
    assert found.recordings == {"final": 1, "missing": 1, "stalled": 1}
    assert sum(found.climbed.values()) == found.overflowed == 1


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_a_spread_has_every_value_at_its_place(values: list[float]) -> None:
    """As Prometheus wants it: how many were at most so long."""
    spread = Spread(bounds=(1.0, 10.0, 100.0))
    for value in values:
        spread.take(value)

    for place, bound in enumerate(spread.bounds):
        assert sum(spread.within[: place + 1]) == sum(value <= bound for value in values)
    assert spread.count == len(values)
    assert spread.total == pytest.approx(sum(values))


def waiting_call() -> Call:
    """A call that entered the queue a second after it had come."""
    call = step(None, arrived_fact(), now=at(0), policy=POLICY).call
    queued = Queued(at=at(1), call_id=CALL, queue=QUEUE, priority=5)
    made = step(call, queued, now=at(1), policy=POLICY).call
    assert made
    assert isinstance(made.phase, Waiting)
    return made


def test_who_waits_is_told_by_queue() -> None:
    """A queue without callers says so, and one that the site does not know has no figure."""
    empty = QueueName("polda-sumut")

    assert queues_now([waiting_call()], [QUEUE, empty], at(31)) == {
        QUEUE: QueueLook(waiting=1, oldest_s=30.0),
        empty: QueueLook(),
    }
    assert queues_now([waiting_call()], [empty], at(31)) == {empty: QueueLook()}


def test_operators_are_counted_once_each_by_what_they_do() -> None:
    """Also one who serves two queues; who has gone home is none."""
    roster = Roster()
    for agent, queue in (("1101", "a"), ("1901", "a"), ("1901", "b")):
        who = {"agent": AgentId(agent), "queue": QueueName(queue), "in_call": False}
        free = MemberAdded(at=at(0), paused=False, device=DeviceState.NOT_IN_USE, **who)
        roster = roster_step(roster, free).roster
    who = {"agent": AgentId("1101"), "queue": QueueName("a"), "in_call": False}
    pause = MemberPaused(at=at(1), paused=True, device=DeviceState.NOT_IN_USE, **who)
    found = operators_now(roster_step(roster, pause).roster, at(2))

    assert {state: number for state, number in found.items() if number} == {
        AgentState.IDLE: 1,
        AgentState.PAUSED: 1,
    }


def test_the_backlog_s_age_is_that_of_its_oldest_entry() -> None:
    """Not of the newest, and nothing when nothing waits."""
    backlog = Backlog(step_s=0.0)
    assert backlog.age_s(0, 5.0) == 0.0
    backlog.put(2, 10.0)
    backlog.put(1, 14.0)

    assert backlog.age_s(3, 15.0) == 5.0
    assert backlog.age_s(1, 15.0) == 1.0
    assert backlog.age_s(0, 15.0) == 0.0
    backlog.put(1, 20.0)
    assert backlog.age_s(1, 21.0) == 1.0


def test_a_backlog_of_an_outage_of_days_needs_no_memory() -> None:
    """A time is noted for one in many, and no more than so many times."""
    backlog = Backlog(step_s=0.5, most=100)
    for number in range(100_000):
        backlog.put(1, float(number))

    assert len(backlog._marks) == 100
    assert backlog.age_s(100_000, 100_000.0) == 100_000.0


def test_no_figure_holds_a_call_or_a_number() -> None:
    """After ten thousand calls of ten thousand numbers there are as many figures as before."""
    found = Tally(trunks=[TRUNK], polres=[])
    for number in range(10_000):
        call_id, moment = CallId(f"c{number}"), datetime(2026, 1, 1, tzinfo=UTC)
        for data in (arrived(f"trunk-{number}"), e.CallAbandoned(waited_s=1.0), ended()):
            event = Event(at=moment + timedelta(seconds=number), call_id=call_id, data=data)
            found.take(event)

    assert found.arrived == {TRUNK: 0, "other": 10_000}
    assert not found._gave_up
