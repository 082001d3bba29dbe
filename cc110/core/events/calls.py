"""A call on its way: arrival, queue, operator, end."""

from dataclasses import dataclass

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, CallId, Number, QueueName, UnitId
from cc110.core.words import (
    ClimbWho,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OriginBy,
    OverflowReason,
    Supervision,
    SupervisionStep,
)


@dataclass(frozen=True, kw_only=True)
class CallArrived(EventData):
    """A caller dialled 110 and was let in; or he was called back and has answered."""

    channel: str
    number: Number | None
    source: NumberSource
    dialled: str
    trunk: str
    queue: QueueName
    origin: OriginBy | None = None
    """By what the queue was found; None = not known."""
    origin_of: str = ""
    """What that was: the number dialled, the place, the area code, the trunk."""
    place: str = ""
    """Where the carrier says that he is: a regency, a Polres, or degrees."""
    place_unit: UnitId | None = None
    """The Polres of that place."""
    recovered: bool = False
    callback_of: CallId | None = None
    """The call that he had given up, when it is he who was called."""


@dataclass(frozen=True, kw_only=True)
class CallRejected(EventData):
    """A blocked number was rejected before answer."""

    number: Number
    source: NumberSource
    until: int
    recovered: bool = False
    """True when nobody listened then, and the PBX's own record tells of it."""


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
    staff: str = ""
    """Which levels of the climb had somebody then: ``101`` = the first and the third. Empty: he does not climb."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallClimbed(EventData):
    """Nobody answered in time, or nobody was there: one more level rings, those before ring on."""

    level: int
    """2 for the second level."""
    rings: ClimbWho
    """Who rings from now on, as ``[[climb.level]]`` names it."""
    after_s: float
    """Seconds in the queue. Less than the level's own time if one before it had nobody."""
    queue: QueueName
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallOverflowed(EventData):
    """The caller was told that nobody can take the call yet. He stays in the queue, and all ring on."""

    reason: OverflowReason
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
class AgentLeft(EventData):
    """The operator left the talk."""

    agent: AgentId
    cause: LeaveCause
    channel: str = ""
    """The leg that left, as ``AgentAnswered`` named it."""
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallSupervised(EventData):
    """A supervisor came to an operator's call, or was gone from it."""

    supervisor: AgentId
    agent: AgentId
    mode: Supervision
    step: SupervisionStep
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallRequeued(EventData):
    """The caller is at the front of the queue again."""

    queue: QueueName
    reason: str
    staff: str = ""
    """As in ``CallQueued``: he climbs anew."""
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
