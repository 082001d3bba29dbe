"""Events reach the journal in order, whatever the journal does meanwhile."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from cc110.core.events import Event, PbxLost
from cc110.journal.memory import MemoryJournal
from cc110.service.outbox import Outbox

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> Event:
    """An event that says its number."""
    return Event(at=NOW, data=PbxLost(reason=str(number)))


async def test_events_wait_for_a_journal_in_trouble_and_come_once_in_order() -> None:
    """Nothing is lost or doubled while appends fail, and later events stay behind earlier ones."""
    journal = MemoryJournal()
    journal.trouble = "disk full"
    outbox = Outbox(journal)
    task = asyncio.create_task(outbox.run())
    outbox.put([event(1), event(2)])
    await asyncio.sleep(0)
    outbox.put([event(3)])
    async with asyncio.timeout(5):
        while len(outbox) < 3:
            await asyncio.sleep(0)
    journal.trouble = None
    async with asyncio.timeout(5):
        await outbox.drained()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert ["1", "2", "3"] == [
        one.event.data.reason for one in journal.recorded if isinstance(one.event.data, PbxLost)
    ]
    assert len(outbox) == 0


async def test_whoever_waits_for_the_journal_does_not_wait_for_what_comes_meanwhile() -> None:
    """While calls go on there is always something on its way."""
    outbox = Outbox(MemoryJournal())

    async def calls() -> None:
        for number in range(1_000_000):
            outbox.put([event(number)])
            await asyncio.sleep(0)

    outbox.put([event(0)])
    tasks = [asyncio.create_task(part) for part in (outbox.run(), calls())]
    try:
        async with asyncio.timeout(5):
            await outbox.drained()
        assert len(outbox) > 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_putting_events_never_waits() -> None:
    """A caller's path hands over and goes on, though nobody takes them."""
    outbox = Outbox(MemoryJournal())

    for number in range(10_000):
        outbox.put([event(number)])

    assert len(outbox) == 10_000
