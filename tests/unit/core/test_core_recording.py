"""Rules of recordings: flagged once while they live, kept for as long as there is a reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cc110.core import events, facts
from cc110.core.ids import CallId
from cc110.core.recording import usual_path
from cc110.core.retention import Kept, Retention, erase_at, is_due
from cc110.core.words import Verdict
from tests.unit.core.told import CALL, PATH, START, Story, arrived, at, found, hung_up, queued, took

RETENTION = Retention(days={Verdict.NOT_VALID: 365, Verdict.VALID: 0, None: 90})
KEPT = Kept(
    call_id=CALL,
    path=PATH,
    recorded_at=START,
    verdict=Verdict.NOT_VALID,
    is_held=False,
    has_open_case=False,
)


def silent(seconds: float) -> facts.RecorderSilent:
    return facts.RecorderSilent(at=at(seconds), call_id=CALL, path=PATH, reason="there is no file")


def heard(seconds: float) -> facts.RecorderHeard:
    return facts.RecorderHeard(at=at(seconds), call_id=CALL, path=PATH)


def test_r3_a_call_is_flagged_once_until_it_is_recorded_again() -> None:
    """However often a watch that was started anew says so."""
    story = Story(arrived(), queued(6), took(9))
    story.tell(silent(12), silent(13), heard(20), heard(21), silent(30))

    assert ["RecordingStalled", "RecordingResumed", "RecordingStalled"] == story.types[-3:]
    (resumed,) = story.data(events.RecordingResumed)
    assert events.RecordingResumed(path=PATH, stalled_s=8.0) == resumed


def test_a_call_that_is_over_is_flagged_no_more() -> None:
    """Its end says what became of the recording."""
    story = Story(arrived(), queued(6), took(9), hung_up(30))

    assert [] == story.tell(silent(31), heard(32))


def test_r1_a_recording_as_long_as_its_call_lacks_nothing() -> None:
    """Within the slack of two seconds."""
    started = facts.RecorderStarted(at=at(1), call_id=CALL, path=PATH)
    story = Story(arrived(), started, queued(6), took(9), hung_up(15.5))
    story.tell(found(17))

    (final,) = story.data(events.RecordingFinalised)
    assert events.RecordingFinalised(path=PATH, seconds=12.5) == final


def test_r7_a_recording_is_kept_to_the_second_by_its_verdict() -> None:
    """A year has 365 days here, and nothing goes before its end."""
    end = START + timedelta(days=365)

    assert end == erase_at(KEPT, RETENTION)
    assert not is_due(KEPT, RETENTION, end - timedelta(seconds=1))
    assert is_due(KEPT, RETENTION, end)
    assert is_due(replace(KEPT, verdict=None), RETENTION, START + timedelta(days=90))


@pytest.mark.parametrize(
    "kept",
    [
        replace(KEPT, is_held=True),
        replace(KEPT, has_open_case=True),
        replace(KEPT, verdict=Verdict.VALID),
        replace(KEPT, verdict=Verdict.PRANK),
    ],
    ids=["held", "open case", "for ever", "no period"],
)
def test_r7_what_has_a_reason_to_stay_stays(kept: Kept) -> None:
    """Legal hold, an open case, a period of 0, a verdict that nobody gave a period."""
    assert not is_due(kept, RETENTION, START + timedelta(days=36_500))


def test_a_call_is_recorded_where_the_dialplan_says() -> None:
    """As `dialplan/recording.conf` has it."""
    assert PATH == usual_path(CallId(CALL))
