"""The database below the journal.

All that is SQLite's own stands here; above it, Core is the same for every database.

SQLite keeps a write-ahead log, so that other processes read while the daemon writes. Appends use
``synchronous=FULL``: a commit returns when the log is on the disk (with NORMAL a power loss could
take committed events back). Read tables use NORMAL: their cursor is lost together with their
rows, and the journal, which is not lost, fills both again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cc110.journal.lock import WriterLock
from cc110.journal.schema import REVISION
from cc110.ports import JournalUnavailable

P = ParamSpec("P")
T = TypeVar("T")

BUSY_S = 0.5
"""How long one attempt waits for another process's lock; the writer tries again until its own
deadline.
"""


def sqlite_url(path: Path) -> str:
    """The URL of a journal in a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


class Database:
    """The daemon's own access to its journal: exclusive, migrated, one write transaction at a time.

    ``reads`` is an engine for queries; it can't write.
    """

    def __init__(self, path: Path, lock: WriterLock, busy_s: float) -> None:
        self._path = path
        self._lock = lock
        self._turn = asyncio.Lock()
        self._fill_turn = asyncio.Lock()
        self._appends = _writing(path, busy_s, synchronous="FULL")
        self._tables = _writing(path, busy_s, synchronous="NORMAL")
        self._identity: tuple[int, int] | None = None
        self.reads = _reading(path, busy_s)

    @classmethod
    async def open(cls, url: str, *, busy_s: float = BUSY_S) -> Self:
        """Take the writer's lock, make the file if there is none (mode 0600), and bring its
        schema up to date.

        Raises:
            JournalInUse: another process writes it.
            JournalUnavailable: it can't be opened or migrated.
        """
        path = _path(url)
        try:
            _prepare(path)
            lock = WriterLock.take(path)
        except OSError as error:
            raise JournalUnavailable(f"{path} can't be opened: {error}") from error
        database = cls(path, lock, busy_s)
        try:
            await database._bring_up_to_date()
        except BaseException as error:
            await database.aclose()
            if isinstance(error, SQLAlchemyError):
                raise JournalUnavailable(f"{path} can't be opened: {cause(error)}") from error
            raise
        return database

    @asynccontextmanager
    async def appending(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is on the disk when the block is left without an error.

        Raises:
            JournalUnavailable: the file was removed or replaced under our feet.
        """
        async with self._turn:
            self._identity = self._identity or self._identify()
            async with self._appends.begin() as connection:
                yield connection
            await self._check_in_place()

    @asynccontextmanager
    async def filling(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on tables that can be filled again.

        Of all who wait, an append is never behind two.
        """
        async with self._fill_turn, self._turn, self._tables.begin() as connection:
            yield connection

    async def aclose(self) -> None:
        """Close everything and let go of the writer's lock."""
        await self._dispose()
        self._lock.release()

    async def _bring_up_to_date(self) -> None:
        with suppress(JournalUnavailable):  # a new file has no revision
            if await ask(self.reads, _revision) == REVISION:
                return
        # Alembic takes half a second to load, and is seldom needed.
        from cc110.journal.migrate import upgrade

        await upgrade(self._appends)

    async def _check_in_place(self) -> None:
        """SQLite goes on writing into a file that has no name any more, and tells nobody."""
        before, self._identity = self._identity, None
        try:
            now = self._identify()
            if now != before:
                raise JournalUnavailable(f"{self._path} was replaced")
        except JournalUnavailable:
            await self._dispose()
            raise
        self._identity = now

    def _identify(self) -> tuple[int, int]:
        """Which file has our name now."""
        try:
            found = self._path.stat()
        except OSError as error:
            raise JournalUnavailable(f"{self._path} is gone: {error.strerror}") from error
        return found.st_dev, found.st_ino

    async def _dispose(self) -> None:
        """A writing engine goes last: only it can bring the log into the file and remove it."""
        for engine in (self.reads, self._tables, self._appends):
            await engine.dispose()


@asynccontextmanager
async def reading(url: str, *, busy_s: float = BUSY_S) -> AsyncIterator[AsyncEngine]:
    """An engine for queries from any process, while the daemon writes or not. It can't write.

    Raises:
        JournalUnavailable: there is no journal, or its schema is another version's.
    """
    path = _path(url)
    if not path.is_file():
        raise JournalUnavailable(f"there is no journal at {path}")
    engine = _reading(path, busy_s)
    try:
        await _check_revision(engine, path)
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
        JournalUnavailable: the database can't be read.
    """
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda it: query(it, *args, **kwargs))
    except SQLAlchemyError as error:
        raise JournalUnavailable(f"the journal can't be read: {cause(error)}") from error


def cause(error: BaseException) -> str:
    """What the database driver said, without SQLAlchemy's additions."""
    return str(getattr(error, "orig", None) or error)


def _path(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or ":memory:" in url:
        raise JournalUnavailable(
            "this version keeps the journal in SQLite: sqlite:////absolute/path/of/file.db"
        )
    return Path(parsed.database)


def _prepare(path: Path) -> None:
    """The log files that SQLite puts beside the file take over its mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _writing(path: Path, busy_s: float, *, synchronous: str) -> AsyncEngine:
    """IMMEDIATE takes the write lock at once: a transaction that has begun never fails for
    another's lock.
    """
    pragmas = ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON")
    return _engine(path, "rw", busy_s, pragmas, begin="BEGIN IMMEDIATE", size=1)


def _reading(path: Path, busy_s: float) -> AsyncEngine:
    return _engine(path, "ro", busy_s, ("query_only=ON",), begin="BEGIN", size=4)


def _engine(
    path: Path, mode: str, busy_s: float, pragmas: tuple[str, ...], *, begin: str, size: int
) -> AsyncEngine:
    engine = create_async_engine(
        URL.create(
            "sqlite+aiosqlite",
            database=f"file:{quote(str(path))}",
            query={"mode": mode, "uri": "true"},
        ),
        pool_size=size,
        pool_reset_on_return=None,  # each transaction here ends by itself
        max_overflow=0,
        hide_parameters=True,  # callers' numbers have no place in an error or a log
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver's own, late BEGIN is off
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={int(busy_s * 1000)}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _revision(connection: Connection) -> str | None:
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def _check_revision(engine: AsyncEngine, path: Path) -> None:
    try:
        found = await ask(engine, _revision)
    except JournalUnavailable as error:
        raise JournalUnavailable(f"{path} is not a journal, or damaged: {error}") from error
    if found != REVISION:
        raise JournalUnavailable(
            f"{path} has schema {found}, this version of cc110 needs {REVISION}: restart the daemon"
        )
