"""The fold: what a call is after one more of its events.

``replay`` of the journaled events rebuilds a call after a restart; ``step`` folds the same way, so
both know the same. Who is in the talk is a set of legs that each come and go by their own channel;
the phase follows from the legs and the open transfers. So events may come in any order: the newest
fact about a leg counts, and the last one about all of them gives the same phase.

An event that is older than the phase is history: it is remembered, but takes the caller from
nobody.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from cc110.core import case, events, legs
from cc110.core.call import Call
from cc110.core.case import Case
from cc110.core.climb import Step, to_come
from cc110.core.events import Event
from cc110.core.ids import CallId, ChannelId, QueueName, arrival_of, case_id_of
from cc110.core.phases import Adrift, Deadline, Ended, Greeting, Held, Waiting
from cc110.core.policy import Policy

AFTER_END = (
    events.VerdictGiven
    | events.VerdictWithdrawn
    | events.CaseOpened
    | events.CaseUpdated
    | events.CaseClosed
    | events.RecordingFinalised
    | events.RecordingMissing
    | events.BlockVerificationRefused
    | events.CallSupervised
)
"""What may still be said of a call that is over."""

_READ_BACK = timedelta(seconds=2)
"""The dialplan makes the call id, which knows whole seconds, and tells of the arrival at once."""

MAX_DOUBLINGS = 4
"""The pause between two rescues doubles up to 16 times the grace time."""


def replay(journaled: Iterable[Event], policy: Policy) -> Call | None:
    """The call that its own events tell of, in the order in which they were journaled."""
    call: Call | None = None
    for event in journaled:
        call = evolve(call, event, policy)
    return call


def evolve(call: Call | None, event: Event, policy: Policy) -> Call | None:
    """The call after the event; None as long as no arrival is known."""
    data = event.data
    if call is None:
        return _arrived(event, data, policy) if isinstance(data, events.CallArrived) else None
    if call.ended and not isinstance(data, AFTER_END):
        return call
    call = _grown(call, data, event.at, policy)
    return replace(call, recovered_at=event.at) if getattr(data, "recovered", False) else call


def _arrived(event: Event, data: events.CallArrived, policy: Policy) -> Call | None:
    if event.call_id is None:
        return None
    arrived_at = _arrived_at(event, event.call_id, recovered=data.recovered)
    return Call(
        call_id=event.call_id,
        channel=ChannelId(data.channel),
        number=data.number,
        source=data.source,
        dialled=data.dialled,
        trunk=data.trunk,
        queue=data.queue,
        arrived_at=arrived_at,
        waits_from=arrived_at,
        phase=Greeting(deadline=Deadline.after("greeting", event.at, policy.greeting_limit_s)),
        since=event.at,
        recovered_at=event.at if data.recovered else None,
    )


def _arrived_at(event: Event, call_id: CallId, *, recovered: bool) -> datetime:
    """An arrival that was found in a list was before it; one that was read back has its own time."""
    known = arrival_of(call_id) if recovered else None
    if known is None or event.at - known < _READ_BACK:
        return event.at
    return known


def _grown(call: Call, data: events.Data, at: datetime, policy: Policy) -> Call:
    """Long because it is a table: one row for each kind of event."""
    match data:
        case events.RecordingStarted(path=path):
            return replace(call, recording=path, recorded_from=at)
        case events.RecordingStalled():
            return replace(call, unrecorded_from=at)
        case events.RecordingResumed():
            return replace(call, unrecorded_from=None)
        case events.MenuChosen(choice=choice):
            return replace(call, choice=choice)
        case events.CallQueued(queue=queue, staff=staff):
            return _queued(call, queue, at, to_come(policy.climb, staff))
        case events.CallRequeued(queue=queue, staff=staff):
            return _requeued(call, queue, at, to_come(policy.climb, staff))
        case events.CallClimbed(level=level):
            return _climbed(call, level)
        case events.CallOverflowed():
            return replace(call, overflows=call.overflows | {at})
        case events.CallRescued(reason=reason):
            return _rescued(call, reason, at, policy)
        case events.AgentRang():
            return _rang(call, data, at, policy)
        case events.AgentAnswered():
            return legs.agent_answered(call, data, at, policy)
        case events.PolresAnswered():
            return legs.polres_answered(call, data, at, policy)
        case events.CallSupervised() as said:
            key = (said.supervisor, said.mode, said.step)
            return replace(call, supervised=call.supervised | {(key, at)})
        case events.AgentLeft() | events.PolresLeft():
            return legs.left(call, data, at, policy)
        case events.TransferStarted():
            return legs.transfer_started(call, data, at, policy)
        case events.TransferReturned():
            return legs.transfer_returned(call, data, at, policy)
        case events.PolresRang(polres=polres):
            return legs.marked(call, call.open_try(polres), rang=True)
        case events.VerdictGiven(verdict=verdict):
            return replace(call, verdict=verdict, verdict_at=at)
        case events.VerdictWithdrawn():
            return replace(call, verdict=None, verdict_at=at)
        case events.CaseOpened(owner=owner):
            return replace(call, case=_case(call, owner, at))
        case events.CaseUpdated(owner=owner):
            return replace(call, case=case.updated(call.case, owner))
        case events.CaseClosed():
            return replace(call, case=case.closed(call.case))
        case events.BlockVerificationAsked():
            return replace(call, verification_asked=True)
        case events.BlockVerificationRefused():
            return replace(call, verification_refused=True)
        case events.CallAbandoned():
            return replace(call, abandoned=True)
        case events.CallEnded(by=by):
            return replace(call, phase=Ended(at=at, by=by), since=max(call.since, at), legs=())
        case events.RecordingFinalised(path=path):
            return replace(call, recording=path, recording_found=True)
        case events.RecordingMissing():
            return replace(call, recording_missed=True)
        case (
            events.CallArrived()
            | events.CallRejected()
            | events.CallbackClaimed()
            | events.CallbackMade()
            | events.CallbackDropped()
            | events.RecordingExported()
            | events.RecordingHeld()
            | events.RecordingReleased()
            | events.RecordingErased()
            | events.NumberBlocked()
            | events.NumberUnblocked()
            | events.RangeBlockProposed()
            | events.RangeBlocked()
            | events.RangeUnblocked()
            | events.NumberExempted()
            | events.AgentLoggedIn()
            | events.AgentLoggedOut()
            | events.AgentPaused()
            | events.AgentUnpaused()
            | events.ShiftStarted()
            | events.ShiftEnded()
            | events.ShiftEmpty()
            | events.AgentOffShift()
            | events.RosterTaken()
            | events.RosterRefused()
            | events.QueueUnattended()
            | events.QueueAttended()
            | events.AddressBanned()
            | events.AddressBanLifted()
            | events.SyntheticCallFailed()
            | events.SyntheticCallPassed()
            | events.SiteApplied()
            | events.SiteRolledBack()
            | events.PbxLost()
            | events.PbxReadBack()
            | events.PbxBack()
        ):
            return call
        case _:
            assert_never(data)


def _case(call: Call, owner: str, at: datetime) -> Case:
    return Case(case_id=case_id_of(call.call_id), owner=owner, opened_at=at)


def _queued(call: Call, queue: QueueName, at: datetime, climb: tuple[Step, ...]) -> Call:
    """The first entry to a queue; when it is heard of late, he may be anywhere by now."""
    call = replace(
        call, queued=True, queue=call.queue if call.entries else queue, entries=call.entries | {at}
    )
    match call.phase:
        case _ if call.is_history(at):
            return call
        case Greeting():
            return _waits(call, queue, at, climb)
        case Waiting() as waiting:
            return replace(call, phase=replace(waiting, queue=call.queue))
        case Adrift() if not call.met or at >= call.since:
            return _waits(call, queue, at, climb)
        case _:
            return call


def _requeued(call: Call, queue: QueueName, at: datetime, climb: tuple[Step, ...]) -> Call:
    call = replace(call, entries=call.entries | {at})
    if call.is_history(at) or (isinstance(call.phase, Held) and at < call.since):
        return call
    return _waits(replace(legs.without_legs(call, call.legs, at), waits_from=at), queue, at, climb)


def _waits(call: Call, queue: QueueName, at: datetime, climb: tuple[Step, ...] = ()) -> Call:
    since = max(call.since, at)
    waiting = Waiting(queue=queue, since=since, climb=climb)
    return replace(call, queue=queue, phase=waiting, since=since)


def _climbed(call: Call, level: int) -> Call:
    """One level less to come."""
    if not isinstance(call.phase, Waiting):
        return call
    left = tuple(step for step in call.phase.climb if step.number > level)
    return replace(call, phase=replace(call.phase, climb=left))


def _rescued(call: Call, reason: str, at: datetime, policy: Policy) -> Call:
    pause_s = policy.grace_s * 2 ** min(call.rescues, MAX_DOUBLINGS)
    deadline = Deadline.after("rescue", at, pause_s)
    call = replace(legs.without_legs(call, call.legs, at), rescues=call.rescues + 1)
    return legs.entered(call, Adrift(since=at, reason=reason, deadline=deadline), at)


def _rang(call: Call, data: events.AgentRang, at: datetime, policy: Policy) -> Call:
    """A phone that rings before anybody had him proves that he is in the queue; after that, it is
    that the dialplan rings an operator for a caller who comes back."""
    call = replace(call, rang=call.rang | {(data.agent, at)})
    if call.is_history(at):
        return call
    if isinstance(call.phase, Adrift):
        return legs.entered(call, legs.returning(data.agent, at, policy), at)
    if isinstance(call.phase, Greeting):
        call = _waits(call, call.queue, at)
    if isinstance(call.phase, Waiting):
        ringing = call.phase.ringing | {data.agent}
        return replace(call, phase=replace(call.phase, ringing=ringing))
    return call
