"""What the journal remembers: one vocabulary for journal, MQTT, desk and ``cc110 calls follow``.

An event is an envelope (``Event``) around typed data. Names are past tense and public: they and
their fields are described by one JSON schema each under ``docs/events/``; a changed meaning raises
``v``.

``recovered`` is true where nobody listened when it happened: it was read back from what the PBX
wrote down, with its true time, or concluded from the PBX's lists.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from cc110.core.ids import AgentId, CallId, CaseId, Number, PolresExt, QueueName
from cc110.core.words import (
    BlockCause,
    BlockWarning,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    SyntheticFault,
    SyntheticStage,
    TransferFailure,
    TransferKind,
    Verdict,
)


@dataclass(frozen=True, kw_only=True)
class EventData:
    """What an event says beyond its envelope."""

    v: ClassVar[int] = 1


@dataclass(frozen=True, kw_only=True)
class CallArrived(EventData):
    """A caller dialled 110 and was let in."""

    channel: str
    number: Number | None
    source: NumberSource
    dialled: str
    trunk: str
    queue: QueueName
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallRejected(EventData):
    """A blocked number was rejected before answer."""

    number: Number
    source: NumberSource
    until: int
    recovered: bool = False
    """True when nobody listened then, and the PBX's own record tells of it."""


@dataclass(frozen=True, kw_only=True)
class RecordingStarted(EventData):
    """The PBX began to record the call."""

    path: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class MenuChosen(EventData):
    """The caller chose in the menu, or pressed nothing."""

    choice: MenuChoice
    language: Language
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallQueued(EventData):
    """The caller waits in a Polda's queue."""

    queue: QueueName
    priority: int
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentRang(EventData):
    """An operator's phone rang for the call."""

    agent: AgentId
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentAnswered(EventData):
    """An operator and the caller talk."""

    agent: AgentId
    channel: str
    waited_s: float
    """Seconds from the caller's arrival, or from his return to the queue."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(EventData):
    """An operator judged the call. The last verdict of a call counts."""

    agent: AgentId
    verdict: Verdict
    implied: bool = False
    """True when a transfer to a Polres said it without a code."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class VerdictWithdrawn(EventData):
    """A verdict was taken back: the call has none until another one is given."""

    verdict: Verdict
    """The one that counts no more."""
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class CaseOpened(EventData):
    """A valid complaint became a case, owned by the Polda of the queue."""

    owner: str
    agent: AgentId
    number: Number | None
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseUpdated(EventData):
    """The case changed hands: from the Polda to a Polres."""

    owner: str
    reason: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseClosed(EventData):
    """The case is closed."""

    by: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class TransferStarted(EventData):
    """An operator brings in a Polres."""

    agent: AgentId
    polres: PolresExt
    kind: TransferKind
    ring_s: float
    implied: bool = False
    """True when it was concluded from what the Polres did: nobody had told of the request."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class PolresRang(EventData):
    """The Polres's phone rang."""

    polres: PolresExt
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class PolresAnswered(EventData):
    """The Polres is in the talk."""

    polres: PolresExt
    channel: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class TransferReturned(EventData):
    """The Polres did not take the call; the caller is the Polda's again (SOP S1.10, S1.11)."""

    polres: PolresExt
    reason: TransferFailure
    agent: AgentId | None
    """The operator who has or shall have him again; None = the front of the queue."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentLeft(EventData):
    """The operator left the talk."""

    agent: AgentId
    cause: LeaveCause
    channel: str = ""
    """The leg that left, as ``AgentAnswered`` named it."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class PolresLeft(EventData):
    """The Polres left the talk."""

    polres: PolresExt
    cause: LeaveCause
    channel: str = ""
    """The leg that left, as ``PolresAnswered`` named it."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallRequeued(EventData):
    """The caller is at the front of the queue again."""

    queue: QueueName
    reason: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallRescued(EventData):
    """Nobody had the caller and the dialplan did not act: he was sent to the queue's front."""

    queue: QueueName
    reason: str
    attempt: int
    """1 for the first time in this call."""


