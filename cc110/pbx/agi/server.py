"""The FastAGI server's sockets. Whoever connects may be hostile or slow: everything has a limit.

The port has no authentication (whoever reaches it speaks as Asterisk), so it belongs on the loopback. A
session that is refused or fails never harms its caller: the dialplan goes on with its default.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import structlog

from cc110.pbx.agi.connection import Connection
from cc110.pbx.agi.session import AgiSession

Handler = Callable[[AgiSession], Awaitable[None]]

_BACKLOG: Final = 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AgiLimits:
    """What one connection, and all together, may take; the sizes are in `wire`.

    Attributes:
        connections: at once; one more is closed at once.
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
        failed: of these, ended by an exception in the handler or a broken rule.
        refused: connections that never became a session.
    """

    begun: int = 0
    hung_up: int = 0
    failed: int = 0
    refused: int = 0


class AgiServer:
    """Answers ``AGI(agi://host:port/name)`` with the handler of exactly that name.

    A handler's exception ends its own session only; Asterisk is told ``failure`` then, so that
    AGISTATUS is FAILURE. (It is SUCCESS when this process dies half-way: the dialplan must look at a
    variable that the handler sets last.)

    Attributes:
        handlers: by name.
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
        self.handlers = handlers
        self.limits = limits
        self.counts = AgiCounts()
        self._address = (host, port)
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._refusal_logged_at = float("-inf")

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        host, port = self._address
        loop = asyncio.get_running_loop()
        make = lambda: Connection(self)  # noqa: E731 - create_server wants a callable
        self._server = await loop.create_server(make, host, port, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None or not self._server.sockets:
            return self._address[1]
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """Connections that are open."""
        return len(self._open)

    async def aclose(self) -> None:
        """Stop listening, give running sessions their time, then cut them. Ends when all are gone."""
        if self._server is not None:
            self._server.close()
        tasks = [one.task for one in self._open if one.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.close_s)
        for connection in tuple(self._open):
            connection.cut("the server closes")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        """Listen for the length of a block."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()

    # --- for connections ------------------------------------------------------------------------

    def admit(self, connection: Connection) -> bool:
        """Count a connection in, or return False when there are too many."""
        if len(self._open) >= self.limits.connections:
            return False
        self._open.add(connection)
        return True

    def discard(self, connection: Connection) -> None:
        """Count a connection out."""
        self._open.discard(connection)

    def refused(self, reason: str) -> None:
        """Count a refusal; warn once a second at most, for a flood must not flood the log."""
        self.counts.refused += 1
        now = asyncio.get_running_loop().time()
        if now - self._refusal_logged_at >= 1:
            self._refusal_logged_at = now
            log.warning("agi_refused", reason=reason, refused=self.counts.refused)
