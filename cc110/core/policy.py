"""Time limits and counts that decide, each with the default of the mission and its source."""

from dataclasses import dataclass
from datetime import timedelta

from cc110.core.climb import Level
from cc110.core.words import NumberSource


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The site's numbers. All times in seconds."""

    polres_ring_s: float = 5.0
    """Ring time at the Polres before the pull-back (SOP S1.10: 3-5)."""
    agent_return_ring_s: float = 8.0
    """How long the same operator's phone rings for a returned caller before the queue does."""
    polres_min_talk_s: float = 10.0
    """A Polres that leaves earlier than this did not help: the caller goes back to the Polda."""
    greeting_limit_s: float = 25.0
    """Backstop: a caller who is not in the queue by then is brought there."""
    grace_s: float = 3.0
    """How long the dialplan has for its own next step before the daemon steps in."""
    closing_limit_s: float = 12.0
    """How long closing words may last before the dialplan's next step is due."""
    unrecorded_s: float = 1.0
    """A call that lived longer than this and was never recorded is reported as unrecorded."""
    recording_check_s: float = 0.4
    """How long after the end of a call its recording is looked for."""
    recording_late_s: float = 2.0
    """How much later it is looked for again if it was not there: a busy PBX closes it late."""
    recording_slack_s: float = 2.0
    """A recording that is shorter than its call by more than this lacks something."""
    climb: tuple[Level, ...] = ()
    """The levels of the climb; none = nobody climbs."""
    desks: frozenset[str] = frozenset()
    """Phones of Polres and Polsek: who takes a call there has its case at once."""


@dataclass(frozen=True, kw_only=True)
class BlockPolicy:
    """When a number is blocked, and for how long (SOP S2 VIII)."""

    threshold: int = 5
    """Calls judged a prank until the number is blocked."""
    window_days: int = 0
    """Only pranks of the last so many days count; 0 = all, as the SOP has it."""
    decay_days: int = 0
    """One prank is forgotten for each so many days without one; 0 = none ever is."""
    lengths_days: tuple[int, ...] = (30, 90, 365)
    """How long the first, the second, ... block lasts; the last one stands for all that follow."""
    trusted: frozenset[NumberSource] = frozenset({NumberSource.ASSERTED})
    """Whose word about the number is enough: a From header can name a victim."""
    hurried_s: float = 600.0
    """Verdicts that all fall within so many seconds are warned of."""

    def length(self, earlier: int) -> timedelta:
        """How long a block lasts if nobody says otherwise, after so many earlier ones."""
        return timedelta(days=self.lengths_days[min(earlier, len(self.lengths_days) - 1)])
