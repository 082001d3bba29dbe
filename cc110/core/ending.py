"""Rules of the end of a call and of what follows it: its recording and its case (SOP S1.9)."""

from cc110.core import case, facts
from cc110.core.draft import Draft
from cc110.core.events import (
    CallAbandoned,
    CallEnded,
    RecordingFinalised,
    RecordingMissing,
)


def caller_gone(draft: Draft, fact: facts.CallerGone) -> None:
    """The caller's channel ended: the call is over, and a call that nobody recorded is reported."""
    call = draft.call
    lived_s = max(0.0, (draft.at - call.arrived_at).total_seconds())
    if not call.met:
        draft.say(CallAbandoned(waited_s=lived_s))
    draft.say(CallEnded(by=fact.by, duration_s=lived_s))
    if call.recording is None and lived_s > draft.policy.unrecorded_s:
        draft.say(RecordingMissing(path="", reason="no recording was started"))


def recording_found(draft: Draft, fact: facts.RecordingFound) -> None:
    """The recording is there; that may also follow a report that it was missing."""
    if draft.call.ended and not draft.call.recording_found:
        draft.say(RecordingFinalised(path=fact.path, seconds=fact.seconds))


def recording_not_found(draft: Draft, fact: facts.RecordingNotFound) -> None:
    """There is no recording; said once, and never after it was found."""
    call = draft.call
    if call.ended and not call.recording_found and not call.recording_missed:
        draft.say(RecordingMissing(path=fact.path, reason=fact.reason))


def case_close_pressed(draft: Draft, fact: facts.CaseClosePressed) -> None:
    """``*70``: closed once; without a case there is nothing to close."""
    draft.say(case.closing(draft.call.case, fact.by, draft.at))
