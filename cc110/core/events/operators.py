"""Who is on duty, and queues of which nobody is."""

from dataclasses import dataclass

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, QueueName


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
