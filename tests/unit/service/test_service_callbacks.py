"""Who calls whom back: one place decides, whatever happens meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from cc110.core import events as e
from cc110.core.callbacks import CallbackPolicy
from cc110.core.events import Event
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.words import CallbackOutcome
from cc110.ports import JournalUnavailable
from cc110.service.callbacks import CallbackRules, Callbacks
from cc110.service.usecases import Refused
from tests.unit.core.test_core_callbacks import ANI, BUDI, JAYA, arrives, at, gives_up

SARI, TONO = AgentId("1101"), AgentId("1102")


class House:
    """A list of callers, a blocklist that takes its time, and phones."""

    def __init__(self, *, can_call: bool = True) -> None:
        self.minutes = 5.0
        self.written: list[Event] = []
        self.blocked: set[Number] = set()
        self.fails = False
        self.rung: list[AgentId] = []
        self.desk = Callbacks(
            write=self.write,
            clock=self,
            rules=CallbackRules(
                policy=CallbackPolicy(),
                queues={SARI: [JAYA], TONO: [JAYA]},
                can_call=can_call,
            ),
            blocked=self.is_blocked,
            phone=self,
        )

    def now(self) -> datetime:
        return at(self.minutes)

    async def write(self, events: Sequence[Event]) -> None:
        self.written += events
        self.desk.hear(events)

    async def is_blocked(self, number: Number) -> bool:
        await asyncio.sleep(0)
        if self.fails:
            raise JournalUnavailable
        return number in self.blocked

    async def ring_for_callback(self, agent: AgentId) -> None:
        self.rung.append(agent)


async def test_of_any_number_who_press_at_once_each_gets_another_person_or_nobody() -> None:
    """Also while the blocklist is being asked."""
    house = House()
    house.desk.hear([*gives_up("a", ANI, 0), *gives_up("b", BUDI, 1)])
    given = await asyncio.gather(*(house.desk.give(one) for one in (SARI, TONO, SARI, TONO)))
    numbers = [one.number for one in given if one]
    assert sorted(numbers) == [ANI, BUDI]
    assert [type(event.data) for event in house.written] == [e.CallbackClaimed] * 2


async def test_a_call_under_way_is_not_given_again_until_its_outcome_is_told() -> None:
    """Not even to the same operator; nor for ever, should nobody tell it."""
    house = House()
    house.desk.hear(gives_up("a", ANI, 0))
    assert await house.desk.give(SARI)
    assert await house.desk.give(SARI) is None
    with pytest.raises(Refused, match="being called already"):
        await house.desk.call(ANI, agent=SARI, by="Padal")
    made = e.CallbackMade(
        agent=SARI, number=ANI, missed_call=CallId("a"), outcome=CallbackOutcome.CANCELLED
    )
    house.desk.hear([Event(at=at(5), call_id=CallId("cb"), data=made)])
    assert await house.desk.give(TONO)
    house.minutes += 2
    assert await house.desk.give(SARI) is None, "claimed by another"
    house.minutes += 10
    assert await house.desk.give(SARI)


async def test_blocked_callers_and_those_on_the_line_are_passed_over() -> None:
    """A journal that can't be asked blocks nobody."""
    house = House()
    house.desk.hear([*gives_up("a", ANI, 0), *gives_up("b", BUDI, 1)])
    house.blocked.add(ANI)
    given = await house.desk.give(SARI)
    assert given is not None
    assert given.number == BUDI
    house.desk.hear(arrives("c", ANI, 3))
    house.blocked.clear()
    assert await house.desk.give(TONO) is None
    other = House()
    other.desk.hear(gives_up("a", ANI, 0))
    other.fails = True
    assert await other.desk.give(SARI)


async def test_a_click_comes_before_the_longest_waiting_and_rings_the_operator() -> None:
    """Strangers, and a site that lets nothing out, are refused."""
    house = House()
    house.desk.hear([*gives_up("a", ANI, 0), *gives_up("b", BUDI, 1)])
    await house.desk.claim(ANI, agent=SARI, by="Padal")
    await house.desk.call(BUDI, agent=SARI, by="Padal")
    assert house.rung == [SARI]
    given = await house.desk.give(SARI)
    assert given is not None
    assert given.number == BUDI
    for wrong in (house.desk.give("9"), house.desk.claim(ANI, agent="9", by="x")):
        with pytest.raises(Refused, match="no operator 9"):
            await wrong
    with pytest.raises(Refused, match="no trunk"):
        await House(can_call=False).desk.give(SARI)
