"""Pauses between attempts."""

import random


class Backoff:
    """Pauses that double up to a limit, each shortened at random so that clients do not march."""

    def __init__(self, *, first_s: float, most_s: float) -> None:
        """Begin with `first_s` seconds."""
        self._first_s = first_s
        self._most_s = most_s
        self._failures = 0

    def reset(self) -> None:
        """Begin anew after a success."""
        self._failures = 0

    def next_s(self) -> float:
        """Return the next pause in seconds: half of its nominal length or more."""
        nominal = min(self._most_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return nominal * random.uniform(0.5, 1)
