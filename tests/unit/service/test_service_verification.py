"""Blocks that an operator ended: once each in the journal, and the PBX's note goes only after that."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from cc110.core import ranges
from cc110.core.blocking import Block, fold
from cc110.core.effects import LiftBlock
from cc110.core.events import Event, NumberBlocked, NumberUnblocked
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.ranges import Ranges
from cc110.core.verification import Passed
from cc110.journal.memory import MemoryJournal
from cc110.ports import PbxUnavailable
from cc110.service.outbox import Outbox
from cc110.service.verification import Verifications

NUMBER, OTHER = Number("6284000000001"), Number("6284000000002")
NOON = datetime(2026, 8, 17, 12, 0, tzinfo=UTC)


def passed(number: Number = NUMBER, *, call: str = "a", minutes: float = 0) -> Passed:
    at = NOON + timedelta(minutes=minutes)
    return Passed(number=number, at=at, agent=AgentId("1101"), call_id=CallId(call))


class Notes:
    """The PBX's notes."""

    def __init__(self) -> None:
        self.there: list[Passed] = []
        self.reachable = True

    async def verified(self) -> Sequence[Passed]:
        if not self.reachable:
            raise PbxUnavailable
        return tuple(self.there)

    async def forget(self, number: Number, call_id: CallId) -> None:
        if not self.reachable:
            raise PbxUnavailable
        self.there = [it for it in self.there if (it.number, it.call_id) != (number, call_id)]


class House:
    """Verifications over a journal in memory, whose tables are its fold."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.notes = Notes()
        outbox = Outbox(self.journal)
        self.running = outbox.run()
        self.verifications = Verifications(
            outbox=outbox,
            find_block=self.find,
            find_ranges=self.ranges,
            caught_up=self.nothing,
            notes=self.notes,
        )

    async def find(self, number: Number) -> Block | None:
        return fold(one.event for one in self.journal.recorded).get(number)

    async def ranges(self) -> Ranges:
        return ranges.fold(one.event for one in self.journal.recorded)

    async def nothing(self) -> None:
        """The fold is never behind."""

    async def block(self, number: Number, *, minutes: float = -60) -> None:
        data = NumberBlocked(number=number, until=0, reason="sample", by="sample")
        await self.journal.append([Event(at=NOON + timedelta(minutes=minutes), data=data)])

    @property
    def unblocked(self) -> list[Event]:
        events = [one.event for one in self.journal.recorded]
        return [event for event in events if isinstance(event.data, NumberUnblocked)]


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    made = House()
    task = asyncio.create_task(made.running)
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_told_live_twice_and_found_as_a_note_is_journaled_once() -> None:
    """With the call and the time of the key; the note is gone."""
    async with house() as it:
        await it.block(NUMBER)
        it.notes.there = [passed()]
        await asyncio.gather(*(it.verifications.lift(passed().lift) for _ in range(3)))
        it.notes.there = [passed()]
        await it.verifications.catch_up()

        (event,) = it.unblocked
        assert (event.at, event.call_id) == (NOON, "a")
        assert it.notes.there == []


async def test_notes_of_an_absence_are_journaled_each_with_its_time() -> None:
    """Also when one of them has nothing to lift."""
    async with house() as it:
        await it.block(OTHER)
        it.notes.there = [passed(NUMBER), passed(OTHER, call="b", minutes=3)]

        assert await it.verifications.catch_up() == 2
        assert [(e.call_id, e.at - NOON) for e in it.unblocked] == [("b", timedelta(minutes=3))]
        assert it.notes.there == []


async def test_a_note_that_is_found_late_ends_no_newer_block() -> None:
    """Blocked again after he had been verified: the new block has reasons of its own."""
    async with house() as it:
        await it.block(NUMBER, minutes=1)
        it.notes.there = [passed()]
        await it.verifications.catch_up()

        assert it.unblocked == []
        assert it.notes.there == []


async def test_a_pbx_out_of_reach_costs_the_note_not_the_event() -> None:
    """The journal has it; the note is found again and changes nothing."""
    async with house() as it:
        await it.block(NUMBER)
        it.notes.there, it.notes.reachable = [passed()], False
        with pytest.raises(PbxUnavailable):
            await it.verifications.lift(passed().lift)
        assert len(it.unblocked) == 1

        it.notes.reachable = True
        await it.verifications.catch_up()
        assert len(it.unblocked) == 1
        assert it.notes.there == []


async def test_a_newer_note_of_the_same_number_stays_until_it_is_dealt_with() -> None:
    """An old call told again must not take it away."""
    async with house() as it:
        await it.block(NUMBER)
        newer = passed(call="b", minutes=2)
        it.notes.there = [newer]
        old = LiftBlock(call_id=CallId("a"), number=NUMBER, agent=AgentId("1101"), at=NOON)
        await it.verifications.lift(old)

        assert it.notes.there == [newer]
