"""Rules of the deadlines: the dialplan did not act in time, so the daemon steps in.

A caller whom nobody has is brought to the front of the queue, again and again with growing pauses,
until a fact tells that somebody has him. An operator who still talks with him is only told that the
Polres did not answer.
"""

from dataclasses import replace
from typing import assert_never

from cc110.core import facts
from cc110.core.draft import Draft
from cc110.core.events import CallRescued
from cc110.core.ids import AgentId, PolresExt
from cc110.core.phases import (
    Adrift,
    Forwarded,
    Greeting,
    Joining,
    Phase,
    Returning,
    Timed,
    deadline_of,
)
from cc110.core.transfer import give_back
from cc110.core.words import TransferFailure


def passed(draft: Draft, fact: facts.DeadlinePassed) -> None:
    """What is due when the phase's own deadline has passed; any other name is a stale one."""
    phase = draft.call.phase
    if not isinstance(phase, Timed) or phase.deadline.name != fact.name:
        return
    match phase:
        case Greeting():
            _rescue(draft, "greeting")
        case Returning():
            _rescue(draft, "return")
        case Adrift(reason=reason):
            _rescue(draft, reason)
        case Forwarded(polres=polres):
            _no_answer(draft, polres, return_to=None)
            _rescue(draft, "polres-no-answer")
        case Joining(polres=polres, agent=agent):
            _no_answer(draft, polres, return_to=agent)
        case _:
            assert_never(phase)


def time_of(phase: Phase, fact: facts.DeadlinePassed) -> facts.DeadlinePassed:
    """The fact, never before its deadline: the PBX's clock may be ahead of the daemon's."""
    deadline = deadline_of(phase)
    if deadline and deadline.name == fact.name and deadline.at > fact.at:
        return replace(fact, at=deadline.at)
    return fact


def _rescue(draft: Draft, reason: str) -> None:
    call = draft.call
    draft.say(CallRescued(queue=call.queue, reason=reason, attempt=call.rescues + 1))


def _no_answer(draft: Draft, polres: PolresExt, *, return_to: AgentId | None) -> None:
    """Conclude that the Polres did not answer, since nobody said that it did."""
    attempt = draft.call.open_try(polres)
    if attempt:
        give_back(draft, attempt, TransferFailure.NO_ANSWER, return_to=return_to)
