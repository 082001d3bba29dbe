"""Rules of a call in the PBX's own list, after a restart or a reconnect: what must be true now.

The list is told as the facts that would have led to it, through the same rules as live facts; so
only what is missing becomes an event, and the same list told twice adds nothing. A list older than
the last change of the call's phase is overtaken by what was heard meanwhile, and only names the
call.
"""

from cc110.core import facts, intake, menu, talk, transfer, verification
from cc110.core.call import AgentLeg, Leg
from cc110.core.draft import Draft
from cc110.core.events import AgentRang, CallArrived, CallQueued, CallRequeued
from cc110.core.ids import PolresExt
from cc110.core.phases import Adrift, Forwarded, Greeting, Returning, Waiting
from cc110.core.words import LeaveCause, MenuChoice, Stage, TransferFailure, TransferKind


def seen(draft: Draft, fact: facts.Seen) -> None:
    """Make the call what the PBX says it is."""
    new = draft.known is None
    if new:
        draft.say(_arrival(fact))
    if fact.recording:
        intake.recorder_started(draft, fact.recording)
    verification.seen(draft, fact)
    if draft.at < draft.call.since or draft.call.is_history(draft.at):
        return
    for leg in fact.legs:
        _joins(draft, fact, leg)
    for gone in _missing(draft, fact):
        _leaves(draft, gone)
    _stage(draft, fact)


def _arrival(fact: facts.Seen) -> CallArrived:
    return CallArrived(
        channel=fact.channel,
        number=fact.number,
        source=fact.source,
        dialled=fact.dialled,
        trunk=fact.trunk,
        queue=fact.queue,
        recovered=True,
    )


def _joins(draft: Draft, fact: facts.Seen, leg: facts.LegSeen) -> None:
    at, call_id, channel = draft.at, draft.call_id, leg.channel
    if leg.agent:
        took = facts.AgentTook(at=at, call_id=call_id, agent=leg.agent, channel=channel)
        talk.took(draft, took, recovered=True)
    elif leg.polres:
        answer = facts.PolresTook(at=at, call_id=call_id, polres=leg.polres, channel=channel)
        transfer.took(draft, answer, recovered=True, agent=fact.agent)


def _missing(draft: Draft, fact: facts.Seen) -> tuple[Leg, ...]:
    """Legs that the PBX no longer has with the caller.

    In a talk without any leg the operator is away for a moment, such as to key in a Polres's
    number.
    """
    if not fact.legs and fact.stage in (Stage.AGENT, Stage.POLRES):
        return ()
    there = {leg.channel for leg in fact.legs}
    return tuple(leg for leg in draft.call.legs if leg.channel not in there)


def _leaves(draft: Draft, leg: Leg) -> None:
    """Nobody saw how it left; what the PBX wrote down may not change that any more."""
    at, call_id, channel, lost = draft.at, draft.call_id, leg.channel, LeaveCause.LOST
    if isinstance(leg, AgentLeg):
        gone = facts.AgentGone(at=at, call_id=call_id, agent=leg.agent, channel=channel, cause=lost)
        talk.gone(draft, gone, recovered=True)
    else:
        away = facts.PolresGone(
            at=at, call_id=call_id, polres=leg.polres, channel=channel, cause=lost
        )
        transfer.gone(draft, away, recovered=True)


def _stage(draft: Draft, fact: facts.Seen) -> None:
    """What the dialplan does with him, where the legs alone don't tell."""
    match fact.stage:
        case Stage.QUEUE if not draft.call.legs:
            _in_queue(draft, fact)
        case Stage.POLRES_RINGING:
            _polres_rings(draft, fact)
        case Stage.RETURNING if not draft.call.legs:
            _returns(draft, fact)
        case _:
            pass


def _in_queue(draft: Draft, fact: facts.Seen) -> None:
    call = draft.call
    if isinstance(call.phase, Waiting):
        return
    if call.queued or not isinstance(call.phase, Greeting):
        reason = intake.why_back(call.phase)
        draft.say(CallRequeued(queue=fact.queue, reason=reason, recovered=True))
        return
    priority = verification.PRIORITY
    if fact.blocked_until is None:
        priority = menu.priority_of(call.choice or MenuChoice.EMERGENCY)
    draft.say(CallQueued(queue=fact.queue, priority=priority, recovered=True))


def _polres_rings(draft: Draft, fact: facts.Seen) -> None:
    """Without the Polres's name the phase waits for the next fact."""
    if fact.polres is None or draft.call.has_polres(fact.polres):
        return
    if draft.call.open_try(fact.polres) or _tried_since(draft, fact.polres):
        return
    kind = TransferKind.JOIN if draft.call.legs else TransferKind.BLIND
    ring_s = draft.policy.polres_ring_s
    transfer.imply(draft, fact.polres, agent=fact.agent, kind=kind, ring_s=ring_s, recovered=True)


def _tried_since(draft: Draft, polres: PolresExt) -> bool:
    """True when an attempt is known that the list can't know of."""
    return any(attempt.at >= draft.at for attempt in draft.call.tries_at(polres))


def _returns(draft: Draft, fact: facts.Seen) -> None:
    """The operator's phone rings; what led there may be unknown and is concluded where needed."""
    match draft.call.phase:
        case Returning():
            pass
        case Adrift():
            if fact.agent:
                draft.say(AgentRang(agent=fact.agent, recovered=True))
        case Forwarded():
            _give_back(draft, fact)
        case _:
            if fact.polres and not _tried_since(draft, fact.polres):
                kind = TransferKind.BLIND
                transfer.imply(draft, fact.polres, agent=fact.agent, kind=kind, recovered=True)
                _give_back(draft, fact)


def _give_back(draft: Draft, fact: facts.Seen) -> None:
    for attempt in draft.call.open_tries:
        if attempt.at <= draft.at:
            return_to = fact.agent or attempt.return_to
            reason = TransferFailure.NO_ANSWER
            transfer.give_back(draft, attempt, reason, return_to=return_to, recovered=True)
