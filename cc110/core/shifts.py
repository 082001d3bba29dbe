"""Who is on duty by the clock: shifts, rosters and holidays, each in its unit's own time.

Pure: the plan and a time in, stints and events out. A stint is one shift of one unit on one day. The clock may be set
back or forward: who is on follows from the time alone, and nothing is told twice.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from cc110.core import events as e
from cc110.core.attendance import is_attended
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, QueueName, UnitId
from cc110.core.roster import Roster
from cc110.core.words import AgentState, OffShift, ShiftGap

AHEAD = timedelta(hours=1)
"""So long before its begin a shift with nobody is an alarm."""
DAY = timedelta(days=1)
_FURTHEST = 8
"""Days that are looked ahead for the next change: a week, and the night that begins it."""
_REMEMBERED = timedelta(days=31)
"""How far the clock may be set and nothing is told twice."""


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
    return agent not in _watched(plan) or agent in _on_duty(plan, at, policy)


def _on_duty(plan: Plan, at: datetime, policy: ShiftPolicy) -> frozenset[AgentId]:
    """Everybody whose shift is on, about to begin or just over."""
    around = stints(plan, at - policy.late, at + policy.early + timedelta(seconds=1))
    return frozenset(
        agent
        for one in around
        if one.begins - policy.early <= at < one.ends + policy.late
        for agent in one.operators
    )


@lru_cache(maxsize=4)
def _watched(plan: Plan) -> frozenset[AgentId]:
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


# --- the clock --------------------------------------------------------------------------------------

Key = tuple[UnitId, str, datetime]


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What was told of shifts so far."""

    started: frozenset[Key] = frozenset()
    ended: frozenset[Key] = frozenset()
    warned: frozenset[tuple[Key, ShiftGap]] = frozenset()
    on: frozenset[Key] = frozenset()
    """The stints that were on at the last look."""
    told_off: Mapping[AgentId, OffShift] = field(default_factory=dict)
    """What was said last of operators who are logged in off duty."""
    leaving: frozenset[AgentId] = frozenset()
    """Who is being logged out."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """After a look: what was told, the events to journal, and who is to be logged out now."""

    watch: Watch
    events: tuple[Event, ...]
    log_out: tuple[AgentId, ...] = ()


def look(
    watch: Watch,
    plan: Plan,
    roster: Roster,
    at: datetime,
    policy: ShiftPolicy,
    *,
    known: bool = True,
) -> Look:
    """What the clock has to say now.

    Args:
        watch: as the look before left it.
        plan: the units' shifts.
        roster: the operators as they are.
        at: now.
        policy: the site's rules.
        known: False while the PBX does not tell who is logged in: then nothing is said of operators.
    """
    near = stints(plan, at, at + AHEAD)
    on = [one for one in near if one.covers(at)]
    said: list[Data] = []
    watch = _ends(watch, plan, on, at, said)
    watch = _starts(watch, on, said)
    watch = _gaps(watch, near, on, roster, at, said, known=known)
    out: tuple[AgentId, ...] = ()
    if known:
        watch, out = _off_shift(watch, plan, roster, at, policy, said)
    events = tuple(Event(at=at, data=data) for data in said)
    return Look(watch=_forgetting(watch, at), events=events, log_out=out)


def _starts(watch: Watch, on: Iterable[Stint], said: list[Data]) -> Watch:
    fresh = [one for one in on if one.key not in watch.started]
    said += [
        e.ShiftStarted(
            unit=one.unit,
            shift=one.shift,
            begins=one.begins,
            ends=one.ends,
            operators=one.operators,
            people=one.people,
        )
        for one in fresh
    ]
    keys = frozenset(one.key for one in on)
    return replace(watch, started=watch.started | keys, on=keys)


def _ends(watch: Watch, plan: Plan, on: Iterable[Stint], at: datetime, said: list[Data]) -> Watch:
    """A clock that is set back ends nothing: the shift before is on again."""
    gone = watch.on - {one.key for one in on}
    over = [key for key in sorted(gone) if key[2] <= at and key not in watch.ended]
    said += [e.ShiftEnded(unit=unit, shift=shift, begins=begins) for unit, shift, begins in over]
    return replace(watch, ended=watch.ended | set(over))


def _gaps(
    watch: Watch,
    near: Iterable[Stint],
    on: Iterable[Stint],
    roster: Roster,
    at: datetime,
    said: list[Data],
    *,
    known: bool,
) -> Watch:
    """Nobody is written down, an hour before; nobody is there, at the begin."""
    found = [(one, ShiftGap.NOBODY_ON_ROSTER) for one in near if one.is_empty]
    if known:
        nobody = [one for one in on if one.operators and not _present(one, roster)]
        found += [(one, ShiftGap.NOBODY_LOGGED_IN) for one in nobody]
    fresh = [(one, gap) for one, gap in found if (one.key, gap) not in watch.warned]
    said += [
        e.ShiftEmpty(unit=one.unit, shift=one.shift, begins=one.begins, ends=one.ends, gap=gap)
        for one, gap in fresh
    ]
    return replace(watch, warned=watch.warned | {(one.key, gap) for one, gap in fresh})


def _present(stint: Stint, roster: Roster) -> bool:
    return any(logged_in(roster, agent) for agent in stint.operators)


def logged_in(roster: Roster, agent: AgentId) -> bool:
    """True when an operator is in some queue."""
    known = roster.agents.get(agent)
    return known is not None and bool(known.queues)


def _off_shift(
    watch: Watch, plan: Plan, roster: Roster, at: datetime, policy: ShiftPolicy, said: list[Data]
) -> tuple[Watch, tuple[AgentId, ...]]:
    watched, on = _watched(plan), _on_duty(plan, at, policy)
    off = [
        agent
        for agent in roster.agents
        if agent in watched and agent not in on and logged_in(roster, agent)
    ]
    told = {agent: what for agent, what in watch.told_off.items() if agent in off}
    leaving = frozenset(agent for agent in watch.leaving if agent in off)
    out: list[AgentId] = []
    for agent in off:
        if agent in leaving:
            continue
        what = _what_of(agent, roster, at, policy, gone=leaving | set(out))
        if what is OffShift.LOGGED_OUT:
            out.append(agent)
        if what is not None and told.get(agent) != what:
            said.append(e.AgentOffShift(agent=agent, what=what))
            told[agent] = what
    fresh = replace(watch, told_off=told, leaving=leaving | set(out))
    return fresh, tuple(out)


def _what_of(
    agent: AgentId,
    roster: Roster,
    at: datetime,
    policy: ShiftPolicy,
    *,
    gone: Collection[AgentId],
) -> OffShift | None:
    """None: not now, he talks, rings or has just talked."""
    if not policy.log_out:
        return OffShift.REMINDED
    if roster.agents[agent].state(at) in (
        AgentState.TALKING,
        AgentState.RINGING,
        AgentState.WRAP_UP,
    ):
        return None
    rest = Roster(
        agents={
            name: one for name, one in roster.agents.items() if name != agent and name not in gone
        }
    )
    mine: Collection[QueueName] = roster.agents[agent].queues
    if all(is_attended(rest, queue) for queue in mine):
        return OffShift.LOGGED_OUT
    return OffShift.LAST_ONE


def _forgetting(watch: Watch, at: datetime) -> Watch:
    """Memory stays small; what lies ahead of a clock that was set back stays told."""

    def recent(key: Key) -> bool:
        return at - key[2] < _REMEMBERED

    return replace(
        watch,
        started=frozenset(key for key in watch.started if recent(key)),
        ended=frozenset(key for key in watch.ended if recent(key)),
        warned=frozenset(pair for pair in watch.warned if recent(pair[0])),
    )


def replay(journaled: Iterable[Event]) -> Watch:
    """What the journal says was told already: a daemon that returns says nothing twice."""
    watch = Watch()
    for event in journaled:
        match event.data:
            case e.ShiftStarted(unit=unit, shift=shift, begins=begins):
                key = (unit, shift, begins)
                watch = replace(watch, started=watch.started | {key}, on=watch.on | {key})
            case e.ShiftEnded(unit=unit, shift=shift, begins=begins):
                key = (unit, shift, begins)
                watch = replace(watch, ended=watch.ended | {key}, on=watch.on - {key})
            case e.ShiftEmpty(unit=unit, shift=shift, begins=begins, gap=gap):
                watch = replace(watch, warned=watch.warned | {((unit, shift, begins), gap)})
            case _:
                pass
    return watch


# --- for people -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UnitDuty:
    """One unit at one moment."""

    unit: UnitId
    stints: tuple[Stint, ...]
    """What is on; nothing between two shifts."""
    there: tuple[AgentId, ...]
    """Who is on and logged in, or at the phone without being told to."""
    missing: tuple[AgentId, ...]
    """Who is on and not logged in."""
    off_shift: tuple[AgentId, ...]
    """Who is logged in and not on duty."""

    @property
    def is_empty(self) -> bool:
        """True when a shift is on that nobody serves."""
        on = [one for one in self.stints if not one.people]
        return bool(on) and not self.there


def duties(plan: Plan, roster: Roster, at: datetime, policy: ShiftPolicy) -> tuple[UnitDuty, ...]:
    """Who is on, who is there and who is missing, by unit."""
    on, off = on_at(plan, at), _watched(plan) - _on_duty(plan, at, policy)
    return tuple(_duty_of(unit, on, off, roster) for unit in plan)


def _duty_of(
    unit: UnitPlan, on: Iterable[Stint], off: Collection[AgentId], roster: Roster
) -> UnitDuty:
    mine = tuple(one for one in on if one.unit == unit.unit)
    wanted = dict.fromkeys(agent for one in mine for agent in one.operators)
    here = [agent for agent in sorted(unit.operators) if logged_in(roster, agent)]
    return UnitDuty(
        unit=unit.unit,
        stints=mine,
        there=tuple(agent for agent in wanted if agent in here),
        missing=tuple(agent for agent in wanted if agent not in here),
        off_shift=tuple(one for one in here if one in off),
    )


def may_log_in(
    plan: Plan,
    roster: Roster,
    agent: AgentId,
    queues: Iterable[QueueName],
    at: datetime,
    policy: ShiftPolicy,
) -> bool:
    """True when it is his shift, or a queue of his has nobody: a caller comes before a roster."""
    return on_duty(plan, agent, at, policy) or not all(is_attended(roster, one) for one in queues)
