"""What is PostgreSQL's own: one writer among all machines, and connections that break."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.typing import EventDict

from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId
from cc110.journal import engine_postgres
from cc110.journal.blocks import BlocksReader
from cc110.journal.engine import Database, JournalAway, ask, reading
from cc110.journal.lock import JournalInUse
from cc110.journal.queries import events_after, get_block
from cc110.journal.readers import Readers
from cc110.journal.samples import SAMPLE_NUMBER, sample_event
from cc110.journal.verify import verify
from cc110.journal.writer import JournalWriter
from cc110.ports import JournalUnavailable
from tests.postgres import PostgresServer

pytestmark = pytest.mark.asyncio

Meddle = Callable[[str], Awaitable[None]]
END_WRITER = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks"
    " WHERE locktype = 'advisory' AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def url(postgres: PostgresServer, ready: str) -> str:
    """A database on the server."""
    return postgres.url(postgres.database(like=ready))


@pytest.fixture
def mortal(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server, for a test that stops it; it runs again afterwards."""
    yield postgres
    postgres.kill()
    postgres.start()


def happening(call: str) -> Event:
    """Any event of a call."""
    return replace(sample_event("AgentRang"), call_id=CallId(call))


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


async def test_a_second_writer_is_refused_and_told_who_has_it(url: str, database: Database) -> None:
    """Whatever machine it is on: the lock is the server's."""
    with pytest.raises(JournalInUse, match=f"already written by cc110, process {os.getpid()}"):
        await Database.open(url)

    await database.aclose()
    await (await Database.open(url)).aclose()


