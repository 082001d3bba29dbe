"""What the clock has to say: begins and ends, shifts with nobody, operators who are there off duty. Nothing twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cc110.core import events as e
from cc110.core.attendance import is_attended
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, QueueName, UnitId
from cc110.core.roster import Roster
from cc110.core.shifts.plan import (
    Plan,
    ShiftPolicy,
    Stint,
    all_on_duty,
    operators_of,
    stints,
)
from cc110.core.words import AgentState, OffShift, ShiftGap

AHEAD = timedelta(hours=1)
"""So long before its begin a shift with nobody is an alarm."""
_REMEMBERED = timedelta(days=31)
"""How far the clock may be set and nothing is told twice."""

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
    watched, on = operators_of(plan), all_on_duty(plan, at, policy)
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