@dataclass(frozen=True, kw_only=True)
class CallAbandoned(EventData):
    """The caller hung up before anybody answered him."""

    waited_s: float
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallEnded(EventData):
    """The call is over."""

    by: EndedBy
    duration_s: float
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordingFinalised(EventData):
    """The recording of the ended call is there, whole, hashed and in the manifest."""

    path: str
    seconds: float
    sha256: str = ""
    """Of the WAV file, in hex; empty for recordings of versions without a manifest."""
    missing_s: float = 0.0
    """Seconds of the call that it does not hold; 0 = it holds all."""
    repaired: bool = False
    """True when the PBX had not closed the file, and its header was written anew."""


@dataclass(frozen=True, kw_only=True)
class RecordingMissing(EventData):
    """The ended call has no usable recording: somebody must look."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordingStalled(EventData):
    """A live call is not being recorded at this moment: somebody must look, the call goes on."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordingResumed(EventData):
    """The live call is recorded again."""

    path: str
    stalled_s: float
    """For how long it was known not to be."""


@dataclass(frozen=True, kw_only=True)
class RecordingExported(EventData):
    """A recording was handed out, or was about to be: this is written first."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingHeld(EventData):
    """Legal hold: the call's recording is not to be erased, whatever its age."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingReleased(EventData):
    """The legal hold is over."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingErased(EventData):
    """A recording was erased because its time was over; the manifest's row proves what it was."""

    path: str
    sha256: str
    """Of the WAV file that is gone."""
    row: str
    """Hash of the manifest's row that tells of it."""
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One call that was judged a prank, as it counts towards a block."""

    call_id: CallId
    at: datetime
    """When it was judged."""
    agent: AgentId
    source: NumberSource
    recording: str | None
    """Path below the recordings folder; None = there is none."""


@dataclass(frozen=True, kw_only=True)
class NumberBlocked(EventData):
    """A number was put on the blocklist."""

    number: Number
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    cause: BlockCause = BlockCause.BY_HAND
    evidence: tuple[Evidence, ...] = ()
    """The calls that led to it, oldest first; empty for a block by hand."""
    warnings: tuple[BlockWarning, ...] = ()
    note: str = ""
    owner: str = ""
    """Who answers for it, such as a unit; empty: who made it."""


@dataclass(frozen=True, kw_only=True)
class NumberUnblocked(EventData):
    """A number was taken off the blocklist."""

    number: Number
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RangeBlockProposed(EventData):
    """Somebody asks to block all numbers that begin alike; nothing is blocked until another confirms."""

    prefix: str
    """The digits with which the numbers begin, country code first."""
    digits: int
    """How many digits the numbers have; 0 = any number of them."""
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RangeBlocked(EventData):
    """A second person confirmed: all numbers that begin alike are blocked."""

    prefix: str
    digits: int
    """How many digits the numbers have; 0 = any number of them."""
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    """Who proposed it."""
    confirmed_by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RangeUnblocked(EventData):
    """The block of a range was lifted, or its proposal refused."""

    prefix: str
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class NumberExempted(EventData):
    """One number of a blocked range is not blocked by it: it was verified, or taken off by hand."""

    number: Number
    prefix: str
    """The range that would block it."""
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class BlockVerificationAsked(EventData):
    """A blocked caller pressed 1: he waits for an operator who verifies him (SOP S2 VIII)."""

    number: Number
    source: NumberSource
    until: int
    """Expiry of the block, as Unix time; 0 = for ever."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class BlockVerificationRefused(EventData):
    """``*77``: the operator leaves the block as it is."""

    number: Number
    agent: AgentId
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentLoggedIn(EventData):
    """An operator takes calls of a queue."""

    agent: AgentId
    queue: QueueName
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentLoggedOut(EventData):
    """An operator no longer takes calls of a queue."""

    agent: AgentId
    queue: QueueName
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentPaused(EventData):
    """An operator pauses."""

    agent: AgentId
    queue: QueueName
    reason: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentUnpaused(EventData):
    """An operator is back from the pause."""

    agent: AgentId
    queue: QueueName
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class QueueUnattended(EventData):
    """An alarm: callers wait, and every operator of the queue pauses, is unreachable or went home."""

    queue: QueueName
    waiting: int
    """Callers in the queue."""
    paused: int
    """Operators who are logged in and pause."""
    unreachable: int
    """Operators who are logged in and whose phone is not registered or does not answer."""


