"""Callers who wait for nobody (S15): one alarm, and one word that it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.attendance import Look, look, replay
from cc110.core.events import Data, QueueAttended, QueueUnattended
from cc110.core.ids import AgentId, QueueName
from cc110.core.roster import Agent, Membership, Roster
from cc110.core.words import DeviceState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
METRO, SUMUT = QueueName("polda-metro-jaya"), QueueName("polda-sumut")
IDLE = Membership(device=DeviceState.NOT_IN_USE)
TALKING = Membership(device=DeviceState.IN_USE, in_call=True)
PAUSED = Membership(device=DeviceState.NOT_IN_USE, paused=True)
AWAY = Membership(device=DeviceState.UNAVAILABLE)


def roster(*places: Membership, queue: QueueName = METRO) -> Roster:
    """An operator in the queue for each place."""
    agents = [
        Agent(agent=AgentId(str(1101 + n)), queues={queue: it}) for n, it in enumerate(places)
    ]
    return Roster(agents={agent.agent: agent for agent in agents})


def after(alarms: Look, there: Roster, waiting: int, seconds: float) -> Look:
    at = NOW + timedelta(seconds=seconds)
    return look(alarms.alarms, there, {METRO: waiting}, at=at)


NONE = Look(alarms={}, events=())


@pytest.mark.parametrize(
    ("there", "paused", "unreachable"),
    [(roster(), 0, 0), (roster(PAUSED, PAUSED), 2, 0), (roster(AWAY, PAUSED), 1, 1)],
    ids=["nobody logged in", "all pause", "pause and no phone"],
)
def test_s15_a_caller_who_waits_for_nobody_is_an_alarm(
    there: Roster, paused: int, unreachable: int
) -> None:
    """It says how many wait and where the operators are."""
    (event,) = after(NONE, there, 2, 0).events
    assert event.data == QueueUnattended(
        queue=METRO, waiting=2, paused=paused, unreachable=unreachable
    )


@pytest.mark.parametrize("there", [roster(IDLE, PAUSED), roster(TALKING, AWAY)])
def test_s15_somebody_on_duty_is_no_alarm(there: Roster) -> None:
    """Also not when he talks: he will be free again."""
    assert after(NONE, there, 5, 0) == NONE


def test_s15_nobody_waits_nobody_is_alarmed() -> None:
    """An empty queue may be empty-handed; and an operator of another queue does not serve this one."""
    assert after(NONE, roster(), 0, 0) == NONE
    assert after(NONE, roster(IDLE, queue=SUMUT), 1, 0).events


def test_s15_the_alarm_is_raised_once_and_ends_once() -> None:
    """Callers come and go; it ends when an operator comes, and tells how long it was."""
    raised = after(NONE, roster(PAUSED), 1, 0)
    still = after(after(raised, roster(PAUSED), 0, 5), roster(AWAY), 3, 8)
    assert still.events == ()
    over = after(still, roster(IDLE), 3, 12.5)
    assert [event.data for event in over.events] == [QueueAttended(queue=METRO, after_s=12.5)]
    assert after(over, roster(IDLE), 3, 13) == NONE


def test_s16_a_clock_that_is_set_back_makes_no_negative_alarm() -> None:
    """Set back an hour while the queue is unattended."""
    raised = after(NONE, roster(), 1, 0)
    (event,) = after(raised, roster(IDLE), 1, -3600).events
    assert event.data == QueueAttended(queue=METRO, after_s=0.0)


PLACES = st.lists(st.sampled_from([IDLE, TALKING, PAUSED, AWAY]), max_size=3)


@given(st.lists(st.tuples(PLACES, st.integers(0, 3)), max_size=12))
def test_s15_a_restart_goes_on_with_the_alarms_that_stand(
    story: list[tuple[list[Membership], int]],
) -> None:
    """The journal's events give the same alarms, and they stand exactly for who has nobody."""
    alarms, told = NONE, list[Data]()
    for second, (places, waiting) in enumerate(story):
        there = roster(*places)
        alarms = after(alarms, there, waiting, second)
        told += alarms.events
        attended = any(place in (IDLE, TALKING) for place in places)
        assert not (attended and alarms.alarms)
        assert attended or not waiting or METRO in alarms.alarms
    assert replay(told) == alarms.alarms
