"""The fold of legs and transfers: who is in the talk, and what phase that makes.

A leg is in the talk from its answer to its leaving. When an answer is heard of after the leaving,
the leg came and went. When it is heard of again with a later time, the leg came back.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from math import inf

from cc110.core.after_talk import AfterTalk, Party, after_talk
from cc110.core.call import AgentLeg, Call, Leg, Outcome, PolresLeg, Transfer
from cc110.core.events import (
    AgentAnswered,
    AgentLeft,
    PolresAnswered,
    PolresLeft,
    TransferReturned,
    TransferStarted,
)
from cc110.core.ids import AgentId, ChannelId
from cc110.core.phases import (
    Adrift,
    Deadline,
    Forwarded,
    Greeting,
    Joining,
    Phase,
    Returning,
    Talking,
    Together,
    Waiting,
    WithPolres,
)
from cc110.core.policy import Policy
from cc110.core.words import TransferFailure, TransferKind, Verdict


def entered(call: Call, phase: Phase, at: datetime) -> Call:
    """The call in that phase; it began now if it is another one."""
    if phase == call.phase:
        return call
    return replace(call, phase=phase, since=max(call.since, at))


def by_legs(call: Call, nobody: Phase) -> Phase:
    """The phase that the legs and the open transfers amount to, or ``nobody`` if there are none."""
    agent, polres, tries = call.agent_leg, call.polres_leg, call.open_tries
    if agent and polres:
        return Together(
            agent=agent.agent,
            agent_channel=agent.channel,
            polres=polres.polres,
            polres_channel=polres.channel,
        )
    if polres:
        return WithPolres(polres=polres.polres, channel=polres.channel, since=polres.since)
    if agent:
        return _with_agent(agent, tries)
    if tries:
        last = tries[-1]
        return Forwarded(polres=last.polres, return_to=last.return_to, deadline=last.deadline)
    return nobody


def _with_agent(agent: AgentLeg, tries: tuple[Transfer, ...]) -> Phase:
    """While an operator consults a Polres by his own phone he has the caller on hold: a talk."""
    joins = [attempt for attempt in tries if attempt.kind is not TransferKind.ATTENDED]
    if not joins:
        return Talking(agent=agent.agent, channel=agent.channel)
    last = joins[-1]
    return Joining(
        agent=agent.agent, channel=agent.channel, polres=last.polres, deadline=last.deadline
    )


def agent_answered(call: Call, data: AgentAnswered, at: datetime, policy: Policy) -> Call:
    """An operator's leg came into the talk."""
    leg = AgentLeg(
        channel=ChannelId(data.channel), agent=data.agent, since=at, recovered=data.recovered
    )
    return _joined(replace(call, last_agent=data.agent), leg, policy)


def polres_answered(call: Call, data: PolresAnswered, at: datetime, policy: Policy) -> Call:
    """A Polres's leg came into the talk, which settles the attempt to bring it in."""
    leg = PolresLeg(
        channel=ChannelId(data.channel), polres=data.polres, since=at, recovered=data.recovered
    )
    call = marked(call, call.open_try(data.polres), outcome=Outcome.ANSWERED)
    return _joined(call, leg, policy)


def _joined(call: Call, leg: Leg, policy: Policy) -> Call:
    call = replace(call, met=call.met | {leg.channel})
    overtaken = isinstance(call.phase, Waiting) and leg.since < call.since
    if overtaken or call.is_history(leg.since):
        return replace(call, parted=_parted(call, [leg.channel], leg.since))
    parted = call.parted.get(leg.channel)
    if parted is not None and leg.since <= parted:
        return _came_and_went(call, leg, parted, policy)
    others = tuple(other for other in call.legs if other.channel != leg.channel)
    call = replace(call, legs=(*others, leg))
    return entered(call, by_legs(call, nobody=call.phase), leg.since)


def _came_and_went(call: Call, leg: Leg, parted: datetime, policy: Policy) -> Call:
    """Its leaving was heard of first: others in the talk have him, or it is the dialplan's turn."""
    if isinstance(call.phase, Adrift | Returning):
        return call
    adrift = _adrift(f"{_party(leg)}-left", parted, policy.grace_s)
    return entered(call, by_legs(call, nobody=adrift), parted)


def left(call: Call, data: AgentLeft | PolresLeft, at: datetime, policy: Policy) -> Call:
    """A leg left the talk; when it was the last one, it is the dialplan's turn."""
    channel = ChannelId(data.channel)
    leg = call.stay_ending(channel, at)
    call = replace(call, gone=call.gone | {channel})
    if leg is None:
        return replace(call, parted=_parted(call, [channel], at))
    call = without_legs(call, [leg], at)
    seconds = _patience_s(call, leg, data, at, policy)
    adrift = _adrift(f"{_party(leg)}-{data.cause}", at, seconds)
    return entered(call, by_legs(call, nobody=adrift), at)


def _patience_s(
    call: Call, leg: Leg, data: AgentLeft | PolresLeft, at: datetime, policy: Policy
) -> float:
    """How long the dialplan's next step may take."""
    if data.recovered:
        ring_s = max(policy.polres_ring_s, policy.agent_return_ring_s)
        return policy.grace_s + ring_s  # nobody saw which step it is: the longest
    step = after_talk(
        left=_party(leg),
        cause=data.cause,
        others_in=bool(call.legs),
        polres_rings=bool(call.open_tries),
        talk_s=inf if leg.recovered else (at - leg.since).total_seconds(),
        policy=policy,
    )
    words = step is AfterTalk.CLOSING_THEN_QUEUE or (
        step is AfterTalk.HANG_UP and call.verdict is Verdict.PRANK
    )
    return policy.grace_s + (policy.closing_limit_s if words else 0.0)


