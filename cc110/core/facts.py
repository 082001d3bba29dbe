"""What the core is told. Facts come from live AMI/AGI traffic or from what the PBX wrote down; they
may come late, twice or out of order, and mean the same from either side (design principle 4).

Every fact carries ``at`` (aware UTC, the PBX's own time of the happening) and the call it is about.
"""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName, UnitId
from cc110.core.words import (
    CallbackOutcome,
    DeviceState,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OriginBy,
    OverflowReason,
    Stage,
    Supervision,
    SupervisionStep,
    TransferFailure,
    TransferKind,
    Verdict,
)


@dataclass(frozen=True, kw_only=True)
class CallFact:
    """Something that happened to one call."""

    at: datetime
    call_id: CallId
    recovered: bool = False
    """True when nobody listened then: it was read back, or concluded from the PBX's lists."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a fact's time must be aware")


@dataclass(frozen=True, kw_only=True)
class Arrived(CallFact):
    """An INVITE for 110 passed the dialplan's intake (SOP S1.1)."""

    channel: ChannelId
    number: Number | None
    source: NumberSource
    dialled: str
    trunk: str
    queue: QueueName
    origin: OriginBy | None = None
    origin_of: str = ""
    place: str = ""
    place_unit: UnitId | None = None
    callback_of: CallId | None = None
    """He did not dial: he was called back for that call of his, and has answered."""
    called_by: AgentId | None = None
    """The operator who called him back."""


@dataclass(frozen=True, kw_only=True)
class NotReached(CallFact):
    """Somebody was called back and did not answer. Never has a call state."""

    agent: AgentId
    number: Number
    callback_of: CallId
    outcome: CallbackOutcome


@dataclass(frozen=True, kw_only=True)
class Rejected(CallFact):
    """The dialplan rejected a blocked number before answer (S2 VIII). Never has a call state."""

    number: Number
    source: NumberSource
    until: int
    """Expiry of the block as Unix time; 0 = for ever."""


@dataclass(frozen=True, kw_only=True)
class RecorderStarted(CallFact):
    """MixMonitor was started on the caller's channel."""

    path: str
    """Relative to the recordings folder: ``YYYY/MM/DD/<call_id>.wav``."""


@dataclass(frozen=True, kw_only=True)
class Chose(CallFact):
    """The caller's menu choice, or the default after pressing nothing."""

    choice: MenuChoice
    language: Language


@dataclass(frozen=True, kw_only=True)
class Queued(CallFact):
    """The caller entered a Polda's queue."""

    queue: QueueName
    priority: int
    returned: bool = False
    """True when he had been out of the queue before and comes back to its front."""
    staff: str = ""
    """Which levels of the climb had somebody then, as ``climb.key_of`` writes it; empty = he does not climb."""


@dataclass(frozen=True, kw_only=True)
class Overflowed(CallFact):
    """A waiting caller was told that nobody can take the call; he stays in the queue."""

    reason: OverflowReason


@dataclass(frozen=True, kw_only=True)
class AgentRinging(CallFact):
    """An operator's phone rings for this call."""

    agent: AgentId


@dataclass(frozen=True, kw_only=True)
class AgentTook(CallFact):
    """An operator answered."""

    agent: AgentId
    channel: ChannelId


@dataclass(frozen=True, kw_only=True)
class Judged(CallFact):
    """An operator keyed a verdict, or the desk sent one."""

    agent: AgentId
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Supervised(CallFact):
    """A supervisor keyed ``*81`` to ``*84``, or has hung up after it."""

    supervisor: AgentId
    agent: AgentId
    mode: Supervision
    step: SupervisionStep


@dataclass(frozen=True, kw_only=True)
class TransferAsked(CallFact):
    """A Polres is being brought in."""

    agent: AgentId
    polres: PolresExt
    kind: TransferKind
    ring_s: float


@dataclass(frozen=True, kw_only=True)
class PolresRinging(CallFact):
    """The Polres's phone rings."""

    polres: PolresExt


@dataclass(frozen=True, kw_only=True)
class PolresTook(CallFact):
    """The Polres answered and is in the talk."""

    polres: PolresExt
    channel: ChannelId


@dataclass(frozen=True, kw_only=True)
class TransferFailed(CallFact):
    """The Polres did not take the call (SOP S1.10)."""

    polres: PolresExt
    reason: TransferFailure


@dataclass(frozen=True, kw_only=True)
class AgentGone(CallFact):
    """The operator's leg left the call."""

    agent: AgentId
    channel: ChannelId
    cause: LeaveCause


@dataclass(frozen=True, kw_only=True)
class PolresGone(CallFact):
    """The Polres's leg left the call."""

    polres: PolresExt
    channel: ChannelId
    cause: LeaveCause


@dataclass(frozen=True, kw_only=True)
class CaseClosePressed(CallFact):
    """``*70``: the case of this call is closed."""

    by: str


