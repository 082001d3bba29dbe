"""Asterisk's side of a FastAGI session over a real socket, as well or as badly as told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cc110.pbx.agi import AgiLimits, AgiServer, AgiSession, Handler

PATIENCE_S = 5.0


async def _turn() -> None:
    """Let the loop go round: not everything that is waited for can tell."""
    await asyncio.sleep(0.001)


async def until(met: Callable[[], bool]) -> None:
    """Wait until something that happens in this loop makes a condition true."""
    async with asyncio.timeout(PATIENCE_S):
        while not met():
            await _turn()


@dataclass(kw_only=True)
class FakeCall:
    """One connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: str | bytes) -> None:
        """Write in one segment."""
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def command(self) -> str:
        """Read the next command's line; nothing when the server has closed."""
        async with asyncio.timeout(PATIENCE_S):
            return (await self.reader.readline()).decode().removesuffix("\n")

    async def serve(self, *replies: str) -> list[str]:
        """Read so many commands and give each its reply; return the commands."""
        commands = []
        for reply in replies:
            commands.append(await self.command())
            self.send(reply + "\n")
        return commands

    async def rest(self) -> str:
        """Read to the end of the connection."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return (await self.reader.read()).decode()
            except ConnectionError:
                return ""

    async def is_closed_within(self, seconds: float) -> bool:
        """Say whether the server ends the connection in time, without having said a word."""
        try:
            async with asyncio.timeout(seconds):
                return await self.rest() == ""
        except TimeoutError:
            return False

    def hang_up(self) -> None:
        """Close as Asterisk does with AGIEXITONHANGUP: a last word, then nothing more."""
        self.send("HANGUP\n")
        self.writer.close()

    def close(self) -> None:
        """Close at once."""
        self.writer.transport.abort()


def environment(script: str = "test", **more: str) -> str:
    """What Asterisk sends first."""
    values = {"network": "yes", "network_script": script, "uniqueid": "1.2"} | more
    return "".join(f"agi_{name}: {value}\n" for name, value in values.items()) + "\n"


@asynccontextmanager
async def connection(server: AgiServer) -> AsyncIterator[FakeCall]:
    """A connection that says nothing yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    call = FakeCall(reader=reader, writer=writer)
    try:
        yield call
    finally:
        call.close()


@asynccontextmanager
async def calling(server: AgiServer, script: str = "test", **more: str) -> AsyncIterator[FakeCall]:
    """A connection that has sent its environment."""
    async with connection(server) as call:
        call.send(environment(script, **more))
        yield call


@asynccontextmanager
async def serving(handler: Handler, **limits: float) -> AsyncIterator[AgiServer]:
    """A server whose script ``test`` is the handler, and whose script ``ok`` is known to work."""
    handlers = {"test": handler, "ok": say_ok}
    wanted = AgiLimits(**limits)
    async with AgiServer("127.0.0.1", 0, handlers, wanted) as server:
        yield server


async def say_ok(session: AgiSession) -> None:
    """A handler of one command."""
    await session.set_variable("CC110_RESULT", "ok")


async def works(server: AgiServer) -> bool:
    """Say whether a new session gets its command within a second."""
    async with asyncio.timeout(1), calling(server, "ok") as call:
        return await call.serve("200 result=1") == ['SET VARIABLE "CC110_RESULT" "ok"']


class Told:
    """What a handler met, to be waited for from outside of it."""

    def __init__(self) -> None:
        self._outcome: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def say(self, outcome: object) -> None:
        """Tell it, once."""
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    async def outcome(self, seconds: float = PATIENCE_S) -> object:
        """Wait for it."""
        return await asyncio.wait_for(asyncio.shield(self._outcome), seconds)
