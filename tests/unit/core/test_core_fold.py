"""The fold alone: events of other things, of nobody, and out of place."""

from typing import get_args

import pytest

from cc110.core import events
from cc110.core.draft import Draft
from cc110.core.events import Data, Event
from cc110.core.evolve import evolve, replay
from cc110.core.ids import AgentId, PolresExt, arrival_of
from cc110.core.words import EndedBy
from tests.unit.core.told import CALL, NUMBER, POLICY, QUEUE, START, Story, arrived, at, talking

NOT_OF_A_CALL: list[Data] = [
    events.NumberBlocked(number=NUMBER, until=0, reason="x", by="y"),
    events.NumberUnblocked(number=NUMBER, reason="x", by="y"),
    events.AgentLoggedIn(agent=AgentId("1101"), queue=QUEUE),
    events.AgentLoggedOut(agent=AgentId("1101"), queue=QUEUE),
    events.AgentPaused(agent=AgentId("1101"), queue=QUEUE, reason="x"),
    events.AgentUnpaused(agent=AgentId("1101"), queue=QUEUE),
    events.PbxLost(reason="x"),
    events.PbxBack(calls=0, restarted=False),
]


@pytest.mark.parametrize("data", NOT_OF_A_CALL, ids=lambda data: type(data).__name__)
def test_an_event_that_is_not_a_calls_leaves_the_call_alone(data: Data) -> None:
    """A journal read as a whole may be folded."""
    call = talking().call

    assert call == evolve(call, Event(at=at(50), data=data), POLICY)
    assert evolve(None, Event(at=at(50), data=data), POLICY) is None


def test_a_call_is_known_from_its_arrival() -> None:
    """What comes before it, or has no call id, makes none."""
    story = Story(arrived())
    whole = talking().events
    nameless = Event(at=START, data=story.events[0].data)

    assert replay(whole[1:], POLICY) is None
    assert evolve(None, nameless, POLICY) is None
    assert story.known == evolve(story.known, nameless, POLICY)


def test_an_ended_call_takes_no_event_but_what_may_follow() -> None:
    """Even from a journal that was written otherwise."""
    story = talking()
    end = events.CallEnded(by=EndedBy.LOST, duration_s=1.0)
    call = evolve(story.known, Event(at=at(50), call_id=CALL, data=end), POLICY)

    assert call == evolve(call, story.events[-1], POLICY)


def test_case_events_without_a_case_are_passed_over() -> None:
    """A journal that lost its head must still be readable."""
    call = talking().call
    for data in (events.CaseUpdated(owner="x", reason="y"), events.CaseClosed(by="z")):
        assert call == evolve(call, Event(at=at(50), data=data), POLICY)


def test_an_event_that_came_from_a_failed_attempt_nobody_knows_is_harmless() -> None:
    """The caller is with his operator as before."""
    call = talking().call
    rang = events.PolresRang(polres=PolresExt("7199"))

    assert call == evolve(call, Event(at=at(50), data=rang), POLICY)


def test_every_kind_of_event_has_its_own_name_and_version() -> None:
    """They are public."""
    kinds = get_args(Data)

    assert len(kinds) == len({kind.__name__ for kind in kinds})
    assert all(kind.v == 1 for kind in kinds)


def test_a_draft_of_an_unknown_call_has_no_call() -> None:
    """A rule that asks is wrong, and is told so."""
    with pytest.raises(LookupError, match="has not arrived"):
        _ = Draft(None, call_id=CALL, at=START, policy=POLICY).call


def test_a_call_id_tells_when_the_call_arrived() -> None:
    """Made by the dialplan, in UTC, to the second."""
    assert arrival_of(CALL) == START
