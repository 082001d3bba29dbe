"""One call as its events tell it: ``evolve`` makes it and ``step`` decides by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cc110.core.case import Case
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName
from cc110.core.phases import Deadline, Ended, Phase
from cc110.core.words import (
    MenuChoice,
    NumberSource,
    Supervision,
    SupervisionStep,
    TransferFailure,
    TransferKind,
    Verdict,
)

__all__ = ["AgentLeg", "Call", "Leg", "Outcome", "PolresLeg", "Transfer", "told_twice"]

SAME_MOMENT = timedelta(seconds=1)
"""Two facts of one kind about one party that are closer than this are one fact told twice: the live
event and the PBX's own log of it may differ by some milliseconds."""


def told_twice(one: datetime, other: datetime) -> bool:
    """True when two times of one kind of happening must be the same happening."""
    return abs(one - other) < SAME_MOMENT


@dataclass(frozen=True, kw_only=True)
class AgentLeg:
    """An operator's leg that is in the talk."""

    channel: ChannelId
    agent: AgentId
    since: datetime
    recovered: bool = False
    """True when it was found in the PBX's list: it is in the talk for longer than is known."""


@dataclass(frozen=True, kw_only=True)
class PolresLeg:
    """A Polres's leg that is in the talk."""

    channel: ChannelId
    polres: PolresExt
    since: datetime
    recovered: bool = False
    """True when it was found in the PBX's list: it is in the talk for longer than is known."""


Leg = AgentLeg | PolresLeg


class Outcome(StrEnum):
    """What became of one attempt to bring in a Polres."""

    OPEN = "open"
    ANSWERED = "answered"
    FAILED = "failed"
    REPLACED = "replaced"
    """The same Polres was tried again before the outcome was heard of."""


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One attempt to bring in a Polres."""

    polres: PolresExt
    agent: AgentId
    kind: TransferKind
    at: datetime
    deadline: Deadline
    implied: bool
    rang: bool = False
    outcome: Outcome = Outcome.OPEN

    @property
    def return_to(self) -> AgentId | None:
        """Whose phone rings after a failure: the operator's whose own phone took him out."""
        return None if self.kind is TransferKind.JOIN else self.agent


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is known of one person's dial-in, from INVITE to hang-up and after."""

    call_id: CallId
    channel: ChannelId
    """The caller's own channel."""
    number: Number | None
    source: NumberSource
    dialled: str
    trunk: str
    queue: QueueName
    """The queue that he is in, was in last or shall go to."""
    arrived_at: datetime

    phase: Phase
    since: datetime
    """When the phase began; never goes back."""
    waits_from: datetime
    """What the next operator's answer is measured from: arrival, or the return to Polda."""

    choice: MenuChoice | None = None
    verdict: Verdict | None = None
    verdict_at: datetime | None = None
    case: Case | None = None
    recording: str | None = None
    recorded_from: datetime | None = None
    """When the recorder was started, as far as that was heard."""
    unrecorded_from: datetime | None = None
    """Since when it is known that nothing is recorded; None = all is well."""
    recording_found: bool = False
    recording_missed: bool = False

    legs: tuple[Leg, ...] = ()
    """Legs in the talk, the newest last: some exactly when an operator or a Polres has him."""
    transfers: tuple[Transfer, ...] = ()
    """Every attempt to bring in a Polres, in the order of their times."""
    last_agent: AgentId | None = None
    rescues: int = 0
    recovered_at: datetime | None = None
    """When the PBX's own list last told what nobody had heard of."""

    overflows: frozenset[datetime] = frozenset()
    """When he was told that nobody can take the call."""

    # What was already said, so that a fact told again is silent.
    queued: bool = False
    abandoned: bool = False
    verification_asked: bool = False
    verification_refused: bool = False
    entries: frozenset[datetime] = frozenset()
    """When he entered a queue."""
    rang: frozenset[tuple[AgentId, datetime]] = frozenset()
    supervised: frozenset[tuple[tuple[AgentId, Supervision, SupervisionStep], datetime]] = (
        frozenset()
    )
    """When which supervisor came or went."""
    met: frozenset[ChannelId] = frozenset()
    """Legs whose answer was said."""
    gone: frozenset[ChannelId] = frozenset()
    """Legs whose leaving was said."""
    parted: Mapping[ChannelId, datetime] = field(default_factory=dict)
    """Since when a leg is out of the talk, whether its leaving was said or concluded. It may come
    back: the operator of a returned call may have kept his channel."""

    @property
    def ended(self) -> bool:
        """True when the caller is gone."""
        return isinstance(self.phase, Ended)

    @property
    def agent_leg(self) -> AgentLeg | None:
        """The operator in the talk who came last."""
        return next((leg for leg in reversed(self.legs) if isinstance(leg, AgentLeg)), None)

    @property
    def polres_leg(self) -> PolresLeg | None:
        """The Polres in the talk who came last."""
        return next((leg for leg in reversed(self.legs) if isinstance(leg, PolresLeg)), None)

    @property
    def open_tries(self) -> tuple[Transfer, ...]:
        """The attempts that are still open."""
        return tuple(t for t in self.transfers if t.outcome is Outcome.OPEN)

    @property
    def is_finished(self) -> bool:
        """True when nothing more is awaited: the caller is gone and his recording accounted for."""
        awaited = self.recording and not (self.recording_found or self.recording_missed)
        return self.ended and not awaited

    def leg(self, channel: ChannelId) -> Leg | None:
        """The leg in the talk with that channel."""
        return next((leg for leg in self.legs if leg.channel == channel), None)

    def tries_at(self, polres: PolresExt) -> tuple[Transfer, ...]:
        """The attempts to bring in that Polres."""
        return tuple(t for t in self.transfers if t.polres == polres)

    def open_try(self, polres: PolresExt) -> Transfer | None:
        """The last open attempt to bring in that Polres."""
        return next((t for t in reversed(self.open_tries) if t.polres == polres), None)

    def failing_try(
        self, polres: PolresExt, reason: TransferFailure, at: datetime
    ) -> Transfer | None:
        """The attempt that a failure told at that time is about; None when it is settled already.

        Who answered can only fail by being dropped; an attempt that began later is not meant.
        """
        before = [t for t in self.tries_at(polres) if t.at <= at]
        if not before:
            return None
        last = before[-1]
        dropped = reason is TransferFailure.DROPPED and last.outcome is Outcome.ANSWERED
        unsettled = last.outcome in (Outcome.OPEN, Outcome.REPLACED)
        return last if dropped or unsettled else None

    def is_history(self, at: datetime) -> bool:
        """True when something happened before the PBX's list told how it all came out."""
        return self.recovered_at is not None and at < self.recovered_at

    def has_polres(self, polres: PolresExt) -> bool:
        """True when that Polres is in the talk."""
        return any(isinstance(leg, PolresLeg) and leg.polres == polres for leg in self.legs)

    def stay_ending(self, channel: ChannelId, at: datetime) -> Leg | None:
        """The leg that leaves the talk when its leaving is told with that time.

        None when it is not in the talk, or the leaving is of a stay before the present one.
        """
        leg = self.leg(channel)
        if leg is None or self.is_history(at):
            return None
        return None if channel in self.parted and at < leg.since else leg
