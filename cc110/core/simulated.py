"""What came of a simulated day, and the figures that are read from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

HOURS: Final = 24
HOUR_S: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Who was answered by one level."""

    waits_s: tuple[float, ...]
    """In rising order."""


@dataclass(frozen=True, kw_only=True)
class PoolUse:
    """A group of operators over the day."""

    seats: int
    calls: int
    busy_s: float


@dataclass(frozen=True, kw_only=True)
class PolresUse:
    """A Polres over the day."""

    seats: int
    tried: int
    """Transfers to it."""
    returned: int
    """Of these, back with the Polda, because nobody was free."""
    busy_s: float


@dataclass(frozen=True, kw_only=True)
class Hour:
    """An hour of arrivals."""

    calls: int
    waits_s: tuple[float, ...]
    """Of those who were answered, in rising order."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """What came of it."""

    calls: int
    length_s: float
    """Whole hours that hold every arrival; at least a day."""
    levels: Mapping[str, Answered]
    """By the level's name, in the order of the climb."""
    gave_up_s: tuple[float, ...]
    """Waits of those who hung up unanswered, in rising order."""
    pools: tuple[PoolUse, ...]
    polres: tuple[PolresUse, ...]
    hours: tuple[Hour, ...]

    @property
    def waits_s(self) -> tuple[float, ...]:
        """Of all who were answered, in rising order."""
        return tuple(sorted(wait for one in self.levels.values() for wait in one.waits_s))

    @property
    def abandoned(self) -> float:
        """The share of callers who hung up unanswered."""
        return len(self.gave_up_s) / self.calls if self.calls else 0.0

    def within(self, seconds: float) -> float:
        """The share of all callers, also of those who hung up, who were answered in time."""
        return share_within(self.waits_s, seconds, of=self.calls)

    def occupancy(self, pool: int) -> float:
        """The share of the day that a group's operators are busy; 0 for a group without seats."""
        use = self.pools[pool]
        return use.busy_s / (use.seats * self.length_s) if use.seats else 0.0


def percentile(rising: Sequence[float], share: float) -> float:
    """The smallest value that so great a share of all does not exceed; NaN of nothing."""
    if not rising:
        return math.nan
    return rising[max(0, math.ceil(share * len(rising)) - 1)]


def share_within(rising: Sequence[float], limit: float, *, of: int) -> float:
    """How many values are not greater, as a share; 0 of nothing."""
    low, high = 0, len(rising)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if rising[middle] <= limit else (low, middle)
    return low / of if of else 0.0
