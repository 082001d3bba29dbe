"""What the journal tells of blocked ranges. They are few and made by hand, so there is no table of them."""

from sqlalchemy import Connection, select

from cc110.core import ranges
from cc110.core.ranges import Ranges
from cc110.journal.engine import Database, ask
from cc110.journal.schema import events
from cc110.journal.store import COLUMNS, line_from, page_of

_TYPES = tuple(kind.__name__ for kind in ranges.TOLD_BY)


def read_ranges(connection: Connection) -> Ranges:
    """The ranges as of now."""
    query = select(*COLUMNS).where(events.c.type.in_(_TYPES)).order_by(events.c.seq)
    lines = [line_from(row) for row in connection.execute(query)]
    return ranges.fold(one.event for one in page_of(lines, after=0, limit=0).events)


class RangeBook:
    """Questions about ranges to the journal itself: what was appended is known at once."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    async def ranges(self) -> Ranges:
        """All that is known of ranges."""
        return await ask(self._database.reads, read_ranges)
