"""A supervisor in a call: told once for each coming and going, also when the call is over by then."""

from cc110.core import events, facts
from cc110.core.words import Supervision, SupervisionStep
from tests.unit.core.told import (
    BUDI,
    CALL,
    SITI,
    Story,
    arrived,
    at,
    chose,
    gone,
    hung_up,
    queued,
    took,
)

BEGAN, ENDED = SupervisionStep.BEGAN, SupervisionStep.ENDED


def supervised(seconds: float, word: SupervisionStep) -> facts.Supervised:
    """Siti listens to Budi's call."""
    return facts.Supervised(
        at=at(seconds),
        call_id=CALL,
        supervisor=SITI,
        agent=BUDI,
        mode=Supervision.LISTEN,
        step=word,
    )


def test_each_coming_and_going_is_told_once() -> None:
    """Live, and again by the PBX's own record; a second visit is another one; the end may follow the call's."""
    story = Story()
    for fact in (
        arrived(),
        chose(5),
        queued(5.1),
        took(9),
        supervised(30, BEGAN),
        supervised(30.2, BEGAN),
        supervised(40, ENDED),
        supervised(50, BEGAN),
        hung_up(60),
        supervised(60.1, ENDED),
    ):
        story.tell(fact)

    told = [(one.supervisor, one.agent, one.step) for one in story.data(events.CallSupervised)]
    assert told == [(SITI, BUDI, word) for word in (BEGAN, ENDED, BEGAN, ENDED)]


def test_who_takes_over_has_the_call_when_the_other_leaves() -> None:
    """Two operators in the talk for a moment; nothing is rescued, the call ends by a party."""
    story = Story()
    for fact in (
        arrived(),
        chose(5),
        queued(5.1),
        took(9),
        took(30, "s1", SITI),
        gone(30.4),
        gone(60, "s1", SITI),
        hung_up(60.1),
    ):
        story.tell(fact)

    assert [one.agent for one in story.data(events.AgentAnswered)] == [BUDI, SITI]
    assert story.call.last_agent == SITI
    assert "CallRescued" not in story.types
