"""Proof that nobody changed the journal."""

from collections.abc import Awaitable, Callable

import pytest

from cc110.journal.chain import Tip
from cc110.journal.engine import Database
from cc110.journal.samples import samples
from cc110.journal.verify import BadRow, verify
from cc110.journal.writer import JournalWriter

pytestmark = pytest.mark.asyncio

Meddle = Callable[[str], Awaitable[None]]

EVERY_KIND = [recorded.event for recorded in samples().values()]


async def test_an_untouched_journal_verifies_to_its_tip(
    writer: JournalWriter, database: Database
) -> None:
    """All events, over several restarts of the chain's walk, are proved good."""
    recorded = await writer.append(EVERY_KIND * 50)

    found = await verify(database.reads)

    assert found.ok
    assert (recorded[-1].seq, recorded[-1].id) == (found.tip.seq, found.tip.id)


async def test_an_empty_journal_verifies(database: Database) -> None:
    """There is nothing to be wrong."""
    assert Tip() == (await verify(database.reads)).tip


@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        ('UPDATE events SET data = \'{"agent":"1999"}\' WHERE seq = 7', 7, "was changed"),
        ("UPDATE events SET at = '2026-08-17T03:04:05.000Z' WHERE seq = 1", 1, "was changed"),
        ("UPDATE events SET call_id = NULL WHERE seq = 3", 3, "was changed"),
        ("DELETE FROM events WHERE seq = 7", 7, "seq 7 is missing"),
        ("DELETE FROM events WHERE seq = 1", 1, "seq 1 is missing"),
        ("UPDATE events SET hash = prev_hash WHERE seq = 7", 7, "was changed"),
        ("UPDATE events SET prev_hash = hash WHERE seq = 7", 7, "does not continue"),
    ],
)
async def test_the_first_bad_row_is_named(
    meddle: Meddle, writer: JournalWriter, database: Database, statement: str, seq: int, reason: str
) -> None:
    """A byte changed, a row removed, a hash forged: verify says where and what."""
    await writer.append(EVERY_KIND)
    await meddle(statement)

    found = await verify(database.reads)

    assert isinstance(found.bad, BadRow)
    assert seq == found.bad.seq
    assert reason in found.bad.reason
    assert seq - 1 == found.tip.seq


async def test_a_walk_goes_on_from_a_tip_that_was_proved_before(
    meddle: Meddle, writer: JournalWriter, database: Database
) -> None:
    """A daily check needs only the day's events."""
    await writer.append(EVERY_KIND)
    yesterday = (await verify(database.reads)).tip
    await writer.append(EVERY_KIND)

    assert (await verify(database.reads, start=yesterday)).ok
    await meddle(f"UPDATE events SET site = 'x' WHERE seq = {yesterday.seq + 1}")
    found = await verify(database.reads, start=yesterday)
    assert found.bad is not None
    assert yesterday.seq + 1 == found.bad.seq


async def test_a_cut_off_end_shows_against_a_noted_tip(
    meddle: Meddle, writer: JournalWriter, database: Database
) -> None:
    """The chain alone can't miss its end; a tip that was written down elsewhere does."""
    await writer.append(EVERY_KIND)
    noted = (await verify(database.reads)).tip
    await meddle(f"DELETE FROM events WHERE seq > {noted.seq - 3}")

    found = await verify(database.reads)
    assert found.ok
    assert found.tip.seq < noted.seq

    against = await verify(database.reads, start=noted)
    assert against.bad is not None
    assert noted.seq == against.bad.seq
    assert f"ends at seq {noted.seq - 3}: its end was cut off" in against.bad.reason


async def test_an_end_that_was_replaced_shows_against_a_noted_tip(
    meddle: Meddle, writer: JournalWriter, database: Database
) -> None:
    """Somebody cut off the end and had other events recorded in its place: that chain is unbroken."""
    await writer.append(EVERY_KIND)
    noted = (await verify(database.reads)).tip
    await meddle(f"DELETE FROM events WHERE seq > {noted.seq - 3}")
    writer._tip = None
    await writer.append(EVERY_KIND)

    assert (await verify(database.reads)).ok
    against = await verify(database.reads, start=noted)
    assert against.bad is not None
    assert (noted.seq, "it is not the event that was noted") == (
        against.bad.seq,
        against.bad.reason,
    )


@pytest.mark.parametrize("how", ["changed", "removed"])
async def test_the_event_of_a_noted_tip_is_looked_at_itself(
    meddle: Meddle, writer: JournalWriter, database: Database, how: str
) -> None:
    """Its hash alone being there proves nothing."""
    await writer.append(EVERY_KIND)
    noted = (await verify(database.reads)).tip
    await writer.append(EVERY_KIND)
    change = "DELETE FROM events" if how == "removed" else "UPDATE events SET site = 'x'"
    await meddle(f"{change} WHERE seq = {noted.seq}")

    found = await verify(database.reads, start=noted)

    assert found.bad is not None
    assert noted.seq == found.bad.seq


async def test_it_tells_how_far_it_is(writer: JournalWriter, database: Database) -> None:
    """A journal of years takes minutes."""
    await writer.append(EVERY_KIND * (2500 // len(EVERY_KIND) + 1))
    told: list[int] = []

    found = await verify(database.reads, on_page=told.append)

    assert [1000, 2000, found.tip.seq] == told
