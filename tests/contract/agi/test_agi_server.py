"""The server and those who connect: limits, strangers, faults of handlers, an orderly end."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from cc110.pbx.agi import AgiServer, AgiSession
from tests.contract.agi.fake_call import (
    PATIENCE_S,
    FakeCall,
    Told,
    calling,
    connection,
    environment,
    say_ok,
    serving,
    until,
    works,
)


@asynccontextmanager
async def measured_lag() -> AsyncIterator[list[float]]:
    """The longest times, in seconds, that the loop did not get to a task that was ready."""
    lags = [0.0]

    async def watch() -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0.001)
            lags.append(time.perf_counter() - asked - 0.001)

    task = asyncio.create_task(watch())
    try:
        yield lags
    finally:
        task.cancel()


async def test_p1_a_port_scan_costs_nothing() -> None:
    """A thousand connects and closes, some within the header: no lag, no memory, sessions go on."""
    async with serving(say_ok) as server:
        for count in (50, 1_000):
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            async with measured_lag() as lags:
                for n in range(count):
                    async with connection(server) as call:
                        call.send("agi_network: yes\nagi_net" if n % 2 else "")
                assert await works(server)
            await until(lambda: server.sessions == 0)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
        assert max(lags) < 0.05
        assert grown < 200_000


@pytest.mark.parametrize("said", ["", "agi_network: yes\n", "agi_network: yes"])
async def test_who_does_not_end_the_header_is_closed_after_a_second(said: str) -> None:
    """Others are served meanwhile."""
    async with serving(say_ok) as server, connection(server) as call:
        call.send(said)
        assert await works(server)
        assert not await call.is_closed_within(0.5)
        assert await call.is_closed_within(0.7)


async def test_who_sends_a_byte_at_a_time_is_closed_after_a_second() -> None:
    """Each byte buys no time."""
    async with serving(say_ok) as server, connection(server) as call:

        async def drip() -> None:
            for byte in environment() * 100:
                call.send(byte)
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await call.is_closed_within(1.3)
        dripping.cancel()
        assert server.counts.begun == 0


async def test_a_megabyte_of_header_is_cut_at_once() -> None:
    """After 16 KiB; the loop stays free and nothing is kept."""
    async with serving(say_ok) as server, connection(server) as call, measured_lag() as lags:
        call.send(b"agi_x: " + b"x" * 1_000_000)
        assert await call.is_closed_within(0.5)
        assert await works(server)
        assert max(lags) < 0.05


async def test_one_connection_too_many_is_closed_and_the_others_live() -> None:
    """There is room again when one of them goes."""
    async with serving(say_ok, connections=20) as server, AsyncExitStack() as stack:
        calls = [await stack.enter_async_context(connection(server)) for _ in range(20)]
        await until(lambda: server.sessions == 20)
        async with connection(server) as late:
            assert await late.is_closed_within(0.3)
        for call in calls[:19]:
            call.send(environment("ok"))
            assert await call.serve("200 result=1") == ['SET VARIABLE "CC110_RESULT" "ok"']
        await until(lambda: server.sessions == 1)
        assert await works(server)


@pytest.mark.parametrize("script", ["", "TEST", "test/", "../test", "test%00", "te", "ok/test"])
async def test_only_a_handlers_exact_name_opens_it(script: str) -> None:
    """A stranger's wish is no name."""
    async with serving(say_ok) as server, calling(server, script) as call:
        assert await call.is_closed_within(0.5)
        assert (server.counts.begun, server.counts.refused) == (0, 1)


async def test_too_many_parameters_are_refused() -> None:
    """They cost time to read."""
    async with serving(say_ok) as server, calling(server, "test?" + "a=b&" * 33) as call:
        assert await call.is_closed_within(0.5)
        assert await works(server)


async def test_a_forged_environment_gets_no_session() -> None:
    """The dialplan goes on with its default; nobody else's call is touched."""
    async with serving(say_ok) as server:
        forged = {"callerid": "62\nagi_uniqueid: 6.6", "context": "in"}
        async with calling(server, **forged) as call:
            assert await call.is_closed_within(0.5)
        assert (server.counts.begun, server.counts.refused) == (0, 1)


async def test_a_handlers_exception_ends_its_own_session_only() -> None:
    """Asterisk is told, so that AGISTATUS is FAILURE."""

    async def fail(_: AgiSession) -> None:
        raise ZeroDivisionError

    async with serving(fail) as server, calling(server, "ok") as other:
        line = await other.command()
        async with calling(server) as call:
            assert await call.rest() == "failure\n"
        assert server.counts.failed == 1
        other.send("200 result=1\n")
        assert line.startswith("SET VARIABLE")
        assert await other.rest() == ""
        assert server.counts.failed == 1


async def test_a_handler_that_hangs_is_cut() -> None:
    """A session has a longest time."""

    async def hang(_: AgiSession) -> None:
        await asyncio.Event().wait()

    async with serving(hang, session_s=0.1) as server, calling(server) as call:
        assert await call.rest() == "failure\n"


async def test_when_the_handler_is_done_the_connection_is_closed() -> None:
    """Asterisk goes on in the dialplan."""
    async with serving(say_ok) as server, calling(server, "ok") as call:
        await call.serve("200 result=1")
        assert await call.is_closed_within(0.5)
        await until(lambda: server.sessions == 0)
        assert (server.counts.begun, server.counts.failed) == (1, 0)


async def test_closing_lets_a_session_end_in_its_time_and_takes_no_new_one() -> None:
    """A caller in the menu hears it to its end."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await session.stream_file("menu", "1"))

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        closing = asyncio.create_task(server.aclose())
        await _until_refused(server.port)
        call.send("200 result=49 endpos=1\n")
        await asyncio.wait_for(closing, 1)
        assert await told.outcome(0.1) == "1"


async def _until_refused(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()


async def test_p12_closing_ends_a_session_that_does_not() -> None:
    """A handler's cancellation is one, and all is gone when closing is done."""
    told = Told()

    async def stubborn(session: AgiSession) -> None:
        try:
            await session.stream_file("menu")
        finally:
            told.say("ended")

    async with serving(stubborn, close_s=0.1) as server, calling(server) as call:
        silent = await _connected(server)
        await call.command()
        before = asyncio.get_running_loop().time()
        await asyncio.wait_for(server.aclose(), 1)
        assert asyncio.get_running_loop().time() - before >= 0.09
        assert await told.outcome(0.1) == "ended"
        assert await silent.is_closed_within(0.5)
        await until(lambda: server.sessions == 0)
        silent.close()


async def _connected(server: AgiServer) -> FakeCall:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    return FakeCall(reader=reader, writer=writer)


async def test_hundreds_of_sessions_run_side_by_side() -> None:
    """Each gets its own replies."""
    found: dict[str, str | None] = {}

    async def look(session: AgiSession) -> None:
        for _ in range(3):
            found[session.arguments[0]] = await session.get_variable(session.arguments[0])

    async def one(server: AgiServer, name: str) -> None:
        async with calling(server, arg_1=name) as call:
            await call.serve(*[f"200 result=1 (value of {name})"] * 3)
            await call.rest()

    async with serving(look) as server:
        await asyncio.gather(*(one(server, f"V{n}") for n in range(300)))
    assert found == {f"V{n}": f"value of V{n}" for n in range(300)}
