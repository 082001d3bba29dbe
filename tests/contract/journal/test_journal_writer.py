"""The writer on a disk that has its moods."""

import asyncio
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import OperationalError

from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId
from cc110.journal.engine import Database, ask, reading, sqlite_url
from cc110.journal.queries import events_after
from cc110.journal.samples import SAMPLE_NUMBER, sample_event
from cc110.journal.verify import verify
from cc110.journal.writer import JournalWriter
from cc110.ports import JournalUnavailable

pytestmark = pytest.mark.asyncio


def file_of(url: str) -> Path:
    """The journal's file."""
    return Path(make_url(url).database or "")


def happening(call: str) -> Event:
    """Any event of a call."""
    return replace(sample_event("AgentRang"), call_id=CallId(call))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file; its folder does not exist yet."""
    return sqlite_url(tmp_path / "var" / "journal.db")


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process's exclusive lock, such as a backup's or an administrator's."""
    other = sqlite3.connect(file_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def calls(database: Database) -> list[str | None]:
    """Which calls have events, in order."""
    page = await ask(database.reads, events_after, 0, limit=100_000)
    return [recorded.event.call_id for recorded in page.events]


async def until_written(writer: JournalWriter, what: Event) -> Recorded:
    """Append as often as it takes."""
    async with asyncio.timeout(60):
        while True:
            try:
                return (await writer.append([what]))[0]
            except JournalUnavailable:
                continue


async def test_a_short_lock_is_sat_out(url: str, writer: JournalWriter, database: Database) -> None:
    """An append that waits for a lock is written when the lock is gone in time."""
    with locked(url):
        waiting = asyncio.create_task(writer.append([happening("a")]))
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()

    await waiting
    assert ["a"] == await calls(database)


async def test_the_chain_holds_over_many_events_in_one_statement(
    writer: JournalWriter, database: Database
) -> None:
    """Each column is in its place, whichever way a row was written."""
    recorded = await writer.append([happening(f"call-{n}") for n in range(1203)])

    found = await verify(database.reads)
    assert found.ok
    assert (found.tip.seq, found.tip.id) == (1203, recorded[-1].id)


async def test_a_long_lock_fails_the_append_and_nothing_of_it_comes_later(
    url: str, hasty: JournalWriter, database: Database
) -> None:
    """After ``JournalUnavailable`` the batch is never written; the writer recovers by itself."""
    with locked(url):
        async with asyncio.timeout(60):
            with pytest.raises(JournalUnavailable, match="database is locked"):
                await hasty.append([happening("a"), happening("a")])

    recorded = await until_written(hasty, happening("b"))
    assert 1 == recorded.seq
    assert ["b"] == await calls(database)
    assert (await verify(database.reads)).ok


async def test_an_append_inside_a_transaction_is_told_the_truth_however_late(url: str) -> None:
    """Its deadline passes while the database decides: it is not failed and then written."""
    database = await Database.open(url, busy_s=30)
    writer = await JournalWriter.open(database, site="sample", deadline_s=0.1)
    with locked(url):
        waiting = asyncio.create_task(writer.append([happening("a")]))
        await asyncio.wait([waiting], timeout=0.4)
        assert not waiting.done()

    (recorded,) = await waiting
    assert [recorded] == [each async for each in writer.read()]
    await writer.aclose()
    await database.aclose()


async def test_a_full_disk_fails_the_append_and_room_brings_it_back(
    hasty: JournalWriter, database: Database
) -> None:
    """No event is half written, and the chain holds across the trouble."""
    pages: list[int] = []

    @event.listens_for(database._appends.sync_engine, "begin")  # type: ignore[attr-defined]
    def limit(connection: object) -> None:
        if pages:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages[-1]}")  # type: ignore[attr-defined]

    await until_written(hasty, happening("before"))
    used = await ask(database.reads, lambda it: it.scalar(text("PRAGMA page_count")))
    pages.append(int(used or 0) + 2)
    with pytest.raises(JournalUnavailable, match="full"):
        await hasty.append([happening("too big")] * 500)
    pages.append(1_000_000)

    await until_written(hasty, happening("after"))
    assert ["before", "after"] == await calls(database)
    assert (await verify(database.reads)).ok


