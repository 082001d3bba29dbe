"""The journal in SQLite: a file of one machine.

SQLite keeps a write-ahead log, so that other processes read while the daemon writes. Appends use
``synchronous=FULL``: a commit returns when the log is on the disk (with NORMAL a power loss could
take committed events back). Read tables use NORMAL: their cursor is lost together with their
rows, and the journal, which is not lost, fills both again.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cc110.journal.engine import (
    BUSY_S,
    TROUBLE,
    Database,
    JournalAway,
    is_up_to_date,
    unavailable,
)
from cc110.journal.lock import WriterLock
from cc110.ports import JournalUnavailable

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class SqliteDatabase(Database):
    """A journal's file, held by the lock of the file beside it."""

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
        """As ``Database.open``."""
        path = _path(url)
        try:
            _prepare(path)
            lock = WriterLock.take(path)
        except OSError as error:
            kind = JournalAway if error.errno in _NO_ROOM else JournalUnavailable
            raise kind(f"{path} can't be opened: {error}") from error
        database = cls(path, lock, busy_s)
        try:
            await database._bring_up_to_date()
        except BaseException as error:
            await database.aclose()
            if isinstance(error, TROUBLE):
                raise unavailable(f"{path} can't be opened", error) from error
            raise
        return database

    @staticmethod
    def reader(url: str, *, busy_s: float) -> tuple[AsyncEngine, str]:
        """An engine for queries, and where that is in words.

        Raises:
            JournalUnavailable: there is no journal.
        """
        path = _path(url)
        if not path.is_file():
            raise JournalUnavailable(f"there is no journal at {path}")
        return _reading(path, busy_s), str(path)

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
        if await is_up_to_date(self.reads):
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


def _path(url: str) -> Path:
    parsed = make_url(url)
    if not parsed.database or ":memory:" in url:
        raise JournalUnavailable("a journal is a file: sqlite:////absolute/path/of/file.db")
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
        pool_use_lifo=True,  # each connection keeps pages and statements of its own: few are used, many only at need
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
