"""The FastAGI server's sockets. The outside is hostile and slow: every connection has limits and deadlines."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

import structlog

from cc110.pbx.agi.errors import AgiError, AgiProtocolError, CallerHungUp
from cc110.pbx.agi.session import AgiSession
from cc110.pbx.agi.wire import AgiWire, Environment

_log = structlog.get_logger("agi")
_BACKLOG: Final = 1024

Handler = Callable[[AgiSession], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class AgiLimits:
    """What a connection may take.

    Attributes:
        connections: at once; more are closed at once, and the dialplan goes on by itself.
        header_s: until the environment must be complete.
        hangup_s: until a handler must have ended after its caller has.
        session_s: the longest session.
        close_s: what running sessions get when the server closes.
    """

    connections: int = 2000
    header_s: float = 1.0
    hangup_s: float = 1.0
    session_s: float = 300.0
    close_s: float = 2.0


class AgiServer:
    """Answers FastAGI requests by the script's name."""

    def __init__(
        self,
        host: str,
        port: int,
        handlers: Mapping[str, Handler],
        limits: AgiLimits = AgiLimits(),  # noqa: B008 - frozen
    ) -> None:
        """Serve ``agi://host:port/<name>`` with the handler of that name."""
        self._host = host
        self._port = port
        self.handlers = handlers
        self.limits = limits
        self.connections: set[_Connection] = set()
        self.refused = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), self._host, self._port, backlog=_BACKLOG
        )

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    async def aclose(self) -> None:
        """Stop listening, give running sessions their time, then cut them."""
        if self._server:
            self._server.close()
        tasks = [it.task for it in self.connections if it.task]
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.close_s)
        for connection in tuple(self.connections):
            connection.cut()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One connection: environment, then one handler until it ends."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._wire = AgiWire()
        self._session: AgiSession | None = None
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None

    # --- asyncio's side -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if len(self._server.connections) >= self._server.limits.connections:
            self._refuse("too many connections")
            return
        self._server.connections.add(self)
        self._in(self._server.limits.header_s, lambda: self._refuse("no environment in time"))

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._wire.feed(data):
                if isinstance(message, Environment):
                    self._begin(message)
                elif self._session:
                    self._session.heard(message)
        except AgiProtocolError as error:
            self._refuse(str(error))

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._server.connections.discard(self)
        self._cancel_timer()
        if self._session:
            self._session.lost()
        if self.task and not self.task.done():
            self._in(self._server.limits.hangup_s, self.task.cancel)

    # --- one session ----------------------------------------------------------------------------

    def _begin(self, environment: Environment) -> None:
        self._cancel_timer()
        handler = self._server.handlers.get(_script(environment))
        if handler is None:
            self._refuse("no such script")
            return
        self._session = AgiSession(environment.values, self._transport.write)
        self.task = asyncio.create_task(self._handle(handler, self._session), name="agi")
        self._in(self._server.limits.session_s, self.task.cancel)

    async def _handle(self, handler: Handler, session: AgiSession) -> None:
        try:
            await handler(session)
        except CallerHungUp:
            pass
        except AgiError as error:
            _log.warning("session ended", error=str(error), script=session.env.get("agi_request"))
        except Exception:
            _log.exception("handler failed", script=session.env.get("agi_request"))
        finally:
            self._cancel_timer()
            self._transport.close()

    def cut(self) -> None:
        """End the session at once."""
        if self.task:
            self.task.cancel()
        self._transport.abort()

    def _refuse(self, reason: str) -> None:
        self._server.refused += 1
        _log.info("connection refused", reason=reason)
        with suppress(RuntimeError):
            self._transport.abort()
        if self.task:
            self.task.cancel()

    def _in(self, seconds: float, act: Callable[[], object]) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, act)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _script(environment: Environment) -> str:
    """``ivr`` of ``agi_request: agi://127.0.0.1:4573/ivr``; nothing for what is no address."""
    try:
        return urlsplit(environment.values.get("agi_request", "")).path.lstrip("/")
    except ValueError:
        return ""
