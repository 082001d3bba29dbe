"""A day of calls, played through queues, operators, climb and Polres: what would be if.

The same callers always give the same day: chance is in the callers, who come from outside. The rules are
those of the queue: first in, first out; levels widen while a caller waits, those before ring on, and a level
with nobody there is skipped at once; one free operator who may take callers of several queues takes the one
who waits longest.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple, TypeVar

from cc110.core.climb import openings
from cc110.core.simulated import HOUR_S, HOURS, Answered, Day, Hour, PolresUse, PoolUse

NOWHERE: Final = -1
T = TypeVar("T")


class Caller(NamedTuple):
    """One call, as it would be if somebody answered at once. Seconds; times from the day's start."""

    at_s: float
    queue: int
    """Index of the Polda's queue."""
    patience_s: float
    """He hangs up after waiting so long; infinite = never."""
    talk_s: float
    """With the operator, before a transfer or the end."""
    polres: int = NOWHERE
    """Index of the Polres that his valid complaint goes to."""
    polres_s: float = 0.0
    """How long the Polres has to do with it."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """Who rings when a caller has waited so long."""

    name: str
    after_s: float
    pools: tuple[int, ...]
    """Indices of groups of operators, in the order in which they are asked."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Who is there, and by which rules."""

    pools: tuple[int, ...]
    """Seats of each group of operators."""
    queues: tuple[tuple[Level, ...], ...]
    """Each queue's levels, in their order."""
    polres: tuple[int, ...]
    """Seats of each Polres; 0 = nobody is there."""
    pickup_s: float = 0.0
    """From the ringing of a free operator's phone to his word."""
    wrap_up_s: float = 0.0
    polres_ring_s: float = 0.0
    """How long a Polres that does not answer rings before the caller is back with the operator."""
    closing_s: float = 0.0
    """What the operator needs then to close."""


def staffed(levels: Sequence[Level], pools: Sequence[int]) -> tuple[Level, ...]:
    """The levels with somebody there; what comes after a level with nobody comes at its time."""
    there = [tuple(pool for pool in level.pools if pools[pool]) for level in levels]
    opens = openings([level.after_s for level in levels], [bool(some) for some in there])
    return tuple(
        Level(name=level.name, after_s=when, pools=some)
        for level, some, when in zip(levels, there, opens, strict=True)
        if some
    )


def simulate(plan: Plan, callers: Iterable[Caller]) -> Day:
    """Play the callers through the plan.

    Args:
        plan: Who is there, and by which rules.
        callers: In the order of their arrivals.
    """
    room = _Room(plan)
    for caller in callers:
        room.until(caller.at_s)
        room.arrive(caller)
    room.until(math.inf)
    return room.day()


@dataclass(slots=True)
class _Use:
    seats: int
    free: int
    calls: int = 0
    returned: int = 0
    busy_s: float = 0.0


@dataclass(slots=True)
class _Waiting:
    caller: Caller
    level: int = 0
    is_waiting: bool = True