async def test_whoever_lost_his_session_to_another_writer_writes_no_more(
    url: str, hasty: JournalWriter, database: Database, meddle: Meddle
) -> None:
    """A lost connection is a lost right to write, until the other one lets go of it."""
    await until_written(hasty, happening("mine"))
    await meddle(END_WRITER)
    other = await Database.open(url)

    with pytest.raises(JournalUnavailable, match="already written by"):
        await hasty.append([happening("late")])

    writer = await JournalWriter.open(other, site="sample")
    await writer.append([happening("the other's")])
    await writer.aclose()
    await other.aclose()
    await until_written(hasty, happening("mine again"))
    assert ["mine", "the other's", "mine again"] == await calls(database)
    assert (await verify(database.reads)).ok


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
async def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_repeated(
    writer: JournalWriter, database: Database, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The writer looks at the chain's end before it tries again, and the caller is told the truth."""
    real, broken = writer._database.appending, list[str]()

    class Breaking:
        """A transaction whose connection breaks around its commit."""

        def __init__(self) -> None:
            self.inner = real()

        async def __aenter__(self) -> object:
            self.connection = await self.inner.__aenter__()
            return self.connection

        async def __aexit__(self, *how: object) -> None:
            if how[0] is None and not broken:
                broken.append(moment)
                if moment == "after the commit":
                    await self.inner.__aexit__(None, None, None)
                    raise ConnectionResetError("the answer to COMMIT was lost")
                error = ConnectionResetError("the connection broke in COMMIT")
                await self.inner.__aexit__(type(error), error, None)
                raise error
            await self.inner.__aexit__(*how)

    monkeypatch.setattr(writer._database, "appending", Breaking)

    recorded = await writer.append([happening("a"), happening("b")])

    assert [moment] == broken
    assert [1, 2] == [each.seq for each in recorded]
    assert ["a", "b"] == await calls(database)
    assert (await verify(database.reads)).ok


async def test_a_doubt_that_lasts_is_told_as_one(
    hasty: JournalWriter, database: Database, mortal: PostgresServer
) -> None:
    """Killed in the commit and not back: the caller learns that nobody knows; nothing comes twice."""

    @event.listens_for(database._appends.sync_engine, "commit")  # type: ignore[attr-defined]
    def die(_: object) -> None:
        mortal.kill()

    with pytest.raises(JournalUnavailable, match="not known whether"):
        await hasty.append([happening("in doubt")])
    event.remove(database._appends.sync_engine, "commit", die)  # type: ignore[attr-defined]
    mortal.start()

    await until_written(hasty, happening("after"))
    assert "after" == (await calls(database))[-1]
    assert (await verify(database.reads)).ok


async def test_the_server_may_go_and_come_back(
    hasty: JournalWriter, database: Database, mortal: PostgresServer
) -> None:
    """Stopped by its administrator, or killed: appends fail, then go on, and the chain holds."""
    await until_written(hasty, happening("before"))
    for end in (mortal.stop, mortal.kill):
        end()
        with pytest.raises(JournalUnavailable):
            await hasty.append([happening("meanwhile")])
        mortal.start()

    await until_written(hasty, happening("after"))
    assert ["before", "after"] == await calls(database)
    assert (await verify(database.reads)).ok


async def test_a_server_that_is_not_there_may_come_and_a_wrong_address_is_named(
    url: str, mortal: PostgresServer
) -> None:
    """The daemon waits for the one, and ends with a sentence for the other."""
    wrong = url.replace("/journal", "/nowhere")
    with pytest.raises(JournalUnavailable, match="does not exist") as caught:
        await Database.open(wrong)
    assert not isinstance(caught.value, JournalAway)

    mortal.stop()
    with pytest.raises(JournalAway, match="can't be opened"):
        await Database.open(url)


class Line:
    """The way to the server; it can go silent, as when a firewall forgets a connection."""

    def __init__(self) -> None:
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._pumps: list[asyncio.Task[None]] = []

    @classmethod
    @asynccontextmanager
    async def to(cls, server: PostgresServer, folder: Path) -> AsyncIterator["Line"]:
        """Listen in a folder as the server does in its own."""
        line = cls()
        name = ".s.PGSQL.5432"

        async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, on = await asyncio.open_unix_connection(str(server.folder / name))
            line._pairs.append((writer, on))
            for source, target in ((reader, on), (there, writer)):
                line._pumps.append(asyncio.create_task(line._pump(source, target)))

        listening = await asyncio.start_unix_server(begin, str(folder / name))
        try:
            yield line
        finally:
            listening.close()
            line.go_silent()
            for near, _ in line._pairs:
                near.close()
            await asyncio.gather(*line._pumps, return_exceptions=True)

    def go_silent(self) -> None:
        """Nothing more passes on what is connected now; the server learns of it, the client does not."""
        for pump in self._pumps:
            pump.cancel()
        for _, far in self._pairs:
            far.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


async def test_a_connection_that_went_silent_is_given_up_for_a_new_one(
    postgres: PostgresServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing closes it; the time-out of one statement is enough, and the writer goes on by itself."""
    monkeypatch.setattr(engine_postgres, "ANSWER_S", 0.5)
    async with Line.to(postgres, tmp_path) as line:
        database = await Database.open(url.replace(str(postgres.folder), str(tmp_path)))
        writer = await JournalWriter.open(database, site="sample", deadline_s=10)
        await writer.append([happening("before")])
        line.go_silent()

        await writer.append([happening("after")])

        await writer.aclose()
        await database.aclose()
    async with reading(url) as engine:
        page = await ask(engine, events_after, 0)
    assert ["before", "after"] == [each.event.call_id for each in page.events]


async def test_another_session_s_lock_is_waited_for_briefly(
    hasty: JournalWriter, database: Database, url: str
) -> None:
    """A table that an administrator has locked is as a locked file: the append fails in time."""
    other = create_async_engine(url)
    async with other.begin() as connection:
        await connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))
        with pytest.raises(JournalUnavailable, match="lock timeout"):
            await hasty.append([happening("meanwhile")])
    await other.dispose()

    await until_written(hasty, happening("after"))
    assert ["after"] == await calls(database)


async def test_readers_can_not_write_and_see_one_moment(
    url: str, writer: JournalWriter, database: Database
) -> None:
    """What a query reads in two steps is of one time."""
    await writer.append([happening("a")])
    async with reading(url) as engine, engine.connect() as connection:
        count = text("SELECT count(*) FROM events")
        before = (await connection.execute(count)).scalar()
        await writer.append([happening("b")])
        assert before == (await connection.execute(count)).scalar()
        with pytest.raises(JournalUnavailable, match="read-only"):
            await ask(database.reads, lambda it: it.execute(text("DELETE FROM events")))


async def test_an_empty_database_has_no_journal(postgres: PostgresServer) -> None:
    """Reading makes no table, and says where it looked."""
    with pytest.raises(JournalUnavailable, match=r"there is no journal at postgresql\+asyncpg://"):
        async with reading(postgres.url(postgres.database())):
            pass


async def test_commits_wait_for_the_server_s_disk(database: Database, meddle: Meddle) -> None:
    """Even where the server's default is not to; only what can be made again does not wait."""
    name = database.reads.url.database
    await meddle(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await meddle(END_WRITER)
    shown = text("SHOW synchronous_commit")
    for _ in range(2):  # the first finds the session ended
        try:
            async with database.appending() as connection:
                assert "on" == (await connection.execute(shown)).scalar()
        except AssertionError:
            raise
        except Exception:
            continue
    async with database.filling() as connection:
        assert "off" == (await connection.execute(shown)).scalar()
    async with database.appending() as connection:
        assert "on" == (await connection.execute(shown)).scalar()


async def test_a_nul_in_what_somebody_typed_stops_no_reader(
    writer: JournalWriter, database: Database, logged: list[EventDict]
) -> None:
    """PostgreSQL's text holds none; the tables show a sign instead, on every database."""
    blocked = sample_event("NumberBlocked")
    data = replace(blocked.data, number=SAMPLE_NUMBER, reason="before\0after")
    readers = Readers(database, writer.progress, [BlocksReader()])
    task = asyncio.create_task(readers.run())
    (recorded,) = await writer.append([replace(blocked, data=data)])
    async with asyncio.timeout(10):
        await readers.reached(recorded.seq)
    task.cancel()
    await asyncio.wait([task])

    row = await ask(database.reads, get_block, SAMPLE_NUMBER)
    assert row is not None
    assert "before\ufffdafter" == row.reason
    assert [recorded.event] == [each.event async for each in writer.read()]
