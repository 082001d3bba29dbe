"""The PBX's copy of the blocklist, against a PBX and tables in memory; with other things going on meanwhile."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from cc110.core.events import Data, Event, NumberBlocked, NumberUnblocked, Recorded
from cc110.core.ids import Number
from cc110.core.ranges import Ranges
from cc110.journal.blocklist import State
from cc110.ports import Entries, PbxUnavailable
from cc110.service import mirror as service
from cc110.service.clock import SystemClock
from cc110.service.mirror import MirrorReader
from cc110.service.ranges import RangeReader
from cc110.service.upkeep import keep

A, B, C = (Number(f"628400000000{n}") for n in range(3))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Pbx:
    """AstDB, with every step that a number's entry has gone through."""

    entries_: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    trouble: int = 0

    async def put(self, number: Number, until: int) -> None:
        await self.put_all([(number, until)])

    async def delete(self, number: Number) -> None:
        await self.delete_all([number])

    async def put_all(self, entries: Sequence[tuple[Number, int]]) -> None:
        await asyncio.sleep(0)
        if self.trouble:
            self.trouble -= 1
            raise PbxUnavailable
        self.entries_ |= {number: str(until) for number, until in entries}

    async def delete_all(self, numbers: Sequence[str]) -> None:
        await asyncio.sleep(0)
        for number in numbers:
            self.deleted += [number] if self.entries_.pop(number, None) else []

    async def entries(self) -> Entries:
        found = Entries()
        for key in sorted(self.entries_):
            found.add(key, self.entries_[key])
        await asyncio.sleep(0)
        return found

    async def get(self, number: Number) -> str | None:
        return self.entries_.get(number)


@dataclass
class Tables:
    """What the journal's tables know; ``held`` keeps them back at a seq."""

    known: dict[str, State] = field(default_factory=dict)
    seq: int = 0

    def take(self, *recorded: Recorded) -> None:
        for one in recorded:
            match one.event.data:
                case NumberBlocked(number=number, until=until):
                    self.known[number] = State(until=until, last_seq=one.seq)
                case NumberUnblocked(number=number):
                    self.known[number] = State(until=None, last_seq=one.seq)
            self.seq = one.seq

    async def in_force_after(self, after: str, *, limit: int) -> Sequence[tuple[Number, int]]:
        await asyncio.sleep(0)
        found = sorted((n, it.until) for n, it in self.known.items() if it.until is not None)
        return [(Number(n), until) for n, until in found if n > after][:limit]

    async def not_in_force_after(self, after: str, *, limit: int) -> Sequence[Number]:
        await asyncio.sleep(0)
        found = sorted(n for n, it in self.known.items() if it.until is None and n > after)
        return [Number(n) for n in found][:limit]

    async def states(self, numbers: Sequence[str]) -> Mapping[str, State]:
        await asyncio.sleep(0)
        return {n: self.known[n] for n in numbers if n in self.known}

    async def count(self) -> int:
        return len(await self.in_force_after("", limit=10**9))

    async def settled(self, seq: int) -> None:
        while self.seq < seq:
            await asyncio.sleep(0)


def recorded(*said: Data, first: int = 1) -> list[Recorded]:
    return [
        Recorded(id=f"{seq:026}", seq=seq, site="s", event=Event(at=NOW, data=data))
        for seq, data in enumerate(said, first)
    ]


def blocked(number: Number, until: int = 0) -> NumberBlocked:
    return NumberBlocked(number=number, until=until, reason="x", by="y")


def lifted(number: Number) -> NumberUnblocked:
    return NumberUnblocked(number=number, reason="x", by="y")


def mirror(pbx: Pbx, tables: Tables) -> MirrorReader:
    return MirrorReader(pbx, tables, tables.settled)


async def test_the_last_word_of_a_batch_on_each_number_is_carried_over() -> None:
    """In one go, whatever came before it."""
    pbx, tables = Pbx(), Tables()
    batch = recorded(
        blocked(A), lifted(A), blocked(B, 5), blocked(B, 7), blocked(C), lifted(C), blocked(C)
    )

    await mirror(pbx, tables).handle_all(batch)

    assert pbx.entries_ == {B: "7", C: "0"}


async def test_a_replay_of_old_events_never_sets_a_number_back() -> None:
    """Not even for the moment until the newer event comes."""
    pbx, tables = Pbx({A: "0"}), Tables()
    story = recorded(blocked(A), lifted(A), blocked(B), blocked(A), lifted(B))
    tables.take(*story)
    reader = mirror(pbx, tables)

    for one in story:
        await reader.handle(one)
        assert pbx.entries_ == {A: "0"}
    assert pbx.deleted == []


