"""panoramisk 1.4, caged: the only file of cc110 that knows it.

What is still panoramisk's, and why: `Manager` opens the connection and hands actions to its
protocol, `AMIProtocol` is the transport's callbacks and the table of open actions, `Action` holds
one action's headers, makes its ActionID and carries the future of its answer. That is its skeleton;
the project's owner asked for it and it is sound.

What is replaced, because it is not sound (the numbers are those of the contract tests):

====  ==============================================================  ===========================
P4    a line break in a value becomes a header or an action           `CagedAction.__bytes__`
P5    QueueAdd's answer is taken for a list and never comes           `CagedAction.add_message`
P6    nothing has a deadline, an unanswered ping is not noticed       `CagedManager.ask`, `ping`
P7    open actions are sent again after a reconnect                   `CagedProtocol.close`
P8    a refused login looks like a good one                           `CagedManager.login`
P9    an exception in a callback loses the rest of the segment        `CagedManager.dispatch`
P10   coroutine callbacks run in any order, their exceptions lost     `CagedManager.dispatch`
P11   UTF-8 cut between two segments loses characters                 `CagedProtocol.data_received`
P13   an Action outside a running loop takes whatever loop it finds   `CagedAction.__init__`
P15   close() leaves a reconnect scheduled                            `CagedManager.connection_lost`
====  ==============================================================  ===========================

P1, P2, P3 and P12 are its FastAGI server's and P14 its call manager's; neither is used at all. Its
`Message` is not used either: `wire` cuts and reads the bytes with limits and keeps their order.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from cc110.pbx.ami.counts import AmiCounts
from cc110.pbx.ami.errors import AmiError, AmiLoginRefused, AmiLost, AmiRefused, AmiTimeout
from cc110.pbx.ami.limits import within
from cc110.pbx.ami.message import AmiMessage
from cc110.pbx.ami.settings import AmiSettings
from cc110.pbx.ami.sockets import discard_unsent, tune
from cc110.pbx.ami.wire import BANNER, AmiWire, encode, encode_many

Pairs = Sequence[tuple[str, str]]

_MAX_LATE_LISTS: Final = 1_000
_GUARD_ID: Final = "guard"
_PING: Final = b"Action: Ping\r\n"
_GUARD: Final = encode([("Action", "Ping"), ("ActionID", _GUARD_ID)])


class CagedAction(Action):
    """One action on its way, with the future of its answer."""

    def __init__(
        self,
        pairs: Pairs,
        *,
        is_list: bool = False,
        complete: str | None = None,
        most: int = 0,
        each: Callable[[AmiMessage], None] | None = None,
    ) -> None:
        """Take headers in order; for a list its closing event and the most items to accept, or
        who takes each item as it comes.

        Raises:
            RuntimeError: there is no running event loop (P13).
        """
        asyncio.get_running_loop()
        super().__init__(dict(pairs), as_list=is_list)
        self.pairs = pairs
        self.complete = complete
        self.most = most
        self.each = each

    def __str__(self) -> str:
        """Name it for a log; the headers may hold a secret."""
        return f"{dict(self.pairs).get('Action', '?')} {self.id}"

    __repr__ = __str__

    def __bytes__(self) -> bytes:
        """Return what goes on the wire, or raise AmiInjection (P4)."""
        has_id = any(key.lower() == "actionid" for key, _ in self.pairs)
        return encode(self.pairs if has_id else [*self.pairs, ("ActionID", self.id)])

    def add_message(self, message: AmiMessage) -> None:
        """Take a message that carries this action's ActionID (P5: ask what was asked for)."""
        if self.future.done():
            return
        if not self.as_list:
            self.future.set_result(message)
        elif not message.is_event:
            self._begin(message)
        elif self.is_complete(message):
            self.future.set_result(tuple(self.responses))
        else:
            self._collect(message)

    def is_complete(self, message: AmiMessage) -> bool:
        """Say whether a message closes this list."""
        if self.complete is not None:
            return message.name == self.complete
        return message.get("EventList").lower() in ("complete", "cancelled")

    def _begin(self, reply: AmiMessage) -> None:
        if not reply.ok:
            self.fail(AmiRefused(reply))

    def _collect(self, item: AmiMessage) -> None:
        if self.each:
            self.each(item)
            return
        self.responses.append(item)
        if len(self.responses) > self.most:
            self.fail(AmiError(f"the answer to {self} has more than {self.most} items"))

    def fail(self, error: Exception) -> None:
        """End it with an error, unless it has ended."""
        if not self.future.done():
            self.future.set_exception(error)


class CagedVolley(CagedAction):
    """Many actions of one kind under one ActionID, answered when as many answers have come."""

    def __init__(self, common: Pairs, varying: Sequence[Pairs]) -> None:
        """Take what all have in common, and what each adds; there is at least one."""
        super().__init__(common)
        self.varying = varying
        self.left = len(varying)
        self.refused: list[AmiMessage] = []

    def __bytes__(self) -> bytes:
        """Return all of them, or raise AmiInjection; nothing is sent then."""
        return encode_many([*self.pairs, ("ActionID", self.id)], self.varying)

    def add_message(self, message: AmiMessage) -> None:
        """Count an answer."""
        if not message.ok:
            self.refused.append(message)
        self.left -= 1
        if not self.left and not self.future.done():
            self.future.set_result(tuple(self.refused))


