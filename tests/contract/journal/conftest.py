"""A journal in each database, and its parts, for one test each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import make_url
from structlog.typing import EventDict

from cc110.journal.engine import Database, sqlite_url
from cc110.journal.writer import JournalWriter
from tests.postgres import NoServer, PostgresServer

Meddle = Callable[[str], Awaitable[None]]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """What was logged so far."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    try:
        server = PostgresServer.create()
    except NoServer as error:
        pytest.skip(str(error))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def ready(postgres: PostgresServer) -> str:
    """A database with the tables in it, to be copied: that is faster than to migrate each."""
    name = postgres.database()

    async def migrate() -> None:
        await (await Database.open(postgres.url(name))).aclose()

    asyncio.run(migrate())
    return name


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's journal is: a file whose folder does not exist yet, or a server's database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "var" / "journal.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url(server.database(like=request.getfixturevalue("ready")))


@pytest_asyncio.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The journal's database, opened for writing; it waits only briefly for locks."""
    database = await Database.open(url, busy_s=0.05)
    yield database
    await database.aclose()


@pytest_asyncio.fixture
async def writer(database: Database) -> AsyncIterator[JournalWriter]:
    """The journal's writer, with a deadline that no test comes to."""
    writer = await JournalWriter.open(database, site="sample", deadline_s=60)
    yield writer
    await writer.aclose()


@pytest_asyncio.fixture
async def hasty(database: Database) -> AsyncIterator[JournalWriter]:
    """The journal's writer, with a short deadline."""
    writer = await JournalWriter.open(database, site="sample", deadline_s=0.3)
    yield writer
    await writer.aclose()


@pytest.fixture
def meddle(url: str) -> Meddle:
    """What somebody with the file or the server in his hands can do: one statement."""

    async def do(statement: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            with closing(sqlite3.connect(parsed.database or "")) as other, other:
                other.execute(statement)
            return
        connection = await asyncpg.connect(
            host=str(parsed.query["host"]), user="cc110", database=parsed.database
        )
        await connection.execute(statement)
        await connection.close()

    return do
