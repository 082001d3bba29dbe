"""Who is on, who is there and who is missing, for people; and who may log in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from cc110.core.attendance import is_attended
from cc110.core.ids import AgentId, QueueName, UnitId
from cc110.core.roster import Roster
from cc110.core.shifts.plan import (
    Plan,
    ShiftPolicy,
    Stint,
    UnitPlan,
    all_on_duty,
    on_at,
    on_duty,
    operators_of,
)
from cc110.core.shifts.watch import logged_in


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
    on, off = on_at(plan, at), operators_of(plan) - all_on_duty(plan, at, policy)
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
