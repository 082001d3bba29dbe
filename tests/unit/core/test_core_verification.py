"""The way out of a block: asked once, refused once, and lifted only if there is something to lift."""

from datetime import timedelta

import pytest

from cc110.core import events
from cc110.core.blocking import Block
from cc110.core.effects import LiftBlock, Note
from cc110.core.evolve import replay
from cc110.core.verification import Passed, lifting
from cc110.core.words import NumberSource, Stage
from tests.unit.core.told import (
    BUDI,
    CALL,
    NUMBER,
    POLICY,
    SITI,
    START,
    Story,
    arrived,
    at,
    hung_up,
    queued,
    seen,
    took,
    verify_asked,
    verify_failed,
    verify_passed,
)

LIFT = LiftBlock(call_id=CALL, number=NUMBER, agent=BUDI, at=at(20))


def block(*, since: float = -3600, until: int = 0) -> Block:
    return Block(number=NUMBER, until=until, reason="five pranks", by="cc110", since=at(since))


def verifying() -> Story:
    """A blocked caller who talks with an operator."""
    return Story(arrived(), verify_asked(0.1), queued(0.2), took(5))


def test_a_verification_is_asked_for_and_refused_once_a_call() -> None:
    """Told twice, or keyed twice, is told once; a replay knows of both."""
    story = verifying()
    story.tell(verify_asked(0.1), verify_failed(9), verify_failed(9), verify_failed(12, SITI))
    said = [type(event.data) for event in story.events]

    assert said.count(events.BlockVerificationAsked) == 1
    assert said.count(events.BlockVerificationRefused) == 1
    assert replay(story.events, POLICY) == story.call


def test_a_request_that_nobody_heard_of_is_read_from_the_list() -> None:
    """Once, behind everybody else in the queue, and silent when it was heard."""
    listed = seen(30, Stage.QUEUE, blocked_until=0)
    unheard, heard = Story(listed, listed), Story(arrived(), verify_asked(0.1), listed)
    said = [event.data for event in unheard.events]
    asked = events.BlockVerificationAsked(
        number=NUMBER, source=NumberSource.ASSERTED, until=0, recovered=True
    )

    assert said.count(asked) == 1
    assert [data.priority for data in said if isinstance(data, events.CallQueued)] == [0]
    assert asked not in [event.data for event in heard.events]


def test_a_refusal_counts_also_after_the_call_and_without_a_request() -> None:
    """The daemon may have been away when he asked, and late for the end."""
    story = Story(arrived(), queued(0.2), took(5), hung_up(9))

    (refused,) = story.tell(verify_failed(8.9))

    assert events.BlockVerificationRefused(number=NUMBER, agent=BUDI) == refused.data


def test_76_asks_for_the_block_to_be_lifted_and_says_nothing_of_the_call() -> None:
    """Whether the number is blocked is not the call's to know."""
    story = verifying()
    before = story.call
    done = story.told(verify_passed(20))

    assert () == done.events
    assert (LIFT,) == done.effects
    assert before == story.call


def test_76_of_an_unknown_call_counts_as_well() -> None:
    """The other facts of an unknown call change nothing."""
    assert (LIFT,) == Story().told(verify_passed(20)).effects
    assert isinstance(Story().told(verify_failed(20)).effects[0], Note)


def test_lifting_names_operator_and_call_and_has_the_time_of_the_key() -> None:
    """What a supervisor reads later."""
    lifted = lifting(block(), LIFT)
    unblocked = events.NumberUnblocked(number=NUMBER, reason=f"verified in call {CALL}", by=BUDI)

    assert lifted is not None
    assert (lifted.at, lifted.call_id, lifted.data) == (at(20), CALL, unblocked)


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(None, id="not blocked"),
        pytest.param(block(since=21), id="blocked again after the verification"),
        pytest.param(block(until=int(START.timestamp()) + 10), id="expired before the key"),
    ],
)
def test_there_may_be_nothing_to_lift(existing: Block | None) -> None:
    """A note that is found late must not end a newer block."""
    assert lifting(existing, LIFT) is None


def test_a_block_of_the_same_second_is_lifted() -> None:
    """The PBX notes whole seconds: the verdict that blocked may be milliseconds younger than the note."""
    assert lifting(block(since=20.4), LIFT) is not None


def test_a_note_asks_for_the_same_as_the_key() -> None:
    """Live or found later, it is one thing."""
    note = Passed(number=NUMBER, at=START + timedelta(seconds=20), agent=BUDI, call_id=CALL)

    assert LIFT == note.lift
