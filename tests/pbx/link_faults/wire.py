"""The wire between a client and the PBX's manager interface, to be cut, to fall silent, and to be mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_BLOCK = 64 * 1024


class Wire:
    """Carries TCP connections to a port of the PBX, for as long as nothing is wrong with it.

    Attributes:
        port: where clients connect.
        swallowed: bytes that came from clients while it was silent, and went nowhere.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.swallowed = bytearray()
        self._target = target
        self._silent = False
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """Carry what comes from now on; what was swallowed stays lost, and its connections too."""
        if self._silent:
            self._abort()
        self._silent = False
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def fall_silent(self) -> None:
        """Swallow everything both ways and tell neither side: half-open, as behind a dead firewall."""
        self._silent = True

    async def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._abort()

    async def aclose(self) -> None:
        """Cut, and nothing is left running."""
        await self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _abort(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(ConnectionError):
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(
                self._pump(reader, back, to_pbx=True), self._pump(there, writer, to_pbx=False)
            )

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, to_pbx: bool
    ) -> None:
        """Carry one way until either end closes; the other end learns of it unless the wire is silent."""
        self._ends.add(sink)
        try:
            while data := await source.read(_BLOCK):
                if not self._silent:
                    sink.write(data)
                    await sink.drain()
                elif to_pbx:
                    self.swallowed += data
        except ConnectionError:
            pass
        finally:
            if not self._silent:
                sink.transport.abort()
                self._ends.discard(sink)


@asynccontextmanager
async def wire_to(target: int) -> AsyncIterator[Wire]:
    """A wire that is whole at first."""
    wire = Wire(target)
    await wire.mend()
    try:
        yield wire
    finally:
        await wire.aclose()
