"""The server under a real dialplan: what its peer in the other tests only plays."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from cc110.pbx.agi import AgiRefused, AgiServer, AgiSession, CallerHungUp, Handler
from cc110.pbx.ami import AmiClient, AmiMessage, AmiSettings
from tests.contract.agi.fake_call import Told, until
from tests.contract.ami.fake_ami import running
from tests.contract.ami.real_pbx import RealPbx

pytestmark = pytest.mark.pbx

DIALPLAN = """[agi]
exten => test,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://127.0.0.1:{port}/test?a=b%20c,first one,)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Result: ${{CC110_RESULT}})
exten => dog,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(TIMEOUT(absolute)=2)
 same => n,AGI(agi://127.0.0.1:{port}/test)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Result: no watchdog)
exten => T,1,Set(TIMEOUT(absolute)=0)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Result: watchdog)
exten => keys,1,Answer()
 same => n,Wait(0.3)
 same => n,SendDTMF(5,10,200)
 same => n,Wait(30)
exten => wait,1,Answer()
 same => n,Wait(30)
"""


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """The manager interface's port and the FastAGI server's."""
    return unused_port(), unused_port()


@pytest.fixture(scope="module")
def pbx(ports: tuple[int, int]) -> Iterator[RealPbx]:
    """One Asterisk for this file."""
    dialplan = DIALPLAN.format(port=ports[1])
    with RealPbx(ami_port=ports[0], dialplan=dialplan) as started:
        yield started


@pytest.fixture
async def client(pbx: RealPbx) -> AsyncIterator[AmiClient]:
    """A manager's view of the same Asterisk."""
    settings = AmiSettings(port=pbx.ami_port, username="cc110", secret=pbx.password)
    async with running(AmiClient(settings)) as live:
        yield live


@asynccontextmanager
async def serving(ports: tuple[int, int], handler: Handler) -> AsyncIterator[AgiServer]:
    """The server that the dialplan asks."""
    async with AgiServer("127.0.0.1", ports[1], {"test": handler}) as server:
        yield server


async def call(client: AmiClient, exten: str = "test", other: str = "wait") -> None:
    """Let one leg of a call run an extension, and the other one another."""
    where = {"Context": "agi", "Exten": other, "Priority": "1"}
    reply = await client.send(
        {"Action": "Originate", "Channel": f"Local/{exten}@agi", "Async": "true", **where}
    )
    assert reply.ok


async def after(client: AmiClient) -> AmiMessage:
    """Wait for what the dialplan tells after its script."""
    async with asyncio.timeout(8):
        async for event in client.events:
            if event.get("UserEvent") == "After":
                return event
    raise AssertionError("the events do not end")


async def hang_up(client: AmiClient) -> None:
    """Hang everybody up."""
    await client.send({"Action": "Hangup", "Channel": "/^Local.*$/"})


