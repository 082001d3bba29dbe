"""The directory's shifts, rosters and holidays as the core's plan."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from cc110.config.directory import Day, Directory, Roster, Unit
from cc110.config.directory import Shift as ShiftRow
from cc110.config.fields import clock
from cc110.config.model import Config
from cc110.core.shifts import Duty, OnHolidays, Plan, Shift, ShiftPolicy, Stint, UnitPlan, stints

_DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plan_of(config: Config, directory: Directory | None = None) -> Plan:
    """The plan of the units that keep a roster.

    Args:
        config: the site, for time zones.
        directory: another directory than its own, such as one that was changed meanwhile.
    """
    known = directory or config.directory
    rostered = {row.unit for row in known.roster}
    return tuple(_unit(config, known, unit) for unit in known.units if unit.code in rostered)


def on_duty(config: Config, unit: Unit, at: datetime) -> tuple[Stint, ...]:
    """The shifts of a unit that run at a time; none where it keeps no roster."""
    whole = stints(plan_of(config), at, at + timedelta(seconds=1))
    return tuple(one for one in whole if one.unit == unit.code and one.covers(at))


def shift_policy(config: Config) -> ShiftPolicy:
    """The site's rules."""
    said = config.settings.shifts
    return ShiftPolicy(
        early=timedelta(minutes=said.early_min),
        late=timedelta(minutes=said.late_min),
        log_out=said.at_end == "log-out",
    )


def _unit(config: Config, known: Directory, unit: Unit) -> UnitPlan:
    own = [row for row in known.shifts if row.unit == unit.code]
    common = [row for row in known.shifts if row.unit is None]
    return UnitPlan(
        unit=unit.code,
        zone=config.zone_of(unit),
        shifts=tuple(_shift(row) for row in own or common),
        duties=tuple(_duty(row) for row in known.roster if row.unit == unit.code),
        holidays=frozenset(
            row.date for row in known.holidays if not row.units or unit.code in row.units
        ),
        operators=frozenset(one.id for one in known.operators if one.unit == unit.code),
    )


def _shift(row: ShiftRow) -> Shift:
    return Shift(
        name=row.id,
        begins=clock(row.begins),
        ends=clock(row.ends),
        weekdays=_weekdays(row.days),
        holidays=OnHolidays(row.holidays),
    )


def _duty(row: Roster) -> Duty:
    return Duty(
        shift=row.shift,
        since=row.since,
        until=row.until,
        weekdays=_weekdays(row.days),
        operators=tuple(row.operators),
        people=tuple(row.people),
    )


def _weekdays(days: Iterable[Day]) -> frozenset[int]:
    return frozenset(_DAYS.index(day) for day in days)