async def test_a_refill_writes_what_is_missing_and_removes_what_is_foreign() -> None:
    """And what is there stays there all the time."""
    pbx = Pbx({A: "0", B: "5", "6284000000099": "0", "rubbish": "0", C: "rubbish", "0812": "0"})
    tables = Tables()
    tables.take(*recorded(blocked(A), blocked(B, 4_000_000_000), blocked(C)))

    drift = await mirror(pbx, tables).refill()

    assert pbx.entries_ == {A: "0", B: "4000000000", C: "0"}
    assert drift.foreign == 3
    assert {A, B, C}.isdisjoint(pbx.deleted)


async def test_a_check_finds_each_kind_of_drift_once() -> None:
    """And there is none the next time."""
    tables = Tables()
    tables.take(*recorded(blocked(A), blocked(B, 4_000_000_000)))
    pbx = Pbx({B: "1", "6284000000099": "0", "6": "0"})
    reader = mirror(pbx, tables)

    drift = await reader.check()

    assert (drift.missing, drift.different, drift.foreign) == (1, 1, 2)
    assert (await reader.check()).found == 0
    assert reader.last is not None


@pytest.mark.parametrize("size", [0, 1, 7])
async def test_a_large_list_is_compared_whatever_the_pages(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of several lengths sort as text on both sides."""
    monkeypatch.setattr(service, "_CHUNK", 3)
    numbers = [Number(text) for text in ("12345678", "6281", "628111", "62812", "999", "99")][:size]
    tables, pbx = Tables(), Pbx({"62811": "0", "7": "0", "1": "0"})
    tables.take(*recorded(*(blocked(number) for number in numbers)))

    drift = await mirror(pbx, tables).check()

    assert set(pbx.entries_) == set(numbers)
    assert (drift.missing, drift.foreign) == (len(numbers), 3)


async def test_of_a_very_large_list_samples_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading all of it would hold up calls."""
    monkeypatch.setattr(service, "_LARGE", 1)
    tables, pbx = Tables(), Pbx({B: "5"})
    tables.take(*recorded(blocked(A), blocked(B)))

    drift = await mirror(pbx, tables).check()

    assert (drift.sampled, drift.missing, drift.different) == (True, 1, 1)
    assert pbx.entries_ == {A: "0", B: "0"}


async def test_a_refill_of_a_very_large_list_removes_what_was_lifted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crash of the PBX may have brought it back; nothing needs to be read for that."""
    monkeypatch.setattr(service, "_LARGE", 1)
    tables, pbx = Tables(), Pbx({A: "0"})
    tables.take(*recorded(blocked(A), blocked(B), lifted(A), blocked(C)))

    await mirror(pbx, tables).refill()

    assert pbx.entries_ == {B: "0", C: "0"}


async def test_changes_during_a_refill_are_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables may be behind what was carried over already: the refill waits for them."""
    monkeypatch.setattr(service, "_CHUNK", 1)
    tables, pbx = Tables(), Pbx()
    old = recorded(blocked(A), blocked(B), blocked(C))
    tables.take(*old)
    reader = mirror(pbx, tables)
    new = recorded(lifted(A), blocked(B, 4_000_000_000), lifted(C), first=4)

    async def late() -> None:
        await reader.handle_all(new)
        for _ in range(20):
            await asyncio.sleep(0)
        tables.take(*new)

    await asyncio.gather(reader.refill(), late())

    assert pbx.entries_ == {B: "4000000000"}


class NoRanges:
    """A PBX that nobody asks for ranges: there are none."""

    async def get_range(self, key: str) -> str | None:
        raise AssertionError(key)

    async def put_range(self, key: str, value: str | None) -> None:
        raise AssertionError(key)

    async def get_exempt(self, number: str) -> str | None:
        raise AssertionError(number)

    async def put_exempt(self, number: str, value: str | None) -> None:
        raise AssertionError(number)


async def test_the_upkeep_tries_again_until_the_list_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A PBX that goes away in the middle of a refill gets another one."""
    monkeypatch.setattr("cc110.service.upkeep._AGAIN_S", 0.01)
    tables, pbx, wanted = Tables(), Pbx(trouble=2), asyncio.Event()
    tables.take(*recorded(blocked(A)))
    wanted.set()

    async def live() -> None:
        """It always is."""

    async def none() -> Ranges:
        return Ranges()

    reader = mirror(pbx, tables)
    ranges = RangeReader(NoRanges(), none, SystemClock())
    task = asyncio.create_task(keep(reader, ranges, live, wanted, every_s=0.02))
    async with asyncio.timeout(5):
        while reader.last is None:
            await asyncio.sleep(0.01)
        pbx.entries_.clear()
        while pbx.entries_ != {A: "0"}:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert replace(reader.last, at=NOW).at == NOW
