"""Callers who hung up waiting, and what became of them."""

from dataclasses import dataclass

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.words import CallbackOutcome


@dataclass(frozen=True, kw_only=True)
class CallbackClaimed(EventData):
    """An operator undertakes to call somebody back: nobody else may meanwhile."""

    agent: AgentId
    number: Number
    missed_call: CallId
    """The last call in which he hung up waiting."""
    by: str
    """Who said so; the operator himself, when he keyed it."""


@dataclass(frozen=True, kw_only=True)
class CallbackMade(EventData):
    """Somebody was called back. When he answered, the talk is a call like any other, with this call id."""

    agent: AgentId
    number: Number
    missed_call: CallId
    outcome: CallbackOutcome
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class CallbackDropped(EventData):
    """Nobody needs to call back any more: somebody has settled it in another way."""

    number: Number | None
    missed_call: CallId
    reason: str
    by: str