def without_legs(call: Call, legs: Iterable[Leg], at: datetime) -> Call:
    """The call without those legs; they are out of the talk from now on."""
    out = [leg.channel for leg in legs]
    kept = tuple(leg for leg in call.legs if leg.channel not in out)
    return replace(call, legs=kept, parted=_parted(call, out, at))


def _parted(call: Call, out: Iterable[ChannelId], at: datetime) -> dict[ChannelId, datetime]:
    """A leg's last known time out of the talk is never before its last known time in it."""
    parted = dict(call.parted)
    for channel in out:
        leg = call.leg(channel)
        known = [at, parted.get(channel), leg.since if leg else None]
        parted[channel] = max(time for time in known if time is not None)
    return parted


def transfer_started(call: Call, data: TransferStarted, at: datetime, policy: Policy) -> Call:
    """A Polres is being brought in; a blind transfer takes the operator's leg out of the talk."""
    call = _with_try(call, data, at, policy)
    past = call.is_history(at)
    if data.kind is TransferKind.BLIND and at >= call.since and not past:
        return _sent_on(call, data, at, policy)
    if not call.legs and not _awaits_polres(call, past=past):
        return call
    return entered(call, by_legs(call, nobody=call.phase), at)


def _sent_on(call: Call, data: TransferStarted, at: datetime, policy: Policy) -> Call:
    his = [leg for leg in call.legs if isinstance(leg, AgentLeg) and leg.agent == data.agent]
    call = without_legs(call, his, at)
    nobody = _adrift("operator-left", at, policy.grace_s) if his else call.phase
    return entered(call, by_legs(call, nobody=nobody), at)


def _adrift(reason: str, at: datetime, seconds: float) -> Adrift:
    """Nobody has him; the dialplan has so long for its next step."""
    return Adrift(since=at, reason=reason, deadline=Deadline.after("adrift", at, seconds))


def _awaits_polres(call: Call, *, past: bool) -> bool:
    """True when a transfer that takes nobody out of the talk may still be what he waits for."""
    if past:
        return isinstance(call.phase, Forwarded)
    return not isinstance(call.phase, Greeting | Waiting)


def _with_try(call: Call, data: TransferStarted, at: datetime, policy: Policy) -> Call:
    attempt = Transfer(
        polres=data.polres,
        agent=data.agent,
        kind=data.kind,
        at=at,
        deadline=Deadline.after("polres", at, data.ring_s + policy.grace_s),
        implied=data.implied,
        outcome=Outcome.ANSWERED if call.has_polres(data.polres) else Outcome.OPEN,
    )
    transfers = sorted((*call.transfers, attempt), key=lambda each: each.at)
    call = replace(call, transfers=tuple(transfers), last_agent=data.agent)
    for earlier in call.tries_at(data.polres)[:-1]:
        if earlier.outcome is Outcome.OPEN:
            call = marked(call, earlier, outcome=Outcome.REPLACED)
    return call


def transfer_returned(call: Call, data: TransferReturned, at: datetime, policy: Policy) -> Call:
    """A Polres did not take the call: who is in the talk has him, or shall have him."""
    failing = call.failing_try(data.polres, data.reason, at)
    call = marked(call, failing, outcome=Outcome.FAILED)
    past = call.is_history(at)
    if data.reason is TransferFailure.DROPPED and not past:
        call = without_legs(call, _dropped(call, data, at), at)
    if not call.legs and not _awaits_polres(call, past=past):
        return call
    nobody = call.phase if past else _back(data, at, policy)
    call = replace(call, waits_from=at) if not call.legs else call
    return entered(call, by_legs(call, nobody=nobody), at)


def _dropped(call: Call, data: TransferReturned, at: datetime) -> list[Leg]:
    return [
        leg
        for leg in call.legs
        if isinstance(leg, PolresLeg) and leg.polres == data.polres and leg.since <= at
    ]


def _back(data: TransferReturned, at: datetime, policy: Policy) -> Phase:
    """With nobody in the talk: the operator's phone rings, or else the queue is next."""
    if data.agent is None:
        return _adrift(f"polres-{data.reason}", at, policy.grace_s)
    return returning(data.agent, at, policy)


def returning(agent: AgentId, at: datetime, policy: Policy) -> Returning:
    """That operator's phone rings for a caller who comes back."""
    seconds = policy.agent_return_ring_s + policy.grace_s
    return Returning(agent=agent, deadline=Deadline.after("return", at, seconds))


def marked(
    call: Call, attempt: Transfer | None, *, outcome: Outcome | None = None, rang: bool = False
) -> Call:
    """The call with that attempt's new outcome or ring; unchanged without one."""
    if attempt is None:
        return call
    new = replace(attempt, outcome=outcome or attempt.outcome, rang=attempt.rang or rang)
    return replace(call, transfers=tuple(new if t is attempt else t for t in call.transfers))


def _party(leg: Leg) -> Party:
    return Party.OPERATOR if isinstance(leg, AgentLeg) else Party.POLRES
