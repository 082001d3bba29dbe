"""The server and those who connect: limits, strangers, faults of handlers, an orderly end."""

import asyncio
import errno
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from cc110.pbx.agi import AgiNotListening, AgiServer, AgiSession, CallerHungUp
from cc110.pbx.embedded.errors import PortInUse
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
from tests.contract.agi.strangers import drips

pytestmark = pytest.mark.asyncio


async def hang(_: AgiSession) -> None:
    """A handler that waits for nothing."""
    await asyncio.Event().wait()


async def listen_only(session: AgiSession) -> None:
    """A handler that plays one prompt."""
    await session.stream_file("menu")


# --- who does not say who calls ---------------------------------------------------------------------


@pytest.mark.parametrize("said", ["", "agi_network: yes\n", "agi_network: yes"])
async def test_s6_who_does_not_end_the_header_is_closed_after_a_second(said: str) -> None:
    """Others are served meanwhile."""
    async with serving(say_ok) as server, connection(server) as call:
        call.send(said)
        assert await works(server)
        assert not await call.is_closed_within(0.5)
        assert await call.is_closed_within(0.8)


async def test_s6_who_sends_a_byte_at_a_time_is_closed_after_a_second() -> None:
    """A byte buys no time (slowloris)."""
    async with serving(say_ok) as server, connection(server) as call, asyncio.TaskGroup() as group:
        dripping = group.create_task(drips(call))
        assert not (await asyncio.wait([dripping], timeout=0.5))[0]
        assert (await asyncio.wait([dripping], timeout=0.8))[0]


@pytest.mark.parametrize("script", ["", "TEST", "test/", "../test", "test%00", "te", "ok/test"])
async def test_only_a_handlers_exact_name_opens_it(script: str) -> None:
    """A stranger's wish is no name."""
    async with serving(say_ok) as server, calling(server, script) as call:
        assert await call.is_closed_within(0.5)
        assert (server.counts.begun, server.counts.refused) == (0, 1)


async def test_what_follows_a_refusal_is_not_read() -> None:
    """It came in the same piece as what was refused; nothing goes wrong, and it counts once."""
    wrong: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    async with serving(say_ok) as server, connection(server) as call:
        call.send(environment("none") + "200 result=1\nHANGUP\nno reply\n")
        assert await call.is_closed_within(0.5)
        await until(lambda: server.connections == 0)
        assert server.counts.refused == 1
    assert wrong == []


async def test_a_forged_environment_gets_no_session() -> None:
    """The dialplan goes on with its default; nobody else's call is touched."""
    async with serving(say_ok) as server:
        forged = {"callerid": "62\nagi_uniqueid: 6.6", "context": "in"}
        async with calling(server, **forged) as call:
            assert await call.is_closed_within(0.5)
        assert (server.counts.begun, server.counts.refused) == (0, 1)


async def test_a_forged_end_of_the_environment_ends_the_session() -> None:
    """Its handler is stopped by the real rest, before it has done anything."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            await session.set_variable("A", session.env["agi_arg_1"])
        except CallerHungUp as error:
            told.say(error)

    forged = {"callerid": "62\nagi_arg_1: forged\n", "context": "in", "arg_1": "true"}
    async with serving(handler) as server, calling(server, **forged) as call:
        assert await call.is_closed_within(0.5)
        assert isinstance(await told.outcome(1), CallerHungUp)


# --- many at once -------------------------------------------------------------------------------


@asynccontextmanager
async def crowd(server: AgiServer, count: int) -> AsyncIterator[list[FakeCall]]:
    """So many connections that say nothing."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connection(server)) for _ in range(count)]


async def test_a_crowd_that_says_nothing_keeps_no_caller_out() -> None:
    """When it is full, whoever has waited longest without a word makes room."""
    async with serving(say_ok, connections=20, header_s=60) as server, crowd(server, 20) as calls:
        await until(lambda: server.connections == 20)
        assert await works(server)
        assert await calls[0].is_closed_within(0.5)
        await until(lambda: server.connections == 19)
        assert await works(server)
        assert not await calls[1].is_closed_within(0.1)


