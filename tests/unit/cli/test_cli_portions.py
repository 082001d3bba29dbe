"""An import's portions: two under way, told in their order, and none left behind by an error."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from cc110.cli.importing import all_taken
from cc110.cli.staging import Staging
from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid
from cc110.ports import JournalUnavailable
from cc110.service.importing import Taken

UNSAID = Unsaid(until=0, reason="sample")


class Door:
    """A journal that takes a while, and may fail at a batch."""

    batch = 10

    def __init__(self, fails: int | None = None) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.most = 0
        self._fails = fails

    async def take(self, rows: Sequence[Listed], unsaid: Unsaid, *, by: str) -> Taken:
        place = len(self.begun)
        self.begun.append(rows[0].number)
        self.most = max(self.most, len(self.begun) - len(self.ended))
        await asyncio.sleep(0 if place == self._fails else 0.001)
        self.ended.append(rows[0].number)
        if place == self._fails:
            raise JournalUnavailable("full")
        return Taken(blocked=len(rows))

    async def finished(self) -> None:
        """Nothing waits."""


@pytest.fixture
def stage() -> Iterator[Staging]:
    """Forty-five numbers."""
    with closing(sqlite3.connect(":memory:")) as database:
        stage = Staging(database)
        for line in range(45):
            stage.add(line, Listed(number=Number(f"6284{line:09}")))
        stage.complete()
        yield stage


async def told(door: Door, stage: Staging) -> list[int]:
    """How many each portion blocked."""
    return [one.blocked async for one in all_taken(door, stage, UNSAID, "Contoh")]


def test_every_portion_is_told_in_its_turn_and_two_are_under_way(stage: Staging) -> None:
    """One is being written while the next is made ready."""
    door = Door()

    assert asyncio.run(told(door, stage)) == [10, 10, 10, 10, 5]
    assert door.most == 2


def test_after_an_error_what_was_begun_is_brought_to_its_end_and_no_more_is_begun(
    stage: Staging,
) -> None:
    """Nothing is written after the command has said how it went."""
    door = Door(fails=1)
    with pytest.raises(JournalUnavailable):
        asyncio.run(told(door, stage))

    assert len(door.begun) == len(door.ended) == 3
