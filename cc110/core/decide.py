"""The one place that decides what happens to a call: ``step``.

A step turns a fact into events (``decide``: the rules in ``intake``, ``talk``, ``transfer``,
``ending``, ``reconcile`` and ``backstop``), folds them into the call (``evolve``) and derives the
effects. It is pure: the same call and fact give the same step. Facts may come twice, late or in any
order. One that changes nothing gives a ``Note``.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from cc110.core import (
    acting,
    backstop,
    ending,
    facts,
    intake,
    reconcile,
    recording,
    talk,
    transfer,
    verification,
)
from cc110.core.call import Call
from cc110.core.draft import Draft
from cc110.core.effects import Effect, Note
from cc110.core.events import Event
from cc110.core.facts import Fact
from cc110.core.policy import Policy

STARTS = facts.Arrived | facts.Seen | facts.Rejected | facts.NotReached
"""Facts that make a call known. Any other of an unknown call is a reason to ask the PBX."""

AFTER_END = (
    facts.Judged
    | facts.VerdictTakenBack
    | facts.CaseClosePressed
    | facts.VerifyFailed
    | facts.Supervised
    | facts.RecordingFound
    | facts.RecordingNotFound
)
"""Facts that still count when the call is over."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The call after a fact, the events to journal and the effects to carry out at once."""

    call: Call | None
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


def step(call: Call | None, fact: Fact, *, now: datetime, policy: Policy) -> Step:
    """What a fact does to its call.

    Args:
        call: the call as the steps before left it; None if it is unknown.
        fact: what happened. Its time counts to the millisecond, as the journal keeps it.
        now: the daemon's time, in UTC; only bounds new deadlines.
        policy: the site's limits.
    """
    fact = _timely(call, fact)
    draft = Draft(call, call_id=fact.call_id, at=fact.at, policy=policy, recovered=fact.recovered)
    if _counts(call, fact):
        intake.climbed(draft, fact)
        _tell(draft, fact)
    events = tuple(draft.events)
    effects = (
        *acting.acts(draft.known, events),
        *acting.deadlines(call, draft.known, now=now, policy=policy),
        *((verification.passed(fact),) if isinstance(fact, facts.VerifyPassed) else ()),
    )
    if not events and not effects:
        effects = (_note(call, fact),)
    return Step(call=draft.known, events=events, effects=effects)


def _timely(call: Call | None, fact: Fact) -> Fact:
    """The fact with its time as the journal keeps it, so that a replay compares the same times."""
    at = fact.at.astimezone(UTC)
    fact = replace(fact, at=at - timedelta(microseconds=at.microsecond % 1000))
    if call and isinstance(fact, facts.DeadlinePassed):
        return backstop.time_of(call.phase, fact)
    return fact


def _counts(call: Call | None, fact: Fact) -> bool:
    if call is None:
        return isinstance(fact, STARTS)
    return not call.ended or isinstance(fact, AFTER_END)


def _tell(draft: Draft, fact: Fact) -> None:
    """Long because it is a table: one row for each kind of fact."""
    match fact:
        case facts.Arrived():
            intake.arrived(draft, fact)
        case facts.Rejected():
            intake.rejected(draft, fact)
        case facts.NotReached():
            intake.not_reached(draft, fact)
        case facts.RecorderStarted(path=path):
            intake.recorder_started(draft, path)
        case facts.Chose():
            intake.chose(draft, fact)
        case facts.Queued():
            intake.queued(draft, fact)
        case facts.Overflowed():
            intake.overflowed(draft, fact)
        case facts.AgentRinging():
            intake.agent_ringing(draft, fact)
        case facts.AgentTook():
            talk.took(draft, fact)
        case facts.AgentGone():
            talk.gone(draft, fact)
        case facts.Judged():
            talk.judged(draft, fact)
        case facts.Supervised():
            talk.supervised(draft, fact)
        case facts.TransferAsked():
            transfer.asked(draft, fact)
        case facts.PolresRinging():
            transfer.ringing(draft, fact)
        case facts.PolresTook():
            transfer.took(draft, fact)
        case facts.TransferFailed():
            transfer.failed(draft, fact)
        case facts.PolresGone():
            transfer.gone(draft, fact)
        case facts.VerifyAsked():
            verification.asked(draft, fact)
        case facts.VerifyFailed():
            verification.failed(draft, fact)
        case facts.VerifyPassed():
            pass  # an effect, whatever is known of the call
        case facts.CallerGone():
            ending.caller_gone(draft, fact)
        case facts.RecorderSilent():
            recording.silent(draft, fact)
        case facts.RecorderHeard():
            recording.heard(draft, fact)
        case facts.RecordingFound():
            recording.found(draft, fact)
        case facts.RecordingNotFound():
            recording.not_found(draft, fact)
        case facts.CaseClosePressed():
            ending.case_close_pressed(draft, fact)
        case facts.VerdictTakenBack():
            talk.taken_back(draft, fact)
        case facts.Seen():
            reconcile.seen(draft, fact)
        case facts.DeadlinePassed():
            backstop.passed(draft, fact)
        case _:
            assert_never(fact)


def _note(call: Call | None, fact: Fact) -> Note:
    where = type(call.phase).__name__ if call else "an unknown call"
    return Note(call_id=fact.call_id, text=f"{type(fact).__name__} changes nothing in {where}")
