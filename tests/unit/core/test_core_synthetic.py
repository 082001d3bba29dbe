"""From what was seen of a synthetic call to the stage that does not work (O1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cc110.core.synthetic import Seen, Sign, judge
from cc110.core.words import SyntheticFault as Fault
from cc110.core.words import SyntheticStage as Stage

START = datetime(2026, 8, 17, 3, 4, 5, tzinfo=UTC)
WORDS = (
    (0.1, "arrived"),
    (0.1, "recording"),
    (0.4, "heard"),
    (5.9, "chose"),
    (6.0, "queued"),
    (6.1, "rang"),
    (6.2, "agent-took"),
    (6.5, "spoke"),
    (7.5, "caller-gone"),
)


def seen(*without: str, **changed: object) -> Seen:
    """A healthy call, without these words."""
    signs = tuple(
        Sign(at=START + timedelta(seconds=after), word=word, call_id="test-1")
        for after, word in WORDS
        if word not in without
    )
    healthy = Seen(order="test-order-1", begun_at=START, signs=signs, recorded_s=7.4)
    return replace(healthy, **changed)


def test_a_healthy_call_says_how_long_each_stage_took() -> None:
    """For the recording, how long it is."""
    found = judge(seen())

    assert found.broken is None
    assert [one.stage for one in found.stages] == list(Stage)
    took = [round(one.took_s or 0.0, 1) for one in found.stages]
    assert took == [0.1, 5.8, 0.1, 0.4, 7.4]


@pytest.mark.parametrize(
    ("what", "stage", "fault"),
    [
        (seen(*(word for _, word in WORDS), is_ordered=False), Stage.TRUNK, Fault.NO_PBX),
        (seen(*(word for _, word in WORDS)), Stage.TRUNK, Fault.NOT_LET_IN),
        (seen("heard"), Stage.GREETING, Fault.NOT_GREETED),
        (seen(unplayed=("menu",)), Stage.GREETING, Fault.PROMPT_MISSING),
        (seen("chose", "queued", "rang"), Stage.GREETING, Fault.NOT_LED_ON),
        (seen("queued", "rang"), Stage.QUEUE, Fault.NOT_QUEUED),
        (seen("rang", "agent-took"), Stage.QUEUE, Fault.NOT_RUNG),
        (seen("agent-took"), Stage.ANSWER, Fault.NOT_CONNECTED),
        (seen("spoke"), Stage.ANSWER, Fault.NOT_HEARD),
        (seen("caller-gone"), Stage.ANSWER, Fault.NOT_ENDED),
        (seen("recording"), Stage.RECORDING, Fault.NO_RECORDER),
        (seen(recorded_s=None), Stage.RECORDING, Fault.NO_FILE),
        (seen(recorded_s=3.0), Stage.RECORDING, Fault.TOO_SHORT),
    ],
)
def test_the_first_stage_that_does_not_work_is_named(
    what: Seen, stage: Stage, fault: Fault
) -> None:
    """What comes behind it had no chance, and is not judged."""
    found = judge(what)

    assert found.broken
    assert (found.broken.stage, found.broken.fault) == (stage, fault)
    assert found.stages[-1] is found.broken
    assert all(one.fault is None for one in found.stages[:-1])


def test_a_sound_after_the_greeting_is_no_greeting() -> None:
    """Music in the queue, or who answers, must not pass for it."""
    late = Sign(at=START + timedelta(seconds=6.3), word="heard", call_id="test-order-1")
    call = seen("heard")
    found = judge(replace(call, signs=(*call.signs, late)))

    assert found.broken
    assert found.broken.fault is Fault.NOT_GREETED
