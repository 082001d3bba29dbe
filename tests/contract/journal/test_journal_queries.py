"""What may be asked of the journal."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from cc110.core import events
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, CallId, CaseId, Number, QueueName
from cc110.core.words import EndedBy, NumberSource, Verdict
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.engine import Database, ask, reading, sqlite_url
from cc110.journal.lookups import Lookups
from cc110.journal.queries import (
    events_after,
    get_block,
    get_call,
    get_case,
    list_blocks,
    list_calls,
    list_cases,
)
from cc110.journal.readers import Readers
from cc110.journal.rows import Outcome
from cc110.journal.writer import JournalWriter
from tests.postgres import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
JAKARTA, SUMUT = QueueName("polda-metro-jaya"), QueueName("polda-sumut")
ANI, BUDI = AgentId("1101"), AgentId("1201")
ONE, TWO, THREE = (Number(f"628400000000{n}") for n in (1, 2, 3))
DAY_S = 86400


def of_call(call: str, minutes: float, data: Data, case: str | None = None) -> Event:
    """An event some minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    return Event(at=at, call_id=CallId(call), case_id=CaseId(case) if case else None, data=data)


def arrived(number: Number, queue: QueueName) -> events.CallArrived:
    """A caller who was let in."""
    return events.CallArrived(
        channel="1.1",
        number=number,
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="trunk",
        queue=queue,
    )


def answered(agent: AgentId) -> events.AgentAnswered:
    """An operator took the call."""
    return events.AgentAnswered(agent=agent, channel="1.2", waited_s=4.0)


ENDED = events.CallEnded(by=EndedBy.CALLER, duration_s=60.0)
STORY = [
    of_call("a", 0, arrived(ONE, JAKARTA)),
    of_call("b", 1, arrived(TWO, SUMUT)),
    of_call("a", 2, answered(ANI)),
    of_call("a", 2, events.CaseOpened(owner=JAKARTA, agent=ANI, number=ONE), "K-a"),
    of_call("b", 3, answered(BUDI)),
    of_call("b", 3, events.CaseOpened(owner=SUMUT, agent=BUDI, number=TWO), "K-b"),
    of_call("a", 4, ENDED),
    of_call("a", 5, events.CaseClosed(by=ANI), "K-a"),
    of_call("c", 6, arrived(ONE, JAKARTA)),
    of_call("c", 6, events.VerdictGiven(verdict=Verdict.PRANK, agent=ANI)),
    of_call("c", 7, events.CallAbandoned(waited_s=60.0)),
    Event(at=NOON, data=events.NumberBlocked(number=ONE, until=0, reason="pranks", by="cc110")),
    Event(
        at=NOON,
        data=events.NumberBlocked(
            number=TWO, until=int(NOON.timestamp()) + DAY_S, reason="pranks", by="cc110"
        ),
    ),
    Event(at=NOON, data=events.NumberBlocked(number=THREE, until=0, reason="error", by="1101")),
    Event(at=NOON, data=events.NumberUnblocked(number=THREE, reason="my mistake", by="1101")),
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where this module's journal is."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.url(server.database())
    return sqlite_url(tmp_path_factory.mktemp("queries") / "journal.db")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def journal(url: str) -> AsyncIterator[Database]:
    """A journal in which two people called, three numbers were blocked, and all readers are up to
    date.
    """
    database = await Database.open(url)
    writer = await JournalWriter.open(database, site="sample")
    readers = Readers(database, writer.progress, [CallsReader(), CasesReader(), BlocksReader()])
    task = asyncio.create_task(readers.run())
    recorded = await writer.append(STORY)
    async with asyncio.timeout(60):
        await readers.reached(recorded[-1].seq)
    yield database
    task.cancel()
    await asyncio.wait([task])
    await writer.aclose()
    await database.aclose()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "cba"),
        ({"limit": 2}, "cb"),
        ({"before": 9}, "ba"),
        ({"number": ONE}, "ca"),
        ({"number": "62"}, ""),
        ({"queue": SUMUT}, "b"),
        ({"agent": ANI}, "a"),
        ({"outcome": Outcome.LIVE}, "b"),
        ({"outcome": Outcome.ABANDONED}, "c"),
        ({"since": NOON + timedelta(minutes=1)}, "cb"),
        ({"until": NOON + timedelta(minutes=1)}, "a"),
        ({"number": ONE, "outcome": Outcome.ANSWERED}, "a"),
    ],
)
async def test_calls_are_found_by_what_is_known_of_them(
    journal: Database, wanted: dict[str, object], found: str
) -> None:
    """Each filter alone and together, the newest call first."""
    rows = await ask(journal.reads, list_calls, **wanted)

    assert found == "".join(row.call_id for row in rows)


