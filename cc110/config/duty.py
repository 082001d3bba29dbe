"""Who is on by the rosters at a time: shifts, days, holidays (``docs/directory.md``)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cc110.config.directory import EVERY_DAY, Day, Roster, Shift, Unit
from cc110.config.fields import clock
from cc110.config.model import Config


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A shift that runs, and who is on in it."""

    shift: str
    operators: tuple[str, ...]
    people: tuple[str, ...]


def on_duty(config: Config, unit: Unit, at: datetime) -> tuple[Duty, ...]:
    """The shifts of a unit that run at a time; none where it has no shifts.

    Args:
        config: the site.
        unit: whose.
        at: any aware time; shifts are by the unit's own clock.
    """
    local = at.astimezone(config.zone_of(unit)).replace(tzinfo=None)
    shifts = config.directory.shifts
    own = [one for one in shifts if one.unit == unit.code] or [
        one for one in shifts if not one.unit
    ]
    days = (local.date(), local.date() - timedelta(days=1))
    return tuple(
        _duty(config, unit, shift, day)
        for shift in own
        for day in days
        if _runs(shift, day, local) and _is_on(config, unit, shift, day)
    )


def _runs(shift: Shift, day: date, local: datetime) -> bool:
    begins, ends = clock(shift.begins), clock(shift.ends)
    start = datetime.combine(day, begins)
    end = datetime.combine(day + timedelta(days=0 if ends > begins else 1), ends)
    return start <= local < end


def _is_on(config: Config, unit: Unit, shift: Shift, day: date) -> bool:
    holiday = any(
        one.date == day and (not one.units or unit.code in one.units)
        for one in config.directory.holidays
    )
    kept = {"as-usual": True, "off": not holiday, "only": holiday}[shift.holidays]
    return kept and _weekday(day) in shift.days


def _duty(config: Config, unit: Unit, shift: Shift, day: date) -> Duty:
    rows = [*_rows(config, unit, shift, day)]
    return Duty(
        shift=shift.id,
        operators=tuple(dict.fromkeys(one for row in rows for one in row.operators)),
        people=tuple(dict.fromkeys(one for row in rows for one in row.people)),
    )


def _rows(config: Config, unit: Unit, shift: Shift, day: date) -> Iterator[Roster]:
    for row in config.directory.roster:
        in_time = row.since <= day and (row.until is None or day <= row.until)
        if (
            row.unit == unit.code
            and row.shift == shift.id
            and in_time
            and _weekday(day) in row.days
        ):
            yield row


def _weekday(day: date) -> Day:
    return EVERY_DAY[day.weekday()]
