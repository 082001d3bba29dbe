"""A peer that speaks the manager interface over a real socket, as well or as badly as told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cc110.pbx.ami import AmiClient, AmiSettings

Headers = dict[str, str]
Answer = Callable[[Headers], str | None]
PATIENCE_S = 5.0
BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\n\r\n"


async def _turn() -> None:
    """Let the loop go round once: not everything that is waited for can tell."""
    await asyncio.sleep(0)


async def until(met: Callable[[], bool]) -> None:
    """Wait until something that happens in this loop makes a condition true."""
    async with asyncio.timeout(PATIENCE_S):
        while not met():
            await _turn()


def success(action: Headers, message: str = "Done") -> str:
    """The usual answer."""
    return f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: {message}\r\n\r\n"


def error(action: Headers, message: str) -> str:
    """The other usual answer."""
    return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: {message}\r\n\r\n"


def silence(_: Headers) -> None:
    """No answer at all."""


@dataclass(kw_only=True)
class FakeAmi:
    """Greets, accepts every login and answers every action, unless `answers` says otherwise.

    Attributes:
        answers: what to write for an action's name; None writes nothing.
        received: every action, in order, over all connections.
        raw: every byte that came in.
        logins: connections that sent a login.
    """

    banner: str = "Asterisk Call Manager/11.0.0\r\n"
    answers: dict[str, Answer] = field(default_factory=dict)
    received: list[Headers] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    connections: int = 0
    port: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Begin to accept, on the port of before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection, as a killed Asterisk would."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def hang_up(self) -> None:
        """Close the newest connection after what was sent."""
        self._writers.pop().close()

    def send(self, text: str | bytes) -> None:
        """Write to the newest connection in one segment."""
        self._writers[-1].write(text.encode() if isinstance(text, str) else text)

    async def sent(self) -> None:
        """Wait until the kernel has taken what was sent."""
        await self._writers[-1].drain()

    async def until(self, met: Callable[[], bool]) -> None:
        """Wait until something that arrives here makes a condition true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(met)

    async def got(self, name: str, count: int = 1) -> list[Headers]:
        """Wait for so many actions of a name and return them."""
        await self.until(lambda: len(self.of(name)) >= count)
        return self.of(name)

    def of(self, name: str) -> list[Headers]:
        """The actions of a name that came so far."""
        return [action for action in self.received if action.get("Action") == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.connections += 1
        writer.write(self.banner.encode())
        await self._tell()
        try:
            while True:
                await self._act(await reader.readuntil(b"\r\n\r\n"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _act(self, block: bytes, writer: asyncio.StreamWriter) -> None:
        self.raw += block
        lines = block.decode().split("\r\n")
        action = dict(line.split(": ", 1) for line in lines if ": " in line)
        self.received.append(action)
        answer = self.answers.get(action["Action"], self._usual)(action)
        if answer is not None:
            writer.write(answer.encode())
        await self._tell()

    def _usual(self, action: Headers) -> str:
        wants_boot = action["Action"] == "Login" and action.get("Events") == "on"
        return success(action) + (BOOTED if wants_boot else "")

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def settings(peer: FakeAmi, **changes: float | str | bool) -> AmiSettings:
    """Settings for a peer, with pauses short enough for a test."""
    wanted: dict[str, float | str | bool] = {
        "port": peer.port,
        "username": "cc110",
        "secret": "sample",
        "ping_every_s": 0.1,
        "ping_timeout_s": 0.2,
        "backoff_s": 0.02,
        "backoff_most_s": 0.05,
    }
    return AmiSettings(**(wanted | changes))


@asynccontextmanager
async def fake_ami(**changes: object) -> AsyncIterator[FakeAmi]:
    """A peer that listens for the length of a block."""
    peer = FakeAmi(**changes)
    await peer.listen()
    try:
        yield peer
    finally:
        await peer.stop()


@asynccontextmanager
async def running(client: AmiClient, *, live: bool = True) -> AsyncIterator[AmiClient]:
    """A client that runs for the length of a block, and is live at its start."""
    task = asyncio.create_task(client.run())
    try:
        if live:
            await asyncio.wait_for(client.await_live(), PATIENCE_S)
        yield client
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), "run() must end by its cancellation only"


@asynccontextmanager
async def linked(
    answers: dict[str, Answer] | None = None, **changes: float | str | bool
) -> AsyncIterator[tuple[FakeAmi, AmiClient]]:
    """A peer and a client that is live with it, for tests that need no hook."""
    async with (
        fake_ami(answers=answers or {}) as peer,
        running(AmiClient(settings(peer, **changes))) as client,
    ):
        yield peer, client


@asynccontextmanager
async def deaf_peer() -> AsyncIterator[tuple[int, list[socket.socket]]]:
    """A peer that logs one client in and then reads nothing more: its port, and its socket."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        log_in = pool.submit(lambda: accepted.append(_log_in(server)))
        try:
            yield server.getsockname()[1], accepted
        finally:
            log_in.result(PATIENCE_S)
            accepted[0].close()


def _log_in(server: socket.socket) -> socket.socket:
    peer, _ = server.accept()
    peer.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    action_id = peer.recv(4096).decode().partition("ActionID: ")[2].split("\r\n")[0]
    peer.sendall((success({"ActionID": action_id}) + BOOTED).encode())
    return peer
