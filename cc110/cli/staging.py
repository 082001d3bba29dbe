"""Rows on their way, on the disk: memory stays flat, whatever the file has."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cc110.core.ids import Number
from cc110.core.importing import Listed
from cc110.journal.scratch import scratch

_CHUNK: Final = 5000
_TABLE: Final = (
    "CREATE TABLE listed (line INTEGER PRIMARY KEY, number TEXT, until INTEGER, reason TEXT,"
    " note TEXT, owner TEXT)"
)
_REPEATED: Final = (
    "SELECT line, number, (SELECT MIN(line) FROM listed WHERE number = one.number) AS first"
    " FROM listed AS one WHERE line > first ORDER BY line"
)
_UNIQUE: Final = (
    "SELECT number, until, reason, note, owner FROM listed AS one"
    " WHERE line = (SELECT MIN(line) FROM listed WHERE number = one.number) ORDER BY line"
)


class Staging:
    """A list that was read once and is good."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use this empty database."""
        self._database = connection
        self._waiting: list[tuple[object, ...]] = []
        self._database.execute(_TABLE)

    def add(self, line: int, row: Listed) -> None:
        """Keep a row."""
        self._waiting.append((line, row.number, row.until, row.reason, row.note, row.owner))
        if len(self._waiting) >= _CHUNK:
            self._flush()

    def complete(self) -> None:
        """No more rows come."""
        self._flush()
        self._database.execute("CREATE INDEX of_number ON listed (number, line)")

    def repeated(self) -> Iterator[tuple[int, str, int]]:
        """Rows whose number an earlier one has: line, number, the first line."""
        yield from self._database.execute(_REPEATED)

    def batches(self, size: int) -> Iterator[Sequence[Listed]]:
        """The first row of each number, in the order of the file."""
        cursor = self._database.execute(_UNIQUE)
        while rows := cursor.fetchmany(size):
            yield [_listed(*row) for row in rows]

    def _flush(self) -> None:
        self._database.executemany("INSERT INTO listed VALUES (?,?,?,?,?,?)", self._waiting)
        self._waiting.clear()


@contextmanager
def staging() -> Iterator[Staging]:
    """An empty place for a list."""
    with scratch() as database:
        yield Staging(database)


def _listed(
    number: str, until: int | None, reason: str | None, note: str | None, owner: str | None
) -> Listed:
    return Listed(number=Number(number), until=until, reason=reason, note=note, owner=owner)