@dataclass(frozen=True, kw_only=True)
class VerdictTakenBack(CallFact):
    """Somebody withdrew the call's verdict."""

    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class VerifyAsked(CallFact):
    """A blocked caller pressed 1: he waits for an operator who verifies him (S2 VIII)."""

    number: Number
    source: NumberSource
    until: int
    """Expiry of the block as Unix time; 0 = for ever."""


@dataclass(frozen=True, kw_only=True)
class VerifyPassed(CallFact):
    """``*76``: the dialplan took the number off its own list."""

    number: Number
    agent: AgentId


@dataclass(frozen=True, kw_only=True)
class VerifyFailed(CallFact):
    """``*77``: the operator leaves the block as it is."""

    number: Number
    agent: AgentId


@dataclass(frozen=True, kw_only=True)
class CallerGone(CallFact):
    """The caller's channel ended: the call is over."""

    by: EndedBy


@dataclass(frozen=True, kw_only=True)
class RecordingFound(CallFact):
    """The recording of an ended call was measured."""

    path: str
    seconds: float
    sha256: str = ""
    repaired: bool = False


@dataclass(frozen=True, kw_only=True)
class RecorderSilent(CallFact):
    """A live call's recording is not there, or does not grow."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecorderHeard(CallFact):
    """A live call's recording grows again."""

    path: str


@dataclass(frozen=True, kw_only=True)
class RecordingNotFound(CallFact):
    """There is no usable recording of an ended call."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LegSeen:
    """A leg of a live call in the PBX's own list."""

    channel: ChannelId
    agent: AgentId | None = None
    polres: PolresExt | None = None


@dataclass(frozen=True, kw_only=True)
class Seen(CallFact):
    """A live call in the PBX's own list, after a restart or reconnect: what must be true now."""

    channel: ChannelId
    number: Number | None
    source: NumberSource
    dialled: str
    trunk: str
    queue: QueueName
    stage: Stage
    recording: str | None
    legs: tuple[LegSeen, ...]
    """Operator and Polres legs that are up and bridged with the caller."""
    agent: AgentId | None = None
    """The operator whom the dialplan has for the caller, in or out of the talk, if it says so."""
    polres: PolresExt | None = None
    """The Polres that the dialplan rings, or rang last, if it says so."""
    blocked_until: int | None = None
    """For a blocked caller who was let in to be verified: expiry of his block, as Unix time."""


@dataclass(frozen=True, kw_only=True)
class DeadlinePassed(CallFact):
    """A deadline that the core asked for has come. A stale name changes nothing."""

    name: str


Fact = (
    Arrived
    | Rejected
    | NotReached
    | RecorderStarted
    | Chose
    | Queued
    | Overflowed
    | AgentRinging
    | AgentTook
    | Judged
    | Supervised
    | TransferAsked
    | PolresRinging
    | PolresTook
    | TransferFailed
    | AgentGone
    | PolresGone
    | CaseClosePressed
    | VerdictTakenBack
    | VerifyAsked
    | VerifyPassed
    | VerifyFailed
    | CallerGone
    | RecorderSilent
    | RecorderHeard
    | RecordingFound
    | RecordingNotFound
    | Seen
    | DeadlinePassed
)
"""Every fact about a call."""


# Operators and queues


@dataclass(frozen=True, kw_only=True)
class MemberFact:
    """Something that happened to an operator's place in one queue."""

    at: datetime
    agent: AgentId
    queue: QueueName
    recovered: bool = False
    """True when nobody listened then: it was read back from the queue's own log."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a fact's time must be aware")


@dataclass(frozen=True, kw_only=True)
class MemberReport(MemberFact):
    """What the queue says of one member, in each of its events about him."""

    paused: bool
    in_call: bool
    device: DeviceState
    paused_reason: str = ""
    last_call: datetime | None = None
    """When his last call from this queue ended."""
    wrapup_s: float = 0.0
    """How long he has after a call before the queue rings him again."""


@dataclass(frozen=True, kw_only=True)
class MemberSeen(MemberReport):
    """A member in the PBX's own list (``QueueMember``)."""


@dataclass(frozen=True, kw_only=True)
class MemberAdded(MemberReport):
    """An operator logged in to a queue (``QueueMemberAdded``)."""


@dataclass(frozen=True, kw_only=True)
class MemberPaused(MemberReport):
    """An operator's pause began or ended (``QueueMemberPause``)."""


@dataclass(frozen=True, kw_only=True)
class MemberStatus(MemberReport):
    """A member's phone or call changed (``QueueMemberStatus``)."""


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(MemberFact):
    """An operator logged out of a queue (``QueueMemberRemoved``)."""


RosterFact = MemberSeen | MemberAdded | MemberPaused | MemberStatus | MemberRemoved
"""Every fact about operators and queues."""
