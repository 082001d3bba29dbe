"""Readers behind the writer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, text
from structlog.typing import EventDict

from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId
from cc110.journal import readers as readers_module
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.engine import Database, ask
from cc110.journal.queries import list_calls
from cc110.journal.readers import Reader, Readers
from cc110.journal.samples import sample_event, samples
from cc110.journal.schema import blocks, calls, cases, cursors
from cc110.journal.writer import JournalWriter

pytestmark = pytest.mark.asyncio


FIRST_PAUSE_S = 0.01


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failing readers try again soon."""
    monkeypatch.setattr(readers_module, "FIRST_PAUSE_S", FIRST_PAUSE_S)


class Listener:
    """An effect reader that notes what it was given, and can fail at one seq."""

    def __init__(self, name: str = "listener") -> None:
        self.name = name
        self.heard: list[int] = []
        self.poison: int | None = None
        self.failed = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def handle(self, recorded: Recorded) -> None:
        """Note the seq, in its own time."""
        await self.may_go_on.wait()
        if recorded.seq == self.poison:
            self.failed.set()
            raise OSError("no broker")
        self.heard.append(recorded.seq)


class Touchy(CallsReader):
    """A table reader that writes its rows and then fails at one seq."""

    name = "touchy"

    def __init__(self) -> None:
        self.poison: int | None = None
        self.failed = asyncio.Event()

    def apply(self, batch: Sequence[Recorded], connection: Connection) -> None:
        """Apply, then perhaps fail: nothing of it may stay."""
        super().apply(batch, connection)
        if any(recorded.seq == self.poison for recorded in batch):
            self.failed.set()
            raise RuntimeError("cannot digest")


def happening(name: str, call: int) -> Event:
    """The named event of a call."""
    return replace(sample_event(name), call_id=CallId(f"call-{call}"))


@asynccontextmanager
async def running(
    database: Database, writer: JournalWriter, *which: Reader
) -> AsyncIterator[Readers]:
    """Readers at work, for as long as the block lasts; no test waits for them longer than a
    minute.
    """
    readers = Readers(database, writer.progress, which)
    task = asyncio.create_task(readers.run())
    try:
        async with asyncio.timeout(60):
            yield readers
    finally:
        task.cancel()
        await asyncio.wait([task])


async def failures(reader: Listener | Touchy, times: int) -> None:
    """Return when the reader has failed so often."""
    for _ in range(times):
        await reader.failed.wait()
        reader.failed.clear()


async def rows(database: Database, table: Any) -> list[dict[str, Any]]:
    """All rows of a table, by its key."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        query = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]

    return await ask(database.reads, read)


async def cursor_of(database: Database, name: str) -> int | None:
    """Where a reader's cursor is."""
    return {row["name"]: row["seq"] for row in await rows(database, cursors)}.get(name)


async def test_readers_follow_the_writer(database: Database, writer: JournalWriter) -> None:
    """Each commit wakes them; what they made is there for queries."""
    listener = Listener()
    async with running(database, writer, CallsReader(), listener) as readers:
        for call in range(3):
            (recorded,) = await writer.append([happening("CallArrived", call)])
            await readers.reached(recorded.seq)

            found = await ask(database.reads, list_calls)
            assert f"call-{call}" == found[0].call_id

    assert [1, 2, 3] == listener.heard


async def test_readers_catch_up_at_the_start(database: Database, writer: JournalWriter) -> None:
    """What was appended while they did not run comes first, in order and once."""
    listener = Listener()
    await writer.append([happening("CallArrived", n) for n in range(700)])
    async with running(database, writer, CallsReader(), listener) as readers:
        await readers.reached(700)
    await writer.append([happening("CallEnded", n) for n in range(700)])
    async with running(database, writer, CallsReader(), listener) as readers:
        await readers.reached(1400)

    assert list(range(1, 1401)) == listener.heard
    assert 700 == len([row for row in await rows(database, calls) if row["ended_at"]])


