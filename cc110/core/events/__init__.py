"""What the journal remembers: one vocabulary for journal, MQTT, desk and ``cc110 calls follow``.

An event is an envelope (``Event``) around typed data. Names are past tense and public: they and
their fields are described by one JSON schema each under ``docs/events/``; a changed meaning raises
``v``.

``recovered`` is true where nobody listened when it happened: it was read back from what the PBX
wrote down, with its true time, or concluded from the PBX's lists.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cc110.core.events.base import (
    EventData as EventData,
)
from cc110.core.events.blocks import (
    BlockVerificationAsked as BlockVerificationAsked,
)
from cc110.core.events.blocks import (
    BlockVerificationRefused as BlockVerificationRefused,
)
from cc110.core.events.blocks import (
    Evidence as Evidence,
)
from cc110.core.events.blocks import (
    NumberBlocked as NumberBlocked,
)
from cc110.core.events.blocks import (
    NumberExempted as NumberExempted,
)
from cc110.core.events.blocks import (
    NumberUnblocked as NumberUnblocked,
)
from cc110.core.events.blocks import (
    RangeBlocked as RangeBlocked,
)
from cc110.core.events.blocks import (
    RangeBlockProposed as RangeBlockProposed,
)
from cc110.core.events.blocks import (
    RangeUnblocked as RangeUnblocked,
)
from cc110.core.events.callbacks import (
    CallbackClaimed as CallbackClaimed,
)
from cc110.core.events.callbacks import (
    CallbackDropped as CallbackDropped,
)
from cc110.core.events.callbacks import (
    CallbackMade as CallbackMade,
)
from cc110.core.events.calls import (
    AgentAnswered as AgentAnswered,
)
from cc110.core.events.calls import (
    AgentLeft as AgentLeft,
)
from cc110.core.events.calls import (
    AgentRang as AgentRang,
)
from cc110.core.events.calls import (
    CallAbandoned as CallAbandoned,
)
from cc110.core.events.calls import (
    CallArrived as CallArrived,
)
from cc110.core.events.calls import (
    CallClimbed as CallClimbed,
)
from cc110.core.events.calls import (
    CallEnded as CallEnded,
)
from cc110.core.events.calls import (
    CallOverflowed as CallOverflowed,
)
from cc110.core.events.calls import (
    CallQueued as CallQueued,
)
from cc110.core.events.calls import (
    CallRejected as CallRejected,
)
from cc110.core.events.calls import (
    CallRequeued as CallRequeued,
)
from cc110.core.events.calls import (
    CallRescued as CallRescued,
)
from cc110.core.events.calls import (
    CallSupervised as CallSupervised,
)
from cc110.core.events.calls import (
    MenuChosen as MenuChosen,
)
from cc110.core.events.cases import (
    CaseClosed as CaseClosed,
)
from cc110.core.events.cases import (
    CaseOpened as CaseOpened,
)
from cc110.core.events.cases import (
    CaseUpdated as CaseUpdated,
)
from cc110.core.events.cases import (
    VerdictGiven as VerdictGiven,
)
from cc110.core.events.cases import (
    VerdictWithdrawn as VerdictWithdrawn,
)
from cc110.core.events.operators import (
    AgentLoggedIn as AgentLoggedIn,
)
from cc110.core.events.operators import (
    AgentLoggedOut as AgentLoggedOut,
)
from cc110.core.events.operators import (
    AgentPaused as AgentPaused,
)
from cc110.core.events.operators import (
    AgentUnpaused as AgentUnpaused,
)
from cc110.core.events.operators import (
    QueueAttended as QueueAttended,
)
from cc110.core.events.operators import (
    QueueUnattended as QueueUnattended,
)
from cc110.core.events.recordings import (
    RecordingErased as RecordingErased,
)
from cc110.core.events.recordings import (
    RecordingExported as RecordingExported,
)
from cc110.core.events.recordings import (
    RecordingFinalised as RecordingFinalised,
)
from cc110.core.events.recordings import (
    RecordingHeld as RecordingHeld,
)
from cc110.core.events.recordings import (
    RecordingMissing as RecordingMissing,
)
from cc110.core.events.recordings import (
    RecordingReleased as RecordingReleased,
)
from cc110.core.events.recordings import (
    RecordingResumed as RecordingResumed,
)
from cc110.core.events.recordings import (
    RecordingStalled as RecordingStalled,
)
from cc110.core.events.recordings import (
    RecordingStarted as RecordingStarted,
)
from cc110.core.events.shifts import (
    AgentOffShift as AgentOffShift,
)
from cc110.core.events.shifts import (
    RosterRefused as RosterRefused,
)
from cc110.core.events.shifts import (
    RosterTaken as RosterTaken,
)
from cc110.core.events.shifts import (
    ShiftEmpty as ShiftEmpty,
)
from cc110.core.events.shifts import (
    ShiftEnded as ShiftEnded,
)
from cc110.core.events.shifts import (
    ShiftStarted as ShiftStarted,
)
from cc110.core.events.site import (
    AddressBanLifted as AddressBanLifted,
)
from cc110.core.events.site import (
    AddressBanned as AddressBanned,
)
from cc110.core.events.site import (
    PbxBack as PbxBack,
)
from cc110.core.events.site import (
    PbxLost as PbxLost,
)
from cc110.core.events.site import (
    PbxReadBack as PbxReadBack,
)
from cc110.core.events.site import (
    SiteApplied as SiteApplied,
)
from cc110.core.events.site import (
    SiteRolledBack as SiteRolledBack,
)
from cc110.core.events.site import (
    SyntheticCallFailed as SyntheticCallFailed,
)
from cc110.core.events.site import (
    SyntheticCallPassed as SyntheticCallPassed,
)
from cc110.core.events.transfers import (
    PolresAnswered as PolresAnswered,
)
from cc110.core.events.transfers import (
    PolresLeft as PolresLeft,
)
from cc110.core.events.transfers import (
    PolresRang as PolresRang,
)
from cc110.core.events.transfers import (
    TransferReturned as TransferReturned,
)
from cc110.core.events.transfers import (
    TransferStarted as TransferStarted,
)
from cc110.core.ids import CallId, CaseId

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
    | CallSupervised
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
    | CallbackClaimed
    | CallbackMade
    | CallbackDropped
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentUnpaused
    | ShiftStarted
    | ShiftEnded
    | ShiftEmpty
    | AgentOffShift
    | RosterTaken
    | RosterRefused
    | QueueUnattended
    | QueueAttended
    | AddressBanned
    | AddressBanLifted
    | SyntheticCallFailed
    | SyntheticCallPassed
    | SiteApplied
    | SiteRolledBack
    | PbxLost
    | PbxReadBack
    | PbxBack
    | CallClimbed
    | CallOverflowed
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
