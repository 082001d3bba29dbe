"""The FastAGI server's sockets. Whoever connects may be hostile or slow: everything has a limit.

The port has no authentication (whoever reaches it speaks as Asterisk), so it belongs on the loopback. A
session that is refused or fails never harms its caller: the dialplan goes on with its default.
"""

import asyncio
import resource
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Final, Self

import structlog

from cc110.pbx.agi.connection import Connection
from cc110.pbx.agi.errors import AgiNotListening
from cc110.pbx.agi.session import AgiSession
from cc110.pbx.embedded.ports import Listen, require_free

Handler = Callable[[AgiSession], Awaitable[None]]

_BACKLOG: Final = 1024
"""A full backlog costs a caller two seconds (MAX_AGI_CONNECT)."""

_log = structlog.get_logger("agi")


@dataclass(frozen=True, kw_only=True)
class AgiLimits:
    """What one connection, and all together, may take; the sizes are in `wire`.

    Attributes:
        connections: at once, and never more than half of the files that this process may open. When
            there are more, the oldest that has not said who calls goes: Asterisk says it at once.
        header_s: seconds from the connect to the end of the environment.
        hangup_s: seconds that a handler has when its caller has hung up, before it is cancelled.
        session_s: seconds that a session may last.
        close_s: seconds that running sessions get when the server closes.
    """

    connections: int = 2_000
    header_s: float = 1.0
    hangup_s: float = 0.5
    session_s: float = 300.0
    close_s: float = 2.0


@dataclass(kw_only=True)
class AgiCounts:
    """What the server has seen since it was made.

    Attributes:
        begun: sessions that got a handler.
        hung_up: of these, ended by the caller's hang-up.
        failed: of these, ended by an exception in the handler.
        cancelled: of these, that took too long, also at a hang-up or when the server closed.
        refused: connections that never became a session.
    """

    begun: int = 0
    hung_up: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0


class AgiServer:
    """Answers ``AGI(agi://host:port/name)`` with the handler of exactly that name.

    A handler's exception ends its own session only. AGISTATUS is SUCCESS whatever happens here: the
    dialplan must look at a variable that the handler sets last.

    Attributes:
        limits: see `AgiLimits`.
        counts: totals.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handlers: Mapping[str, Handler],
        limits: AgiLimits = AgiLimits(),
    ) -> None:
        """Prepare to serve; port 0 lets the system choose one."""
        self.limits = limits
        self.counts = AgiCounts()
        self._address = (host, port)
        self._handlers = handlers
        self._most = limits.connections
        self._open: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._closing = False
        self._empty = asyncio.Event()
        self._warned_at: dict[str, float] = {}

    async def start(self) -> None:
        """Listen.

        Raises:
            PortInUse: another program has the port; the message names it.
            AgiNotListening: the address can't be listened on.
        """
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = min(self.limits.connections, files // 2)
        host, port = self._address
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self), host, port, backlog=_BACKLOG
            )
        except OSError as error:
            require_free([Listen(proto="tcp", host=host, port=port, setting="agi.port")])
            raise AgiNotListening(
                f"TCP port {host}:{port} can't be listened on ({error.strerror}); "
                "set agi.host or agi.port"
            ) from error

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None or not self._server.sockets:
            return self._address[1]
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def sessions(self) -> int:
        """How many handlers are running."""
        return len(self._tasks)

    async def aclose(self) -> None:
        """Stop listening, give running sessions their time, then cut them. All is gone when it returns."""
        self._closing = True
        if self._server:
            self._server.close()
        self._cut_all(self._strangers)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.close_s)
        self._cut_all(self._open)
        await self._end_tasks()
        while self._open:
            self._empty.clear()
            await self._empty.wait()

    async def __aenter__(self) -> Self:
        """Listen for the length of a block."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()

    def _cut_all(self, connections: set[Connection] | dict[Connection, None]) -> None:
        for connection in tuple(connections):
            connection.cut("the server closes")

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.hangup_s)
        if self._tasks:
            _log.error("handlers do not end", tasks=len(self._tasks))

    # --- for connections ------------------------------------------------------------------------

    def admit(self, connection: Connection) -> str:
        """Count a connection in, or say why not."""
        if len(self._open) >= self._most and self._strangers:
            oldest = next(iter(self._strangers))
            oldest.cut("too many connections")
            self.discard(oldest)
        if self._closing or len(self._open) >= self._most:
            return "the server closes" if self._closing else "too many sessions"
        self._open.add(connection)
        self._strangers[connection] = None
        return ""

    def take(self, connection: Connection, script: str) -> Handler | None:
        """The handler for a connection that has said who calls; None when there is none."""
        self._strangers.pop(connection, None)
        handler = self._handlers.get(script)
        self.counts.begun += handler is not None
        return handler

    def spawn(self, session: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run a session; its task is the server's to end."""
        task = asyncio.get_running_loop().create_task(session, name="agi")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def discard(self, connection: Connection) -> None:
        """Count a connection out."""
        self._open.discard(connection)
        self._strangers.pop(connection, None)
        if not self._open:
            self._empty.set()

    def refused(self, reason: str) -> None:
        """Count a connection that never became a session."""
        self.counts.refused += 1
        self.warn("a connection was refused", reason)

    def warn(self, what: str, reason: str) -> None:
        """Log it, once a second at most: a flood must not flood the log."""
        now = asyncio.get_running_loop().time()
        if now - self._warned_at.get(what, float("-inf")) >= 1:
            self._warned_at[what] = now
            _log.warning(what, reason=reason, refused=self.counts.refused)
