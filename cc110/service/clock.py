"""Time, as the shell gives it to the core."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from cc110.ports import Clock

_STEP: Final = timedelta(seconds=1)
"""What differs by less is a clock that is slewed, not stepped."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)


class ClockSteps:
    """How far the wall clock was set, by hand or by NTP: seen against a clock that is never set."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Watch this clock; `monotonic` gives seconds from any start."""
        self._clock = clock
        self._monotonic = monotonic
        self._total = timedelta()
        self._apart = self._look()

    def total(self) -> timedelta:
        """The sum of all steps until now; negative when the clock was set back."""
        apart = self._look()
        if abs(apart - self._apart) >= _STEP:
            self._total += apart - self._apart
        self._apart = apart
        return self._total

    def _look(self) -> timedelta:
        since = self._clock.now() - datetime(1970, 1, 1, tzinfo=UTC)
        return since - timedelta(seconds=self._monotonic())


class CallClock:
    """The time of one call: it goes on as it began, whatever the wall clock is set to meanwhile.

    So nothing that happens in a call lies before what led to it, and no duration is negative.
    """

    def __init__(self, clock: Clock, steps: ClockSteps) -> None:
        """Begin with the wall clock's present time."""
        self._clock = clock
        self._steps = steps
        self._born = steps.total()

    def now(self) -> datetime:
        """Now, in the call's time."""
        return self.own(self._clock.now())

    def own(self, at: datetime) -> datetime:
        """A present reading of the wall clock, in the call's time."""
        return at - (self._steps.total() - self._born)
