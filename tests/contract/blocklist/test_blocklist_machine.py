"""Whatever happens in whatever order: a number is blocked if and only if a valid block exists.

Random stories of calls, verdicts, withdrawals, blocks by hand, ranges, imports, expiries, restarts and a PBX that
forgets, played on a real journal with its tables, its counter and its mirror. Journal, tables and the
PBX's list have to say the same in the end, and each block by count has to be deserved.
"""

import asyncio
import contextlib
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cc110.app.desk import block_import
from cc110.core import blocking, events, ranges
from cc110.core.events import Data, Event, NumberBlocked, VerdictGiven, VerdictWithdrawn
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.importing import Listed, Unsaid
from cc110.core.policy import BlockPolicy
from cc110.core.words import BlockCause, NumberSource, Verdict
from cc110.journal import readers
from cc110.journal.blocklist import BlockTables
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.lookups import Lookups
from cc110.journal.ranges import RangeBook
from cc110.journal.readers import Readers
from cc110.journal.tables import all_tables
from cc110.journal.writer import JournalWriter
from cc110.ports import Entries
from cc110.service.clock import SystemClock
from cc110.service.counting import PrankCounter
from cc110.service.mirror import MirrorReader
from cc110.service.ranges import LENGTHS, RangeDesk, RangeReader
from cc110.service.usecases import Desk, Refused

NUMBERS = tuple(Number(f"628400000000{n}") for n in range(2))
PREFIXES = ("62840000", "6284000000000")
POLICY = BlockPolicy(threshold=3)
EXPIRED = 1
"""A block until then is over as soon as it is made."""


@dataclass
class Pbx:
    """AstDB."""

    list_: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, str] = field(default_factory=dict)
    exempt: dict[str, str] = field(default_factory=dict)

    async def get_range(self, key: str) -> str | None:
        return self.ranges.get(key)

    async def put_range(self, key: str, value: str | None) -> None:
        _put(self.ranges, key, value)

    async def get_exempt(self, number: str) -> str | None:
        return self.exempt.get(number)

    async def put_exempt(self, number: str, value: str | None) -> None:
        _put(self.exempt, number, value)

    async def put(self, number: Number, until: int) -> None:
        self.list_[number] = str(until)

    async def delete(self, number: Number) -> None:
        self.list_.pop(number, None)

    async def put_all(self, entries: Sequence[tuple[Number, int]]) -> None:
        self.list_ |= {number: str(until) for number, until in entries}

    async def delete_all(self, numbers: Sequence[str]) -> None:
        for number in numbers:
            self.list_.pop(number, None)

    async def entries(self) -> Entries:
        found = Entries()
        for key in sorted(self.list_):
            found.add(key, self.list_[key])
        return found

    async def get(self, number: Number) -> str | None:
        return self.list_.get(number)

    def blocks(self, number: Number, now: datetime) -> bool:
        """What the dialplan decides."""
        said = self.list_.get(number, "")
        if blocking.is_blocked(int(said) if said.isdigit() else None, now):
            return True
        lengths = self.ranges.get(LENGTHS, "").split(":")
        found = [self.ranges.get(number[: int(one)], "") for one in lengths if one]
        return number not in self.exempt and any(_lasts(one, number, now) for one in found)


def _lasts(entry: str, number: Number, now: datetime) -> bool:
    until, _, digits = entry.partition(":")
    fits = digits in ("0", str(len(number)))
    return bool(until) and fits and blocking.is_blocked(int(until), now)


def _put(there: dict[str, str], key: str, value: str | None) -> None:
    if value is None:
        there.pop(key, None)
    else:
        there[key] = value


