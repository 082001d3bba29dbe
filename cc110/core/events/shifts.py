"""Shifts by the clock, and operators who are logged in outside of theirs."""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.events.base import EventData
from cc110.core.ids import AgentId, UnitId
from cc110.core.words import OffShift, ShiftGap


@dataclass(frozen=True, kw_only=True)
class ShiftStarted(EventData):
    """A unit's shift has begun."""

    unit: UnitId
    shift: str
    begins: datetime
    ends: datetime
    operators: tuple[AgentId, ...]
    """Who is on by the roster."""
    people: tuple[str, ...]
    """Those without an operator's phone."""


@dataclass(frozen=True, kw_only=True)
class ShiftEnded(EventData):
    """A unit's shift is over."""

    unit: UnitId
    shift: str
    begins: datetime


@dataclass(frozen=True, kw_only=True)
class ShiftEmpty(EventData):
    """A shift has nobody: an hour before it begins, or when it has begun."""

    unit: UnitId
    shift: str
    begins: datetime
    ends: datetime
    gap: ShiftGap


@dataclass(frozen=True, kw_only=True)
class AgentOffShift(EventData):
    """An operator is logged in outside of his shift, or wanted to be."""

    agent: AgentId
    what: OffShift


@dataclass(frozen=True, kw_only=True)
class RosterTaken(EventData):
    """Shifts, rosters and holidays were changed in the files, and count from now on."""

    files: int


@dataclass(frozen=True, kw_only=True)
class RosterRefused(EventData):
    """The files of the directory are wrong: shifts stay as they were."""

    problems: int
    reason: str
    """The first problem."""
