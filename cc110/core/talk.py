"""Rules of an operator in the call: he answers, judges and leaves (SOP S1.2-S1.6, S2 VII.f)."""

from datetime import datetime

from cc110.core import case, facts
from cc110.core.call import Call, told_twice
from cc110.core.draft import Draft
from cc110.core.events import (
    AgentAnswered,
    AgentLeft,
    CallSupervised,
    VerdictGiven,
    VerdictWithdrawn,
)
from cc110.core.ids import AgentId, ChannelId, PolresExt
from cc110.core.words import Verdict


def is_news(call: Call, channel: ChannelId, at: datetime) -> bool:
    """True when a leg's answer was not told yet: a new leg, or one that comes back."""
    if call.leg(channel):
        return False
    parted = call.parted.get(channel)
    came_back = parted is not None and at > parted
    return channel not in call.met or came_back


def took(draft: Draft, fact: facts.AgentTook, *, recovered: bool = False) -> None:
    """An operator answered."""
    call = draft.call
    if not is_news(call, fact.channel, draft.at):
        return
    waited = (draft.at - call.waits_from).total_seconds()
    draft.say(
        AgentAnswered(
            agent=fact.agent,
            channel=fact.channel,
            waited_s=0.0 if call.legs else max(0.0, waited),
            recovered=recovered,
        )
    )


def gone(draft: Draft, fact: facts.AgentGone, *, recovered: bool = False) -> None:
    """An operator's leg left; said once a stay."""
    if may_leave(draft.call, fact.channel, draft.at):
        draft.say(
            AgentLeft(agent=fact.agent, cause=fact.cause, channel=fact.channel, recovered=recovered)
        )


def supervised(draft: Draft, fact: facts.Supervised) -> None:
    """A supervisor comes or goes; told once for each time. His last word may follow the call's end."""
    key = (fact.supervisor, fact.mode, fact.step)
    if not any(one == key and told_twice(draft.at, at) for one, at in draft.call.supervised):
        draft.say(
            CallSupervised(
                supervisor=fact.supervisor, agent=fact.agent, mode=fact.mode, step=fact.step
            )
        )


def may_leave(call: Call, channel: ChannelId, at: datetime) -> bool:
    """True when a leg's leaving was not told yet."""
    return call.stay_ending(channel, at) is not None or channel not in call.gone


def judged(draft: Draft, fact: facts.Judged) -> None:
    """An operator judged the call; ``valid`` makes it a case."""
    if judge(draft, fact.agent, fact.verdict) and fact.verdict is Verdict.VALID:
        open_case(draft, fact.agent)


def judge(draft: Draft, agent: AgentId, verdict: Verdict, *, implied: bool = False) -> bool:
    """Say a verdict; the same again, or one older than the last, is none. True if it was said."""
    call = draft.call
    later = call.verdict_at is None or draft.at > call.verdict_at
    if verdict is call.verdict or not (later or (implied and draft.at == call.verdict_at)):
        return False
    draft.say(VerdictGiven(agent=agent, verdict=verdict, implied=implied))
    return True


def taken_back(draft: Draft, fact: facts.VerdictTakenBack) -> None:
    """A verdict is withdrawn once; without one there is nothing to withdraw."""
    if verdict := draft.call.verdict:
        draft.say(VerdictWithdrawn(verdict=verdict, reason=fact.reason, by=fact.by))


def open_case(draft: Draft, agent: AgentId) -> None:
    """The call's one case: the Polda's of the queue, or theirs who took the call at a Polres's own desk."""
    call = draft.call
    owner = case.polres_owner(PolresExt(agent)) if agent in draft.policy.desks else call.queue
    draft.say(case.opening(call.case, owner=owner, agent=agent, number=call.number))
