"""Where a call is: one frozen type per phase, each with what it can't be without.

A live caller either is with somebody (a queue, an operator, a Polres) or has a deadline by which
somebody must have him. No phase is neither.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cc110.core.climb import Step
from cc110.core.ids import AgentId, ChannelId, PolresExt, QueueName
from cc110.core.words import EndedBy


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A time by which something must have happened. No two deadlines of a call share a name."""

    name: str
    at: datetime

    @classmethod
    def after(cls, kind: str, start: datetime, seconds: float) -> "Deadline":
        """The deadline of that kind, so many seconds after the start."""
        at = start + timedelta(seconds=seconds)
        return cls(name=f"{kind}@{at.isoformat()}", at=at)


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """The caller hears the greeting and the menu (SOP S1.1, S2 VI)."""

    deadline: Deadline


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The caller waits in a queue; the queue has him."""

    queue: QueueName
    since: datetime
    ringing: frozenset[AgentId] = frozenset()
    """Operators whose phones have rung for him since then."""
    climb: tuple[Step, ...] = ()
    """The levels with somebody that still come, in their order."""

    @property
    def next_climb(self) -> Deadline | None:
        """When the next level opens."""
        if not self.climb:
            return None
        return Deadline.after(f"climb-{self.climb[0].number}", self.since, self.climb[0].opens_s)


@dataclass(frozen=True, kw_only=True)
class Talking:
    """Operator and caller talk (SOP S1.2)."""

    agent: AgentId
    channel: ChannelId


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Operator and caller talk while the Polres rings: make before break (SOP S1.6)."""

    agent: AgentId
    channel: ChannelId
    polres: PolresExt
    deadline: Deadline


@dataclass(frozen=True, kw_only=True)
class Forwarded:
    """The Polres rings and nobody talks with the caller: a blind transfer, or the operator left."""

    polres: PolresExt
    return_to: AgentId | None
    """The operator whose phone shall ring if the Polres does not take the call."""
    deadline: Deadline


@dataclass(frozen=True, kw_only=True)
class Together:
    """Operator, Polres and caller talk."""

    agent: AgentId
    agent_channel: ChannelId
    polres: PolresExt
    polres_channel: ChannelId


@dataclass(frozen=True, kw_only=True)
class WithPolres:
    """Polres and caller talk (SOP S1.7, S1.8)."""

    polres: PolresExt
    channel: ChannelId
    since: datetime
    """When this Polres answered."""


@dataclass(frozen=True, kw_only=True)
class Returning:
    """The Polres did not take the call; the same operator's phone rings again (SOP S1.10)."""

    agent: AgentId
    deadline: Deadline


@dataclass(frozen=True, kw_only=True)
class Adrift:
    """Nobody has the caller; it is the dialplan's turn until the deadline."""

    since: datetime
    reason: str
    deadline: Deadline


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The call is over."""

    at: datetime
    by: EndedBy


Timed = Greeting | Joining | Forwarded | Returning | Adrift
"""Phases that must not last."""

Held = Waiting | Talking | Joining | Together | WithPolres
"""Phases in which a queue, an operator or a Polres has the caller."""

Phase = Timed | Held | Ended


def deadline_of(phase: Phase) -> Deadline | None:
    """The phase's deadline, if it has one; for a caller who waits, when the next level opens."""
    if isinstance(phase, Waiting):
        return phase.next_climb
    return phase.deadline if isinstance(phase, Timed) else None
