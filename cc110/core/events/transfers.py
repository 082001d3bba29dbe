"""Bringing a Polres into a call, and back (SOP S1.8, S1.10)."""

from dataclasses import dataclass

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, PolresExt
from cc110.core.words import LeaveCause, TransferFailure, TransferKind


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
class PolresLeft(EventData):
    """The Polres left the talk."""

    polres: PolresExt
    cause: LeaveCause
    channel: str = ""
    """The leg that left, as ``PolresAnswered`` named it."""
    recovered: bool = False
