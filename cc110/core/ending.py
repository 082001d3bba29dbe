"""Rules of the end of a call and of what follows it: its case (SOP S1.9)."""

from cc110.core import case, facts
from cc110.core.draft import Draft
from cc110.core.events import (
    CallAbandoned,
    CallEnded,
    RecordingMissing,
)


def caller_gone(draft: Draft, fact: facts.CallerGone) -> None:
    """The caller's channel ended: the call is over, and a call that nobody recorded is reported."""
    call = draft.call
    lived_s = max(0.0, (draft.at - call.arrived_at).total_seconds())
    if not call.met and not call.abandoned:
        draft.say(CallAbandoned(waited_s=lived_s))
    draft.say(CallEnded(by=fact.by, duration_s=lived_s))
    if call.recording is None and lived_s > draft.policy.unrecorded_s:
        draft.say(RecordingMissing(path="", reason="no recording was started"))


def case_close_pressed(draft: Draft, fact: facts.CaseClosePressed) -> None:
    """``*70``: closed once; without a case there is nothing to close."""
    draft.say(case.closing(draft.call.case, fact.by, draft.at))
