"""The plan and a time in, the shifts that are on out. A stint is one shift of one unit on one day.

Each unit counts in its own time zone. Who is on follows from the time alone, so the clock may be set back or forward.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from cc110.core.ids import AgentId, UnitId

DAY = timedelta(days=1)
_FURTHEST = 8
"""Days that are looked ahead for the next change: a week, and the night that begins it."""


class OnHolidays(StrEnum):
    """What a holiday does to a shift."""

    AS_USUAL = "as-usual"
    OFF = "off"
    ONLY = "only"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A part of the day that is staffed, in the unit's own time."""

    name: str
    begins: time
    ends: time
    """Not later than `begins` = on the next day."""
    weekdays: frozenset[int] = frozenset(range(7))
    """On which it begins; Monday is 0."""
    holidays: OnHolidays = OnHolidays.AS_USUAL


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Who is on in a shift, for a time."""

    shift: str
    since: date
    until: date | None = None
    """The last day; None = until somebody writes otherwise."""
    weekdays: frozenset[int] = frozenset(range(7))
    operators: tuple[AgentId, ...] = ()
    people: tuple[str, ...] = ()
    """Those without an operator's phone."""


@dataclass(frozen=True, kw_only=True)
class UnitPlan:
    """One unit's shifts and rosters."""

    unit: UnitId
    zone: tzinfo
    shifts: tuple[Shift, ...]
    duties: tuple[Duty, ...] = ()
    holidays: frozenset[date] = frozenset()
    operators: frozenset[AgentId] = frozenset()
    """Those who sit there."""

    def __hash__(self) -> int:
        """Cheap: a plan is looked up many times a second, and is almost always the same one."""
        return hash((self.unit, len(self.shifts), len(self.duties)))


Plan = tuple[UnitPlan, ...]
"""The units that keep a roster. Whoever sits elsewhere is always on duty."""


@dataclass(frozen=True, kw_only=True, order=True)
class Stint:
    """One shift of one unit on one day."""

    begins: datetime
    ends: datetime
    """Both in UTC."""
    unit: UnitId
    shift: str
    operators: tuple[AgentId, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[UnitId, str, datetime]:
        """What it is, whoever is on."""
        return self.unit, self.shift, self.begins

    def covers(self, at: datetime) -> bool:
        """True from its begin to its end."""
        return self.begins <= at < self.ends

    @property
    def is_empty(self) -> bool:
        """True when nobody is written down."""
        return not (self.operators or self.people)


@dataclass(frozen=True, kw_only=True)
class ShiftPolicy:
    """The site's rules."""

    early: timedelta = timedelta(minutes=30)
    """Who comes so long before his shift is on duty."""
    late: timedelta = timedelta(minutes=15)
    """Who stays so long after it still is."""
    log_out: bool = False
    """Who is off duty is logged out when he is idle; else it is only told."""


def stints(plan: Plan, since: datetime, until: datetime) -> tuple[Stint, ...]:
    """Every stint that is on at some moment of that time, in order."""
    first, last = (since - DAY).astimezone(UTC).date(), until.astimezone(UTC).date()
    days = (first + number * DAY for number in range((last - first).days + 1))
    found = (one for day in days for one in _of_day(plan, day))
    return tuple(one for one in found if one.begins < until and one.ends > since)


def on_at(plan: Plan, at: datetime) -> tuple[Stint, ...]:
    """The stints that are on."""
    return tuple(one for one in stints(plan, at, at + timedelta(seconds=1)) if one.covers(at))


def next_change(plan: Plan, at: datetime) -> datetime | None:
    """When somebody's shift begins or ends after a time; None = not within a week."""
    times = (
        moment
        for one in stints(plan, at, at + _FURTHEST * DAY)
        for moment in (one.begins, one.ends)
    )
    return min((moment for moment in times if moment > at), default=None)


def on_duty(plan: Plan, agent: AgentId, at: datetime, policy: ShiftPolicy) -> bool:
    """True when an operator's shift is on, about to begin or just over; also of one without a roster."""
    return agent not in operators_of(plan) or agent in all_on_duty(plan, at, policy)


def all_on_duty(plan: Plan, at: datetime, policy: ShiftPolicy) -> frozenset[AgentId]:
    """Everybody whose shift is on, about to begin or just over."""
    around = stints(plan, at - policy.late, at + policy.early + timedelta(seconds=1))
    return frozenset(
        agent
        for one in around
        if one.begins - policy.early <= at < one.ends + policy.late
        for agent in one.operators
    )


@lru_cache(maxsize=4)
def operators_of(plan: Plan) -> frozenset[AgentId]:
    """Everybody who sits at a unit that keeps a roster."""
    return frozenset(agent for unit in plan for agent in unit.operators)


@lru_cache(maxsize=64)
def _of_day(plan: Plan, day: date) -> tuple[Stint, ...]:
    """The stints that begin on that day of UTC, in order. None lasts longer than a day."""
    local = (day - DAY, day, day + DAY)
    found = (_stint(unit, shift, it) for unit in plan for shift in unit.shifts for it in local)
    return tuple(sorted(one for one in found if one and one.begins.date() == day))


def _stint(unit: UnitPlan, shift: Shift, day: date) -> Stint | None:
    is_holiday = day in unit.holidays
    if day.weekday() not in shift.weekdays and not (
        is_holiday and shift.holidays is OnHolidays.ONLY
    ):
        return None
    if is_holiday and shift.holidays is OnHolidays.OFF:
        return None
    if not is_holiday and shift.holidays is OnHolidays.ONLY:
        return None
    last_day = day if shift.ends > shift.begins else day + DAY
    on = [duty for duty in unit.duties if duty.shift == shift.name and _holds(duty, day)]
    return Stint(
        begins=_utc(day, shift.begins, unit.zone),
        ends=_utc(last_day, shift.ends, unit.zone),
        unit=unit.unit,
        shift=shift.name,
        operators=tuple(dict.fromkeys(one for duty in on for one in duty.operators)),
        people=tuple(dict.fromkeys(one for duty in on for one in duty.people)),
    )


def _holds(duty: Duty, day: date) -> bool:
    within = duty.since <= day and (duty.until is None or day <= duty.until)
    return within and day.weekday() in duty.weekdays


def _utc(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
