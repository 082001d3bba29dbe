"""Numbers that are blocked, and their way out (SOP S2 VIII)."""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.words import BlockCause, BlockWarning, NumberSource


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