async def test_a_session_makes_room_for_nobody() -> None:
    """One caller too many is refused, and has his place when another has gone."""
    async with serving(listen_only, connections=3) as server, AsyncExitStack() as stack:
        calls = [await stack.enter_async_context(calling(server)) for _ in range(3)]
        for call in calls:
            await call.command()
        async with calling(server) as late:
            assert await late.is_closed_within(0.5)
        calls[0].send("200 result=0\n")
        await until(lambda: server.connections == 2)
        assert await works(server)
        await until(lambda: server.sessions == server.connections == 2)
        for call in calls[1:]:
            call.send("200 result=0\n")
            assert await call.rest() == ""
        assert server.counts.failed == server.counts.hung_up == 0


async def test_half_of_the_open_files_are_left_for_others() -> None:
    """The journal and the link to the PBX need some, too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
    async with serving(say_ok, header_s=60) as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        async with crowd(server, 151):
            await until(lambda: server.counts.refused == 1)
            assert server.connections == 150


@pytest.mark.parametrize(
    ("script", "event"),
    [("none", "a connection was refused"), ("ok", "a session was cut; its caller goes on")],
)
async def test_a_flood_does_not_flood_the_log(script: str, event: str) -> None:
    """One line a second says how many there were, of strangers and of those who play Asterisk."""
    with capture_logs() as logs:
        async with serving(say_ok) as server:
            for _ in range(100):
                async with calling(server, script) as call:
                    call.send("no reply\n")
                    await call.rest()
    assert 1 <= len([one for one in logs if one["event"] == event]) <= 5


async def test_hundreds_of_sessions_run_side_by_side() -> None:
    """Each gets its own replies."""
    found: dict[str, str] = {}

    async def look(session: AgiSession) -> None:
        name = session.env["agi_arg_1"]
        for _ in range(3):
            found[name] = await session.get_variable(name)

    async def one(server: AgiServer, name: str) -> None:
        async with calling(server, arg_1=name) as call:
            await call.serve(*[f"200 result=1 (value of {name})"] * 3)
            await call.rest()

    async with serving(look) as server:
        await asyncio.gather(*(one(server, f"V{n}") for n in range(300)))
    assert found == {f"V{n}": f"value of V{n}" for n in range(300)}


# --- handlers -----------------------------------------------------------------------------------


async def test_a_handlers_exception_ends_its_own_session_only() -> None:
    """It is in the log with its traceback; the other session goes on."""

    async def fail(_: AgiSession) -> None:
        raise ZeroDivisionError

    with capture_logs() as logs:
        async with serving(fail) as server, calling(server, "ok") as other:
            line = await other.command()
            async with calling(server) as call:
                assert await call.is_closed_within(0.5)
            assert server.counts.failed == 1
            other.send("200 result=1\n")
            assert line.startswith("SET VARIABLE")
            assert await other.rest() == ""
            assert server.counts.failed == 1
    (failure,) = [one for one in logs if one["event"].startswith("a handler failed")]
    assert failure["log_level"] == "error"


async def test_a_session_has_a_longest_time() -> None:
    """A handler that hangs is cancelled then."""
    async with serving(hang, session_s=0.1) as server, calling(server) as call:
        assert await call.is_closed_within(0.5)
        assert server.counts.cancelled == 1


async def test_when_the_handler_is_done_the_connection_is_closed() -> None:
    """Asterisk goes on in the dialplan."""
    async with serving(say_ok) as server, calling(server, "ok") as call:
        await call.serve("200 result=1")
        assert await call.is_closed_within(0.5)
        await until(lambda: server.connections == server.sessions == 0)
        assert (server.counts.begun, server.counts.failed) == (1, 0)


async def test_a_peer_that_reads_nothing_does_not_keep_its_connection() -> None:
    """What can't be sent is thrown away a moment after the handler's end."""

    async def shout(session: AgiSession) -> None:
        for _ in range(20_000):
            session._write(b"x" * 1_000)

    async with serving(shout, hangup_s=0.1) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(environment().encode())
        await until(lambda: server.counts.begun == 1 and server.sessions == 0)
        await until(lambda: server.connections == 0)
        writer.transport.abort()
        del reader


# --- beginning and end --------------------------------------------------------------------------


async def test_a_port_in_use_is_said_in_one_sentence_with_its_owner() -> None:
    """And which setting moves it."""
    async with serving(say_ok) as server:
        second = AgiServer("127.0.0.1", server.port, {})
        with pytest.raises(PortInUse) as refused:
            await second.start()
        said = str(refused.value)
        assert said.startswith(f"TCP port 127.0.0.1:{server.port} is in use by ")
        assert "(pid " in said
        assert said.endswith("stop it or set agi.port.")
        await second.aclose()


async def test_an_address_of_another_machine_is_said_in_one_sentence() -> None:
    """TEST-NET-1 (RFC 5737) is nobody's."""
    with pytest.raises(
        AgiNotListening, match=r"192\.0\.2\.1:15700 can't be listened on"
    ) as refused:
        await AgiServer("192.0.2.1", 15700, {}).start()
    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.EADDRNOTAVAIL


