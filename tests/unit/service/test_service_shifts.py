"""The clock of shifts: alarms into the journal, log-outs at the PBX, files that change."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from cc110.app.shifts import RosterFiles
from cc110.config.load import load
from cc110.core.events import Event
from cc110.core.ids import AgentId, QueueName, UnitId
from cc110.core.roster import Agent, Membership, Roster
from cc110.core.shifts import Duty, Plan, Shift, ShiftPolicy, UnitPlan
from cc110.core.words import DeviceState
from cc110.ports import PbxUnavailable
from cc110.service.outbox import Outbox
from cc110.service.shifts import PlanRead, ShiftClock
from tests.unit.config.site_copy import SiteCopy

SARI, TONO, QUEUE = AgentId("1201"), AgentId("1202"), QueueName("polda-sumut")


def plan(*on: AgentId) -> Plan:
    """Two shifts; `on` are on in the first one."""
    shifts = (
        Shift(name="pagi", begins=time(7), ends=time(15)),
        Shift(name="siang", begins=time(15), ends=time(23)),
    )
    duties = (
        Duty(shift="pagi", since=date(2026, 1, 1), operators=on),
        Duty(shift="siang", since=date(2026, 1, 1), operators=(TONO,)),
    )
    sitting = frozenset({SARI, TONO})
    unit = UnitPlan(unit=UnitId(QUEUE), zone=UTC, shifts=shifts, duties=duties, operators=sitting)
    return (unit,)


class House:
    """A clock that a test sets, operators who are logged in, and a PBX that may be away."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 17, 8, 0, tzinfo=UTC)
        self.told: list[Event] = []
        self.here = {SARI, TONO}
        self.away = False
        self.next_read: PlanRead | None = None
        self.clock = ShiftClock(
            Outbox(None, told=self.told.extend),
            self,
            plan=plan(SARI),
            policy=ShiftPolicy(log_out=True),
            roster=lambda: self.roster,
            known=lambda: True,
            desks=self,
            queues={SARI: [QUEUE], TONO: [QUEUE]},
            read=self.read,
        )

    @property
    def roster(self) -> Roster:
        place = Membership(device=DeviceState.NOT_IN_USE)
        return Roster(agents={one: Agent(agent=one, queues={QUEUE: place}) for one in self.here})

    def now(self) -> datetime:
        return self.at

    async def read(self) -> PlanRead | None:
        found, self.next_read = self.next_read, None
        return found

    async def logout(self, agent: AgentId) -> None:
        if self.away:
            raise PbxUnavailable
        self.here.discard(agent)

    async def login(self, agent: AgentId) -> None:
        self.here.add(agent)

    async def pause(self, agent: AgentId, *, paused: bool, reason: str) -> None:
        raise NotImplementedError

    @property
    def kinds(self) -> list[str]:
        """What was told since the last time."""
        found = [event.type for event in self.told]
        self.told.clear()
        return found


async def test_at_hand_over_who_is_off_duty_goes_and_a_pbx_that_is_away_is_asked_again() -> None:
    """By a clock that is moved; nothing is told twice."""
    house = House()
    await house.clock.look()
    assert house.kinds == ["ShiftStarted", "AgentOffShift"]
    assert house.here == {SARI}, "the second one came too early"
    house.here.add(TONO)
    house.at += timedelta(hours=7, minutes=20)
    house.away = True
    await house.clock.look()
    assert house.kinds == ["ShiftEnded", "ShiftStarted", "AgentOffShift"]
    assert house.here == {SARI, TONO}
    house.away = False
    await house.clock.look()
    assert house.here == {TONO}
    house.at -= timedelta(hours=1)
    house.kinds.clear()
    await house.clock.look()
    assert "ShiftStarted" not in house.kinds


async def test_a_changed_roster_counts_at_once_and_a_wrong_one_is_an_alarm() -> None:
    """Told once; what was before stays until the files are right again."""
    house = House()
    await house.clock.look()
    house.told.clear()
    house.next_read = PlanRead(plan=None, files=1, problems=2, reason="directory.toml:7: x")
    await house.clock.look_at_files()
    await house.clock.look_at_files()
    assert house.kinds == ["RosterRefused"]
    assert (house.clock.plan, house.clock.refused) == (plan(SARI), "directory.toml:7: x")
    house.next_read = PlanRead(plan=plan(SARI, TONO), files=1)
    await house.clock.look_at_files()
    assert (house.kinds, house.clock.refused) == (["RosterTaken"], "")
    assert {one.unit: one.missing for one in house.clock.duties} == {UnitId(QUEUE): (TONO,)}


async def test_the_files_are_read_again_when_they_change(site: SiteCopy, tmp_path: Path) -> None:
    """Not otherwise; a broken one is named with its line."""
    config = load(root=site.root, environ={"CC110_HOME": str(tmp_path)})
    files = RosterFiles(config)
    assert await files.read() is None
    site.append(
        "site/directory.toml",
        '[[roster]]\nunit = "polda-metro-jaya"\nshift = "pagi"\nfrom = 2026-01-01\n'
        'operators = ["1101"]\n',
    )
    read = await files.read()
    assert read is not None
    assert read.plan is not None
    assert {unit.unit for unit in read.plan} == {"polda-metro-jaya"}
    assert await files.read() is None
    site.append("site/directory.toml", '[[roster]]\nunit = "polda-x"\nshift = "pagi"\n')
    broken = await files.read()
    assert broken is not None
    assert broken.plan is None
    assert broken.reason.startswith("site/directory.toml:")


@pytest.fixture
def site(tmp_path: Path) -> SiteCopy:
    """A copy of the demo site."""
    return SiteCopy.under(tmp_path)
