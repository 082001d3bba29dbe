"""One FastAGI connection: an environment, then one handler until it ends."""

import asyncio
from typing import TYPE_CHECKING, cast

import structlog

from cc110.pbx.agi.errors import AgiError, CallerHungUp
from cc110.pbx.agi.session import AgiSession
from cc110.pbx.agi.wire import AgiWire, Broken, Environment, Hangup, Message, Reply

if TYPE_CHECKING:
    from cc110.pbx.agi.server import AgiServer

log = structlog.get_logger(__name__)


class Connection(asyncio.Protocol):
    """The protocol of one socket.

    Attributes:
        task: the handler's, once the environment is complete.
    """

    def __init__(self, server: "AgiServer") -> None:
        """Belong to a server, whose limits apply."""
        self.task: asyncio.Task[None] | None = None
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._wire = AgiWire()
        self._session: AgiSession | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.TimerHandle | None = None

    # --- from the socket ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer for as long as it takes to say who calls."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._server.admit(self):
            self._refuse("too many connections")
            return
        limit = self._server.limits.header_s
        self._timer = self._loop.call_later(limit, self._refuse, "no environment in time")

    def data_received(self, data: bytes) -> None:
        """Act on each message that is complete."""
        for message in self._wire.feed(data):
            self._act(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take it for a hang-up: the dialplan has gone on, whether the caller has or not."""
        self._transport = None
        self._server.discard(self)
        self._stop_timer()
        self._hang_up()

    def _act(self, message: Message) -> None:
        match message:
            case Environment():
                self._begin(message)
            case Broken():
                self.cut(message.reason)
            case Reply() if self._session is not None:
                self._session.on_reply(message)
            case Hangup():
                self._hang_up()
            case Reply():
                pass

    # --- one session ----------------------------------------------------------------------------

    def _begin(self, environment: Environment) -> None:
        self._stop_timer()
        if environment.forged:
            self._refuse("a forged environment")
            return
        try:
            session = AgiSession(environment.values, self._write, self.cut)
        except AgiError as error:
            self._refuse(str(error))
            return
        if session.script not in self._server.handlers:
            self._refuse(f"no handler {session.script[:60]!r}")
            return
        self._server.counts.begun += 1
        self._session = session
        self.task = self._loop.create_task(self._run(session))
        self._timer = self._loop.call_later(self._server.limits.session_s, self.task.cancel)

    async def _run(self, session: AgiSession) -> None:
        try:
            await self._server.handlers[session.script](session)
        except CallerHungUp:
            self._server.counts.hung_up += 1
        except asyncio.CancelledError:
            self._count_cancelled(session)
        except Exception as error:
            self._fail(session, error)
        finally:
            self._end()

    def _count_cancelled(self, session: AgiSession) -> None:
        if session.is_hung_up:
            self._server.counts.hung_up += 1
        else:
            self._fail(session, AgiError("cut: too long, or the server closes"))

    def _fail(self, session: AgiSession, error: Exception) -> None:
        self._server.counts.failed += 1
        ours = isinstance(error, AgiError)
        log.error(
            "agi_session_failed",
            script=session.script,
            uniqueid=session.uniqueid,
            error=str(error),
            exc_info=None if ours else error,
        )
        self._write(b"failure\n")

    def _end(self) -> None:
        self._stop_timer()
        if self._ending is not None:
            self._ending.cancel()
        if self._transport is not None:
            self._transport.close()

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.on_hangup()
        if self.task is not None and not self.task.done() and self._ending is None:
            limit = self._server.limits.hangup_s
            self._ending = self._loop.call_later(limit, self.task.cancel)

    def _write(self, line: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(line)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- ends -----------------------------------------------------------------------------------

    def _refuse(self, reason: str) -> None:
        self._server.refused(reason)
        self._abort()

    def cut(self, reason: str) -> None:
        """End the connection at once; the session learns of it as of a hang-up."""
        if self._session is None:
            self._refuse(reason)
        else:
            log.warning("agi_cut", script=self._session.script, reason=reason)
            self._abort()

    def _abort(self) -> None:
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()
