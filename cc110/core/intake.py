"""Rules from the INVITE to the queue (SOP S1.1, S2 V and VIII)."""

from datetime import datetime

from cc110.core import facts
from cc110.core.call import Call, told_twice
from cc110.core.draft import Draft
from cc110.core.events import (
    AgentRang,
    CallArrived,
    CallbackMade,
    CallClimbed,
    CallOverflowed,
    CallQueued,
    CallRejected,
    CallRequeued,
    MenuChosen,
    RecordingStarted,
)
from cc110.core.ids import AgentId
from cc110.core.phases import Adrift, Forwarded, Greeting, Phase, Returning, Waiting
from cc110.core.words import CallbackOutcome, ClimbWho, Stage


def arrived(draft: Draft, fact: facts.Arrived) -> None:
    """A call is known from its arrival on."""
    if draft.known is None:
        draft.say(
            CallArrived(
                channel=fact.channel,
                number=fact.number,
                source=fact.source,
                dialled=fact.dialled,
                trunk=fact.trunk,
                queue=fact.queue,
                callback_of=fact.callback_of,
                origin=fact.origin,
                origin_of=fact.origin_of,
                place=fact.place,
                place_unit=fact.place_unit,
            )
        )
        if fact.callback_of and fact.called_by and fact.number:
            _called_back(draft, fact, fact.called_by, CallbackOutcome.ANSWERED)


def not_reached(draft: Draft, fact: facts.NotReached) -> None:
    """He who was called back did not answer: that is written down, and there is no call."""
    if draft.known is None:
        _called_back(draft, fact, fact.agent, fact.outcome)


def _called_back(
    draft: Draft,
    fact: facts.Arrived | facts.NotReached,
    agent: AgentId,
    outcome: CallbackOutcome,
) -> None:
    if fact.number is None or fact.callback_of is None:
        return
    draft.say(
        CallbackMade(agent=agent, number=fact.number, missed_call=fact.callback_of, outcome=outcome)
    )


def rejected(draft: Draft, fact: facts.Rejected) -> None:
    """A rejected call is written down and has no state; who was let in can't be rejected."""
    if draft.known is None:
        draft.say(CallRejected(number=fact.number, source=fact.source, until=fact.until))


def recorder_started(draft: Draft, path: str) -> None:
    """One recording a call: the first counts."""
    if draft.call.recording is None:
        draft.say(RecordingStarted(path=path))


def chose(draft: Draft, fact: facts.Chose) -> None:
    """The menu is asked once a call."""
    if draft.call.choice is None:
        draft.say(MenuChosen(choice=fact.choice, language=fact.language))


def queued(draft: Draft, fact: facts.Queued) -> None:
    """He is in the queue for the first time, or again."""
    call = draft.call
    if not fact.returned and not call.queued:
        draft.say(CallQueued(queue=fact.queue, priority=fact.priority, staff=fact.staff))
    elif _is_return(call, fact, draft.at):
        reason = why_back(call.phase)
        draft.say(CallRequeued(queue=fact.queue, reason=reason, staff=fact.staff))


def climbed(draft: Draft, fact: facts.Fact) -> None:
    """Before a fact counts: the levels that opened for a waiting caller until then, each at its own time.

    A list that has him in a talk does not tell when he came out of the queue.
    """
    if isinstance(fact, facts.Seen) and (fact.stage is not Stage.QUEUE or fact.legs):
        return
    while (
        draft.known
        and isinstance(phase := draft.known.phase, Waiting)
        and (opens := phase.next_climb)
        and opens.at <= draft.at
    ):
        step = phase.climb[0]
        draft.say(
            CallClimbed(
                level=step.number, rings=ClimbWho(step.who), after_s=step.opens_s, queue=phase.queue
            ),
            at=opens.at,
        )


def overflowed(draft: Draft, fact: facts.Overflowed) -> None:
    """He was told that nobody can take the call."""
    if not any(told_twice(draft.at, time) for time in draft.call.overflows):
        draft.say(CallOverflowed(reason=fact.reason))


def _is_return(call: Call, fact: facts.Queued, at: datetime) -> bool:
    """True unless it was told already.

    A fail-safe brings a caller into the queue again and does not know that he had been there; only
    when it is news can it be told from the first time.
    """
    if any(told_twice(at, time) for time in call.entries):
        return False
    if isinstance(call.phase, Waiting):
        return at > call.since
    return fact.returned or at >= call.since


def why_back(phase: Phase) -> str:
    """Why the caller is in the queue again, as far as the phase before tells."""
    match phase:
        case Adrift(reason=reason):
            return reason
        case Forwarded() | Returning():
            return "returned"
        case Greeting():
            return "greeting"
        case _:
            return "talk-ended"


def agent_ringing(draft: Draft, fact: facts.AgentRinging) -> None:
    """A phone rings for him. Told once a wait: the queue rings the same phone again and again."""
    call = draft.call
    if _may_ring(call, fact.agent, draft.at) and not _has_rung(call, fact.agent, draft.at):
        draft.say(AgentRang(agent=fact.agent))


def _may_ring(call: Call, agent: AgentId, at: datetime) -> bool:
    match call.phase:
        case Greeting():
            return True
        case Waiting(ringing=ringing):
            return agent not in ringing and at >= call.since
        case Returning() | Adrift():
            return at >= call.since
        case _:
            return False


def _has_rung(call: Call, agent: AgentId, at: datetime) -> bool:
    return any(other == agent and told_twice(at, time) for other, time in call.rang)
