"""A journal on the disk, and its parts, for one test each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from structlog.typing import EventDict

from cc110.journal.engine import Database, sqlite_url
from cc110.journal.writer import JournalWriter


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """What was logged so far."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the test's journal is; its folder does not exist yet."""
    return sqlite_url(tmp_path / "var" / "journal.db")


@pytest_asyncio.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The journal's database, opened for writing; it waits only briefly for locks."""
    database = await Database.open(url, busy_s=0.05)
    yield database
    await database.aclose()


@pytest_asyncio.fixture
async def writer(database: Database) -> AsyncIterator[JournalWriter]:
    """The journal's writer, with a deadline that no test comes to."""
    writer = await JournalWriter.open(database, site="sample", deadline_s=60)
    yield writer
    await writer.aclose()


@pytest_asyncio.fixture
async def hasty(database: Database) -> AsyncIterator[JournalWriter]:
    """The journal's writer, with a short deadline."""
    writer = await JournalWriter.open(database, site="sample", deadline_s=0.3)
    yield writer
    await writer.aclose()
