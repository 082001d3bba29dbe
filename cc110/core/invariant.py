"""The invariant of a 110 call, proved from what the PBX wrote down.

Each INVITE on a trunk ends in exactly one of these: the caller talked to an operator or a Polres, he hung
up, a block that was valid at that moment rejected him, or he was told of the overflow; and its recording
covers all talk time. The journal tells the same, once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cc110.core import events as e
from cc110.core import facts as f
from cc110.core.ids import CallId, ChannelId
from cc110.core.words import EndedBy

EDGE = timedelta(seconds=0.5)
"""The recorder starts and ends some hundredths of a second beside the talk."""
ENOUGH = 0.995
"""The least share of the talk that is recorded (R1): between two parties the recorder begins anew."""
SAME_CALL = timedelta(seconds=3)
"""An INVITE and the dialplan's word of it may be so far apart."""
HEARD = timedelta(seconds=2)
"""An operator whose caller hangs up in the moment of the answer may never have been told of."""


class Outcome(StrEnum):
    """How a call on the trunk may end."""

    TALKED = "talked"
    HUNG_UP = "hung-up"
    REJECTED = "rejected"
    OVERFLOW = "overflow"
    LIVE = "live"
    """It has not ended yet."""
    SYNTHETIC = "synthetic"
    """The PBX called itself: no call, and accounted for all the same."""


class Fault(StrEnum):
    """What breaks the invariant."""

    UNKNOWN_INVITE = "an INVITE that the PBX knows nothing of"
    NEVER_ENDED = "no end is known"
    NOBODY = "ended without talk, and not by the caller"
    NO_VALID_BLOCK = "rejected without a valid block"
    TWO_OUTCOMES = "rejected and let in"
    UNRECORDED = "talk that is not recorded"
    QUEUE_DISAGREES = "the queue connected an operator of whom the dialplan knows nothing"
    NOT_JOURNALED = "not in the journal"
    JOURNALED_TWICE = "said twice in the journal"
    JOURNAL_DISAGREES = "the journal has another outcome"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Connect:
    """The queue's word that an operator was connected: with the caller's channel."""

    at: datetime
    channel: ChannelId


@dataclass(frozen=True, kw_only=True)
class Invite:
    """One INVITE that somebody outside of the PBX knows of."""

    at: datetime
    number: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that is known of one call; `facts` in order."""

    call_id: CallId
    facts: Sequence[f.Fact]
    recorded_s: float | None = None
    """Length of its recording; None = there is none that can be read."""
    connects: Sequence[Connect] = ()
    journal: Sequence[e.Event] | None = None
    """Its events; None = the journal is not looked at."""
    live: bool = False
    """True when the PBX still has it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a call came to, and what is wrong with it."""

    call_id: CallId | None
    outcome: Outcome | None
    faults: tuple[Fault, ...] = ()
    talk_s: float = 0.0
    missing_s: float = 0.0
    """Seconds of talk that are not recorded."""
    at: datetime | None = None


@dataclass
class _Known:
    """The facts of a call by their kinds."""

    facts: Sequence[f.Fact]
    took: list[f.AgentTook | f.PolresTook] = field(default_factory=list)
    left: dict[ChannelId, list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fact in self.facts:
            if isinstance(fact, f.AgentTook | f.PolresTook):
                self.took.append(fact)
            elif isinstance(fact, f.AgentGone | f.PolresGone):
                self.left.setdefault(fact.channel, []).append(fact.at)

    def first(self, kind: type[f.CallFact]) -> f.Fact | None:
        return next((fact for fact in self.facts if isinstance(fact, kind)), None)

    @property
    def end(self) -> f.CallerGone | None:
        gone = self.first(f.CallerGone)
        return gone if isinstance(gone, f.CallerGone) else None

    def talks(self) -> list[Span]:
        """From each answer to the leaving of that leg, or the end of the call."""
        last = self.end.at if self.end else max(fact.at for fact in self.facts)
        return [Span(start=took.at, end=min(self._leaving(took, last), last)) for took in self.took]

    def _leaving(self, took: f.AgentTook | f.PolresTook, last: datetime) -> datetime:
        later = [at for at in self.left.get(took.channel, ()) if at >= took.at]
        return min(later, default=last)


def judge(evidence: Evidence) -> Finding:
    """What the evidence of one call amounts to."""
    known = _Known(evidence.facts)
    talks = merged(known.talks())
    outcome, fault = _outcome(evidence, known, talks)
    talk_s = _seconds(talks)
    missing_s = 0.0 if outcome is Outcome.LIVE else _missing_s(evidence, known, talks)
    faults = [fault] if fault else []
    if missing_s > max((1 - ENOUGH) * talk_s, 0.0):
        faults.append(Fault.UNRECORDED)
    if _queue_disagrees(evidence, known):
        faults.append(Fault.QUEUE_DISAGREES)
    if evidence.journal is not None:
        faults += _journal_faults(evidence.journal, outcome)
    return Finding(
        call_id=evidence.call_id,
        outcome=outcome,
        faults=tuple(faults),
        talk_s=talk_s,
        missing_s=missing_s,
        at=evidence.facts[0].at,
    )


def _outcome(
    evidence: Evidence, known: _Known, talks: Sequence[Span]
) -> tuple[Outcome | None, Fault | None]:
    rejected = known.first(f.Rejected)
    if isinstance(rejected, f.Rejected):
        if known.first(f.Arrived):
            return None, Fault.TWO_OUTCOMES
        valid = rejected.until == 0 or rejected.until > rejected.at.timestamp()
        return (Outcome.REJECTED, None) if valid else (None, Fault.NO_VALID_BLOCK)
    if known.end is None:
        return (Outcome.LIVE, None) if evidence.live else (None, Fault.NEVER_ENDED)
    if talks:
        return Outcome.TALKED, None
    if known.first(f.Overflowed):
        return Outcome.OVERFLOW, None
    by_caller = known.end.by is EndedBy.CALLER
    return (Outcome.HUNG_UP, None) if by_caller else (None, Fault.NOBODY)


def _missing_s(evidence: Evidence, known: _Known, talks: Sequence[Span]) -> float:
    """Seconds of talk before the recorder's start or behind its end."""
    started = known.first(f.RecorderStarted)
    if not talks:
        return 0.0
    if started is None or evidence.recorded_s is None:
        return _seconds(talks)
    begin = started.at - EDGE
    end = started.at + timedelta(seconds=evidence.recorded_s / ENOUGH) + EDGE
    kept = [Span(start=max(t.start, begin), end=min(t.end, end)) for t in talks]
    inside = _seconds([span for span in kept if span.end > span.start])
    return max(0.0, _seconds(talks) - inside)