async def test_a_removed_file_is_noticed(
    url: str, hasty: JournalWriter, database: Database
) -> None:
    """Nothing is acknowledged into a file without a name; when a backup is in its place, the
    journal goes on from the backup's end.
    """
    await until_written(hasty, happening("before"))
    file, aside = file_of(url), file_of(url).with_name("aside.db")
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("VACUUM INTO ?", (str(aside),))
    await until_written(hasty, happening("after the backup"))
    for part in file.parent.glob("journal.db*"):
        if part.suffix != ".lock":
            part.unlink()

    with pytest.raises(JournalUnavailable, match=r"journal\.db is gone"):
        await hasty.append([happening("into nowhere")])
    assert not file.exists()

    aside.rename(file)
    recorded = await until_written(hasty, happening("after"))
    assert 2 == recorded.seq
    assert ["before", "after"] == await calls(database)
    assert (await verify(database.reads)).ok


async def test_too_many_waiting_appends_are_refused(url: str, database: Database) -> None:
    """The queue is bounded: beyond it an append fails at its deadline, and none of the losers is
    written.
    """
    writer = await JournalWriter.open(database, site="sample", deadline_s=0.3, queue_size=3)
    with locked(url):
        tasks = [asyncio.create_task(writer.append([happening(str(n))])) for n in range(20)]
        results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [JournalUnavailable] * 20 == [type(result) for result in results]
    assert any("too many" in str(result) for result in results)
    await until_written(writer, happening("after"))
    assert ["after"] == await calls(database)
    await writer.aclose()


async def test_an_append_that_was_cancelled_while_it_waited_is_not_written(
    url: str, writer: JournalWriter, database: Database
) -> None:
    """A caller who has gone leaves nothing in the queue."""
    with locked(url):
        blocker = asyncio.create_task(writer.append([happening("first")]))
        await asyncio.wait([blocker], timeout=0.02)
        gone = asyncio.create_task(writer.append([happening("gone")]))
        await asyncio.wait([gone], timeout=0.02)
        gone.cancel()
        await asyncio.wait([gone])

    await blocker
    assert ["first"] == await calls(database)


async def test_closing_writes_what_is_waiting(url: str, database: Database) -> None:
    """``aclose`` flushes; afterwards appends are refused."""
    writer = await JournalWriter.open(database, site="sample")
    tasks = [asyncio.create_task(writer.append([happening(str(n))])) for n in range(100)]
    await asyncio.sleep(0)
    await writer.aclose()
    await writer.aclose()

    assert 100 == len(await asyncio.gather(*tasks))
    assert 100 == len(await calls(database))
    with pytest.raises(JournalUnavailable, match="closed"):
        await writer.append([happening("late")])


async def test_what_waits_together_is_committed_together(
    writer: JournalWriter, database: Database
) -> None:
    """Group commit: a hundred appends at once need a few transactions, not a hundred."""
    commits: list[object] = []
    event.listen(database._appends.sync_engine, "commit", commits.append)  # type: ignore[attr-defined]

    await asyncio.gather(*(writer.append([happening(str(n))]) for n in range(100)))

    assert 100 == writer.progress.seq
    assert len(commits) <= 3


async def test_an_acknowledged_event_survives_a_power_loss(database: Database) -> None:
    """Appends run with a write-ahead log and ``synchronous=FULL`` (2): a commit returns after the
    disk has it.
    """
    async with database.appending() as connection:
        mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar()
        keys = (await connection.execute(text("PRAGMA foreign_keys"))).scalar()

    assert ("wal", 2, 1) == (mode, synchronous, keys)


async def test_a_write_transaction_has_the_lock_from_its_beginning(
    url: str, database: Database
) -> None:
    """What it read stays true until it writes: nobody else's write comes in between."""
    with closing(sqlite3.connect(file_of(url), timeout=0)) as other:
        for transaction in (database.appending, database.filling):
            async with transaction():
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("INSERT INTO cursors VALUES ('mine', 1)")


