"""Journal, tables and PBX side by side: the blocklist as each of them has it.

On SQLite's private temporary database, so that memory stays flat with a million numbers.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cc110.journal.blocklist import in_force_after
from cc110.journal.schema import events
from cc110.journal.scratch import scratch
from cc110.journal.store import read_tip

_PAGE: Final = 5000
_PUT: Final = "INSERT OR REPLACE INTO {} VALUES (?, ?)"
_DIFFERENT: Final = (
    "SELECT j.number, j.until, o.until FROM journal j LEFT JOIN {0} o ON o.number = j.number"
    " WHERE o.until IS NOT j.until UNION ALL"
    " SELECT o.number, NULL, o.until FROM {0} o LEFT JOIN journal j ON j.number = o.number"
    " WHERE j.number IS NULL ORDER BY 1"
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A number of which another place has something else than the journal; None = no block."""

    number: str
    journal: int | None
    there: int | str | None


class Comparison:
    """The three lists. An expired block is none."""

    def __init__(self, database: sqlite3.Connection, now: datetime) -> None:
        """Compare as of `now`."""
        self._database = database
        self._now = now
        for name in ("journal", "tables", "pbx"):
            database.execute(f"CREATE TABLE {name} (number TEXT PRIMARY KEY, until) WITHOUT ROWID")

    def take_journal(self, connection: Connection) -> None:
        """Fold the journal's own events, and copy what the tables say, both of one moment."""
        tip, after = read_tip(connection).seq, 0
        columns = (events.c.seq, events.c.type, events.c.data)
        wanted = events.c.type.in_(("NumberBlocked", "NumberUnblocked"))
        while after < tip:
            end = after + _PAGE
            place = (events.c.seq > after) & (events.c.seq <= end)
            self._fold(
                connection.execute(select(*columns).where(place, wanted).order_by(columns[0]))
            )
            after = end
        at = int(self._now.timestamp())
        self._database.execute("DELETE FROM journal WHERE until != 0 AND until <= ?", (at,))
        last = ""
        while page := in_force_after(connection, last, limit=_PAGE, now=self._now):
            self._put("tables", page)
            last = page[-1][0]

    def take_pbx(self, entries: Iterable[tuple[str, int | str]]) -> None:
        """What AstDB holds; entries that are over block nobody."""
        at = self._now.timestamp()
        self._put("pbx", (it for it in entries if not (isinstance(it[1], int) and 0 < it[1] <= at)))

    def differences(self, place: str) -> Iterator[Difference]:
        """What differs in ``tables`` or ``pbx``, by number."""
        for number, journal, there in self._database.execute(_DIFFERENT.format(place)):
            yield Difference(number=number, journal=journal, there=there)

    def count(self, place: str = "journal") -> int:
        """How many numbers a place has in force."""
        found: int = self._database.execute(f"SELECT COUNT(*) FROM {place}").fetchone()[0]
        return found

    def _put(self, place: str, entries: Iterable[Sequence[object]]) -> None:
        self._database.executemany(_PUT.format(place), entries)

    def _fold(self, rows: Iterable[Any]) -> None:
        for _, kind, data in rows:
            told = json.loads(data)
            if kind == "NumberBlocked":
                self._put("journal", [(told["number"], told["until"])])
            else:
                self._database.execute("DELETE FROM journal WHERE number = ?", (told["number"],))


@contextmanager
def comparison(now: datetime) -> Iterator[Comparison]:
    """An empty one."""
    with scratch() as database:
        yield Comparison(database, now)
