"""What queries return: rows of the read tables, typed and frozen."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cc110.core.blocking import is_blocked
from cc110.core.events import Evidence, Recorded
from cc110.core.ids import AgentId, CallId, CaseId, Number, PolresExt, QueueName
from cc110.core.words import (
    BlockCause,
    BlockWarning,
    EndedBy,
    Language,
    MenuChoice,
    NumberSource,
    Verdict,
)


class Outcome(StrEnum):
    """How a call went, in one word."""

    LIVE = "live"
    """Not over yet."""
    REJECTED = "rejected"
    """The number was blocked."""
    ABANDONED = "abandoned"
    """The caller hung up before anybody answered."""
    LOST = "lost"
    """It ended before anybody answered, and not by the caller's own doing."""
    ANSWERED = "answered"
    """A Polda operator dealt with it."""
    RETURNED = "returned"
    """No Polres took it; it ended with the Polda."""
    TRANSFERRED = "transferred"
    """A Polres took it."""


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """One call. Times are UTC; None = has not happened, or is not known."""

    call_id: CallId
    first_seq: int
    """Its first event: calls are listed in this order."""
    last_seq: int
    arrived_at: datetime
    number: Number | None
    number_source: NumberSource | None
    dialled: str | None
    trunk: str | None
    queue: QueueName | None
    priority: int | None
    menu: MenuChoice | None
    language: Language | None
    queued_at: datetime | None
    answered_at: datetime | None
    """When an operator answered for the first time."""
    agent: AgentId | None
    """The last operator who answered."""
    waited_s: float | None
    verdict: Verdict | None
    verdict_at: datetime | None
    verdict_by: AgentId | None
    polres: PolresExt | None
    """The last Polres that was tried."""
    transfers: int
    returns: int
    handed_over_at: datetime | None
    """When a Polres took the call; None again after a return."""
    ended_at: datetime | None
    ended_by: EndedBy | None
    duration_s: float | None
    outcome: Outcome
    case_id: CaseId | None
    recording: str | None
    """Path below the recordings folder."""
    recording_s: float | None
    recording_missing: str | None
    """Why there is no usable recording."""
    recovered: bool
    """True when arrival or end was not seen but concluded from the PBX's lists."""


@dataclass(frozen=True, kw_only=True)
class CallStory:
    """A call with all that happened in it."""

    call: CallRow
    events: tuple[Recorded, ...]
    unknown: tuple[str, ...]
    """Events that this version of cc110 doesn't know, one sentence each."""


@dataclass(frozen=True, kw_only=True)
class NumberHistory:
    """What is known of a number from its earlier calls."""

    calls: int
    pranks: int
    """Of these, judged a prank."""
    silent: int
    """Of these, judged silent."""
    hang_ups: int
    """Of these, ended by the caller before anybody answered."""
    has_open_case: bool


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One case."""

    case_id: CaseId
    first_seq: int
    last_seq: int
    call_id: CallId | None
    number: Number | None
    opened_at: datetime
    opened_by: AgentId | None
    owner: str | None
    """The unit whose work it is."""
    reason: str | None
    """Why it changed hands."""
    updated_at: datetime
    closed_at: datetime | None
    closed_by: str | None

    @property
    def is_open(self) -> bool:
        """True while somebody has to work on it."""
        return self.closed_at is None


@dataclass(frozen=True, kw_only=True)
class BlockRow:
    """One number's last block."""

    number: Number
    last_seq: int
    blocked_at: datetime
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    cause: BlockCause
    evidence: tuple[Evidence, ...]
    """The calls that led to it, oldest first."""
    warnings: tuple[BlockWarning, ...]
    note: str
    owner: str
    times: int
    """How often the number was blocked."""
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_reason: str | None
    rejections: int
    """How many calls were rejected, over all its blocks."""
    rejected_at: datetime | None

    @property
    def counts_since(self) -> datetime:
        """What was judged before this has had its consequence: the block, or its lifting."""
        return max(self.blocked_at, self.lifted_at or self.blocked_at)

    def in_force(self, now: datetime) -> bool:
        """True when a call from this number is to be rejected now."""
        return self.lifted_at is None and is_blocked(self.until, now)
