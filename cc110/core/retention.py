"""How long a recording is kept: by the verdict on its call, and never less than a duty to keep it.

UU PDP 27/2022 art. 42-44: personal data is erased when the time of keeping is over, unless a legal
process needs it. Which time is right for 110 is the site's own decision: every period is a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cc110.core.ids import CallId
from cc110.core.words import Verdict


class KeepingRefused(ValueError):
    """That may not be done with a recording."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Days that recordings are kept, by the call's last verdict. 0 = for ever."""

    days: Mapping[Verdict | None, int]
    """None stands for calls that nobody judged."""

    def of(self, verdict: Verdict | None) -> int:
        """The days for that verdict; a verdict without a period is kept for ever."""
        return self.days.get(verdict, 0)

    @property
    def shortest(self) -> int:
        """The shortest of all periods that end; 0 = none ends."""
        return min((days for days in self.days.values() if days), default=0)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A recording that is there, with what decides on its end."""

    call_id: CallId
    path: str
    recorded_at: datetime
    """When the call was over."""
    verdict: Verdict | None
    is_held: bool
    """Legal hold."""
    has_open_case: bool
    """Somebody still works on what was said in it."""


def erase_at(kept: Kept, retention: Retention) -> datetime | None:
    """When the recording's time is over; None = never, or not as long as it is needed."""
    days = retention.of(kept.verdict)
    if kept.is_held or kept.has_open_case or not days:
        return None
    return kept.recorded_at + timedelta(days=days)


def is_due(kept: Kept, retention: Retention, now: datetime) -> bool:
    """True when it is to be erased now."""
    end = erase_at(kept, retention)
    return end is not None and end <= now


def why(kept: Kept, retention: Retention) -> str:
    """What the proof of erasure says as reason."""
    judged = kept.verdict.value if kept.verdict else "not judged"
    return f"kept for {retention.of(kept.verdict)} days ({judged})"


def said_by(reason: str, by: str, what: str) -> None:
    """Refuse what nobody answers for.

    Raises:
        KeepingRefused: reason or doer is missing.
    """
    if not (reason.strip() and by.strip()):
        raise KeepingRefused(f"{what} needs a reason and the name of who does it")
