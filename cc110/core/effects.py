"""What the core asks the shell to do. Effects on a live call never wait for the journal."""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.ids import AgentId, CallId, ChannelId, Number, QueueName


@dataclass(frozen=True, kw_only=True)
class SetDeadline:
    """Tell the core ``DeadlinePassed(name)`` at this time; replaces an earlier one of that name."""

    call_id: CallId
    name: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CancelDeadline:
    """The deadline of that name is no longer wanted."""

    call_id: CallId
    name: str


@dataclass(frozen=True, kw_only=True)
class RescueCall:
    """Bring the caller to the front of the queue: nobody has him and the dialplan did not act."""

    call_id: CallId
    channel: ChannelId
    queue: QueueName
    reason: str


@dataclass(frozen=True, kw_only=True)
class MeasureRecording:
    """Look for the ended call's recording and tell the core what is there."""

    call_id: CallId
    path: str


@dataclass(frozen=True, kw_only=True)
class LiftBlock:
    """Take a verified number off the blocklist, unless that has been done. It may be asked twice."""

    call_id: CallId
    number: Number
    agent: AgentId
    at: datetime
    """When the operator keyed it: a block made later stays."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A fact that changes nothing: telephony is late and repeated. Worth a line in the log."""

    call_id: CallId
    text: str


Effect = SetDeadline | CancelDeadline | RescueCall | MeasureRecording | LiftBlock | Note
