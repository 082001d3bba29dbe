"""The queue of events."""

import asyncio

import pytest

from cc110.pbx.ami import AmiMessage, EventQueue

pytestmark = pytest.mark.asyncio


def event(number: int) -> AmiMessage:
    """An event with a number."""
    return AmiMessage((("Event", "X"), ("N", str(number))))


async def test_heard_waits_until_the_reader_is_done_with_what_has_come() -> None:
    """What was kept back as well; what comes meanwhile is not waited for."""
    queue = EventQueue(100)
    queue.hold()
    for number in range(3):
        queue.put(event(number))
    done = list[str]()

    async def read() -> None:
        async for message in queue:
            done.append(message.get("N", ""))

    reading = asyncio.create_task(read())
    waiting = asyncio.create_task(queue.heard())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    queue.release()
    async with asyncio.timeout(1):
        await waiting
    assert done == ["0", "1", "2"]
    async with asyncio.timeout(1):
        await queue.heard()
    reading.cancel()


async def take(queue: EventQueue, count: int) -> list[str]:
    """Read so many events' numbers."""
    async with asyncio.timeout(5):
        return [(await queue.get())["N"] for _ in range(count)]


async def test_events_come_in_the_order_of_arrival() -> None:
    """Also across the moments at which the queue lets others run."""
    queue = EventQueue(1_000)
    assert all(queue.put(event(n)) for n in range(500))
    assert await take(queue, 500) == [str(n) for n in range(500)]


async def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    """The caller of put closes the link then; no event that was accepted is lost."""
    queue = EventQueue(3)
    assert [queue.put(event(n)) for n in range(4)] == [True, True, True, False]
    assert await take(queue, 3) == ["0", "1", "2"]


async def test_after_an_overflow_there_is_room_when_half_is_read() -> None:
    """A next link must not overflow at once."""
    queue = EventQueue(4)
    for n in range(5):
        queue.put(event(n))
    waiting = asyncio.create_task(queue.room())
    await take(queue, 1)
    await asyncio.sleep(0)
    assert not waiting.done()
    await take(queue, 1)
    await asyncio.wait_for(waiting, 5)


async def test_held_events_follow_after_release() -> None:
    """While the state is read back, a reader waits."""
    queue = EventQueue(4)
    queue.hold()
    reader = asyncio.create_task(take(queue, 2))
    queue.put(event(1))
    queue.put(event(2))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(reader), 0.05)
    queue.release()
    assert await reader == ["1", "2"]


async def test_a_reader_that_is_always_behind_lets_others_run() -> None:
    """Ten thousand events must not stop the loop until they are all handled."""
    queue = EventQueue(10_000)
    for n in range(10_000):
        queue.put(event(n))
    reader = asyncio.create_task(take(queue, 10_000))
    turns = 0
    while not reader.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 100


async def test_the_queue_is_read_with_async_for() -> None:
    """The usual way."""
    queue = EventQueue(4)
    queue.put(event(7))
    async for message in queue:
        assert message["N"] == "7"
        assert len(queue) == 0
        break
