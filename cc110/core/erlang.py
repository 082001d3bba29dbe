"""Erlang's formula for a queue that nobody leaves (M/M/c): the yardstick of the simulation.

A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
telephone exchanges", 1917. Load is in erlangs: calls per second times seconds of work per call.
"""

import math


def waiting_probability(seats: int, load: float) -> float:
    """The share of callers who have to wait; 1 when there is more work than seats.

    By the recursion of Erlang B, which does not overflow with many seats.
    """
    if load <= 0:
        return 0.0
    if load >= seats:
        return 1.0
    blocked = 1.0
    for busy in range(1, seats + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - (load / seats) * (1 - blocked))


def mean_wait_s(seats: int, load: float, work_s: float) -> float:
    """Seconds that all callers wait on average; infinite when there is more work than seats."""
    if load >= seats:
        return math.inf
    return waiting_probability(seats, load) * work_s / (seats - load)


def answered_within(seats: int, load: float, work_s: float, wait_s: float) -> float:
    """The share of callers who wait at most so many seconds."""
    if load >= seats:
        return 0.0
    waiting = waiting_probability(seats, load)
    return 1 - waiting * math.exp(-(seats - load) * wait_s / work_s)