async def test_a_quiet_journal_costs_its_readers_nothing(
    database: Database, writer: JournalWriter
) -> None:
    """Nobody polls: with no new event each reader looks once more at most, then waits."""
    queries: list[object] = []
    async with running(database, writer, CallsReader(), Listener()) as readers:
        (recorded,) = await writer.append([happening("CallArrived", 1)])
        await readers.reached(recorded.seq)
        event.listen(database.reads.sync_engine, "begin", queries.append)
        never = asyncio.create_task(writer.progress.beyond(1))
        await asyncio.wait([never], timeout=0.4)
        never.cancel()

    assert len(queries) <= 2


async def test_each_event_counts_exactly_once_in_tables(
    database: Database, writer: JournalWriter
) -> None:
    """Rows and cursor are one transaction: a failure after the rows leaves neither, a retry
    counts once.
    """
    reader = Touchy()
    reader.poison = 3
    transfers = [happening("TransferStarted", 1)] * 5
    async with running(database, writer, reader) as readers:
        await writer.append([happening("CallArrived", 1), *transfers])
        await reader.failed.wait()
        reader.poison = None
        await readers.reached(6)

    (row,) = await rows(database, calls)
    assert 5 == row["transfers"]
    assert 6 == await cursor_of(database, "touchy")


async def test_a_failing_reader_gets_as_far_as_it_can(
    database: Database, writer: JournalWriter
) -> None:
    """Everything before the event that it can't digest is in its table."""
    reader = Touchy()
    reader.poison = 10
    async with running(database, writer, reader):
        await writer.append([happening("CallArrived", n) for n in range(1, 21)])
        while await cursor_of(database, "touchy") != 9:
            await failures(reader, 1)

    assert 9 == len(await rows(database, calls))


async def test_a_failing_reader_stops_nobody_else(
    database: Database, writer: JournalWriter
) -> None:
    """The others follow; the failing one is named, and is well again when its trouble is over."""
    bad, good, table = Listener("bad"), Listener("good"), Touchy()
    bad.poison = table.poison = 2
    async with running(database, writer, bad, good, table, CasesReader()) as readers:
        await writer.append([happening("CallArrived", n) for n in range(5)])
        await readers.reached(5, "good", "cases")
        await failures(bad, 3)
        await failures(table, 3)
        assert {"bad", "touchy"} == readers.failing().keys()
        bad.poison = table.poison = None
        await readers.reached(5)

    assert [1, 2, 3, 4, 5] == bad.heard == good.heard


async def test_outside_effects_come_at_least_once(
    database: Database, writer: JournalWriter
) -> None:
    """An event whose handling was cut off comes again; those before it don't."""
    listener = Listener()
    listener.poison = 4
    await writer.append([happening("CallArrived", n) for n in range(5)])
    async with running(database, writer, listener) as readers:
        await readers.reached(3, "listener")
    listener.poison = None
    async with running(database, writer, listener) as readers:
        await readers.reached(5)

    assert [1, 2, 3, 4, 5] == listener.heard


async def test_rebuilt_tables_equal_the_old_ones(database: Database, writer: JournalWriter) -> None:
    """Whatever happened to a read table, the journal makes it anew; the other readers notice
    nothing.
    """
    listener = Listener()
    which = (CallsReader(), CasesReader(), BlocksReader(), listener)
    async with running(database, writer, *which) as readers:
        await writer.append([each.event for each in samples().values()] * 20)
        last = writer.progress.seq
        await readers.reached(last)
        before = [await rows(database, table) for table in (calls, cases, blocks)]
        assert all(before)
        async with database.filling() as connection:
            await connection.execute(insert(calls), [before[0][0] | {"call_id": "forged"}])
            await connection.execute(text("DELETE FROM cases"))
        for name in ("calls", "cases", "blocks"):
            await readers.rebuild(name)
        await readers.reached(last)

    assert before == [await rows(database, table) for table in (calls, cases, blocks)]
    assert list(range(1, last + 1)) == listener.heard


