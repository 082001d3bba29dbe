"""Who else rings for a call that nobody answers, and when: the climb (Kapolri, 26 Jan 2026).

Pure. The PBX follows the same tables by itself (``pbx/tables/climb.py``, ``dialplan/climb.conf``): when a call
is queued it counts who is there, level by level, and from then on everything is settled.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

PENALTY: Final = 10
"""What each level adds to a queue member's penalty: a higher level rings later."""

DESKS: Final = ("polsek", "polres")
"""Levels of which each caller has his own: the desk of the unit where he is. A caller of whom that is not known
climbs as if nobody were there."""

MOST_LEVELS: Final = 6
"""Levels that there may be: each set of staffed ones has a rule of its own in the PBX."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of the climb, as the site's data has it."""

    who: str
    """``polsek``, ``polres``, ``polda``, ``neighbours``, ``mabes``, ``number``."""
    after_s: float
    """Seconds in the queue, if every level before has somebody."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A level, as it comes for one call."""

    number: int
    """1 for the first level."""
    who: str
    opens_s: float
    """Seconds in the queue from which on it rings; levels before ring on."""
    staffed: bool
    """Whether anybody was there when the call was queued. One with nobody opens together with the next that
    has somebody, so that who logs in later rings as well."""

    @property
    def penalty(self) -> int:
        """The penalty of its members in the queue."""
        return PENALTY * (self.number - 1)


def openings(after_s: Sequence[float], staffed: Sequence[bool]) -> tuple[float, ...]:
    """When each level opens, in seconds from the queueing.

    A level with nobody is skipped at once: the next one comes in its place, and all that follow as much
    earlier. Where no further level has anybody, each keeps its time. With nobody anywhere all are open at once.

    Args:
        after_s: each level's own time, rising, the first one 0.
        staffed: whether somebody is there, for each level.
    """
    if not any(staffed):
        return (0.0,) * len(after_s)
    found: list[float] = []
    earlier = 0.0
    for at, after in enumerate(after_s):
        found.append(after - earlier)
        if not staffed[at] and any(staffed[at + 1 :]):
            earlier += after_s[at + 1] - after
    return tuple(found)


def steps(levels: Sequence[Level], staffed: Sequence[bool]) -> tuple[Step, ...]:
    """Every level as it comes for a call that is queued while these are staffed."""
    opens = openings([level.after_s for level in levels], staffed)
    return tuple(
        Step(number=at, who=level.who, opens_s=when, staffed=there)
        for at, (level, when, there) in enumerate(zip(levels, opens, staffed, strict=True), 1)
    )


def to_come(levels: Sequence[Level], staff: str) -> tuple[Step, ...]:
    """The levels that a call climbs to: those with somebody, without the first.

    Args:
        levels: the site's.
        staff: which had somebody when it was queued (``key_of``); of another length it tells nothing.
    """
    staffed = staffed_in(staff)
    if len(staffed) != len(levels):
        return ()
    return tuple(step for step in steps(levels, staffed) if step.staffed and step.number > 1)


def staffed_by(levels: Sequence[Collection[str]], on_duty: Collection[str]) -> tuple[bool, ...]:
    """Which levels have somebody.

    Args:
        levels: who may ring at each level: operators, or numbers, which count as always there.
        on_duty: who is logged in, not paused, and has a phone that is registered; and the numbers.
    """
    return tuple(any(one in on_duty for one in members) for members in levels)


def key_of(staffed: Sequence[bool]) -> str:
    """``1011``: what the PBX calls a set of staffed levels. Its rule is ``climb-1011``."""
    return "".join("1" if there else "0" for there in staffed)


def staffed_in(key: str) -> tuple[bool, ...]:
    """The reverse of ``key_of``; empty when it is none."""
    return tuple(one == "1" for one in key) if set(key) <= {"0", "1"} else ()


def keys(levels: int) -> tuple[str, ...]:
    """Every set of staffed levels."""
    return tuple(f"{bits:0{levels}b}" for bits in range(2**levels)) if levels else ()
