"""The simulated queue: its rules one by one, and Erlang's figures with chance in it."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.erlang import answered_within, mean_wait_s, waiting_probability
from cc110.core.simulated import Day, percentile, share_within
from cc110.core.simulation import NOWHERE, Caller, Level, Plan, simulate, staffed
from cc110.service.workload import PastCall, Workload, again, callers

FLAT = (1.0,) * 24
POLDA = (Level(name="polda", after_s=0, pools=(0,)),)
CLIMB = (*POLDA, Level(name="mabes", after_s=10, pools=(1,)))


def caller(at_s: float, talk_s: float = 60.0, **more: object) -> Caller:
    """With endless patience."""
    return Caller(at_s=at_s, queue=0, patience_s=math.inf, talk_s=talk_s)._replace(**more)


def play(pools: Sequence[int], levels: Sequence[Level], *calls: Caller, **more: float) -> Day:
    """One queue."""
    plan = Plan(pools=tuple(pools), queues=(tuple(levels),), polres=(1,), **more)
    return simulate(plan, calls)


def test_callers_are_answered_in_their_order() -> None:
    """Each when the one before is done; 5 s of writing follow a call."""
    day = play([1], POLDA, caller(0), caller(10), caller(20), wrap_up_s=5, pickup_s=3)

    assert day.waits_s == (3, 61, 119)
    assert day.pools[0].busy_s == 3 * (3 + 60 + 5)


def test_the_next_level_rings_when_its_time_has_come() -> None:
    """At ten seconds and not before; the level before rings on."""
    day = play([1, 1], CLIMB, caller(0), caller(1), caller(2, talk_s=1), caller(3, talk_s=1))

    assert day.levels["polda"].waits_s == (0, 58, 58)
    assert day.levels["mabes"].waits_s == (10,)


def test_an_operator_of_a_higher_level_waits_for_his_time() -> None:
    """Free since long, he gets the caller at ten seconds, not when somebody else hangs up."""
    day = play([1, 1], CLIMB, caller(0, talk_s=4), caller(0.5, talk_s=9), caller(1))

    assert day.levels["polda"].waits_s == (0, 3.5)
    assert day.levels["mabes"].waits_s == (10,)


def test_who_is_free_again_waits_for_the_callers_time_as_well() -> None:
    """Mabes hangs up at 15 s; who came at 14 s is the Polda's until 24 s."""
    day = play([1, 1], CLIMB, caller(0, talk_s=99), caller(0, talk_s=5), caller(14))

    assert day.levels["mabes"].waits_s == (10, 10)


def test_a_level_with_nobody_is_skipped_at_once() -> None:
    """What comes after it comes at its time, and all after that keep their distance."""
    levels = tuple(
        Level(name=str(s), after_s=s, pools=(at,)) for at, s in enumerate((0, 10, 25, 60))
    )

    assert [one.after_s for one in staffed(levels, (1, 1, 1, 1))] == [0, 10, 25, 60]
    assert [one.after_s for one in staffed(levels, (0, 1, 1, 1))] == [0, 15, 50]
    assert [one.after_s for one in staffed(levels, (1, 0, 1, 1))] == [0, 10, 45]
    assert [one.after_s for one in staffed(levels, (1, 1, 0, 0))] == [0, 10]
    assert play([0, 1], CLIMB, caller(0)).levels["mabes"].waits_s == (0,)


def test_who_loses_patience_hangs_up_and_is_counted() -> None:
    """With his wait; the operator is free for the next one."""
    day = play([1], POLDA, caller(0), caller(1, patience_s=20), caller(2, patience_s=70))

    assert day.gave_up_s == (20,)
    assert day.waits_s == (0, 58)
    assert day.abandoned == pytest.approx(1 / 3)
    assert day.within(10) == pytest.approx(1 / 3)


def test_nobody_anywhere_leaves_the_callers_unanswered() -> None:
    """No seats at all: everybody gives up, nothing divides by nothing."""
    day = play([0, 0], CLIMB, caller(0, patience_s=9), caller(1))

    assert (day.gave_up_s, day.waits_s, day.occupancy(0)) == ((9,), (), 0)
    assert math.isnan(percentile(day.waits_s, 0.5))


def test_a_busy_polres_sends_the_caller_back() -> None:
    """After its ring time, and the operator closes; a free one takes him."""
    valid = {"polres": 0, "polres_s": 300.0}
    day = play([2], POLDA, caller(0, **valid), caller(1, **valid), polres_ring_s=5, closing_s=20)

    (polres,) = day.polres
    assert (polres.tried, polres.returned, polres.busy_s) == (2, 1, 300)
    assert day.pools[0].busy_s == 60 + 60 + 25


def test_a_shared_operator_takes_who_waits_longest() -> None:
    """Mabes serves two Poldas."""
    levels = (Level(name="mabes", after_s=0, pools=(0,)),)
    plan = Plan(pools=(1,), queues=(levels, levels), polres=())
    calls = [caller(0, queue=0), caller(2, queue=1), caller(1, queue=0)]
    day = simulate(plan, sorted(calls))

    assert day.waits_s == (0, 59, 118)


def erlang_day(seats: int, load: float, seed: int) -> Day:
    """Some thousand callers, exponential talk of 24 s."""
    work = Workload(calls=load / 24 * 86400, profile=FLAT, talk_s=24)
    return simulate(Plan(pools=(seats,), queues=(POLDA,), polres=()), callers(work, seed))