class Daemon:
    """The daemon's part that knows the blocklist."""

    def __init__(self, database: Database, writer: JournalWriter, pbx: Pbx) -> None:
        self.database, self.writer = database, writer
        self.tables = Readers(database, writer.progress, all_tables())
        lookups, clock = Lookups(database), SystemClock()
        self.lists = BlockTables(database)
        self.mirror = MirrorReader(pbx, self.lists, self.tables.reached)
        counter = PrankCounter(
            records=lookups,
            journal=writer,
            settled=self.tables.reached,
            clock=clock,
            policy=POLICY,
        )
        book = RangeBook(database)
        self.range_reader = RangeReader(pbx, book.ranges, clock)
        self.range_desk = RangeDesk(journal=writer, clock=clock, find=book.ranges, least_digits=8)
        effects = [self.mirror, self.range_reader, counter]
        self.effects = Readers(database, writer.progress, effects)
        self.desk = Desk(
            journal=writer,
            clock=clock,
            find_block=lookups.find_block,
            find_ranges=book.ranges,
            find_case=lookups.find_case,
            find_call=lookups.find_call,
            settled=self.tables.reached,
        )
        self.imports = block_import(database, writer, self.tables)
        self.tasks = [asyncio.create_task(each.run()) for each in (self.tables, self.effects)]

    @classmethod
    async def start(cls, path: Path, pbx: Pbx) -> "Daemon":
        """As after a restart: the PBX's list is made whole."""
        database = await Database.open(sqlite_url(path))
        daemon = cls(database, await JournalWriter.open(database, site="sample"), pbx)
        await daemon.tables.reached(daemon.writer.progress.seq)
        await daemon.range_reader.make_equal()
        await daemon.mirror.refill()
        return daemon

    async def settle(self) -> None:
        """Everything that is journaled has had its consequences, and these theirs."""
        seq = -1
        while seq < self.writer.progress.seq:
            seq = self.writer.progress.seq
            await self.effects.reached(seq)
            await self.tables.reached(seq)

    async def stop(self) -> None:
        """At any moment: what was not done is done after the next start."""
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.writer.aclose()
        await self.database.aclose()


@dataclass
class Story:
    """What happens, step by step."""

    path: Path
    pbx: Pbx = field(default_factory=Pbx)
    calls: int = 0
    daemon: Daemon = field(init=False)

    async def say(self, call: int, *told: Data) -> None:
        at = datetime.now(UTC)
        await self.daemon.writer.append(
            [Event(at=at, call_id=CallId(f"call-{call}"), data=one) for one in told]
        )

    async def call(self, number: int, verdict: Verdict, source: NumberSource) -> None:
        self.calls += 1
        arrived = events.CallArrived(
            channel="1.1",
            number=NUMBERS[number],
            source=source,
            dialled="110",
            trunk="trunk",
            queue=QueueName("polda-metro-jaya"),
        )
        answered = events.AgentAnswered(agent=AgentId("1101"), channel="1.2", waited_s=1.0)
        await self.say(self.calls, arrived, answered)
        await self.judge(self.calls, verdict)

    async def pranks(self, number: int, count: int, source: NumberSource) -> None:
        for _ in range(count):
            await self.call(number, Verdict.PRANK, source)

    async def judge(self, call: int, verdict: Verdict) -> None:
        await self.say(call, VerdictGiven(agent=AgentId("1101"), verdict=verdict))

    async def withdraw(self, call: int) -> None:
        with contextlib.suppress(Refused):
            await self.daemon.desk.withdraw_verdict(f"call-{call}", reason="x", by="padal")

    async def block(self, number: int, until: int) -> None:
        await self.daemon.desk.block(NUMBERS[number], until=until, reason="x", by="padal")

    async def unblock(self, number: int) -> None:
        with contextlib.suppress(Refused):
            await self.daemon.desk.unblock(NUMBERS[number], reason="x", by="padal")

    async def propose(self, prefix: int, until: int, by: str) -> None:
        await self.daemon.range_desk.propose(PREFIXES[prefix], until=until, reason="x", by=by)

    async def confirm(self, prefix: int, by: str) -> None:
        with contextlib.suppress(Refused):
            await self.daemon.range_desk.confirm(PREFIXES[prefix], by=by)

    async def block_range(self, prefix: int) -> None:
        await self.propose(prefix, 0, "padal")
        await self.confirm(prefix, "kanit")

    async def lift(self, prefix: int) -> None:
        with contextlib.suppress(Refused):
            await self.daemon.range_desk.lift(PREFIXES[prefix], reason="x", by="padal")

    async def take_list(self, number: int) -> None:
        rows = [Listed(number=each) for each in NUMBERS[number:]]
        await self.daemon.imports.take(rows, unsaid=Unsaid(until=0, reason="list"), by="padal")

    async def restart(self, forgets: int) -> None:
        """The PBX, too, may have lost what it knew, or kept what is gone."""
        await self.daemon.stop()
        chance = random.Random(forgets)
        self.pbx.list_ = {n: v for n, v in self.pbx.list_.items() if chance.random() < 0.5}
        self.pbx.list_ |= {n: "0" for n in NUMBERS if forgets and chance.random() < 0.3}
        for kept in (self.pbx.ranges, self.pbx.exempt):
            for key in [key for key in kept if chance.random() < 0.5]:
                del kept[key]
        self.daemon = await Daemon.start(self.path, self.pbx)