async def test_pages_of_calls_follow_each_other(journal: Database) -> None:
    """``before`` takes up where the last page ended."""
    (first,) = await ask(journal.reads, list_calls, limit=1)
    (second,) = await ask(journal.reads, list_calls, limit=1, before=first.first_seq)

    assert ("c", "b") == (first.call_id, second.call_id)


@pytest.mark.parametrize(
    ("number", "label"),
    [(ONE, "2x prank 1 putus 1"), (TWO, "1x kasus buka"), (THREE, ""), (Number("62"), "")],
)
async def test_what_is_known_of_a_caller_fits_a_telephones_display(
    journal: Database, number: Number, label: str
) -> None:
    """How often he called, how often as a prank, and whether a case is open."""
    assert await Lookups(journal).known_of(number) == label


async def test_a_call_comes_typed_and_with_its_events(journal: Database) -> None:
    """Times are aware, words are enums, and the story is told in order."""
    story = await ask(journal.reads, get_call, "a")

    assert story is not None
    assert NOON == story.call.arrived_at
    assert timedelta(0) == story.call.arrived_at.utcoffset()
    assert (Outcome.ANSWERED, EndedBy.CALLER) == (story.call.outcome, story.call.ended_by)
    assert ("K-a", 4.0, ANI) == (story.call.case_id, story.call.waited_s, story.call.agent)
    assert ["CallArrived", "AgentAnswered", "CaseOpened", "CallEnded", "CaseClosed"] == [
        recorded.event.type for recorded in story.events
    ]
    assert await ask(journal.reads, get_call, "nobody") is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["K-b", "K-a"]),
        ({"open_only": True}, ["K-b"]),
        ({"owner": JAKARTA}, ["K-a"]),
        ({"limit": 1}, ["K-b"]),
        ({"before": 6}, ["K-a"]),
    ],
)
async def test_cases_are_found(
    journal: Database, wanted: dict[str, object], found: list[str]
) -> None:
    """Open work can be told from what is done."""
    rows = await ask(journal.reads, list_cases, **wanted)

    assert found == [row.case_id for row in rows]


async def test_a_case_is_shown(journal: Database) -> None:
    """One case by its id."""
    case = await ask(journal.reads, get_case, "K-a")

    assert case is not None
    assert (False, ANI, "a") == (case.is_open, case.closed_by, case.call_id)
    assert await ask(journal.reads, get_case, "K-x") is None


async def test_the_blocklist_shows_what_is_in_force(journal: Database) -> None:
    """Lifted and expired blocks don't count, but can be looked at."""
    today = await ask(journal.reads, list_blocks, in_force_at=NOON)
    tomorrow = await ask(journal.reads, list_blocks, in_force_at=NOON + timedelta(seconds=DAY_S))
    ever = await ask(journal.reads, list_blocks)

    assert [ONE, TWO] == [row.number for row in today]
    assert [ONE] == [row.number for row in tomorrow]
    assert [ONE, TWO, THREE] == [row.number for row in ever]
    assert [TWO] == [
        row.number for row in await ask(journal.reads, list_blocks, after=ONE, limit=1)
    ]


async def test_query_and_row_agree_on_what_is_in_force(journal: Database) -> None:
    """To the second, a block is in force until the moment of its expiry."""
    ever = await ask(journal.reads, list_blocks)
    for late in (0.0, DAY_S - 0.5, DAY_S, DAY_S + 0.5):
        now = NOON + timedelta(seconds=late)
        listed = await ask(journal.reads, list_blocks, in_force_at=now)

        assert [row for row in ever if row.in_force(now)] == list(listed)


async def test_a_numbers_block_is_shown_in_force_or_not(journal: Database) -> None:
    """Who lifted it and why is there; a number that nobody judged has none."""
    lifted = await ask(journal.reads, get_block, THREE)

    assert lifted is not None
    assert ("1101", "my mistake") == (lifted.lifted_by, lifted.lifted_reason)
    assert await ask(journal.reads, get_block, "6284000000009") is None


async def test_followers_get_events_in_pages(url: str, journal: Database) -> None:
    """``events_after`` serves ``calls follow`` from another process's connection."""
    async with reading(url) as other:
        first = await ask(other, events_after, 0, limit=10)
        second = await ask(other, events_after, first.last_seq, limit=10)
        of_b = await ask(other, events_after, 0, call_id="b")

    assert (10, True) == (len(first.events), first.full)
    assert (5, False) == (len(second.events), second.full)
    assert [2, 5, 6] == [recorded.seq for recorded in of_b.events]