@pytest.mark.parametrize(("seats", "load"), [(1, 0.5), (3, 2.0), (5, 4.0), (10, 7.0)])
def test_m_m_c_is_as_erlang_says(seats: int, load: float) -> None:
    """Within four standard errors of twelve seeded days: not one in ten thousand by chance."""
    days = [erlang_day(seats, load, seed) for seed in range(12)]
    for truth, seen in (
        (waiting_probability(seats, load), [1 - day.within(1e-9) for day in days]),
        (mean_wait_s(seats, load, 24), [sum(day.waits_s) / day.calls for day in days]),
        (answered_within(seats, load, 24, 10), [day.within(10) for day in days]),
        (load / seats, [day.occupancy(0) for day in days]),
    ):
        mean = sum(seen) / len(seen)
        variance = sum((one - mean) ** 2 for one in seen) / (len(seen) - 1)
        assert abs(mean - truth) < 4.4 * math.sqrt(variance / len(seen)) + 1e-9, (mean, truth)


def test_m_m_c_with_patience_is_as_erlang_a_says() -> None:
    """One seat, patience as long as talk: the number in the system is Poisson, so 1 - e^-load are served.

    Of load 1 with patience equal to talk: arrivals that leave unserved = 1 - (1 - e^-1) / 1.
    """
    work = Workload(calls=86400 / 12, profile=FLAT, talk_s=12, patience_s=12)
    plan = Plan(pools=(1,), queues=(POLDA,), polres=())
    seen = [simulate(plan, callers(work, seed)).abandoned for seed in range(12)]

    assert sum(seen) / len(seen) == pytest.approx(math.exp(-1), abs=0.01)


def test_one_more_operator_never_makes_anybody_wait_longer() -> None:
    """The same callers, so the days can be compared one by one."""
    work = Workload(calls=20000, profile=FLAT, talk_s=12, patience_s=math.inf)
    day = list(callers(work, 1))
    waits = [
        simulate(Plan(pools=(seats,), queues=(POLDA,), polres=()), day).waits_s
        for seats in (3, 4, 5)
    ]

    for few, many in pairwise(waits):
        assert all(more <= less for less, more in zip(few, many, strict=True))


def test_the_same_seed_is_the_same_day() -> None:
    """And another seed another one; fewer valid calls change no arrival."""
    work = Workload(calls=500, polres=((0, 1),), valid=0.3, patience_s=60)
    less = Workload(calls=500, polres=((0, 1),), valid=0.1, patience_s=60)

    assert [*callers(work, 7)] == [*callers(work, 7)]
    assert [*callers(work, 7)] != [*callers(work, 8)]
    assert [one.at_s for one in callers(work, 7)] == [one.at_s for one in callers(less, 7)]


def test_the_hours_have_their_shares() -> None:
    """All calls of a profile with one hour come in it; their number is Poisson."""
    profile = tuple(float(hour == 20) for hour in range(24))
    day = [*callers(Workload(calls=10_000, profile=profile), 3)]

    assert all(20 * 3600 <= one.at_s < 21 * 3600 for one in day)
    assert abs(len(day) - 10_000) < 500
    assert [one.at_s for one in day] == sorted(one.at_s for one in day)


def test_past_calls_come_again_as_they_were() -> None:
    """What is known is kept, in the order of time; the rest is drawn."""
    past = [
        PastCall(at_s=20, queue=0, gave_up_s=7),
        PastCall(at_s=10, queue=0, talk_s=33, polres=NOWHERE),
    ]
    first, second = again(Workload(calls=1), past, 1)

    assert (first.at_s, first.talk_s, first.polres) == (10, 33, NOWHERE)
    assert (second.at_s, second.patience_s) == (20, 7)
    assert second.talk_s > 0


CALLERS = st.lists(
    st.builds(
        Caller,
        at_s=st.floats(0, 500),
        queue=st.integers(0, 1),
        patience_s=st.floats(0, 200) | st.just(math.inf),
        talk_s=st.floats(0, 300),
        polres=st.integers(-1, 1),
        polres_s=st.floats(0, 500),
    ),
    max_size=60,
).map(sorted)


@given(
    CALLERS,
    st.tuples(*[st.integers(0, 3)] * 3),
    st.lists(st.floats(0.5, 60), min_size=2, max_size=2),
)
def test_nobody_is_lost_and_nobody_is_in_two_places(
    calls: list[Caller], pools: tuple[int, int, int], gaps: list[float]
) -> None:
    """Each caller is answered, hangs up, or waits where nobody ever is; seats are never exceeded."""
    levels = [
        (
            Level(name="polda", after_s=0, pools=(queue,)),
            Level(name="neighbours", after_s=gaps[0], pools=(1 - queue,)),
            Level(name="mabes", after_s=gaps[0] + gaps[1], pools=(2,)),
        )
        for queue in (0, 1)
    ]
    plan = Plan(pools=pools, queues=tuple(levels), polres=(1, 0), wrap_up_s=3, polres_ring_s=5)
    day = simulate(plan, calls)
    still = day.calls - len(day.waits_s) - len(day.gave_up_s)

    assert day.calls == len(calls) == sum(hour.calls for hour in day.hours)
    assert still == 0 or (
        not any(pools) and still == sum(one.patience_s == math.inf for one in calls)
    )
    assert sum(use.calls for use in day.pools) == len(day.waits_s)
    assert all(use.calls == 0 for use in day.pools if not use.seats)
    assert day.polres[1].returned == day.polres[1].tried
    assert all(wait >= 0 for wait in (*day.waits_s, *day.gave_up_s))


def test_percentiles_are_ranks() -> None:
    """No value between two values."""
    rising = tuple(float(one) for one in range(1, 11))

    assert (percentile(rising, 0.5), percentile(rising, 0.9), percentile(rising, 1)) == (5, 9, 10)
    assert (share_within(rising, 3, of=20), share_within((), 3, of=0)) == (0.15, 0)