async def test_a_handler_is_told_of_the_call_and_sets_what_the_dialplan_reads(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """Arguments, parameters, variables and functions, as a real Asterisk writes them."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        await session.set_variable("CC110_RESULT", 'a "b" \\c, 警')
        await session.set_variable("TIMEOUT(absolute)", "9.50")
        told.say(
            [
                (session.script, session.parameters, session.arguments),
                session.channel.startswith("Local/test@agi"),
                await session.get_variable("CC110_RESULT"),
                await session.get_variable("CC110_NONE"),
                await session.get_full_variable("${CHANNEL(state)}-${EXTEN}"),
                round(float(await session.get_variable("TIMEOUT(absolute)") or 0)) in (9, 10),
                await session.database_get("cc110-none", "1"),
            ]
        )
        await session.set_variable("CC110_RESULT", "done")

    async with serving(ports, handler) as server:
        await call(client)
        assert await told.outcome() == [
            ("test", {"a": "b c"}, ("first one", "")),
            True,
            'a "b" \\c, 警',
            None,
            "Up-test",
            True,
            None,
        ]
        event = await after(client)
        assert (event["Status"], event["Result"]) == ("SUCCESS", "done")
        assert server.counts.failed == 0
    await hang_up(client)


async def test_a_key_interrupts_a_prompt(
    client: AmiClient, pbx: RealPbx, ports: tuple[int, int]
) -> None:
    """The other leg presses 5 while a prompt of a second plays, and nothing later."""
    told, second = Told(), str(pbx.sound)

    async def handler(session: AgiSession) -> None:
        told.say(
            [
                await session.stream_file(second, "0123456789"),
                await session.stream_file(second, ""),
                await session.get_option(second, "1", 50),
                await session.wait_for_digit(50),
                await session.get_data(second, 50, 2),
            ]
        )

    async with serving(ports, handler):
        await call(client, other="keys")
        assert await told.outcome(8) == ["5", "", "", "", ""]
        await after(client)
    await hang_up(client)


async def test_a_missing_prompt_or_application_is_refused_and_the_session_goes_on(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """The caller is still there."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        for step in (session.stream_file("nofile"), session.exec("NoSuch"), session.ask("BOGUS")):
            with pytest.raises(AgiRefused):
                await step
        with pytest.raises(AgiRefused, match="520"):
            await session.ask("STREAM FILE")
        told.say([await session.exec("NoOp", "x"), await session.get_variable("EXTEN")])

    async with serving(ports, handler) as server:
        await call(client)
        assert await told.outcome() == ["0", "test"]
        assert (await after(client))["Status"] == "FAILURE"  # of a prompt alone: no verdict
        assert server.counts.failed == 0
    await hang_up(client)


async def test_asterisk_reads_the_longest_command_that_we_send(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """Our limit is within its own."""
    told = Told()
    longest = "x" * (8_000 - len('SET VARIABLE "A" ""\n'))

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", longest)
        told.say(await session.get_full_variable("${A}"))

    async with serving(ports, handler):
        await call(client)
        assert await told.outcome() == longest
        await after(client)
    await hang_up(client)


async def test_a_handler_that_hangs_is_left_at_the_absolute_timeout(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """The watchdog: extension T after 2 s, and the handler is cancelled within one more (S3)."""
    told = Told()
    loop = asyncio.get_running_loop()

    async def handler(_: AgiSession) -> None:
        began_at = loop.time()
        try:
            await asyncio.Event().wait()
        finally:
            told.say(loop.time() - began_at)

    async with serving(ports, handler) as server:
        await call(client, exten="dog")
        event = await after(client)
        assert (event["Result"], event["Status"]) == ("watchdog", "HANGUP")
        lasted = await told.outcome()
        assert isinstance(lasted, float)
        assert 1.8 < lasted < 3.2
        assert server.counts.hung_up == 1
    await hang_up(client)


async def test_a_caller_who_hangs_up_ends_his_handler(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """In the middle of a prompt, within a second."""
    told, playing = Told(), Told()

    async def handler(session: AgiSession) -> None:
        playing.say(True)
        try:
            await session.wait_for_digit(20_000)
        except CallerHungUp as error:
            told.say(error)
            raise

    async with serving(ports, handler) as server:
        await call(client)
        await playing.outcome()
        await hang_up(client)
        assert isinstance(await told.outcome(1), CallerHungUp)
        await until(lambda: server.sessions == 0)
        assert (server.counts.hung_up, server.counts.failed) == (1, 0)


async def test_a_handlers_exception_shows_as_failure(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """The dialplan goes on, and could tell."""

    async def handler(_: AgiSession) -> None:
        raise ZeroDivisionError

    async with serving(ports, handler):
        await call(client)
        assert (await after(client))["Status"] == "FAILURE"
    await hang_up(client)


async def test_without_a_server_the_dialplan_goes_on_at_once(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """A closed port costs the caller nothing."""

    async def handler(session: AgiSession) -> None:
        await session.answer()

    async with serving(ports, handler) as server:
        await server.aclose()
        await call(client)
        async with asyncio.timeout(1):
            assert (await after(client))["Status"] == "FAILURE"
    await hang_up(client)