class CagedProtocol(AMIProtocol):
    """One connection: bytes in, actions out, and the table of actions without an answer."""

    def __init__(self, manager: "CagedManager") -> None:
        """Belong to a manager from the first byte on (the base learns of it later)."""
        self.manager = manager
        self.wire = AmiWire(counts=manager.counts.wire)
        self.transport: asyncio.Transport | None = None
        self.responses: dict[str, CagedAction] = {}
        self.late_lists: dict[str, CagedAction] = {}
        self.closed = False
        self.guarded = False
        self.heard_at = manager.loop.time()
        self._out: list[bytes] = []

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Set the socket up; close it when nobody waits for it any more."""
        if self.closed:
            transport.abort()
            return
        super().connection_made(transport)
        self.factory = self.manager
        tune(transport.get_extra_info("socket"), self.manager.settings)

    def send(self, data: CagedAction, as_list: object = None) -> asyncio.Future[Any]:
        """Write an action and return the future of its answer; the action knows if it is a list.

        Raises:
            AmiInjection: the action may not go on the wire.
            AmiLost: the connection is closed.
        """
        line = bytes(data)
        if self.closed or self.transport is None:
            raise AmiLost("the link to Asterisk is down")
        if data.id in self.responses:
            raise AmiError(f"ActionID {data.id!r} is in use")
        self.responses[data.id] = data
        if not self._out:
            self.manager.loop.call_soon(self._flush)
        self._out.append(line)
        future: asyncio.Future[Any] = data.future
        return future

    def _flush(self) -> None:
        """Write what one turn of the loop has gathered: one system call for many actions.

        A Ping goes before actions that follow on none. An Asterisk that was frozen and thaws after
        we closed the link still carries out the first action its kernel had accepted, finds that it
        can not answer, and ends the session (seen with 22.10.1): so that one must do no harm (P7).
        """
        lines, self._out = self._out, []
        if self.closed or self.transport is None:
            return
        is_first = len(self.responses) <= len(lines)
        if self.guarded and is_first and not lines[0].startswith(_PING):
            lines.insert(0, _GUARD)
        self.transport.write(b"".join(lines))

    def data_received(self, data: bytes) -> None:
        """Cut bytes into messages before they become text (P11)."""
        self.heard_at = self.manager.loop.time()
        for message in self.wire.feed(data):
            if self.closed:
                return
            self.handle_message(message)
        if self.wire.banner is not None:
            self.manager.greet(self.wire.banner)

    def handle_message(self, message: AmiMessage) -> None:
        """Give a message to the action it answers, or hand an event on."""
        if message.action_id == _GUARD_ID:
            return
        action = self.responses.get(message.action_id)
        if action is not None and (action.as_list or not message.is_event):
            action.add_message(message)
        elif not message.is_event:
            self.manager.counts.late += 1
        elif not self._is_of_late_list(message):
            self.manager.dispatch(message)

    def _is_of_late_list(self, event: AmiMessage) -> bool:
        late = self.late_lists.get(event.action_id)
        if late is None:
            return False
        if late.is_complete(event):
            del self.late_lists[event.action_id]
        self.manager.counts.late += 1
        return True

    def forget(self, action: CagedAction) -> None:
        """Take an action out of the table; what still comes for it is dropped (P6)."""
        self.responses.pop(action.id, None)
        answered = not action.future.cancelled() and action.future.exception() is None
        if action.as_list and not answered:
            self.late_lists[action.id] = action
            if len(self.late_lists) > _MAX_LATE_LISTS:
                self.late_lists.pop(next(iter(self.late_lists)))

    def close(self) -> None:
        """Close and fail every open action at once; none is kept for later, by nobody (P7)."""
        if self.closed:
            return
        self.closed = True
        for action in list(self.responses.values()):
            action.fail(AmiLost(f"the link went down before Asterisk answered {action}"))
        self.responses.clear()
        if self.transport is not None:
            discard_unsent(self.transport.get_extra_info("socket"))
            self.transport.abort()


class CagedManager(Manager):
    """One connection from its first attempt to its end. It never connects a second time.

    Attributes:
        lost: resolves to the reason why the connection ended.
        booted: resolves to the first FullyBooted.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        counts: AmiCounts,
        on_event: Callable[[AmiMessage], bool],
    ) -> None:
        """Prepare a connection; needs a running loop."""
        loop = asyncio.get_running_loop()
        super().__init__(
            loop=loop, host=settings.host, port=settings.port, protocol_factory=self._protocol
        )
        self.settings = settings
        self.counts = counts
        self.lost: asyncio.Future[str] = loop.create_future()
        self.booted: asyncio.Future[AmiMessage] = loop.create_future()
        self._greeted: asyncio.Future[str] = loop.create_future()
        self._on_event = on_event

    def _protocol(self) -> CagedProtocol:
        self.protocol = CagedProtocol(self)
        return self.protocol

    async def open(self) -> None:
        """Connect and wait for the greeting, so that the secret goes to a manager interface only.

        A connection that ends meanwhile shows in `lost`.

        Raises:
            AmiLost: nobody listens there.
            AmiTimeout: no connection or greeting in time.
            AmiError: whoever listens is not Asterisk's manager interface.
        """
        where = f"{self.settings.host}:{self.settings.port}"
        async with within(self.settings.connect_timeout_s, f"connecting to {where}"):
            await self._reach(where)
        async with within(self.settings.login_timeout_s, f"the greeting of {where}"):
            banner = await self._greeted
        if not banner.startswith(BANNER):
            raise AmiError(f"no manager interface: the greeting was {banner[:60]!r}")

    async def _reach(self, where: str) -> None:
        try:
            await self.connect()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise AmiLost(f"no connection to {where}: {reason}") from error

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """Do nothing: the base logs in here, starts pings and schedules retries (P6, P8, P15)."""

    @property
    def in_flight(self) -> int:
        """Actions without an answer."""
        return len(self.protocol.responses)

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        transport = self.protocol.transport
        return 0 if transport is None else transport.get_write_buffer_size()

    def greet(self, banner: str) -> None:
        """Note the greeting."""
        if not self._greeted.done():
            self._greeted.set_result(banner)

    async def login(self) -> AmiMessage:
        """Log in and return Asterisk's answer.

        Raises:
            AmiLoginRefused: it was not accepted (P8).
            AmiTimeout: there was no answer.
            AmiLost: the link went down.
        """
        events = "on" if self.settings.wants_events else "off"
        action = CagedAction(
            [
                ("Action", "Login"),
                ("Username", self.settings.username),
                ("Secret", self.settings.secret),
                ("Events", events),
            ]
        )
        reply = await self.ask(action, self.settings.login_timeout_s)
        if not reply.ok:
            raise AmiLoginRefused(
                f"Asterisk at {self.settings.host}:{self.settings.port} refuses the account"
                f" {self.settings.username!r}: {reply.get('Message') or reply.name}"
            )
        self.protocol.guarded = True
        return reply

    async def ask(self, action: CagedAction, timeout_s: float) -> AmiMessage:
        """Send an action and wait for its answer, no longer than its deadline (P6)."""
        answer: AmiMessage = await self._ask(action, timeout_s)
        return answer

    async def ask_volley(self, volley: CagedVolley, timeout_s: float) -> tuple[AmiMessage, ...]:
        """Send many actions and wait for all their answers; return those that refuse (P6)."""
        refused: tuple[AmiMessage, ...] = await self._ask(volley, timeout_s)
        return refused

    async def ask_list(self, action: CagedAction, timeout_s: float) -> tuple[AmiMessage, ...]:
        """Send a list action and wait for all of its items, no longer than its deadline (P6)."""
        items: tuple[AmiMessage, ...] = await self._ask(action, timeout_s)
        return items

    async def _ask(self, action: CagedAction, timeout_s: float) -> Any:
        future = self.send_action(action)
        timer = self.loop.call_later(timeout_s, self._expire, action, timeout_s)
        try:
            return await future
        finally:
            timer.cancel()
            self.protocol.forget(action)

    def _expire(self, action: CagedAction, timeout_s: float) -> None:
        self.counts.timeouts += not action.future.done()
        action.fail(AmiTimeout(f"no answer to {action} within {timeout_s:g} s"))

    async def ping(self) -> None:
        """Ask whether Asterisk is there.

        Raises:
            AmiLost: nothing came within the time-out, or no answer within twice that (P6).
        """
        asked_at = self.loop.time()
        action = CagedAction([("Action", "Ping")])
        future = self.send_action(action)
        try:
            for _ in range(2):
                await asyncio.wait([future], timeout=self.settings.ping_timeout_s)
                if future.done() or self.protocol.heard_at <= asked_at:
                    break
            if not future.done():
                raise AmiLost(f"no sign of life for {self.loop.time() - asked_at:.1f} s")
            self.counts.roundtrip_s = self.loop.time() - asked_at
        finally:
            future.cancel()
            self.protocol.forget(action)

    def dispatch(self, event: AmiMessage) -> None:
        """Hand an event on in the order of arrival; no user code runs here (P9, P10)."""
        if event.name == "FullyBooted" and not self.booted.done():
            self.booted.set_result(event)
        if not self._on_event(event):
            self.counts.overflows += 1
            self.fail("the event queue is full")

    async def send_awaiting_actions(self, *_: object) -> None:
        """Do nothing: an action of an earlier link is never sent again (P7)."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note the end; who runs the client decides about a next connection (P15)."""
        self.fail(f"the connection broke: {exc}" if exc else "Asterisk closed the connection")

    def fail(self, reason: str) -> None:
        """End the connection for a reason."""
        if not self.lost.done():
            self.lost.set_result(reason)
        self.close()
