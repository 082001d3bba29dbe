"""Erlang C against figures that others have published."""

import math

import pytest

from cc110.core.erlang import answered_within, mean_wait_s, waiting_probability


def test_the_county_hospital_of_hillier_and_lieberman() -> None:
    """Introduction to Operations Research, queueing theory: 2 patients and 3 treatments an hour.

    One doctor: P(Wq > 0) = 0.667, Wq = 2/3 h, P(Wq > 1/2 h) = 0.404, P(Wq > 1 h) = 0.245.
    Two doctors: P(Wq > 0) = 0.167, Wq = 1/24 h, P(Wq > 1/2 h) = 0.022, P(Wq > 1 h) = 0.003.
    """
    hour, load, work = 1.0, 2 / 3, 1 / 3

    assert waiting_probability(1, load) == pytest.approx(0.667, abs=5e-4)
    assert mean_wait_s(1, load, work) == pytest.approx(2 / 3)
    assert 1 - answered_within(1, load, work, hour / 2) == pytest.approx(0.404, abs=5e-4)
    assert 1 - answered_within(1, load, work, hour) == pytest.approx(0.245, abs=5e-4)
    assert waiting_probability(2, load) == pytest.approx(0.167, abs=5e-4)
    assert mean_wait_s(2, load, work) == pytest.approx(1 / 24)
    assert 1 - answered_within(2, load, work, hour / 2) == pytest.approx(0.022, abs=1e-3)
    assert 1 - answered_within(2, load, work, hour) == pytest.approx(0.003, abs=5e-4)


def test_the_worked_example_of_call_centre_mathematics() -> None:
    """360 calls in half an hour, 4 minutes each, 55 agents, 15 s (mitan.co.uk, "The Erlang-C formula").

    Published: load 48, P(wait) 23.9 %, mean wait 8.2 s, 84.6 % within 15 s.
    """
    load = 360 / 1800 * 240

    assert load == pytest.approx(48)
    assert waiting_probability(55, load) == pytest.approx(0.239, abs=5e-4)
    assert mean_wait_s(55, load, 240) == pytest.approx(8.2, abs=0.05)
    assert answered_within(55, load, 240, 15) == pytest.approx(0.846, abs=5e-4)


@pytest.mark.parametrize("seats", [1, 2, 3, 5, 10, 30])
def test_the_recursion_is_the_formula(seats: int) -> None:
    """Against the sum as Erlang wrote it."""
    for tenth in range(1, 10):
        load = seats * tenth / 10
        top = load**seats / math.factorial(seats) * seats / (seats - load)
        below = sum(load**k / math.factorial(k) for k in range(seats))
        assert waiting_probability(seats, load) == pytest.approx(top / (below + top))


def test_more_work_than_seats_waits_for_ever() -> None:
    """And no work waits for nobody; hundreds of seats don't overflow."""
    assert waiting_probability(3, 3.0) == 1
    assert mean_wait_s(3, 4.0, 60) == math.inf
    assert answered_within(3, 4.0, 60, 10) == 0
    assert waiting_probability(3, 0) == 0
    assert 0 < waiting_probability(2000, 1950.0) < 1
