"""The server under a real dialplan: what its peer in the other tests only plays."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from cc110.pbx.agi import AgiRefused, AgiServer, AgiSession, CallerHungUp, Handler
from cc110.pbx.agi.wire import COMMAND_BYTES
from cc110.pbx.ami import AmiClient, AmiMessage, AmiSettings
from tests.black_hole import full_backlog
from tests.contract.agi.fake_call import Told, until
from tests.contract.ami.fake_ami import running
from tests.contract.ami.real_pbx import RealPbx

pytestmark = pytest.mark.pbx

SHARP = 'a "b" \\c\\\\" 警 ${EXTEN}'
DIALPLAN = """[agi]
exten => test,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://127.0.0.1:{port}/test,first one,)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Result: ${{CC110_RESULT}})
exten => hole,1,Answer()
 same => n,UserEvent(Before)
 same => n,AGI(agi://127.0.0.1:{hole}/test)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Result: ${{CC110_RESULT}})
exten => dog,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(TIMEOUT(absolute)=1)
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
def hole() -> Iterator[int]:
    """A port that swallows connections."""
    with full_backlog() as port:
        yield port


@pytest.fixture(scope="module")
def pbx(ports: tuple[int, int], hole: int) -> Iterator[RealPbx]:
    """One Asterisk for this file."""
    dialplan = DIALPLAN.format(port=ports[1], hole=hole)
    with RealPbx(ami_port=ports[0], dialplan=dialplan) as started:
        yield started


@pytest.fixture
async def client(pbx: RealPbx) -> AsyncIterator[AmiClient]:
    """A manager's view of the same Asterisk."""
    settings = AmiSettings(port=pbx.ami_port, username="cc110", secret=pbx.password)
    async with running(AmiClient(settings)) as live:
        yield live
        await live.send({"Action": "Hangup", "Channel": "/^Local.*$/"})


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


async def told_by(client: AmiClient, word: str) -> AmiMessage:
    """Wait for what the dialplan tells under this word."""
    async with asyncio.timeout(8):
        async for event in client.events:
            if event.get("UserEvent") == word:
                return event
    raise AssertionError("the events do not end")


async def after(client: AmiClient) -> AmiMessage:
    """Wait for what the dialplan tells after its script."""
    return await told_by(client, "After")


async def test_a_handler_is_told_of_the_call_and_sets_what_the_dialplan_reads(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """Arguments, variables and functions as a real Asterisk writes them; our quoting is its own."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", SHARP)
        await session.set_variable("TIMEOUT(absolute)", "9.50")
        told.say(
            [
                [session.env.get(f"agi_arg_{n}") for n in (1, 2, 3)],
                session.env["agi_channel"].startswith("Local/test@agi"),
                await session.get_variable("A"),
                await session.get_variable("CC110_NONE"),
                (await session.ask("GET FULL VARIABLE", "${CHANNEL(state)}-${EXTEN}")).data,
                round(float(await session.get_variable("TIMEOUT(absolute)"))) in (9, 10),
            ]
        )
        await session.set_variable("CC110_RESULT", "done")

    async with serving(ports, handler) as server:
        await call(client)
        assert await told.outcome() == [["first one", "", None], True, SHARP, "", "Up-test", True]
        event = await after(client)
        assert (event["Status"], event["Result"]) == ("SUCCESS", "done")
        assert server.counts.failed == 0


async def test_a_key_interrupts_a_prompt(
    client: AmiClient, pbx: RealPbx, ports: tuple[int, int]
) -> None:
    """The other leg presses 5 while a prompt of a second plays, and nothing later."""
    told, second = Told(), str(pbx.sound)

    async def handler(session: AgiSession) -> None:
        keys = [await session.stream_file(second, "0123456789")]
        keys += [await session.stream_file(second), await session.wait_for_digit(50)]
        told.say(keys)

    async with serving(ports, handler):
        await call(client, other="keys")
        assert await told.outcome(8) == ["5", "", ""]
        await after(client)


async def test_what_asterisk_can_not_do_is_refused_and_the_session_goes_on(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """A missing prompt, an unknown command, a usage text of many lines: the caller is still there."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        steps = (session.stream_file("nofile"), session.ask("BOGUS"), session.ask("STREAM FILE"))
        for step, said in zip(steps, ("could not do it", "510", "520"), strict=True):
            with pytest.raises(AgiRefused, match=said):
                await step
        told.say(await session.get_variable("EXTEN"))

    async with serving(ports, handler) as server:
        await call(client)
        assert await told.outcome() == "test"
        assert (await after(client))["Status"] == "FAILURE"  # of a prompt alone: no verdict
        assert server.counts.failed == server.counts.hung_up == 0


async def test_asterisk_reads_the_longest_command_that_we_send(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """In one piece: our limit is within its own."""
    told = Told()
    longest = "x" * (COMMAND_BYTES - len('SET VARIABLE "A" ""\n'))

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", longest)
        told.say((await session.ask("GET FULL VARIABLE", "${A}")).data)

    async with serving(ports, handler):
        await call(client)
        assert await told.outcome() == longest
        await after(client)


async def test_s3_a_handler_that_hangs_is_left_at_the_absolute_timeout(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """The watchdog: extension T after a second, and the handler is cancelled within one more (S3)."""
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
        assert 0.8 < lasted < 2.2
        assert server.counts.cancelled == 1


@pytest.mark.parametrize("step", ["stream_file", "wait_for_digit"])
async def test_a_caller_who_hangs_up_ends_his_handler(
    client: AmiClient, pbx: RealPbx, ports: tuple[int, int], step: str
) -> None:
    """In the middle of a prompt or a pause, at once."""
    told, playing = Told(), Told()

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", "1")
        playing.say(True)
        try:
            if step == "wait_for_digit":
                await session.wait_for_digit(20_000)
            while True:
                await session.stream_file(str(pbx.sound))
        except CallerHungUp as error:
            told.say(error)
            raise

    async with serving(ports, handler) as server:
        await call(client)
        await playing.outcome()
        await client.send({"Action": "Hangup", "Channel": "/^Local.*$/"})
        assert isinstance(await told.outcome(1), CallerHungUp)
        await until(lambda: server.sessions == 0)
        assert (server.counts.hung_up, server.counts.failed) == (1, 0)


async def test_after_a_handlers_exception_the_dialplan_goes_on(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """It can't tell by AGISTATUS: that is why a handler sets its variable last."""

    async def handler(_: AgiSession) -> None:
        raise ZeroDivisionError

    async with serving(ports, handler):
        await call(client)
        event = await after(client)
        assert (event["Status"], event["Result"]) == ("SUCCESS", "")


async def test_s4_without_a_server_the_dialplan_goes_on_at_once(
    client: AmiClient, ports: tuple[int, int]
) -> None:
    """A closed port costs the caller nothing."""

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", "1")

    async with serving(ports, handler) as server:
        await server.aclose()
        await call(client)
        async with asyncio.timeout(1):
            assert (await after(client))["Status"] == "FAILURE"


async def test_s4_a_port_that_swallows_connections_costs_the_caller_two_and_a_half_seconds(
    client: AmiClient,
) -> None:
    """Asterisk gives up after MAX_AGI_CONNECT, and the dialplan goes on."""
    await call(client, exten="hole")
    await told_by(
        client, "Before"
    )  # before it, Answer() waits half a second for the caller's sound
    began_at = time.monotonic()
    event = await after(client)
    assert 1 < time.monotonic() - began_at < 2.5
    assert (event["Status"], event["Result"]) == ("FAILURE", "")


@pytest.mark.parametrize("last_word", ['SET VARIABLE "CC110_RES', ""])
async def test_s5_a_server_that_dies_in_the_middle_leaves_the_variable_empty(
    client: AmiClient, ports: tuple[int, int], last_word: str
) -> None:
    """AGISTATUS is SUCCESS: only the variable that is set last tells, and half a command sets none."""

    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        writer.write(b'SET VARIABLE "A" "1"\n')
        await reader.readline()
        writer.write(last_word.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(die, "127.0.0.1", ports[1]):
        await call(client)
        event = await after(client)
        assert (event["Status"], event["Result"]) == ("SUCCESS", "")
