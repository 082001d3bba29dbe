"""The database below the journal.

What every database has in common stands here; what is SQLite's own in ``engine_sqlite``, what is
PostgreSQL's own in ``engine_postgres``. Only the one that a site uses is loaded.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cc110.journal.schema import REVISION
from cc110.ports import JournalUnavailable

if TYPE_CHECKING:
    from cc110.journal.engine_postgres import PostgresDatabase
    from cc110.journal.engine_sqlite import SqliteDatabase

P = ParamSpec("P")
T = TypeVar("T")

BUSY_S = 0.5
"""How long one attempt waits for another process's lock; the writer tries again until its own
deadline.
"""
TROUBLE = (SQLAlchemyError, OSError)
"""What a database in trouble raises; a time-out is an OSError as well."""
_PASSING = (OperationalError, InterfaceError, InternalError, OSError)


class JournalAway(JournalUnavailable):
    """The journal's database is locked, full or not there; it may come back by itself."""


def sqlite_url(path: Path) -> str:
    """The URL of a journal in a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


class Database(ABC):
    """The daemon's own access to its journal: exclusive, migrated, one write transaction at a time."""

    reads: AsyncEngine
    """For queries; it can't write, and each transaction sees one moment."""

    @classmethod
    async def open(cls, url: str, *, busy_s: float = BUSY_S) -> "Database":
        """Take the right to write, and bring the schema up to date; SQLite's file is made if there
        is none (mode 0600).

        Raises:
            JournalInUse: another process writes it.
            JournalAway: not now; it may be had later.
            JournalUnavailable: it can't be opened or migrated.
        """
        return await _kind(url).open(url, busy_s=busy_s)

    @abstractmethod
    def appending(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that is on the disk when the block is left without an error.

        Raises:
            JournalUnavailable: the right to write, or what we wrote into, was lost.
        """

    @abstractmethod
    def filling(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction on tables that can be filled again.

        Of all who wait, an append is never behind two.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close everything and let go of the right to write."""


@asynccontextmanager
async def reading(url: str, *, busy_s: float = BUSY_S) -> AsyncIterator[AsyncEngine]:
    """An engine for queries from any process, while the daemon writes or not. It can't write.

    Raises:
        JournalUnavailable: there is no journal, or its schema is another version's.
    """
    engine, place = _kind(url).reader(url, busy_s=busy_s)
    try:
        await _check_revision(engine, place)
        yield engine
    finally:
        await engine.dispose()


async def ask(
    engine: AsyncEngine,
    query: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run one of ``queries`` in a transaction of its own, so that all it reads is of one moment.

    Raises:
        JournalAway: not now; it may be had later.
        JournalUnavailable: the database can't be read.
    """
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda it: query(it, *args, **kwargs))
    except TROUBLE as error:
        raise unavailable("the journal can't be read", error) from error


def cause(error: BaseException) -> str:
    """What the database driver said, without SQLAlchemy's additions and the driver's class."""
    said = str(getattr(error, "orig", None) or error) or type(error).__name__
    return said.removeprefix(said[: said.find(">: ") + 3]) if said.startswith("<class ") else said


def is_away(error: BaseException) -> bool:
    """True = the database is locked, full or not there, and may come back by itself."""
    return isinstance(error, (*_PASSING, JournalAway))


def unavailable(what: str, error: BaseException) -> JournalUnavailable:
    """The error to raise for what a database raised."""
    kind = JournalAway if is_away(error) else JournalUnavailable
    return kind(f"{what}: {cause(error)}")


def revision(connection: Connection) -> str | None:
    """The schema's revision."""
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def is_up_to_date(engine: AsyncEngine) -> bool:
    """False = the schema is an older one, or there is none.

    Raises:
        JournalAway: not now; it may be had later.
    """
    try:
        return await ask(engine, revision) == REVISION
    except JournalUnavailable as error:
        if isinstance(error, JournalAway) and "no such table" not in str(error):
            raise
        return False


async def _check_revision(engine: AsyncEngine, place: str) -> None:
    try:
        found = await ask(engine, revision)
    except JournalUnavailable as error:
        raise JournalUnavailable(_unread(place, error)) from error
    if found != REVISION:
        raise JournalUnavailable(
            f"{place} has schema {found}, this version of cc110 needs {REVISION}: restart the daemon"
        )


def _unread(place: str, error: JournalUnavailable) -> str:
    if 'relation "alembic_version" does not exist' in str(error):
        return f"there is no journal at {place}"
    return f"{place} is not a journal, or damaged, or does not answer: {error}"


def _kind(url: str) -> "type[SqliteDatabase | PostgresDatabase]":
    """Which database an address is for. Only its driver is loaded."""
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError:
        name = ""
    if name == "sqlite":
        from cc110.journal.engine_sqlite import SqliteDatabase

        return SqliteDatabase
    if name == "postgresql":
        from cc110.journal.engine_postgres import PostgresDatabase

        return PostgresDatabase
    raise JournalUnavailable(
        "the journal is kept in SQLite (sqlite:////absolute/path/of/file.db) or in PostgreSQL "
        "(postgresql+asyncpg://user@host/database)"
    )
