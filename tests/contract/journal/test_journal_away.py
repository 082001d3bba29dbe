"""The journal is away for a while, and the daemon is not: S11 without a PBX, on each database."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url
from structlog.typing import EventDict

from cc110.core.events import Event, PbxLost
from cc110.journal.engine import Database, ask
from cc110.journal.memory import MemoryJournal
from cc110.journal.queries import events_after
from cc110.journal.samples import sample_event
from cc110.journal.spool import SpoolFolder
from cc110.journal.verify import verify
from cc110.journal.writer import JournalWriter
from cc110.ports import Journal
from cc110.service import outbox as outbox_module
from cc110.service.outbox import Outbox
from tests.postgres import PostgresServer

Away = Callable[[], AbstractContextManager[None]]
MEGABYTE = 1 << 20


@pytest.fixture
def away(url: str, request: pytest.FixtureRequest) -> Away:
    """SQLite's file is locked by somebody else; PostgreSQL's server is stopped."""

    @contextmanager
    def locked() -> Iterator[None]:
        other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()

    @contextmanager
    def stopped() -> Iterator[None]:
        server: PostgresServer = request.getfixturevalue("postgres")
        server.stop()
        try:
            yield
        finally:
            server.start()

    return locked if url.startswith("sqlite") else stopped


def event(number: int) -> Event:
    """An event that says its number."""
    return replace(sample_event("PbxLost"), data=PbxLost(reason=str(number)))


@asynccontextmanager
async def running(journal: Journal, spool: SpoolFolder) -> AsyncIterator[Outbox]:
    """An outbox at work; its end is as sudden as the process's."""
    outbox = Outbox(journal, spool)
    task = asyncio.create_task(outbox.run())
    yield outbox
    task.cancel()
    await asyncio.wait([task])


async def spooled(outbox: Outbox, spool: SpoolFolder, number: int) -> None:
    """Return when the spool has so many."""
    async with asyncio.timeout(20):
        while (number, number) != (len(spool), len(outbox)):
            await asyncio.sleep(0.01)


def let_go(spool: SpoolFolder) -> None:
    """The end of the process, as the files see it."""
    os.close(spool._lock)
    for file in spool._files():
        os.close(file._descriptor)


async def numbers(database: Database) -> Sequence[int]:
    """The events in the journal, in order."""
    page = await ask(database.reads, events_after, 0, limit=100_000)
    data = [recorded.event.data for recorded in page.events]
    return [int(each.reason) for each in data if isinstance(each, PbxLost)]


async def test_s11_what_waits_is_journaled_once_over_a_killed_daemon_and_in_order(
    hasty: JournalWriter, database: Database, away: Away, tmp_path: Path
) -> None:
    """Away while events come, while the daemon is killed, and while the next one takes more."""
    first = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)
    async with running(hasty, first) as outbox:
        outbox.put([event(n) for n in range(10)])
        await outbox.drained()
        with away():
            outbox.put([event(n) for n in range(10, 1000)])
            await spooled(outbox, first, 990)
            let_go(first)
            second = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)
            async with running(hasty, second) as after:
                after.put([event(n) for n in range(1000, 1500)])
                await spooled(after, second, 1490)
    async with running(hasty, second) as after, asyncio.timeout(30):
        await after.drained()
    second.close()

    assert list(range(1500)) == await numbers(database)
    assert (await verify(database.reads)).ok


async def test_a_part_that_the_journal_has_half_of_is_gone_on_with_behind_its_mark(
    tmp_path: Path,
) -> None:
    """The process before ended between the commit and its note of it; batches fall otherwise now."""
    journal = MemoryJournal()
    first = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)
    first.write([event(n) for n in range(5)], to_disk=False)
    owed = first.owed(3)
    assert owed is not None
    await journal.append(owed.events, mark=owed.mark)
    let_go(first)
    second = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)
    async with running(journal, second) as outbox, asyncio.timeout(20):
        await outbox.drained()
    second.close()

    assert [event(n) for n in range(5)] == [each.event for each in journal.recorded]


async def test_a_journal_that_is_late_puts_what_waits_on_the_disk(
    writer: JournalWriter,
    away: Away,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While all is well the kernel keeps it, which is enough for kill -9; in trouble the power may go too."""
    synced: list[int] = []
    real = os.fdatasync

    def sync(handle: int) -> None:
        synced.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fdatasync", sync)
    spool = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)
    async with running(writer, spool) as outbox:
        outbox.put([event(1)])
        await outbox.drained()
        assert [] == synced
        with away():
            outbox.put([event(2)])
            async with asyncio.timeout(10):
                while not synced:
                    await asyncio.sleep(0.01)
            before = len(synced)
            outbox.put([event(3)])
            await spooled(outbox, spool, 2)
            assert before < len(synced)
        async with asyncio.timeout(20):
            await outbox.drained()
    spool.close()


async def test_beyond_the_bound_events_are_lost_loudly_and_what_was_kept_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[EventDict]
) -> None:
    """Neither disk nor memory grows for ever: the newest go, each counted."""
    monkeypatch.setattr(outbox_module, "MOST_IN_MEMORY", 50)
    journal = MemoryJournal()
    journal.trouble = "gone"
    spool = SpoolFolder(tmp_path / "spool", most_bytes=8192)
    async with running(journal, spool) as outbox:
        kept: list[int] = []
        for number in range(500):
            before = outbox.lost
            outbox.put([event(number)])
            kept += [number] if outbox.lost == before else []
            if number % 20 == 19:
                await asyncio.sleep(0.03)  # for the spool to take them
        assert 0 < outbox.lost < 500
        assert 500 - outbox.lost == len(kept) == len(outbox)
        assert sum(file.stat().st_size for file in (tmp_path / "spool").iterdir()) <= 8192
        journal.trouble = None
        async with asyncio.timeout(20):
            await outbox.drained()
            outbox.put([event(1000)])
            await outbox.drained()
    spool.close()

    found = [each.event.data for each in journal.recorded]
    assert [*kept, 1000] == [int(each.reason) for each in found if isinstance(each, PbxLost)]
    said = [entry["event"] for entry in logged if entry["log_level"] == "critical"]
    assert ["events lost: spool and memory are full"] == said
    assert "spool is back" in [entry["event"] for entry in logged]


async def test_a_spool_that_can_not_be_written_does_not_stop_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better in the journal alone than nowhere; and when neither takes it, it waits."""
    journal = MemoryJournal()
    spool = SpoolFolder(tmp_path / "spool", most_bytes=MEGABYTE)

    def refuse(*_: object) -> int:
        raise OSError("input/output error")

    monkeypatch.setattr(os, "pwrite", refuse)
    async with running(journal, spool) as outbox, asyncio.timeout(20):
        outbox.put([event(1)])
        await outbox.drained()
        journal.trouble = "gone"
        outbox.put([event(2)])
        await asyncio.sleep(0.3)
        assert 1 == len(outbox)
        journal.trouble = None
        await outbox.drained()
    spool.close()

    assert [event(1), event(2)] == [each.event for each in journal.recorded]
