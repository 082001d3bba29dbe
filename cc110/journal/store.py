"""Rows of ``events``: the only place that reads and writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect, bindparam, delete, insert, select, update

from cc110.core.events import Recorded
from cc110.journal.chain import Link, Tip
from cc110.journal.codec import Line, UnknownEvent, recorded_of
from cc110.journal.schema import cursors, events
from cc110.ports import SpoolMark

_NAMES = [field.name for field in fields(Line)]
COLUMNS = [events.c[name] for name in _NAMES]
"""What a line is read from."""
_VALUES = attrgetter(*_NAMES)
_PAGE = (
    select(*COLUMNS)
    .where(events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
"""Built once: it is asked several times a second."""
_ROWS = 500
"""Events in one statement for SQLite, which takes 32,766 values in one (since 3.32; 999 before)."""
_SPOOL = "spool:"
"""What the cursors of the spool's parts begin with."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some events in order."""

    events: tuple[Recorded, ...]
    last_seq: int
    """Where to go on, known or not: the seq of the last row looked at."""
    unknown: tuple[str, ...]
    """Why rows were skipped: one sentence for each event that this version doesn't know."""
    full: bool
    """True when the limit was reached: there may be more."""


def read_tip(connection: Connection) -> Tip:
    """The end of the chain."""
    columns = (events.c.seq, events.c.id, events.c.hash)
    row = connection.execute(select(*columns).order_by(events.c.seq.desc()).limit(1)).first()
    return Tip() if row is None else Tip(seq=row.seq, id=row.id, hash=row.hash)


def write_links(connection: Connection, links: list[Link]) -> None:
    """Append rows; the writer's transaction makes them durable together."""
    statement = _insertion(connection.dialect)
    rows = [_row(link) for link in links]
    if connection.dialect.name == "sqlite":
        many = _insertion_of(connection.dialect, _ROWS)
        while len(rows) >= _ROWS:
            connection.exec_driver_sql(many, tuple(chain.from_iterable(rows[:_ROWS])))
            del rows[:_ROWS]
    if rows:
        connection.exec_driver_sql(statement, rows)


def read_mark(connection: Connection, part: str) -> int:
    """How far a part of the spool is in the journal; 0 = nothing of it."""
    where = cursors.c.name == _SPOOL + part
    return connection.scalar(select(cursors.c.seq).where(where)) or 0


def write_mark(connection: Connection, mark: SpoolMark) -> None:
    """In the transaction of the events that it speaks of."""
    name = _SPOOL + mark.part
    moved = update(cursors).where(cursors.c.name == name).values(seq=mark.number)
    if not connection.execute(moved).rowcount:
        connection.execute(insert(cursors).values(name=name, seq=mark.number))
    if mark.gone:
        gone = [_SPOOL + part for part in mark.gone]
        connection.execute(delete(cursors).where(cursors.c.name.in_(gone)))


@cache
def _insertion(dialect: Dialect) -> str:
    """The statement as the driver takes it, with the table's columns in their order: for bulk,
    SQLAlchemy's own way from names to places costs as much as the database does.
    """
    compiled = insert(events).compile(dialect=dialect)
    if compiled.positiontup != [column.name for column in events.columns]:
        raise TypeError(f"{dialect.name} takes no parameters by place in the table's order")
    return str(compiled)


@cache
def _insertion_of(dialect: Dialect, rows: int) -> str:
    """The same for so many rows in one statement: SQLite takes them in half the time, and lets go of
    Python's lock once instead of for each, so that whoever prepares the next ones is not held up.
    """
    head, values, places = _insertion(dialect).partition(" VALUES ")
    return head + values + ", ".join([places] * rows)


def read_page(
    connection: Connection, *, after: int, limit: int, call_id: str | None = None
) -> Page:
    """Events with ``seq > after``; those of an unknown kind are skipped and named."""
    query, wanted = _PAGE, {"after": after, "limit": limit}
    if call_id is not None:
        query = _PAGE.where(events.c.call_id == call_id)
    rows = connection.execute(query, wanted)
    return page_of([line_from(row) for row in rows], after=after, limit=limit)


def page_of(lines: list[Line], *, after: int, limit: int) -> Page:
    """The typed events of some lines."""
    known: list[Recorded] = []
    unknown: list[str] = []
    for line in lines:
        try:
            known.append(recorded_of(line))
        except UnknownEvent as error:
            unknown.append(str(error))
    return Page(
        events=tuple(known),
        last_seq=lines[-1].seq if lines else after,
        unknown=tuple(unknown),
        full=len(lines) == limit,
    )


def read_links(connection: Connection, *, after: int, limit: int) -> list[Link]:
    """Rows as they are, for those who check the chain."""
    query = select(*COLUMNS, events.c.prev_hash, events.c.hash).order_by(events.c.seq)
    rows = connection.execute(query.where(events.c.seq > after).limit(limit))
    return [_link(*row) for row in rows]


def _link(*row: Any) -> Link:
    *line, prev_hash, hash_ = row
    return Link(line=line_from(line), prev_hash=prev_hash, hash=hash_)


def line_from(values: Sequence[Any]) -> Line:
    """The line of a row of ``COLUMNS``."""
    id_, seq, at, site, call_id, case_id, type_, v, data = values
    return Line(
        id=id_,
        seq=seq,
        at=at,
        site=site,
        call_id=call_id,
        case_id=case_id,
        type=type_,
        v=v,
        data=data,
    )


def _row(link: Link) -> tuple[Any, ...]:
    id_, seq, *rest = _VALUES(link.line)
    return (seq, id_, *rest, link.prev_hash, link.hash)
