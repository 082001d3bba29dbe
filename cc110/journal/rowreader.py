"""The common part of the table readers: fold each event into the one row that it is about."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from cc110.core.events import Recorded

Row = dict[str, Any]
"""A row by column name."""


class RowReader(ABC):
    """A table reader with one row per key.

    Loads and saves whole pages, so that catching up is fast.
    """

    name: ClassVar[str]
    table: ClassVar[Table]
    key: ClassVar[str]
    """The primary key's column."""

    @abstractmethod
    def key_of(self, recorded: Recorded) -> str | None:
        """Which row the event is about; None = none of this table."""

    @abstractmethod
    def fold(self, row: Row | None, recorded: Recorded) -> Row | None:
        """The row after the event; None = there is still none. Pure."""

    def apply(self, batch: Sequence[Recorded], connection: Connection) -> None:
        """Fold events into rows and save those that were touched."""
        about = [(key, recorded) for recorded in batch if (key := self.key_of(recorded))]
        before = self._load(connection, {key for key, _ in about})
        after = dict(before)
        for key, recorded in about:
            if (row := self.fold(after.get(key), recorded)) is not None:
                after[key] = {name: _storable(value) for name, value in row.items()}
        self._insert(connection, [row for key, row in after.items() if key not in before])
        self._update(connection, [row for key, row in after.items() if key in before])

    def clear(self, connection: Connection) -> None:
        """Empty the table."""
        connection.execute(delete(self.table))

    def _load(self, connection: Connection, keys: Iterable[str]) -> dict[str, Row]:
        query = select(self.table).where(self.table.c[self.key].in_(list(keys)))
        rows = connection.execute(query).mappings()
        return {row[self.key]: dict(row) for row in rows}

    def _insert(self, connection: Connection, rows: list[Row]) -> None:
        if rows:
            connection.execute(insert(self.table), rows)

    def _update(self, connection: Connection, rows: list[Row]) -> None:
        if not rows:
            return
        statement = update(self.table).where(self.table.c[self.key] == bindparam("of_key"))
        connection.execute(statement, [_renamed(row, self.key) for row in rows])


def _storable(value: Any) -> Any:
    """Text as any database takes it: PostgreSQL's holds no NUL."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


def _renamed(row: Row, key: str) -> Row:
    return {("of_key" if name == key else name): value for name, value in row.items()}
