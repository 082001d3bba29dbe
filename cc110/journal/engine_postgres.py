"""The journal in PostgreSQL: for bigger sites, on a server of its own.

One session does all the writing, and holds an advisory lock of the server for as long as it lives. So
there is one writer among all machines, and a lost connection is a lost right to write: the next
session has to take the lock before anything else, and gets it only when the server has ended the
session before. What became of that one's last transaction is then certain.

Appends need ``synchronous_commit=on`` or stronger: a commit returns when the log is on the disk. Read
tables do without: a later append brings theirs along, and the journal fills them again.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cc110.journal.engine import BUSY_S, TROUBLE, Database, is_up_to_date, unavailable
from cc110.journal.lock import JournalInUse

LOCK: Final = 0xCC110_10A1
"""Which advisory lock of the database is the right to write."""
CONNECT_S: Final = 3.0
ANSWER_S: Final = 10.0
"""A server that answers no more is given up; a writer tries again with a new session."""
_TAKE: Final = f"SELECT pg_try_advisory_lock({LOCK})"
_HOLDER: Final = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    f" WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = {LOCK} AND granted"
)
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
_KEEPALIVE: Final = {"idle": "10", "interval": "5", "count": "3"}
"""A writer whose machine has died holds its lock for half a minute, not for two hours."""


class PostgresDatabase(Database):
    """A journal on a server, held by the one session that writes."""

    def __init__(self, url: str, busy_s: float) -> None:
        self._turn = asyncio.Lock()
        self._fill_turn = asyncio.Lock()
        self._appends = self._tables = _writing(url, busy_s)
        self.reads = _reading(url)

    @classmethod
    async def open(cls, url: str, *, busy_s: float = BUSY_S) -> Self:
        """As ``Database.open``."""
        database = cls(url, busy_s)
        try:
            await database._bring_up_to_date()
        except BaseException as error:
            await database.aclose()
            if isinstance(error, TROUBLE):
                raise unavailable(f"{_place(url)} can't be opened", error) from error
            raise
        return database

    @staticmethod
    def reader(url: str, *, busy_s: float) -> tuple[AsyncEngine, str]:
        """An engine for queries, and where that is in words."""
        return _reading(url), _place(url)

    @asynccontextmanager
    async def appending(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is on the server's disk when the block is left without an error.

        Raises:
            JournalInUse: our session ended, and another process writes now.
        """
        async with self._turn, self._appends.begin() as connection:
            yield connection

    @asynccontextmanager
    async def filling(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on tables that can be filled again.

        Of all who wait, an append is never behind two.
        """
        async with self._fill_turn, self._turn, self._appends.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    async def aclose(self) -> None:
        """End all sessions, and with them the right to write."""
        await self.reads.dispose()
        await self._appends.dispose()

    async def _bring_up_to_date(self) -> None:
        """The lock comes first: two daemons that start at once do not both migrate."""
        async with self._appends.connect():
            pass
        if await is_up_to_date(self.reads):
            return
        # Alembic takes half a second to load, and is seldom needed.
        from cc110.journal.migrate import upgrade

        await upgrade(self._appends)


def _place(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _writing(url: str, busy_s: float) -> AsyncEngine:
    settings = {"lock_timeout": str(int(busy_s * 1000))}
    engine = _engine(url, settings, size=1)

    @event.listens_for(engine.sync_engine, "connect")
    def take_lock(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(_TAKE)
        if not cursor.fetchone()[0]:
            cursor.execute(_HOLDER)
            holder = cursor.fetchone()
            connection.terminate()
            raise JournalInUse(
                f"{_place(url)} is already written by {holder[0] if holder else 'somebody'}"
            )
        cursor.execute(_DURABLE)
        cursor.close()

    return engine


def _reading(url: str) -> AsyncEngine:
    settings = {"default_transaction_read_only": "on"}
    # A query is not tried again by anybody, so it does not begin on a connection that has gone.
    return _engine(url, settings, size=4, isolation_level="REPEATABLE READ", pool_pre_ping=True)


def _engine(url: str, settings: dict[str, str], *, size: int, **options: Any) -> AsyncEngine:
    keepalive = {f"tcp_keepalives_{name}": value for name, value in _KEEPALIVE.items()}
    server = {"application_name": f"cc110, process {os.getpid()}", **keepalive, **settings}
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        connect_args={"timeout": CONNECT_S, "command_timeout": ANSWER_S, "server_settings": server},
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,  # callers' numbers have no place in an error or a log
        **options,
    )
