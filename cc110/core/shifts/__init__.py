"""Who is on duty by the clock: shifts, rosters and holidays, each in its unit's own time.

Pure: what is on (``plan``), what is told of it (``watch``), how it looks to people (``duty``).
"""

from cc110.core.shifts.duty import UnitDuty, duties, may_log_in
from cc110.core.shifts.plan import (
    DAY,
    Duty,
    OnHolidays,
    Plan,
    Shift,
    ShiftPolicy,
    Stint,
    UnitPlan,
    next_change,
    on_at,
    on_duty,
    stints,
)
from cc110.core.shifts.watch import AHEAD, Look, Watch, look, replay

__all__ = [
    "AHEAD",
    "DAY",
    "Duty",
    "Look",
    "OnHolidays",
    "Plan",
    "Shift",
    "ShiftPolicy",
    "Stint",
    "UnitDuty",
    "UnitPlan",
    "Watch",
    "duties",
    "look",
    "may_log_in",
    "next_change",
    "on_at",
    "on_duty",
    "replay",
    "stints",
]