async def test_only_the_owner_may_read_the_files(
    url: str, writer: JournalWriter, database: Database
) -> None:
    """Callers' numbers are in them: mode 0600 for the file, its logs and its lock, 0700 for a new
    folder.
    """
    await writer.append([happening("a")])
    files = list(file_of(url).parent.iterdir())

    assert {"journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"} == {
        file.name for file in files
    }
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert 0o700 == stat.S_IMODE(file_of(url).parent.stat().st_mode)


async def test_a_file_that_others_could_read_is_closed_to_them(url: str) -> None:
    """A mode that came with a copy or a backup is put right at the start."""
    file_of(url).parent.mkdir()
    file_of(url).touch(0o644)

    database = await Database.open(url)

    assert 0o600 == stat.S_IMODE(file_of(url).stat().st_mode)
    await database.aclose()


async def test_queries_can_not_write(url: str, database: Database) -> None:
    """Neither the daemon's own reads nor another process's change anything."""
    async with reading(url) as other:
        for engine in (database.reads, other):
            with pytest.raises(JournalUnavailable, match="readonly"):
                await ask(engine, lambda it: it.execute(text("DELETE FROM events")))


async def test_a_closed_journal_can_still_be_read(url: str, database: Database) -> None:
    """Without a daemon the CLI reads all the same."""
    writer = await JournalWriter.open(database, site="sample")
    await writer.append([happening("a")])
    await writer.aclose()
    await database.aclose()
    assert not file_of(url).with_name("journal.db-wal").exists()

    async with reading(url) as engine:
        assert 1 == (await ask(engine, events_after, 0)).last_seq


async def test_errors_do_not_repeat_callers_data(database: Database) -> None:
    """A statement that fails is told without the values in it: errors go into logs."""
    bad = text("INSERT INTO no_such_table VALUES (:number)")
    with pytest.raises(OperationalError) as caught:
        async with database.filling() as connection:
            await connection.execute(bad, {"number": SAMPLE_NUMBER})

    assert "no_such_table" in str(caught.value)
    assert SAMPLE_NUMBER not in str(caught.value)


async def test_rows_of_another_version_are_skipped_and_counted(
    url: str, writer: JournalWriter, database: Database
) -> None:
    """An event from the future stops nobody."""
    await writer.append([happening("a"), happening("b"), happening("c")])
    with sqlite3.connect(file_of(url)) as other:
        other.execute("UPDATE events SET type = 'CallTeleported' WHERE seq = 2")
    other.close()

    assert [1, 3] == [recorded.seq async for recorded in writer.read()]
    assert 1 == writer.unknown


async def test_a_place_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    """A folder in the file's place gives one clear sentence."""
    (tmp_path / "journal.db").mkdir()

    with pytest.raises(JournalUnavailable, match=r"journal\.db can't be opened"):
        await Database.open(f"sqlite:///{tmp_path}/journal.db")


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """It is left as it is."""
    file = tmp_path / "journal.db"
    file.write_text("a letter to grandmother" * 100)

    with pytest.raises(JournalUnavailable, match="not a database"):
        await Database.open(f"sqlite:///{file}")
    assert file.read_text().startswith("a letter")


async def test_a_missing_journal_can_not_be_read(url: str) -> None:
    """Reading makes no file."""
    with pytest.raises(JournalUnavailable, match="there is no journal"):
        async with reading(url):
            pass
    assert not file_of(url).exists()


@pytest.mark.parametrize("other", ["sqlite://", "sqlite:///:memory:", "mysql://h/x", "no address"])
async def test_an_url_that_is_no_journal_s_is_refused(other: str) -> None:
    """A file or a PostgreSQL server; the sentence says how it is written."""
    with pytest.raises(JournalUnavailable, match="sqlite:///"):
        await Database.open(other)


@pytest.mark.parametrize("name", ["with space", "a?mode=memory", "50%20", "c#d", "hé"])
async def test_any_file_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    """A folder's name never becomes part of the connection's settings."""
    file = tmp_path / name / "journal.db"
    database = await Database.open(sqlite_url(file))
    await database.aclose()

    assert file.stat().st_size > 0
