"""Made-up callers for a simulation: chance, but the same for the same seed.

Arrivals are a Poisson process with a rate for each hour; lengths and patience are exponential, as call
centres are usually reckoned (Erlang). What is drawn for one caller does not depend on the operators.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from cc110.core.simulated import HOUR_S, HOURS
from cc110.core.simulation import NOWHERE, Caller

USUAL_DAY: Final = (
    2.6, 1.9, 1.5, 1.3, 1.4, 2.0, 3.0, 4.0, 4.7, 5.1, 5.2, 5.0,
    4.8, 4.7, 4.7, 4.8, 5.0, 5.3, 5.6, 5.9, 6.0, 5.6, 4.8, 3.7,
)  # fmt: skip
"""Shares of an invented day: quiet before dawn, most calls in the evening. Give your own."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a day brings. Seconds."""

    calls: float
    """Expected in the day; how many come is chance."""
    profile: tuple[float, ...] = USUAL_DAY
    """A weight for each hour."""
    queues: tuple[float, ...] = (1.0,)
    """A weight for each Polda."""
    polres: tuple[tuple[int, ...], ...] = ((),)
    """Each Polda's Polres, by their indices."""
    talk_s: float = 40.0
    """Mean talk of a call that is not valid."""
    valid: float = 0.0
    """Share of calls that go on to a Polres, where there is one."""
    valid_talk_s: float = 180.0
    """Mean talk of such a call, before the transfer."""
    polres_s: float = 300.0
    """Mean time that the Polres has to do with it."""
    patience_s: float = math.inf
    """Mean of the time after which a caller hangs up unanswered."""


def callers(work: Workload, seed: int) -> Iterator[Caller]:
    """A day, in the order of arrivals."""
    arrivals, lengths, places = (Random(f"{seed}/{name}") for name in ("at", "length", "place"))
    weights = list(accumulate(work.queues))
    for at in _arrivals(work, arrivals):
        queue = bisect_right(weights, places.random() * weights[-1])
        yield _caller(work, at, queue, lengths, places)


def _arrivals(work: Workload, chance: Random) -> Iterator[float]:
    total = sum(work.profile)
    for hour in range(HOURS):
        rate = work.calls * work.profile[hour] / total / HOUR_S
        at = 0.0
        while rate > 0 and (at := at + chance.expovariate(rate)) < HOUR_S:
            yield hour * HOUR_S + at


def _caller(work: Workload, at: float, queue: int, lengths: Random, places: Random) -> Caller:
    """The same number of draws for every caller, so that one more valid call changes no other."""
    talk, polres_s, patience = _draw(lengths), _draw(lengths), _draw(lengths)
    kind, place = places.random(), places.random()
    below = work.polres[queue]
    is_valid = bool(below) and kind < work.valid
    return Caller(
        at_s=at,
        queue=queue,
        patience_s=patience * work.patience_s,
        talk_s=talk * (work.valid_talk_s if is_valid else work.talk_s),
        polres=below[int(place * len(below))] if is_valid else NOWHERE,
        polres_s=polres_s * work.polres_s,
    )


def _draw(chance: Random) -> float:
    """Exponential with mean 1; the argument is never 0."""
    return -math.log(1.0 - chance.random())


@dataclass(frozen=True, kw_only=True)
class PastCall:
    """A call as the journal knows it; None = not known, to be drawn."""

    at_s: float
    queue: int
    talk_s: float | None = None
    gave_up_s: float | None = None
    polres: int | None = None
    """-1 = it went to none."""


def again(work: Workload, past: Sequence[PastCall], seed: int) -> Iterator[Caller]:
    """Past calls once more: their times and lengths, and chance where those are not known.

    Who hung up then has the patience that he had; of who was answered it is not known, so it is drawn.
    """
    lengths, places = Random(f"{seed}/length"), Random(f"{seed}/place")
    for call in sorted(past, key=lambda one: one.at_s):
        drawn = _caller(work, call.at_s, call.queue, lengths, places)
        yield drawn._replace(
            talk_s=drawn.talk_s if call.talk_s is None else call.talk_s,
            patience_s=drawn.patience_s if call.gave_up_s is None else call.gave_up_s,
            polres=drawn.polres if call.polres is None else call.polres,
        )
