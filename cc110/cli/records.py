"""The journal, read for one command. Importing this brings the database in."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Column, Connection, Table, select

from cc110.config.model import Config
from cc110.core.events import Recorded
from cc110.journal import queries
from cc110.journal.codec import time_text
from cc110.journal.engine import ask, reading
from cc110.journal.rows import BlockRow, CallStory, CaseRow
from cc110.journal.schema import calls, cases, cursors, events
from cc110.journal.store import read_tip
from cc110.ports import Cc110Error

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 1000


class NotFound(Cc110Error):
    """There is no such thing in the journal."""


class Ambiguous(Cc110Error):
    """The short id fits more than one."""


def asked(
    config: Config,
    query: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """The answer to one query.

    Raises:
        JournalUnavailable: there is no journal, or it can't be read.
    """
    return asyncio.run(_asked(config, query, *args, **kwargs))


async def _asked(
    config: Config,
    query: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    async with reading(config.journal_url.get_secret_value()) as engine:
        return await ask(engine, query, *args, **kwargs)


def call_id(connection: Connection, wanted: str) -> str:
    """The id of a call that is named by its id or its short id.

    Raises:
        NotFound, Ambiguous: none or several have it.
    """
    return _the_one(connection, calls, calls.c.call_id, wanted, "call")


def case_id(connection: Connection, wanted: str) -> str:
    """The id of a case, named by its id, its short id, or the id of its call.

    Raises:
        NotFound, Ambiguous: none or several have it.
    """
    return _the_one(connection, cases, cases.c.case_id, wanted.removeprefix("K-"), "case")


def _the_one(
    connection: Connection, table: Table, column: Column[str], wanted: str, kind: str
) -> str:
    """A short id is the end of an id, from a hyphen on."""
    fits = (column == wanted) | column.endswith(f"-{wanted}", autoescape=True)
    newest = table.c.first_seq.desc()
    found = connection.scalars(select(column).where(fits).order_by(newest).limit(2)).all()
    if not wanted or not found:
        raise NotFound(f"there is no {kind} {wanted!r} in the journal")
    if len(found) > 1 and wanted not in found:
        raise Ambiguous(f"{wanted} fits more than one {kind}, among them {' and '.join(found)}")
    return wanted if wanted in found else found[0]


def story(connection: Connection, wanted: str) -> CallStory:
    """A call with all its events.

    Raises:
        NotFound, Ambiguous: none or several have that id.
    """
    found = queries.get_call(connection, call_id(connection, wanted))
    if found is None:
        raise NotFound(f"there is no call {wanted} in the journal")
    return found


def case_story(connection: Connection, wanted: str) -> tuple[CaseRow, tuple[Recorded, ...]]:
    """A case with all events of its call.

    Raises:
        NotFound, Ambiguous: none or several have that id.
    """
    found = queries.get_case(connection, case_id(connection, wanted))
    if found is None:
        raise NotFound(f"there is no case {wanted} in the journal")
    its_call = queries.get_call(connection, found.call_id) if found.call_id else None
    return found, its_call.events if its_call else ()


def block_pages(
    config: Config, *, limit: int | None, after: str | None, **wanted: Any
) -> Iterator[Sequence[BlockRow]]:
    """The blocklist page by page, so that a long list needs no more memory than a short one.

    Raises:
        JournalUnavailable: there is no journal, or it can't be read.
    """
    while limit is None or limit > 0:
        size = _PAGE if limit is None else min(limit, _PAGE)
        page = asked(config, queries.list_blocks, limit=size, after=after, **wanted)
        yield page
        if len(page) < size:
            return
        after = page[-1].number
        limit = None if limit is None else limit - size


def reached(connection: Connection, reader: str) -> int:
    """The last event that a reader of the journal has dealt with; 0 = none."""
    where = cursors.c.name == reader
    return connection.scalar(select(cursors.c.seq).where(where)) or 0


def tip_of(connection: Connection) -> int:
    """The seq of the newest event; 0 = none."""
    return read_tip(connection).seq


def start_of(connection: Connection, since: datetime | None) -> int:
    """The seq after which to follow: from a time on, or None = from now on."""
    tip = tip_of(connection)
    if since is None:
        return tip
    query = select(events.c.seq).where(events.c.at >= time_text(since))
    first = connection.scalar(query.order_by(events.c.seq).limit(1))
    return tip if first is None else first - 1