async def test_a_rebuilt_effect_reader_hears_everything_again(
    database: Database, writer: JournalWriter
) -> None:
    """Its cursor goes back to the beginning."""
    listener = Listener()
    async with running(database, writer, listener) as readers:
        await writer.append([happening("CallArrived", n) for n in range(3)])
        await readers.reached(3)
        await readers.rebuild("listener")
        await readers.reached(3)

    assert [1, 2, 3, 1, 2, 3] == listener.heard


async def test_a_rebuild_wins_over_a_step_under_way(
    database: Database, writer: JournalWriter
) -> None:
    """The step's cursor would skip what is to be done again, so it doesn't count."""
    listener = Listener()
    listener.may_go_on.clear()
    async with running(database, writer, listener, CasesReader()) as readers:
        await writer.append([happening("CallArrived", n) for n in range(3)])
        await readers.reached(3, "cases")
        await writer.append([happening("CallArrived", 3)])
        listener.may_go_on.set()
        await readers.reached(4)
        listener.may_go_on.clear()
        await writer.append([happening("CallArrived", 4)])
        await readers.reached(5, "cases")
        await readers.rebuild("listener")
        listener.may_go_on.set()
        await readers.reached(5)

    assert [1, 2, 3, 4, 5, 1, 2, 3, 4, 5] == listener.heard


async def test_rows_and_cursor_are_one_transaction(
    database: Database, writer: JournalWriter
) -> None:
    """One step is one commit: a crash leaves both or neither."""
    commits: list[object] = []
    async with running(database, writer, CallsReader()) as readers:
        (recorded,) = await writer.append([happening("CallArrived", 1)])
        await readers.reached(recorded.seq)
        event.listen(database._tables.sync_engine, "commit", commits.append)  # type: ignore[attr-defined]
        (recorded,) = await writer.append([happening("CallEnded", 1)])
        await readers.reached(recorded.seq)

    shared = database._tables is database._appends  # type: ignore[attr-defined]  # then the append's own commit is seen as well
    assert (2 if shared else 1) == len(commits)


async def test_events_of_another_version_are_passed_over_and_counted(
    database: Database, writer: JournalWriter
) -> None:
    """The cursor moves on: one unknown event holds up nothing."""
    await writer.append([happening("CallArrived", n) for n in range(3)])
    async with database.appending() as connection:
        await connection.execute(text("UPDATE events SET v = 2 WHERE seq = 2"))
    listener = Listener()
    async with running(database, writer, listener, CallsReader()) as readers:
        await readers.reached(3)

        assert [1, 3] == listener.heard
        assert {"listener": 1, "calls": 1} == readers.unknown()


async def test_two_readers_of_one_name_are_refused(
    database: Database, writer: JournalWriter
) -> None:
    """They would share a cursor, and each would miss what the other took."""
    with pytest.raises(ValueError, match="same name"):
        Readers(database, writer.progress, [Listener("x"), Listener("x")])


async def test_a_failing_reader_is_tried_again_later_and_later(
    database: Database, writer: JournalWriter, logged: list[EventDict]
) -> None:
    """The pause grows with each failure in a row, and each failure is logged with its reason."""
    listener = Listener()
    listener.poison = 1
    async with running(database, writer, listener):
        await writer.append([happening("CallArrived", 1)])
        await failures(listener, 5)

    entries = [entry for entry in logged if entry["event"] == "reader_failed"]
    assert [1, 2, 4, 8] == [entry["again_s"] / FIRST_PAUSE_S for entry in entries[:4]]
    assert {("listener", "no broker")} == {(entry["reader"], entry["reason"]) for entry in entries}


async def test_the_longest_pause_is_bounded() -> None:
    """A reader that failed for days is still tried twice a minute."""
    course = readers_module._Course(Listener())
    for _ in range(5000):
        course.failed()

    assert readers_module.LONGEST_PAUSE_S == course.pause_s
