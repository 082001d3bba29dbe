"""One FastAGI connection: an environment, then one handler until it ends."""

import asyncio
from typing import TYPE_CHECKING, assert_never, cast

import structlog

from cc110.pbx.agi.errors import AgiError, CallerHungUp
from cc110.pbx.agi.session import AgiSession
from cc110.pbx.agi.wire import AgiWire, Broken, Environment, Hangup, Message, Reply

if TYPE_CHECKING:
    from cc110.pbx.agi.server import AgiServer, Handler

_log = structlog.get_logger("agi")


class Connection(asyncio.Protocol):
    """The protocol of one socket."""

    def __init__(self, server: "AgiServer") -> None:
        """Belong to a server, whose limits apply."""
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._wire = AgiWire()
        self._session: AgiSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    # --- from the socket ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer for as long as it takes to say who calls."""
        self._transport = cast("asyncio.Transport", transport)
        if reason := self._server.admit(self):
            self.cut(reason)
            return
        limit = self._server.limits.header_s
        self._timer = self._loop.call_later(limit, self.cut, "no environment in time")

    def data_received(self, data: bytes) -> None:
        """Act on each message that is complete, until one of them ends the connection."""
        for message in self._wire.feed(data):
            if self._transport is None or self._transport.is_closing():
                return
            self._act(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take it for a hang-up: the dialplan has gone on, whether the caller has or not."""
        self._transport = None
        self._server.discard(self)
        if self._task is None or self._task.done():
            self._stop_timer()
        else:
            self._hang_up()

    def _act(self, message: Message) -> None:
        match message:
            case Environment():
                self._begin(message)
            case Reply():
                assert self._session, "the wire gives an environment first"
                self._session.on_reply(message)
            case Hangup():
                self._hang_up()
            case Broken(reason=reason):
                self.cut(reason)
            case _:
                assert_never(message)

    # --- one session ----------------------------------------------------------------------------

    def _begin(self, environment: Environment) -> None:
        handler = self._server.take(self, environment.values.get("agi_network_script", ""))
        if handler is None:
            self.cut("no such script")
            return
        self._session = AgiSession(environment.values, self._write, self.cut)
        self._task = self._server.spawn(self._run(handler, self._session))
        self._cancel_in(self._server.limits.session_s)

    async def _run(self, handler: "Handler", session: AgiSession) -> None:
        counts = self._server.counts
        try:
            await handler(session)
        except CallerHungUp:
            counts.hung_up += 1
        except asyncio.CancelledError:
            counts.cancelled += 1
            self._server.warn("a session was cancelled", "it took too long, or the server closes")
            raise
        except AgiError as error:
            counts.failed += 1
            self._server.warn("a session failed; its caller goes on", str(error))
        except Exception:
            counts.failed += 1
            _log.exception("a handler failed; its caller goes on")
        finally:
            self._end()

    def _end(self) -> None:
        """Close when Asterisk has what was sent; it has a moment for that."""
        self._stop_timer()
        if self._transport:
            self._transport.close()
            limit = self._server.limits.hangup_s
            self._timer = self._loop.call_later(limit, self._transport.abort)

    def _hang_up(self) -> None:
        """The handler has a moment to notice, from the first sign on."""
        assert self._session, "the wire gives an environment first"
        if not self._session.is_over:
            self._session.on_hangup()
            self._cancel_in(self._server.limits.hangup_s)

    def _write(self, line: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(line)

    def _cancel_in(self, seconds: float) -> None:
        assert self._task
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, self._task.cancel)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    # --- ends -----------------------------------------------------------------------------------

    def cut(self, reason: str) -> None:
        """End the connection at once; a session learns of it as of a hang-up."""
        if self._session is None:
            self._server.refused(reason)
        else:
            self._server.warn("a session was cut; its caller goes on", reason)
        if self._transport:
            self._transport.abort()
