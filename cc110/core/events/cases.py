"""An operator's judgement, and what the call is about (SOP S1.6, S1.9)."""

from dataclasses import dataclass

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, Number
from cc110.core.words import Verdict


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