async def test_closing_lets_a_session_end_in_its_time_and_takes_no_new_one() -> None:
    """A caller in the menu hears it to its end."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await session.stream_file("menu", "1"))

    async with serving(handler, header_s=60) as server, calling(server) as call:
        await call.command()
        async with connection(server) as silent:
            await until(lambda: server.connections == 2)
            closing = asyncio.create_task(server.aclose())
            assert await silent.is_closed_within(0.5)
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


async def test_closing_ends_a_session_that_does_not() -> None:
    """It has its time, then its handler is cancelled; all is gone when closing is done."""
    told = Told()

    async def stubborn(session: AgiSession) -> None:
        try:
            await session.stream_file("menu")
        finally:
            told.say("ended")

    before = asyncio.all_tasks()
    async with serving(stubborn, close_s=0.1) as server, calling(server) as call:
        await call.command()
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(server.aclose(), 1)
        assert asyncio.get_running_loop().time() - began >= 0.09
        assert await told.outcome(0.1) == "ended"
        assert server.connections == server.sessions == 0
    assert asyncio.all_tasks() == before


async def test_closing_ends_a_handler_whose_caller_is_gone_already() -> None:
    """Its connection is closed, but its task is still the server's."""
    async with serving(hang, hangup_s=60, close_s=0.1) as server:
        async with calling(server):
            await until(lambda: server.sessions == 1)
        await until(lambda: server.connections == 0)
        assert server.sessions == 1
        await asyncio.wait_for(server.aclose(), 1)
        assert server.sessions == 0


async def test_closing_does_not_wait_for_a_handler_that_refuses_to_end() -> None:
    """It is named in the log; the daemon must come down."""
    end = asyncio.Event()

    async def refuse(_: AgiSession) -> None:
        while not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()

    async with serving(refuse, close_s=0.1, hangup_s=0.1) as server, calling(server):
        await until(lambda: server.sessions == 1)
        try:
            with capture_logs() as logs:
                await asyncio.wait_for(server.aclose(), 1)
        finally:
            end.set()
        errors = [one["event"] for one in logs if one["log_level"] == "error"]
        assert errors == ["handlers do not end"]
        await until(lambda: server.sessions == 0)


async def test_when_closing_is_done_no_connection_is_left() -> None:
    """Not even of those who never said a word."""
    async with serving(say_ok, header_s=60) as server, crowd(server, 3):
        await until(lambda: server.connections == 3)
        async with asyncio.timeout(1):
            await server.aclose()
        assert server.connections == 0


@pytest.mark.parametrize("turns", [0, 1, 3, 4])
async def test_who_was_let_in_just_before_closing_gets_no_session(turns: int) -> None:
    """However far the loop has come with his connection.

    Not 2: there asyncio's own loop, in Python 3.11, forgets a connection whose server has just closed.
    """
    async with serving(hang, close_s=0.2) as server, calling(server):
        await until(lambda: server.sessions == 1)
        with socket.create_connection(("127.0.0.1", server.port)) as late:
            late.sendall(environment().encode())
            for _ in range(turns):
                await asyncio.sleep(0)
            begun = server.counts.begun
            async with asyncio.timeout(1):
                await server.aclose()
        assert server.counts.begun == begun
        assert server.connections == server.sessions == 0


async def test_the_port_is_free_again_when_closing_is_done() -> None:
    """A daemon that is started again must have it."""
    async with serving(say_ok) as server:
        port = server.port
        await server.aclose()
        with socket.create_server(("127.0.0.1", port)):
            pass
