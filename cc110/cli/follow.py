"""The journal as it grows. Importing this brings the database in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from cc110.cli import records
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.journal.store import Page
from cc110.ports import JournalUnavailable

POLL_S: Final = 0.2


async def pages(
    url: str, *, since: datetime | None, from_start: bool, call_id: str | None
) -> AsyncIterator[Page | JournalUnavailable]:
    """New events page by page, for ever; or why there are none for the moment.

    The daemon need not run. A journal that is not there yet is waited for, and then read from its
    beginning, as is one that was put in the place of another.

    Args:
        url: the journal's.
        since: events from this time on; None = from now on.
        from_start: all events; comes before `since`.
        call_id: only those of one call.
    """
    position = 0 if from_start else None
    while True:
        was_there = _file(url).is_file()
        try:
            async with reading(url) as engine:
                if position is None:
                    position = await ask(engine, records.start_of, since)
                async for page in _tail(engine, _file(url), position, call_id):
                    position = page.last_seq
                    yield page
            position = 0
        except JournalUnavailable as reason:
            yield reason
            position = position if was_there else 0
        await asyncio.sleep(POLL_S)


async def _tail(
    engine: AsyncEngine, file: Path, position: int, call_id: str | None
) -> AsyncIterator[Page]:
    """Until the file is another one, or can't be read."""
    began = _identity(file)
    while _identity(file) == began:
        page = await ask(engine, queries.events_after, position, call_id=call_id)
        if page.last_seq > position:
            position = page.last_seq
            yield page
        if not page.full:
            await asyncio.sleep(POLL_S)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def call_named(url: str, wanted: str) -> str:
    """The id of a call that is named by its id or its short id.

    Raises:
        NotFound, Ambiguous: none or several have it.
        JournalUnavailable: there is no journal.
    """
    async with reading(url) as engine:
        return await ask(engine, records.call_id, wanted)
