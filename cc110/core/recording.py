"""Rules of a call's recording: whether it grows while the call lives, and whether it holds it all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cc110.core import facts
from cc110.core.call import Call
from cc110.core.draft import Draft
from cc110.core.events import (
    RecordingFinalised,
    RecordingMissing,
    RecordingResumed,
    RecordingStalled,
)
from cc110.core.ids import CallId
from cc110.core.phases import Ended

SILENT_S: Final = 3.5
"""A recording that did not grow for so long does not grow: the PBX writes it in portions of two
seconds. Together with the pause between two looks it is below the five seconds of requirement R3.
"""
PORTION: Final = 8192
"""Less is no growth, bytes: a full disk may still have room in the file's last block."""


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """What was seen of a live call's recording up to now."""

    size: int
    """Bytes; -1 = there is no file."""
    grew_at: float
    """When it was seen to grow for the last time, in seconds of a clock that never jumps."""

    def is_silent(self, now: float) -> bool:
        """True when it has not grown for too long."""
        return now - self.grew_at > SILENT_S


def felt(before: Pulse | None, size: int, now: float) -> Pulse:
    """The pulse after one more look. The first look counts as growth: patience begins with it."""
    if before is not None and size < max(before.size, 0) + PORTION:
        return before
    return Pulse(size=size, grew_at=now)


def path_of(call: Call) -> str:
    """Where the call is recorded, also when nobody heard of the recorder's start."""
    return call.recording or usual_path(call.call_id)


def usual_path(call_id: CallId) -> str:
    """Where the dialplan records a call (``dialplan/recording.conf``)."""
    day = call_id[:8]
    return f"{day[:4]}/{day[4:6]}/{day[6:8]}/{call_id}.wav"


def silent(draft: Draft, fact: facts.RecorderSilent) -> None:
    """A live call is not recorded: said once, until it is recorded again."""
    if draft.call.unrecorded_from is None:
        draft.say(RecordingStalled(path=fact.path, reason=fact.reason))


def heard(draft: Draft, fact: facts.RecorderHeard) -> None:
    """It is recorded again."""
    since = draft.call.unrecorded_from
    if since is not None:
        stalled_s = max(0.0, (draft.at - since).total_seconds())
        draft.say(RecordingResumed(path=fact.path, stalled_s=stalled_s))


def found(draft: Draft, fact: facts.RecordingFound) -> None:
    """The recording is there; that may also follow a report that it was missing."""
    call = draft.call
    if call.ended and not call.recording_found:
        lacking = missing_s(call, fact.seconds, slack_s=draft.policy.recording_slack_s)
        draft.say(
            RecordingFinalised(
                path=fact.path,
                seconds=fact.seconds,
                sha256=fact.sha256,
                missing_s=lacking,
                repaired=fact.repaired,
            )
        )


def not_found(draft: Draft, fact: facts.RecordingNotFound) -> None:
    """There is no recording; said once, and never after it was found."""
    call = draft.call
    if call.ended and not call.recording_found and not call.recording_missed:
        draft.say(RecordingMissing(path=fact.path, reason=fact.reason))


def missing_s(call: Call, seconds: float, *, slack_s: float) -> float:
    """How many seconds from the recorder's start to the caller's end the recording does not hold.

    0 within the slack, and when start or end are not known.
    """
    ended_at = _ended_at(call)
    if call.recorded_from is None or ended_at is None:
        return 0.0
    lacking = (ended_at - call.recorded_from).total_seconds() - seconds
    return round(lacking, 3) if lacking > slack_s else 0.0


def _ended_at(call: Call) -> datetime | None:
    return call.phase.at if isinstance(call.phase, Ended) else None
