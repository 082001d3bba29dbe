"""The journal's readers: each with a cursor of its own, each to be thrown away and built again.

A table reader changes tables in the transaction that moves its cursor, so each event counts
exactly once. An effect reader reaches outside; its cursor moves afterwards, so each event comes
at least once. A reader that fails is tried again, later and later, and holds up nobody else.
"""

import asyncio
from collections.abc import Sequence
from typing import Never, Protocol, runtime_checkable

import structlog
from sqlalchemy import Connection, insert, select, update

from cc110.core.events import Recorded
from cc110.journal.engine import Database, JournalAway, ask, cause, is_away
from cc110.journal.progress import Progress
from cc110.journal.schema import cursors
from cc110.journal.store import Page, read_page

log = structlog.get_logger(__name__)

PAGE_EVENTS = 200
"""Most events in one step: small, because an append may have to wait for a step's end."""
CATCH_UP_EVENTS = 1000
"""The same for a reader that is further behind than this: an import has come, or it begins anew."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
LONGEST_AWAY_S = 1.0
"""The same while the database is away: then it is nobody's fault, and it may be back at any time."""
TABLE_SPACING_S = 0.2
EFFECT_SPACING_S = 0.1
"""Shortest time between two steps of a reader that keeps up: under load one step takes several
events.
"""


@runtime_checkable
class TableReader(Protocol):
    """Makes tables from events."""

    @property
    def name(self) -> str:
        """Its cursor's name, unique and never reused for something else."""
        ...

    def apply(self, batch: Sequence[Recorded], connection: Connection) -> None:
        """Take the next events into the tables. Never commits."""
        ...

    def clear(self, connection: Connection) -> None:
        """Empty the tables."""
        ...


@runtime_checkable
class EffectReader(Protocol):
    """Does something outside for each event."""

    @property
    def name(self) -> str:
        """Its cursor's name, unique and never reused for something else."""
        ...

    async def handle(self, recorded: Recorded) -> None:
        """Deal with the next event; it may come twice."""
        ...


@runtime_checkable
class BatchReader(EffectReader, Protocol):
    """Does something outside for several events at once."""

    async def handle_all(self, batch: Sequence[Recorded]) -> None:
        """Deal with the next events; they may come twice, and then in other batches."""
        ...


Reader = TableReader | EffectReader


