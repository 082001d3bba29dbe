"""Waiting for events, from whatever thread they come."""

import asyncio
import threading

import pytest

from ..eventlog import EventLog, LogClosed

pytestmark = pytest.mark.asyncio


async def test_what_is_there_already_is_found_at_once() -> None:
    """An event before the wait counts, unless it lies before the given position."""
    log = _log(1, 2, 3)
    assert await log.wait_for(lambda n: n > 1, "number") == 2
    with pytest.raises(TimeoutError):
        await log.wait_for(lambda n: n == 1, "number", after=1, timeout=0.01)


async def test_what_comes_later_from_another_thread_is_found() -> None:
    """Two who wait for different events each get theirs."""
    log = _log()
    seven = asyncio.create_task(log.wait_for(lambda n: n == 7, "seven"))
    five = asyncio.create_task(log.wait_for(lambda n: n == 5, "five"))
    await asyncio.sleep(0)

    def write() -> None:
        for n in range(10):
            log.append(n)

    thread = threading.Thread(target=write)
    thread.start()
    assert (await seven, await five) == (7, 5)
    thread.join()


async def test_a_time_out_says_what_came_instead() -> None:
    """The last events are in the message."""
    with pytest.raises(TimeoutError, match=r"(?s)no ninth within 0\.01 s.*\n  1\n  2"):
        await _log(1, 2).wait_for(lambda n: n == 9, "ninth", timeout=0.01)


async def test_a_faulty_question_harms_nobody_else() -> None:
    """Its error reaches the one who asked; events go on and others are served."""
    log = _log()
    faulty = asyncio.create_task(log.wait_for(lambda n: 1 // n > 5, "nothing"))
    sound = asyncio.create_task(log.wait_for(lambda n: n == 4, "four"))
    await asyncio.sleep(0)
    for n in (0, 4):
        log.append(n)
    with pytest.raises(ZeroDivisionError):
        await faulty
    assert await sound == 4
    assert log.since() == (0, 4)


async def test_a_closed_log_keeps_nobody_waiting() -> None:
    """Whoever waits, and whoever begins to, learns why nothing more will come."""
    log = _log(1)
    waiting = asyncio.create_task(log.wait_for(lambda n: n == 2, "two"))
    await asyncio.sleep(0)
    log.close("the phone is gone")
    with pytest.raises(LogClosed, match="the phone is gone"):
        await waiting
    with pytest.raises(LogClosed):
        await log.wait_for(lambda n: n == 2, "two")
    assert await log.wait_for(lambda n: n == 1, "one") == 1


async def test_the_stream_has_everything_and_ends_with_the_log() -> None:
    """Old and new events in order, then the end."""
    log = _log(1, 2)
    seen = []
    async for n in log.stream():
        seen.append(n)
        if n == 2:
            log.append(3)
            log.close("over")
    assert seen == [1, 2, 3]


def _log(*items: int) -> EventLog[int]:
    log: EventLog[int] = EventLog("test")
    for item in items:
        log.append(item)
    return log
