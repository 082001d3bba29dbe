"""Whoever reads the figures: Prometheus, or somebody who means harm."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from cc110.metrics.server import MOST_AT_ONCE, MOST_REQUEST, MetricsServer

pytestmark = pytest.mark.asyncio
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
TEXT = b"cc110_info 1\n"


@asynccontextmanager
async def serving(
    text: bytes = TEXT, *, patience_s: float = 5.0
) -> AsyncIterator[tuple[MetricsServer, int]]:
    """A server on a free port."""
    server = MetricsServer("127.0.0.1", 0, lambda: text, content_type="t/p", patience_s=patience_s)
    opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(server.run(opened.set_result))
    try:
        yield server, await opened
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ask(port: int, request: bytes = GET) -> bytes:
    """All that is answered; nothing when the connection is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError):
        writer.write(request)
        await writer.drain()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except OSError:
        return b""
    finally:
        writer.transport.abort()


async def test_prometheus_gets_its_figures() -> None:
    """With their length and kind; each connection gets one answer."""
    async with serving() as (_, port):
        head, _, body = (await ask(port)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: t/p" in head
    assert b"Connection: close" in head
    assert body == TEXT


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics/../secrets.toml HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\n", 405),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"A" * MOST_REQUEST * 4, 400),
        (os.urandom(500) + b"\r\n\r\n", 400),
    ],
)
async def test_another_request_gets_a_short_answer(request_: bytes, status: int) -> None:
    """And the next one its figures."""
    async with serving() as (_, port):
        answer = await ask(port, request_)
        assert answer == b"" or answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert (await ask(port)).endswith(TEXT)


async def test_many_who_say_nothing_hold_up_nobody_for_long() -> None:
    """No more than a few are held at all, and those lose their place after their time."""
    async with serving(patience_s=0.3) as (server, port):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        async with asyncio.timeout(10):
            while server.refused < 100 - MOST_AT_ONCE:
                await asyncio.sleep(0.01)
            while not (await ask(port)).endswith(TEXT):
                await asyncio.sleep(0.05)
        for _, writer in silent:
            writer.transport.abort()


async def test_one_who_does_not_read_is_let_go() -> None:
    """However much there is to say: the memory is given back when his time is over."""
    huge = b"x" * 30_000_000
    async with serving(huge, patience_s=0.3) as (server, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(GET)
        async with asyncio.timeout(10):
            while not server._here:
                await asyncio.sleep(0)
            while server._here:
                await asyncio.sleep(0.01)
        writer.transport.abort()


async def test_a_flood_writes_the_figures_once_a_second() -> None:
    """What costs time is not done for each."""
    written: list[int] = []

    def figures() -> bytes:
        written.append(1)
        return TEXT

    server = MetricsServer("127.0.0.1", 0, figures, content_type="t/p")
    opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(server.run(opened.set_result))
    port, began = await opened, asyncio.get_running_loop().time()
    for _ in range(50):
        assert (await ask(port)).endswith(TEXT)
    lasted = asyncio.get_running_loop().time() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert len(written) <= lasted + 1


async def test_a_port_that_is_taken_is_said_and_stops_nothing() -> None:
    """The daemon serves callers, not figures."""
    async with serving() as (_, port):
        second = MetricsServer("127.0.0.1", port, lambda: TEXT, content_type="t/p")
        with capture_logs() as logs:
            task = asyncio.create_task(second.run())
            async with asyncio.timeout(5):
                while not logs:
                    await asyncio.sleep(0)
        assert not task.done()
        assert logs[0]["event"] == "no figures are served"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_figures_that_can_t_be_written_are_said_and_stop_nothing() -> None:
    """A fault of ours costs one answer."""

    def broken() -> bytes:
        raise ValueError("no figures")

    server = MetricsServer("127.0.0.1", 0, broken, content_type="t/p")
    opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(server.run(opened.set_result))
    with capture_logs() as logs:
        assert await ask(await opened) == b""
    assert not task.done()
    assert logs[0]["event"] == "figures can't be written"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