async def _play(path: Path, steps: Sequence[tuple[str, dict[str, Any]]]) -> None:
    story = Story(path)
    story.daemon = await Daemon.start(path, story.pbx)
    try:
        async with asyncio.timeout(60):
            for name, how in steps:
                await getattr(story, name)(**how)
            await story.daemon.settle()
        await _agree(story)
    finally:
        await story.daemon.stop()


async def _agree(story: Story) -> None:
    now = datetime.now(UTC)
    told = [one.event async for one in story.daemon.writer.read()]
    journal = blocking.fold(told)
    known = ranges.fold(told)
    tables = dict(await story.daemon.lists.in_force_after("", limit=100))
    for number in NUMBERS:
        entry = journal.get(number)
        is_blocked = blocking.is_blocked(entry.until if entry else None, now)
        assert (number in tables) is is_blocked, (number, tables)
        in_range = known.blocking(number, now) is not None
        assert story.pbx.blocks(number, now) is (is_blocked or in_range), (number, story.pbx)
    _by_two(told)
    _deserved(told)


def _by_two(told: Sequence[Event]) -> None:
    """No range is blocked by the word of one."""
    for event in told:
        if isinstance(event.data, events.RangeBlocked):
            assert event.data.by != event.data.confirmed_by


def _deserved(told: Sequence[Event]) -> None:
    """Each block by count rests on enough answered calls whose verdict was a prank just then."""
    verdicts: dict[str | None, Verdict | None] = {}
    in_force: dict[Number, NumberBlocked] = {}
    for event in told:
        match event.data:
            case VerdictGiven(verdict=verdict):
                verdicts[event.call_id] = verdict
            case VerdictWithdrawn():
                verdicts[event.call_id] = None
            case NumberBlocked(cause=BlockCause.THRESHOLD) as made:
                assert len({one.call_id for one in made.evidence}) >= POLICY.threshold
                assert all(one.source in POLICY.trusted for one in made.evidence)
                assert made.number not in in_force, "blocked twice"
                in_force[made.number] = made
            case events.NumberUnblocked(number=number) | NumberBlocked(number=number):
                in_force.pop(number, None)
            case _:
                pass
    for made in in_force.values():
        left = sum(verdicts[one.call_id] is Verdict.PRANK for one in made.evidence)
        assert left >= POLICY.threshold, "it has lost its ground"


_NUMBER = st.integers(0, len(NUMBERS) - 1)
_PREFIX = st.integers(0, len(PREFIXES) - 1)
_WHO = st.sampled_from(["padal", "kanit"])
_PRANK = st.sampled_from([Verdict.PRANK] * 5 + [Verdict.SILENT, Verdict.VALID])
_SOURCE = st.sampled_from([NumberSource.ASSERTED] * 3 + [NumberSource.CLAIMED])


def _step(name: str, **how: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(how))


_STEPS = st.lists(
    st.one_of(
        _step("call", number=_NUMBER, verdict=_PRANK, source=_SOURCE),
        _step("pranks", number=_NUMBER, count=st.integers(1, 3), source=_SOURCE),
        _step("judge", call=st.integers(1, 6), verdict=_PRANK),
        _step("withdraw", call=st.integers(1, 6)),
        _step("block", number=_NUMBER, until=st.sampled_from([0, EXPIRED])),
        _step("unblock", number=_NUMBER),
        _step("take_list", number=_NUMBER),
        _step("propose", prefix=_PREFIX, until=st.sampled_from([0, EXPIRED]), by=_WHO),
        _step("confirm", prefix=_PREFIX, by=_WHO),
        _step("block_range", prefix=_PREFIX),
        _step("lift", prefix=_PREFIX),
        _step("restart", forgets=st.integers(0, 5)),
    ),
    min_size=4,
    max_size=14,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with nothing in it: making its schema takes longer than a whole story."""
    path = tmp_path_factory.mktemp("empty") / "journal.db"

    async def make() -> None:
        await (await Database.open(sqlite_url(path))).aclose()

    asyncio.run(make())
    return path


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that need not wait for more."""
    monkeypatch.setattr(readers, "TABLE_SPACING_S", 0.001)
    monkeypatch.setattr(readers, "EFFECT_SPACING_S", 0.001)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=_STEPS)
def test_blocked_if_and_only_if_a_valid_block_exists(
    empty: Path, at_once: None, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    """In journal, tables and PBX alike."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        shutil.copy(empty, path)
        asyncio.run(_play(path, steps))
