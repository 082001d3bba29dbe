"""The blocklist as a whole: light questions that a million numbers can be asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, not_, select

from cc110.core.blocking import FOREVER, Block, is_blocked
from cc110.core.ids import Number
from cc110.journal.engine import Database, ask
from cc110.journal.schema import blocks

_ENTRY = (blocks.c.number, blocks.c.until, blocks.c.reason, blocks.c.by, blocks.c.blocked_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What the tables know of a number."""

    until: int | None
    """Expiry of the block in force as Unix time, 0 = for ever; None = no block is in force."""
    last_seq: int
    """The newest event about it."""


class ListedRow(NamedTuple):
    """A number's last block, as far as a list tells of it."""

    number: str
    until: int
    reason: str
    note: str
    owner: str
    lifted_at: datetime | None


class BlockTables:
    """Questions of the daemon and the CLI about many numbers at once."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    async def find_blocks(self, numbers: Sequence[Number]) -> Mapping[Number, Block]:
        """Those of the numbers that are on the list, in force or expired."""
        return await ask(self._database.reads, find_blocks, numbers)

    async def in_force_after(
        self, after: str, *, limit: int, now: datetime | None = None
    ) -> Sequence[tuple[Number, int]]:
        """The next numbers whose block is in force, in the order of their digits as text."""
        moment = now or datetime.now(UTC)
        return await ask(self._database.reads, in_force_after, after, limit=limit, now=moment)

    async def not_in_force_after(self, after: str, *, limit: int) -> Sequence[Number]:
        """The next numbers whose block was lifted or is over, in the same order."""
        now = datetime.now(UTC)
        return await ask(self._database.reads, not_in_force_after, after, limit=limit, now=now)

    async def states(
        self, numbers: Sequence[str], now: datetime | None = None
    ) -> Mapping[str, State]:
        """What is known of each; those that were never blocked are left out."""
        return await ask(self._database.reads, states, numbers, now=now or datetime.now(UTC))

    async def count(self) -> int:
        """How many blocks are in force."""
        return await ask(self._database.reads, count_in_force, now=datetime.now(UTC))


def find_blocks(connection: Connection, numbers: Sequence[Number]) -> dict[Number, Block]:
    """As `BlockTables.find_blocks`."""
    query = select(*_ENTRY, blocks.c.note, blocks.c.owner).where(
        blocks.c.number.in_(numbers), blocks.c.lifted_at.is_(None)
    )
    return {row.number: _block(row) for row in connection.execute(query)}


def in_force_after(
    connection: Connection, after: str, *, limit: int, now: datetime
) -> list[tuple[Number, int]]:
    """As `BlockTables.in_force_after`."""
    query = select(blocks.c.number, blocks.c.until).where(blocks.c.number > after, in_force(now))
    rows = connection.execute(query.order_by(blocks.c.number).limit(limit))
    return [(number, until) for number, until in rows]


def not_in_force_after(
    connection: Connection, after: str, *, limit: int, now: datetime
) -> list[Number]:
    """As `BlockTables.not_in_force_after`."""
    query = select(blocks.c.number).where(blocks.c.number > after, not_(in_force(now)))
    return list(connection.scalars(query.order_by(blocks.c.number).limit(limit)))


def states(connection: Connection, numbers: Sequence[str], *, now: datetime) -> dict[str, State]:
    """As `BlockTables.states`."""
    columns = (blocks.c.number, blocks.c.until, blocks.c.lifted_at, blocks.c.last_seq)
    rows = connection.execute(select(*columns).where(blocks.c.number.in_(numbers)))
    return {
        row.number: State(
            until=row.until if row.lifted_at is None and is_blocked(row.until, now) else None,
            last_seq=row.last_seq,
        )
        for row in rows
    }


def count_in_force(connection: Connection, *, now: datetime) -> int:
    """As `BlockTables.count`."""
    query = select(func.count()).select_from(blocks).where(in_force(now))
    return connection.scalar(query) or 0


def listed_after(
    connection: Connection, after: str, *, limit: int, in_force_at: datetime | None
) -> list[ListedRow]:
    """The next rows for an export.

    Args:
        connection: given by ``ask``.
        after: the last number of the page before, or the empty text.
        limit: most rows.
        in_force_at: only blocks in force at this time; None = all that ever were.
    """
    wanted = [] if in_force_at is None else [in_force(in_force_at)]
    columns = [blocks.c[name] for name in ListedRow._fields]
    query = select(*columns).where(blocks.c.number > after, *wanted)
    rows = connection.execute(query.order_by(blocks.c.number).limit(limit))
    return [ListedRow(*row) for row in rows]


def in_force(now: datetime) -> ColumnElement[bool]:
    """As ``core.blocking.is_blocked``, for a database."""
    lasting = (blocks.c.until == FOREVER) | (blocks.c.until > int(now.timestamp()))
    return blocks.c.lifted_at.is_(None) & lasting


def _block(row: Any) -> Block:
    return Block(
        number=row.number,
        until=row.until,
        reason=row.reason,
        by=row.by,
        since=row.blocked_at,
        note=row.note,
        owner=row.owner,
    )
