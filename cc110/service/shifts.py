"""The clock of shifts: tells when they begin and end, warns of empty ones, and logs out who is off duty."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Never

import structlog

from cc110.core import shifts as core
from cc110.core.events import AgentOffShift, Event, RosterRefused, RosterTaken, ShiftEmpty
from cc110.core.ids import AgentId, QueueName
from cc110.core.roster import Roster
from cc110.core.shifts import Plan, ShiftPolicy, UnitDuty, Watch
from cc110.core.words import OffShift
from cc110.ports import Cc110Error, Clock, Operators
from cc110.service.outbox import Outbox

_log = structlog.get_logger("shifts")
_EVERY_S: Final = 1.0
_FILES_EVERY: Final = 2
"""Looks between two looks at the files."""


@dataclass(frozen=True, kw_only=True)
class PlanRead:
    """What came of reading the directory's files again."""

    plan: Plan | None
    """None = they are wrong."""
    files: int
    problems: int = 0
    reason: str = ""


ReadPlan = Callable[[], Awaitable[PlanRead | None]]
"""Reads the files if they have changed since the last time; None = they have not."""


class ShiftClock:
    """Which shifts are on, by the wall clock."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        plan: Plan,
        policy: ShiftPolicy,
        roster: Callable[[], Roster],
        known: Callable[[], bool],
        desks: Operators,
        queues: Mapping[AgentId, Collection[QueueName]],
        read: ReadPlan,
    ) -> None:
        """Look at this plan and these operators.

        Args:
            outbox: takes the events.
            clock: the wall clock, which may be set.
            plan: the units' shifts when the daemon starts.
            policy: the site's rules.
            roster: the operators as they are.
            known: True while that is the PBX's own word.
            desks: logs operators out.
            queues: each operator's.
            read: reads the plan again when its files have changed.
        """
        self._outbox = outbox
        self._clock = clock
        self._policy = policy
        self._roster = roster
        self._known = known
        self._desks = desks
        self._queues = queues
        self._read = read
        self.plan = plan
        self.refused = ""
        """Why the files don't count; empty when they do."""
        self.watch = Watch()

    def use(
        self,
        *,
        policy: ShiftPolicy,
        desks: Operators,
        queues: Mapping[AgentId, Collection[QueueName]],
    ) -> None:
        """The site has changed. Its plan is read from its files anyway."""
        self._policy, self._desks, self._queues = policy, desks, queues

    async def run(self, watch: Watch) -> Never:
        """Look for ever, from what was told before; cancel to stop."""
        self.watch = watch
        while True:
            for _ in range(_FILES_EVERY):
                await self.look()
                await asyncio.sleep(_EVERY_S)
            await self.look_at_files()

    async def look(self) -> None:
        """Look once; log out whoever is to go."""
        found = core.look(
            self.watch,
            self.plan,
            self._roster(),
            self._clock.now(),
            self._policy,
            known=self._known(),
        )
        self.watch = found.watch
        self._tell(*found.events)
        for agent in found.log_out:
            await self._log_out(agent)

    async def look_at_files(self) -> None:
        """Take a changed plan at once; keep the old one when the files are wrong."""
        try:
            read = await self._read()
        except OSError as error:
            read = PlanRead(plan=None, files=0, problems=1, reason=str(error))
        if read is None:
            return
        if read.plan is None:
            if self.refused != read.reason:
                self._say(RosterRefused(problems=read.problems, reason=read.reason))
            self.refused = read.reason
            return
        changed = read.plan != self.plan
        self.plan, self.refused = read.plan, ""
        if changed:
            self._say(RosterTaken(files=read.files))

    def may_log_in(self, agent: AgentId) -> bool:
        """Whether an operator may log in now; a refusal is told."""
        now = self._clock.now()
        queues = self._queues.get(agent, ())
        if core.may_log_in(self.plan, self._roster(), agent, queues, now, self._policy):
            return True
        self._say(AgentOffShift(agent=agent, what=OffShift.REFUSED))
        return False

    @property
    def duties(self) -> tuple[UnitDuty, ...]:
        """Who is on, there and missing now."""
        return core.duties(self.plan, self._roster(), self._clock.now(), self._policy)

    @property
    def empty(self) -> tuple[core.Stint, ...]:
        """Shifts within the next hour for which nobody is written down."""
        now: datetime = self._clock.now()
        return tuple(one for one in core.stints(self.plan, now, now + core.AHEAD) if one.is_empty)

    async def as_json(self) -> str:
        """What is wrong with shifts now, for the doctor."""
        told = {
            "units": len(self.plan),
            "refused": self.refused,
            "unserved": [one.unit for one in self.duties if one.is_empty],
            "empty": [f"{one.unit}: {one.shift}" for one in self.empty],
            "missing": sorted(agent for one in self.duties for agent in one.missing),
            "off_shift": sorted(agent for one in self.duties for agent in one.off_shift),
        }
        return json.dumps(told)

    async def _log_out(self, agent: AgentId) -> None:
        """What fails is tried again at the next look."""
        try:
            await self._desks.logout(agent)
        except Cc110Error as error:
            _log.warning("operator not logged out", agent=agent, error=str(error))
            kept = {one: what for one, what in self.watch.told_off.items() if one != agent}
            self.watch = replace(self.watch, leaving=self.watch.leaving - {agent}, told_off=kept)

    def _say(self, data: RosterRefused | RosterTaken | AgentOffShift) -> None:
        self._tell(Event(at=self._clock.now(), data=data))

    def _tell(self, *events: Event) -> None:
        self._outbox.put(events)
        for event in events:
            alarm = isinstance(event.data, ShiftEmpty | RosterRefused)
            (_log.error if alarm else _log.info)(event.type, **vars(event.data))
