"""What every journal promises, in SQLite, in PostgreSQL and in memory alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from cc110.core.events import AgentRang, Event, Recorded
from cc110.core.ids import AgentId, CallId, CaseId
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.memory import MemoryJournal
from cc110.journal.samples import samples
from cc110.journal.writer import JournalWriter
from cc110.ports import Journal, SpoolMark
from tests.postgres import PostgresServer

pytestmark = pytest.mark.asyncio

EVERY_KIND = [recorded.event for recorded in samples().values()]


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the journal is; empty = in memory."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.url(server.database(like=request.getfixturevalue("ready")))
    return sqlite_url(tmp_path / "journal.db") if request.param == "sqlite" else ""


@pytest_asyncio.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    """A new journal of each make."""
    if not url:
        yield MemoryJournal(site="sample")
        return
    database = await Database.open(url)
    writer = await JournalWriter.open(database, site="sample")
    yield writer
    await writer.aclose()
    await database.aclose()


def rang(call: int) -> Event:
    """A small event of a call."""
    event = samples()["AgentRang"].event
    return replace(event, call_id=CallId(f"call-{call}"), data=AgentRang(agent=AgentId("1101")))


async def everything(journal: Journal, after: int = 0) -> list[Recorded]:
    """All events after a seq."""
    return [recorded async for recorded in journal.read(after=after)]


async def test_what_was_appended_is_read_again(journal: Journal) -> None:
    """Append returns exactly what a reader gets, for each type of event."""
    recorded = await journal.append(EVERY_KIND)

    assert EVERY_KIND == [each.event for each in recorded]
    assert list(recorded) == await everything(journal)


async def test_seqs_have_no_gaps_and_ids_sort_like_them(journal: Journal) -> None:
    """The order of the journal is the order of both."""
    await asyncio.gather(*(journal.append([rang(n), rang(n)]) for n in range(50)))

    recorded = await everything(journal)
    assert list(range(1, 101)) == [each.seq for each in recorded]
    assert all(lower.id < upper.id for lower, upper in pairwise(recorded))
    assert {"sample"} == {each.site for each in recorded}


async def test_a_batch_stays_together(journal: Journal) -> None:
    """Events of one append have neighbouring seqs, whoever else appends meanwhile."""
    batches = await asyncio.gather(*(journal.append([rang(n)] * 3) for n in range(20)))

    for first, second, third in batches:
        assert (first.seq + 1, first.seq + 2) == (second.seq, third.seq)


async def test_reading_goes_on_after_a_seq(journal: Journal) -> None:
    """A reader comes back to where it was."""
    recorded = await journal.append([rang(1), rang(2), rang(3)])

    assert [recorded[2]] == await everything(journal, after=recorded[1].seq)
    assert [] == await everything(journal, after=recorded[2].seq)


async def test_one_calls_events_can_be_read_alone(journal: Journal) -> None:
    """Other calls' events don't mix in."""
    await journal.append([rang(1), rang(2), rang(1)])

    assert [1, 3] == [each.seq async for each in journal.read(call_id="call-1")]


async def test_long_journals_are_read_in_full(journal: Journal) -> None:
    """More events than fit on one page come without a gap."""
    await journal.append([rang(1)] * 1234)

    assert list(range(1, 1235)) == [each.seq for each in await everything(journal)]


async def test_a_long_batch_is_written_in_order_whatever_statements_it_takes(
    journal: Journal,
) -> None:
    """With fewer events than one statement takes, just as many, and some more; the chain is the writer's test."""
    batches = [[rang(n) for n in range(size)] for size in (499, 500, 1000, 1203)]
    for batch in batches:
        await journal.append(
            [*batch[:-1], replace(batch[-1], case_id=CaseId(f"case-{len(batch)}"))]
        )

    found = await everything(journal)
    assert [e.call_id for batch in batches for e in batch] == [r.event.call_id for r in found]
    assert list(range(1, 3203)) == [each.seq for each in found]
    assert ["case-499", "case-500", "case-1000", "case-1203"] == [
        each.event.case_id for each in found if each.event.case_id
    ]


async def test_appending_nothing_is_nothing(journal: Journal) -> None:
    """An empty batch gives no event and no error."""
    assert () == await journal.append([])
    assert [] == await everything(journal)


async def test_times_come_back_in_utc_and_milliseconds(journal: Journal) -> None:
    """What append returns has the time as it will always be read."""
    jakarta = timezone(timedelta(hours=7))
    at = datetime(2026, 8, 17, 10, 0, 0, 1999, tzinfo=jakarta)

    (recorded,) = await journal.append([replace(rang(1), at=at)])

    assert at.replace(microsecond=1000) == recorded.event.at
    assert timedelta(0) == recorded.event.at.utcoffset()


async def test_a_bad_event_spoils_its_own_batch_only(journal: Journal) -> None:
    """Nothing of the refused batch is there, everything else is."""
    naive = replace(rang(1), at=datetime(2026, 8, 17))
    results = await asyncio.gather(
        journal.append([rang(1)]),
        journal.append([rang(2), naive]),
        journal.append([rang(3)]),
        return_exceptions=True,
    )

    assert isinstance(results[1], ValueError)
    assert ["call-1", "call-3"] == [each.event.call_id for each in await everything(journal)]


async def test_a_mark_is_set_with_its_events_and_never_counts_twice(journal: Journal) -> None:
    """What is tried again after any error is recorded once; marks that are gone are forgotten."""
    first, second = SpoolMark(part="a", number=2), SpoolMark(part="a", number=3)
    await journal.append([rang(1), rang(2)], mark=first)
    assert () == await journal.append([rang(1), rang(2)], mark=first)
    assert (0, 2) == (await journal.marked("b"), await journal.marked("a"))

    await journal.append([rang(3)], mark=second)
    await journal.append([rang(4)], mark=SpoolMark(part="b", number=1, gone=("a",)))

    assert (1, 0) == (await journal.marked("b"), await journal.marked("a"))
    recorded = await everything(journal)
    assert ["call-1", "call-2", "call-3", "call-4"] == [each.event.call_id for each in recorded]