@dataclass
class _Room:
    """Everything at one moment."""

    plan: Plan
    now: float = 0.0
    count: int = 0
    last_at: float = 0.0
    steps: list[tuple[float, int, Callable[[Any], None], Any]] = field(default_factory=list)
    """What comes: time, number, step, and whom it is about."""
    number: int = 0

    def __post_init__(self) -> None:
        plan = self.plan
        self.pools = [_Use(seats=seats, free=seats) for seats in plan.pools]
        self.polres = [_Use(seats=seats, free=seats) for seats in plan.polres]
        self.levels = [staffed(levels, plan.pools) for levels in plan.queues]
        self.lines: list[deque[_Waiting]] = [deque() for _ in plan.queues]
        self.served_by = _queues_of_pools(self.levels, len(plan.pools))
        names = dict.fromkeys(level.name for levels in plan.queues for level in levels)
        self.answered: dict[str, list[float]] = {name: [] for name in names}
        self.gave_up: list[float] = []
        self.hours: dict[int, tuple[list[int], list[float]]] = {}

    def until(self, then: float) -> None:
        """Let happen what happens before."""
        while self.steps and self.steps[0][0] <= then:
            self.now, _, step, whom = heappop(self.steps)
            step(whom)
        self.now = then

    def _later(self, seconds: float, step: Callable[[T], None], whom: T) -> None:
        self.number += 1
        heappush(self.steps, (self.now + seconds, self.number, step, whom))

    def arrive(self, caller: Caller) -> None:
        """He is in the queue."""
        self.count += 1
        self.last_at = caller.at_s
        self._hour(caller)[0][0] += 1
        levels = self.levels[caller.queue]
        if levels and levels[0].after_s <= 0 and self._ask(caller, levels[0]):
            return
        waiting = _Waiting(caller=caller)
        self.lines[caller.queue].append(waiting)
        if caller.patience_s < math.inf:
            self._later(caller.patience_s, self._give_up, waiting)
        self._await_level(waiting, 0 if levels and levels[0].after_s > 0 else 1)

    def _await_level(self, waiting: _Waiting, level: int) -> None:
        levels = self.levels[waiting.caller.queue]
        waiting.level = level
        if level < len(levels):
            waited = self.now - waiting.caller.at_s
            self._later(levels[level].after_s - waited, self._climb, waiting)

    def _climb(self, waiting: _Waiting) -> None:
        if waiting.is_waiting:
            level = self.levels[waiting.caller.queue][waiting.level]
            if self._ask(waiting.caller, level):
                waiting.is_waiting = False
            else:
                self._await_level(waiting, waiting.level + 1)

    def _give_up(self, waiting: _Waiting) -> None:
        if waiting.is_waiting:
            waiting.is_waiting = False
            self.gave_up.append(self.now - waiting.caller.at_s)

    def _ask(self, caller: Caller, level: Level) -> bool:
        """Whether somebody of the level takes him."""
        for pool in level.pools:
            if self.pools[pool].free:
                self._take(caller, pool, level.name)
                return True
        return False

    def _take(self, caller: Caller, pool: int, level: str) -> None:
        plan, use = self.plan, self.pools[pool]
        use.free -= 1
        use.calls += 1
        wait = self.now - caller.at_s + plan.pickup_s
        self.answered[level].append(wait)
        self._hour(caller)[1].append(wait)
        talked = plan.pickup_s + caller.talk_s
        if caller.polres == NOWHERE:
            self._busy(pool, talked + plan.wrap_up_s)
        else:
            use.busy_s += talked
            self._later(talked, self._hand_over, (caller, pool))

    def _busy(self, pool: int, seconds: float) -> None:
        self.pools[pool].busy_s += seconds
        self._later(seconds, self._freed, pool)

    def _hand_over(self, talk: tuple[Caller, int]) -> None:
        """The Polres takes him, or the operator has him back after its ring time and closes."""
        caller, pool = talk
        plan, use = self.plan, self.polres[caller.polres]
        use.calls += 1
        if use.free:
            use.free -= 1
            use.busy_s += caller.polres_s
            self._later(caller.polres_s, self._polres_freed, caller.polres)
            self._busy(pool, plan.wrap_up_s)
        else:
            use.returned += 1
            self._busy(pool, plan.polres_ring_s + plan.closing_s + plan.wrap_up_s)

    def _polres_freed(self, polres: int) -> None:
        self.polres[polres].free += 1

    def _freed(self, pool: int) -> None:
        self.pools[pool].free += 1
        best: tuple[float, deque[_Waiting], Level] | None = None
        for queue, level in self.served_by[pool]:
            line = self.lines[queue]
            while line and not line[0].is_waiting:
                line.popleft()
            if not line:
                continue
            came = line[0].caller.at_s
            # A hair's breadth, because times are sums.
            rings = self.now - came >= level.after_s - 1e-9
            if rings and (best is None or came < best[0]):
                best = (came, line, level)
        if best is not None:
            waiting = best[1].popleft()
            waiting.is_waiting = False
            self._take(waiting.caller, pool, best[2].name)

    def _hour(self, caller: Caller) -> tuple[list[int], list[float]]:
        at = int(caller.at_s // HOUR_S)
        found = self.hours.get(at)
        if found is None:
            found = self.hours[at] = ([0], [])
        return found

    def day(self) -> Day:
        """What came of it."""
        hours = max(HOURS, int(self.last_at // HOUR_S) + 1)
        none: tuple[list[int], list[float]] = ([0], [])
        each = [self.hours.get(at, none) for at in range(hours)]
        return Day(
            calls=self.count,
            length_s=hours * HOUR_S,
            levels={
                name: Answered(waits_s=tuple(sorted(waits)))
                for name, waits in self.answered.items()
            },
            gave_up_s=tuple(sorted(self.gave_up)),
            pools=tuple(
                PoolUse(seats=use.seats, calls=use.calls, busy_s=use.busy_s) for use in self.pools
            ),
            polres=tuple(
                PolresUse(
                    seats=use.seats, tried=use.calls, returned=use.returned, busy_s=use.busy_s
                )
                for use in self.polres
            ),
            hours=tuple(
                Hour(calls=calls[0], waits_s=tuple(sorted(waits))) for calls, waits in each
            ),
        )


def _queues_of_pools(
    queues: Sequence[Sequence[Level]], pools: int
) -> tuple[tuple[tuple[int, Level], ...], ...]:
    """For each group the queues that it serves, each with the first level at which it does."""
    found: list[dict[int, Level]] = [{} for _ in range(pools)]
    for queue, levels in enumerate(queues):
        for level in levels:
            for pool in level.pools:
                found[pool].setdefault(queue, level)
    return tuple(tuple(served.items()) for served in found)