@dataclass(frozen=True, kw_only=True)
class QueueAttended(EventData):
    """The end of that alarm: somebody can be rung again."""

    queue: QueueName
    after_s: float
    """Seconds since the alarm."""


@dataclass(frozen=True, kw_only=True)
class AddressBanned(EventData):
    """Somebody at an address guessed passwords: no phone may log in from there for a while."""

    address: str
    """An IP address, or the network of an IPv6 subscriber such as ``2001:db8::/64``."""
    until: int
    """When it is over by itself, as Unix time."""
    failures: int
    """Refused log-ins that led to it."""
    times: int
    """Which ban of this address it is, from 1: each one is longer than the one before."""


@dataclass(frozen=True, kw_only=True)
class AddressBanLifted(EventData):
    """A ban was ended by hand."""

    address: str
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class SyntheticCallFailed(EventData):
    """An alarm: the PBX's own call to 110 did not come through. Told again when another stage breaks."""

    stage: SyntheticStage
    """The first stage that does not work."""
    reason: SyntheticFault
    detail: str = ""
    """Such as the prompt that is missing."""


@dataclass(frozen=True, kw_only=True)
class SyntheticCallPassed(EventData):
    """The PBX's own call to 110 came through: the first time since the daemon's start, or after an alarm."""

    seconds: float
    """From the order to the end of the talk."""


@dataclass(frozen=True, kw_only=True)
class PbxLost(EventData):
    """The daemon has no link to the PBX. Calls go on without it."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PbxBack(EventData):
    """The link is back and the state is the PBX's again."""

    calls: int
    restarted: bool
    """True when the PBX itself had been restarted."""


Data = (
    CallArrived
    | CallRejected
    | RecordingStarted
    | MenuChosen
    | CallQueued
    | AgentRang
    | AgentAnswered
    | VerdictGiven
    | VerdictWithdrawn
    | CaseOpened
    | CaseUpdated
    | CaseClosed
    | TransferStarted
    | PolresRang
    | PolresAnswered
    | TransferReturned
    | AgentLeft
    | PolresLeft
    | CallRequeued
    | CallRescued
    | CallAbandoned
    | CallEnded
    | RecordingFinalised
    | RecordingMissing
    | RecordingStalled
    | RecordingResumed
    | RecordingExported
    | RecordingHeld
    | RecordingReleased
    | RecordingErased
    | NumberBlocked
    | NumberUnblocked
    | RangeBlockProposed
    | RangeBlocked
    | RangeUnblocked
    | NumberExempted
    | BlockVerificationAsked
    | BlockVerificationRefused
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentUnpaused
    | QueueUnattended
    | QueueAttended
    | AddressBanned
    | AddressBanLifted
    | SyntheticCallFailed
    | SyntheticCallPassed
    | PbxLost
    | PbxBack
)
"""Every kind of event data; an event's ``type`` is the name of its class."""


def as_recovered(data: Data) -> Data:
    """The same, marked as learned of afterwards; what is only ever said live stays as it is."""
    mark: dict[str, Any] = {"recovered": True} if hasattr(data, "recovered") else {}
    return replace(data, **mark)


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event before it is journaled: the journal adds id, seq, site and the chain's hash."""

    at: datetime
    call_id: CallId | None = None
    case_id: CaseId | None = None
    data: Data

    @property
    def type(self) -> str:
        """The event's public name, such as ``CallArrived``."""
        return type(self.data).__name__


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An event as the journal has it."""

    id: str
    """ULID: sorts by time, unique."""
    seq: int
    site: str
    event: Event
