"""The blocklist out of the tables, page by page. Importing this brings the database in."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, TextIO

from sqlalchemy import Connection

from cc110.cli.csv_list import until_cell, write_list
from cc110.config.model import Config
from cc110.journal.blocklist import ListedRow, listed_after
from cc110.journal.codec import time_text
from cc110.journal.engine import ask, reading

_PAGE: Final = 5000


def export_to(file: TextIO, config: Config, *, every: bool) -> int:
    """Write the list as it is at one moment; returns the number of rows.

    Raises:
        JournalUnavailable: there is no journal, or it can't be read.
    """
    return asyncio.run(_export(file, config, every=every))


async def _export(file: TextIO, config: Config, *, every: bool) -> int:
    async with reading(config.journal_url.get_secret_value()) as engine:
        return await ask(engine, _write, file, every=every)


def _write(connection: Connection, file: TextIO, *, every: bool) -> int:
    now = None if every else datetime.now(UTC)
    rows = (_cells(row, every=every) for row in _listed(connection, now))
    return write_list(file, rows, with_lifted=every)


def _listed(connection: Connection, in_force_at: datetime | None) -> Iterator[ListedRow]:
    after = ""
    while page := listed_after(connection, after, limit=_PAGE, in_force_at=in_force_at):
        yield from page
        after = page[-1].number


def _cells(row: ListedRow, *, every: bool) -> tuple[str, ...]:
    cells = (row.number, until_cell(row.until), row.reason, row.note, row.owner)
    lifted = time_text(row.lifted_at) if row.lifted_at else ""
    return (*cells, lifted) if every else cells