def _queue_disagrees(evidence: Evidence, known: _Known) -> bool:
    end = known.end.at if known.end else None
    return any(
        not known.took and end is not None and end - connect.at > HEARD
        for connect in evidence.connects
    )


_ENDS: Mapping[Outcome, type[e.EventData]] = {
    Outcome.REJECTED: e.CallRejected,
    Outcome.TALKED: e.CallEnded,
    Outcome.HUNG_UP: e.CallEnded,
    Outcome.OVERFLOW: e.CallEnded,
}
_ONCE = (e.CallArrived, e.CallRejected, e.CallEnded, e.CallAbandoned, e.CaseOpened)


def _journal_faults(journal: Sequence[e.Event], outcome: Outcome | None) -> list[Fault]:
    told: list[type[e.EventData]] = [type(event.data) for event in journal]
    if not told:
        return [Fault.NOT_JOURNALED]
    faults = [Fault.JOURNALED_TWICE] if any(told.count(kind) > 1 for kind in _ONCE) else []
    if outcome and outcome in _ENDS and _ENDS[outcome] not in told:
        faults.append(Fault.NOT_JOURNALED)
    elif _journal_disagrees(told, outcome):
        faults.append(Fault.JOURNAL_DISAGREES)
    return faults


def _journal_disagrees(told: Sequence[type[e.EventData]], outcome: Outcome | None) -> bool:
    talked = e.AgentAnswered in told or e.PolresAnswered in told
    match outcome:
        case Outcome.TALKED:
            return not talked
        case Outcome.HUNG_UP | Outcome.OVERFLOW | Outcome.REJECTED:
            return talked
        case _:
            return False


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    whole: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if whole and span.start <= whole[-1].end:
            last = whole.pop()
            span = Span(start=last.start, end=max(last.end, span.end))
        whole.append(span)
    return whole


def _seconds(spans: Iterable[Span]) -> float:
    return sum((span.end - span.start).total_seconds() for span in spans)


def unknown_invites(invites: Iterable[Invite], calls: Iterable[Sequence[f.Fact]]) -> list[Finding]:
    """A finding for each INVITE that no call belongs to; each call belongs to one INVITE."""
    free = [fact for facts in calls for fact in facts[:1]]
    lost: list[Finding] = []
    for invite in sorted(invites, key=lambda one: one.at):
        fits = [fact for fact in free if _is_of(fact, invite)]
        if fits:
            free.remove(fits[0])
        else:
            finding = Finding(
                call_id=None, outcome=None, faults=(Fault.UNKNOWN_INVITE,), at=invite.at
            )
            lost.append(finding)
    return lost


def _is_of(fact: f.Fact, invite: Invite) -> bool:
    number = fact.number if isinstance(fact, f.Arrived | f.Rejected) else None
    return number == invite.number and abs(fact.at - invite.at) <= SAME_CALL


def by_call(told: Iterable[f.Fact], start: datetime, end: datetime) -> dict[CallId, list[f.Fact]]:
    """The facts of each call that came in that time; of others nothing."""
    found: dict[CallId, list[f.Fact]] = {}
    for fact in told:
        begins = isinstance(fact, f.Arrived | f.Rejected) and start <= fact.at < end
        if begins or fact.call_id in found:
            found.setdefault(fact.call_id, []).append(fact)
    return found
