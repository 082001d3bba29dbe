"""Those who connect to a FastAGI port and are no Asterisk, each kind as a coroutine.

``python -m tests.contract.agi.strangers PORT KIND=COUNT...`` sends so many of each kind, one after the other,
from a process of its own: what they cost themselves is then not measured with the server.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from tests.contract.agi.fake_call import FakeCall, environment

Stranger = Callable[[FakeCall], Awaitable[object]]
DRIP_S: Final = 0.2


async def closes_at_once(_: FakeCall) -> None:
    """A port scan, or a health probe."""


async def says_nothing(call: FakeCall) -> None:
    """And waits."""
    await call.rest()


async def says_half(call: FakeCall) -> None:
    """Half a line of an environment, and waits."""
    call.send(environment()[:20])
    await call.rest()


async def drips(call: FakeCall) -> None:
    """A byte at a time (slowloris)."""
    reading = asyncio.create_task(call.rest())
    for letter in environment() * 9:
        call.send(letter)
        if (await asyncio.wait([reading], timeout=DRIP_S))[0]:
            return


async def never_ends(call: FakeCall) -> None:
    """A megabyte of one line."""
    call.send(b"agi_x: " + b"x" * 1_000_000)
    await call.rest()


async def speaks_http(call: FakeCall) -> None:
    """A browser that lost its way."""
    call.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await call.rest()


async def wants_another_script(call: FakeCall) -> None:
    """One that nobody serves."""
    call.send(environment("../../etc/passwd"))
    await call.rest()


async def forges(call: FakeCall) -> None:
    """A caller whose number holds a line break."""
    number = "62\nagi_arg_1: forged\nagi_arg_2: 6280000000999"
    call.send(environment("ivr", callerid=number, context="in", arg_1="true"))
    await call.rest()


async def answers_unasked(call: FakeCall) -> None:
    """A session, then more replies than there are commands, as fast as it can."""
    call.send(environment("ivr") + "200 result=1\n" * 50_000)
    await call.rest()


async def hangs_up_for_ever(call: FakeCall) -> None:
    """A session, then one HANGUP after the other."""
    call.send(environment("ivr") + "HANGUP\n" * 50_000)
    await call.rest()


async def dies_in_a_reply(call: FakeCall) -> None:
    """A session, half a reply, and gone."""
    call.send(environment("ivr"))
    await call.command()
    call.send("200 resu")


async def keeps_silent(call: FakeCall) -> None:
    """A session, and never a reply."""
    call.send(environment("ivr"))
    await call.rest()


KINDS: Final[dict[str, Stranger]] = {
    stranger.__name__: stranger
    for stranger in (
        closes_at_once,
        says_nothing,
        says_half,
        drips,
        never_ends,
        speaks_http,
        wants_another_script,
        forges,
        answers_unasked,
        hangs_up_for_ever,
        dies_in_a_reply,
        keeps_silent,
    )
}


async def one(port: int, stranger: Stranger) -> None:
    """One connection of a kind, until either side has closed it."""
    with suppress(ConnectionError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await stranger(FakeCall(reader=reader, writer=writer))
        finally:
            writer.transport.abort()


async def crowd(port: int, count: int) -> None:
    """So many at once, of every kind in turn."""
    kinds = list(KINDS.values())
    await asyncio.gather(*(one(port, kinds[n % len(kinds)]) for n in range(count)))


async def file_in(port: int, kinds: Mapping[str, int]) -> None:
    """So many of each kind, one after the other."""
    for kind, count in kinds.items():
        for _ in range(count):
            await one(port, KINDS[kind])


async def send(port: int, **kinds: int) -> None:
    """The same from a process of its own.

    Raises:
        RuntimeError: it failed.
    """
    wanted = [f"{kind}={count}" for kind, count in kinds.items()]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(port), *wanted
    )
    try:
        if await process.wait():
            raise RuntimeError(f"the strangers ended with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    asked = (word.split("=") for word in sys.argv[2:])
    asyncio.run(file_in(int(sys.argv[1]), {kind: int(count) for kind, count in asked}))
