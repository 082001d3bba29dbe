"""Rules of bringing in a Polres: asked for, rings, answers, fails, leaves (SOP S1.6-S1.11)."""

from cc110.core import case, facts
from cc110.core.call import Call, Transfer, told_twice
from cc110.core.draft import Draft
from cc110.core.events import (
    PolresAnswered,
    PolresLeft,
    PolresRang,
    TransferReturned,
    TransferStarted,
)
from cc110.core.ids import AgentId, PolresExt
from cc110.core.phases import Greeting, Waiting
from cc110.core.talk import is_news, judge, may_leave, open_case
from cc110.core.words import TransferFailure, TransferKind, Verdict


def asked(draft: Draft, fact: facts.TransferAsked) -> None:
    """An operator brings in a Polres: the complaint is valid, whether he said so or not."""
    if any(_is_told(attempt, fact) for attempt in draft.call.tries_at(fact.polres)):
        return
    _start(draft, fact, implied=False)
    if draft.call.has_polres(fact.polres):
        hand_over(draft, fact.polres, "answered")


def _is_told(attempt: Transfer, fact: facts.TransferAsked) -> bool:
    """An attempt that was concluded stands for the request that was made before it."""
    before = attempt.implied and fact.at <= attempt.at
    return before or told_twice(attempt.at, fact.at)


def _start(
    draft: Draft, fact: facts.TransferAsked, *, implied: bool, recovered: bool = False
) -> None:
    judge(draft, fact.agent, Verdict.VALID, implied=True)
    open_case(draft, fact.agent)
    draft.say(
        TransferStarted(
            agent=fact.agent,
            polres=fact.polres,
            kind=fact.kind,
            ring_s=fact.ring_s,
            implied=implied,
            recovered=recovered,
        )
    )


def imply(
    draft: Draft,
    polres: PolresExt,
    *,
    agent: AgentId | None = None,
    kind: TransferKind = TransferKind.JOIN,
    ring_s: float = 0.0,
    recovered: bool = False,
) -> None:
    """Conclude the request of a transfer that was not told; without any operator there was none."""
    doer = agent or draft.call.last_agent
    if doer is None:
        return
    request = facts.TransferAsked(
        at=draft.at,
        call_id=draft.call_id,
        agent=doer,
        polres=polres,
        kind=kind,
        ring_s=ring_s,
    )
    _start(draft, request, implied=True, recovered=recovered)


def ringing(draft: Draft, fact: facts.PolresRinging) -> None:
    """The Polres's phone rings; told once an attempt."""
    attempt = draft.call.open_try(fact.polres)
    if attempt and not attempt.rang and attempt.at <= draft.at:
        draft.say(PolresRang(polres=fact.polres))


def took(
    draft: Draft,
    fact: facts.PolresTook,
    *,
    recovered: bool = False,
    agent: AgentId | None = None,
) -> None:
    """The Polres answered: the case is its work now (S1.7-S1.9)."""
    call = draft.call
    if not is_news(call, fact.channel, draft.at):
        return
    if call.open_try(fact.polres) is None and fact.channel not in call.met:
        imply(draft, fact.polres, agent=agent)
    draft.say(
        PolresAnswered(polres=fact.polres, channel=fact.channel, recovered=recovered),
    )
    hand_over(draft, fact.polres, "answered")


def failed(draft: Draft, fact: facts.TransferFailed) -> None:
    """The Polres did not take the call."""
    call = draft.call
    known = call.failing_try(fact.polres, fact.reason, draft.at)
    if known is None and not call.tries_at(fact.polres):
        imply(draft, fact.polres)
        known = draft.call.failing_try(fact.polres, fact.reason, draft.at)
    if known:
        give_back(draft, known, fact.reason, return_to=_return_to(call, known, fact.reason))


def _return_to(call: Call, attempt: Transfer, reason: TransferFailure) -> AgentId | None:
    """The operator who shall have him: one in the talk, or the one of a blind transfer.

    Who had answered and dropped him left no operator waiting; who is in the queue belongs to the
    queue.
    """
    if call.agent_leg:
        return call.agent_leg.agent
    in_queue = isinstance(call.phase, Greeting | Waiting)
    dropped = reason is TransferFailure.DROPPED
    return None if in_queue or dropped else attempt.return_to


def give_back(
    draft: Draft,
    attempt: Transfer,
    reason: TransferFailure,
    *,
    return_to: AgentId | None,
    recovered: bool = False,
) -> None:
    """The caller is the Polda's again; the case stays with the Polres as open work (S1.10, S1.11).

    Not so when the caller hung up first: then the Polres had no chance.
    """
    draft.say(
        TransferReturned(polres=attempt.polres, reason=reason, agent=return_to, recovered=recovered)
    )
    if reason is not TransferFailure.CALLER_GONE:
        hand_over(draft, attempt.polres, f"returned:{reason}")


def gone(draft: Draft, fact: facts.PolresGone, *, recovered: bool = False) -> None:
    """The Polres's leg left; said once a stay."""
    if may_leave(draft.call, fact.channel, draft.at):
        draft.say(
            PolresLeft(
                polres=fact.polres, cause=fact.cause, channel=fact.channel, recovered=recovered
            )
        )


def hand_over(draft: Draft, polres: PolresExt, reason: str) -> None:
    """The case becomes the Polres's work."""
    draft.say(case.handover(draft.call.case, polres, reason))