class _Course:
    """One reader on its way through the journal."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.spacing_s = TABLE_SPACING_S if isinstance(reader, TableReader) else EFFECT_SPACING_S
        self.position = Progress()
        self.cursor: int | None = None
        self.is_cursor_known = False
        self.page_events = PAGE_EVENTS
        self.failures = 0
        self.is_away = False
        self.unknown = 0

    @property
    def pause_s(self) -> float:
        longest = LONGEST_AWAY_S if self.is_away else LONGEST_PAUSE_S
        return min(longest, FIRST_PAUSE_S * 2.0 ** min(self.failures - 1, 20))

    def moved(self, seq: int) -> None:
        """The cursor is at ``seq`` now, in the database as well."""
        self.cursor = seq
        self.position.reach(seq)

    def doubt(self) -> None:
        """Look the cursor up again: a rebuild or a failure came in between."""
        self.is_cursor_known = False

    def worked(self) -> None:
        """All is well: bigger pages again."""
        self.failures = 0
        self.page_events = min(PAGE_EVENTS, self.page_events * 2)

    def failed(self) -> None:
        """Pages of one event lead up to the bad one."""
        self.failures += 1
        self.page_events = 1
        self.doubt()


class Readers:
    """Runs readers behind the writer."""

    def __init__(self, database: Database, progress: Progress, readers: Sequence[Reader]) -> None:
        """``progress`` is the writer's: it wakes the readers after each commit.

        Raises:
            ValueError: two readers have the same name.
        """
        self._database = database
        self._progress = progress
        self._courses = {reader.name: _Course(reader) for reader in readers}
        self._shared: tuple[int, int, Page] | None = None
        if len(self._courses) != len(readers):
            raise ValueError("two readers have the same name")

    async def run(self) -> Never:
        """Catch up, then follow, until cancelled. No reader's failure ever ends it."""
        async with asyncio.TaskGroup() as group:
            for name, course in self._courses.items():
                group.create_task(self._follow(course), name=f"reader-{name}")
        raise AssertionError("readers never end by themselves")

    async def reached(self, seq: int, *names: str) -> None:
        """Return when the named readers, or all, have dealt with all events up to ``seq``."""
        for name in names or self._courses:
            await self._courses[name].position.beyond(seq - 1)

    @property
    def names(self) -> tuple[str, ...]:
        """All readers."""
        return tuple(self._courses)

    def position(self, *names: str) -> int:
        """Up to which event the named readers, or all, have come."""
        return min(self._courses[name].position.seq for name in names or self._courses)

    def failing(self) -> dict[str, int]:
        """Readers in trouble, with the number of failures since their last success."""
        return {name: it.failures for name, it in self._courses.items() if it.failures}

    def unknown(self) -> dict[str, int]:
        """How many events of other versions each reader has skipped."""
        return {name: course.unknown for name, course in self._courses.items()}

    async def rebuild(self, name: str) -> None:
        """Throw away what a reader made and let it begin anew; it runs on while ``run`` does.

        Raises:
            KeyError: there is no such reader.
        """
        course = self._courses[name]
        async with self._database.filling() as connection:
            await connection.run_sync(_restart, course.reader)
        course.doubt()
        course.position.reach(0)
        self._progress.wake()

    async def _follow(self, course: _Course) -> Never:
        while True:
            moved = self._progress.next_move()
            try:
                more = await self._step(course)
            except Exception as error:
                await self._failed(course, error)
                continue
            course.worked()
            if not more:
                await asyncio.sleep(course.spacing_s)
                if course.position.seq >= self._progress.seq:
                    await moved.wait()

    async def _failed(self, course: _Course, error: Exception) -> None:
        """A database that is away for long is no reason for a flood of lines: the 1st, 2nd, 4th, 8th time."""
        course.failed()
        in_tables = isinstance(course.reader, TableReader)
        course.is_away = isinstance(error, JournalAway) or (in_tables and is_away(error))
        if not course.is_away or course.failures & (course.failures - 1) == 0:
            log.error(
                "reader_failed",
                reader=course.reader.name,
                reason=cause(error),
                failures=course.failures,
                again_s=course.pause_s,
                exc_info=error if course.failures == 1 and not course.is_away else None,
            )
        await asyncio.sleep(course.pause_s)

    async def _step(self, course: _Course) -> bool:
        """Take one page; True = there may be more."""
        if not course.is_cursor_known:
            course.is_cursor_known = True
            course.cursor = await ask(self._database.reads, _read_cursor, course.reader.name)
        page = await self._next_page(course.cursor or 0, self._page_size(course))
        if page.last_seq == (course.cursor or 0):
            if course.is_cursor_known:  # else a rebuild came in between, and it is at 0
                course.position.reach(page.last_seq)
        elif isinstance(course.reader, TableReader):
            async with self._database.filling() as connection:
                moved = await connection.run_sync(_take, course.reader, page, course.cursor)
            self._skipped(course, page)
            self._moved(course, page.last_seq, moved)
        else:
            await self._handle(course, course.reader, page)
        return page.full

    def _page_size(self, course: _Course) -> int:
        behind = self._progress.seq - (course.cursor or 0)
        healthy = course.page_events == PAGE_EVENTS
        return CATCH_UP_EVENTS if healthy and behind > CATCH_UP_EVENTS else course.page_events

    async def _next_page(self, after: int, limit: int) -> Page:
        """What comes after; readers that go side by side share what one of them has read."""
        if self._shared and self._shared[:2] == (after, limit):
            return self._shared[2]
        page = await ask(self._database.reads, read_page, after=after, limit=limit)
        if page.last_seq > after:
            self._shared = (after, limit, page)
        return page

    async def _handle(self, course: _Course, reader: EffectReader, page: Page) -> None:
        """What was handled before a failure is not handled again."""
        done = before = course.cursor
        try:
            if isinstance(reader, BatchReader):
                if page.events:
                    await reader.handle_all(page.events)
            else:
                for recorded in page.events:
                    await reader.handle(recorded)
                    done = recorded.seq
            done = page.last_seq
            self._skipped(course, page)
        finally:
            if done is not None and done != before:
                async with self._database.filling() as connection:
                    moved = await connection.run_sync(_move_cursor, reader.name, before, done)
                self._moved(course, done, moved)

    def _moved(self, course: _Course, seq: int, moved: bool) -> None:
        """Where the reader is now; not ``moved`` = a rebuild came in between."""
        if moved:
            course.moved(seq)
        else:
            course.doubt()
            course.position.reach(0)

    def _skipped(self, course: _Course, page: Page) -> None:
        course.unknown += len(page.unknown)
        for reason in page.unknown:
            log.warning("event_skipped", reader=course.reader.name, reason=reason)


def _take(connection: Connection, reader: TableReader, page: Page, position: int | None) -> bool:
    moved = _move_cursor(connection, reader.name, position, page.last_seq)
    if moved:
        reader.apply(page.events, connection)
    return moved


def _read_cursor(connection: Connection, name: str) -> int | None:
    """None = the reader is new."""
    return connection.scalar(select(cursors.c.seq).where(cursors.c.name == name))


def _move_cursor(connection: Connection, name: str, old: int | None, new: int) -> bool:
    """Only from where it was read: False = a rebuild came in between, and wins."""
    if old is None:
        connection.execute(insert(cursors).values(name=name, seq=new))
        return True
    here = (cursors.c.name == name) & (cursors.c.seq == old)
    return connection.execute(update(cursors).where(here).values(seq=new)).rowcount == 1


async def start_at(database: Database, name: str, seq: int) -> None:
    """Let a reader that is new begin after ``seq``: what was before is none of its business."""

    def begin(connection: Connection) -> None:
        if _read_cursor(connection, name) is None:
            connection.execute(insert(cursors).values(name=name, seq=seq))

    async with database.filling() as connection:
        await connection.run_sync(begin)


def _restart(connection: Connection, reader: Reader) -> None:
    if isinstance(reader, TableReader):
        reader.clear(connection)
    connection.execute(update(cursors).where(cursors.c.name == reader.name).values(seq=0))
