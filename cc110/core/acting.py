"""What a step asks the shell to do: derived from its events and its deadlines before and after."""

from datetime import datetime, timedelta

from cc110.core.call import Call
from cc110.core.effects import (
    CancelDeadline,
    Effect,
    MeasureRecording,
    RescueCall,
    SetDeadline,
)
from cc110.core.events import CallEnded, CallRescued, Event
from cc110.core.phases import Waiting, deadline_of
from cc110.core.policy import Policy


def acts(call: Call | None, events: tuple[Event, ...]) -> tuple[Effect, ...]:
    """What the events of a call ask for."""
    if call is None:
        return ()
    return tuple(act for event in events for act in _act(call, event))


def _act(call: Call, event: Event) -> tuple[Effect, ...]:
    match event.data:
        case CallRescued(queue=queue, reason=reason):
            rescue = RescueCall(
                call_id=call.call_id, channel=call.channel, queue=queue, reason=reason
            )
            return (rescue,)
        case CallEnded() if call.recording:
            return (MeasureRecording(call_id=call.call_id, path=call.recording),)
        case _:
            return ()


def deadlines(
    before: Call | None, after: Call | None, *, now: datetime, policy: Policy
) -> tuple[Effect, ...]:
    """What changed between the deadline of the phase before and of the phase after.

    A deadline that has already passed when it is first heard of belongs to late news: what the PBX
    did since then is about to be told, so the caller is left alone for at least the grace time.
    """
    old = deadline_of(before.phase) if before else None
    new = deadline_of(after.phase) if after else None
    if after is None or old == new:
        return ()
    changes: list[Effect] = []
    if old:
        changes.append(CancelDeadline(call_id=after.call_id, name=old.name))
    if new:
        grace = now + timedelta(seconds=policy.grace_s)
        at = new.at if _is_climb(after) and new.at > now else max(new.at, grace)
        changes.append(SetDeadline(call_id=after.call_id, name=new.name, at=at))
    return tuple(changes)


def _is_climb(call: Call) -> bool:
    """Nothing is done when a level opens, it is only said: no need for grace."""
    return isinstance(call.phase, Waiting)


def resume(call: Call, *, now: datetime, policy: Policy) -> tuple[Effect, ...]:
    """What a call asks for that was rebuilt from the journal: its deadline, or its recording."""
    if call.ended and call.recording and not call.is_finished:
        return (MeasureRecording(call_id=call.call_id, path=call.recording),)
    return deadlines(None, call, now=now, policy=policy)
