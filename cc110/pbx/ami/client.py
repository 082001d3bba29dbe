"""The one way to Asterisk's manager interface: a link that is always being kept up."""

import asyncio
import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from cc110.backoff import Backoff
from cc110.pbx.ami.cage import CagedAction, CagedManager, CagedVolley
from cc110.pbx.ami.counts import AmiCounts
from cc110.pbx.ami.errors import AmiError, AmiLoginRefused, AmiLost, AmiOverloaded
from cc110.pbx.ami.events import EventQueue
from cc110.pbx.ami.limits import within
from cc110.pbx.ami.message import AmiMessage
from cc110.pbx.ami.settings import AmiSettings
from cc110.pbx.ami.wire import AmiAction, pairs_of

OnUp = Callable[[AmiMessage], Awaitable[None]]
OnDown = Callable[[str], Awaitable[None]]

_MAX_UNSENT: Final = 4 * 1024 * 1024

log = structlog.get_logger(__name__)


class LinkState(enum.StrEnum):
    """How far a link has come."""

    DISCONNECTED = "disconnected"
    LOGIN = "login"
    RESYNC = "resync"
    LIVE = "live"


async def _nothing(_: object) -> None:
    """Do nothing, for a client that needs no hook."""


class AmiClient:
    """An AMI link: connect, log in, wait for FullyBooted, resynchronise, live; and again.

    While `on_up` runs, events are kept back; it reads Asterisk's state with `send_list`, and the
    events that came meanwhile follow. After a full event queue the next link waits until its reader
    has caught up with half of it; what Asterisk said meanwhile is in the lists of the next resync.

    Attributes:
        events: every event since the first link, in the order of arrival.
        counts: totals since the client was made.
        state: how far the present link has come.
        trouble: one sentence on why it is not live, or the empty string.
    """

    def __init__(
        self, settings: AmiSettings, *, on_up: OnUp = _nothing, on_down: OnDown = _nothing
    ) -> None:
        """Prepare a client; nothing happens before `run`.

        Args:
            settings: where, who and how long.
            on_up: awaited with FullyBooted (its Uptime tells a restart of Asterisk from a mere
                reconnect) before the link is live; an exception ends the link.
            on_down: awaited with the reason, once for each `on_up`, when the link has ended.
        """
        self.settings = settings
        self.events = EventQueue(settings.queue_size)
        self.counts = AmiCounts()
        self.state = LinkState.DISCONNECTED
        self.trouble = "not started"
        self._on_up = on_up
        self._on_down = on_down
        self._link: CagedManager | None = None
        self._changed = asyncio.Event()
        self._backoff = Backoff(first_s=settings.backoff_s, most_s=settings.backoff_most_s)
        self._running = False
        self._logged = ""
        self._odd = 0

    async def run(self) -> None:
        """Keep the link up until cancelled; a cancellation closes it at once.

        Raises:
            RuntimeError: the client runs already.
        """
        if self._running:
            raise RuntimeError("this AMI client runs already")
        self._running = True
        try:
            while True:
                pause_s = await self._one_link()
                await self.events.room()
                await asyncio.sleep(pause_s)
        finally:
            self._running = False

    async def await_live(self) -> None:
        """Return when the link is live."""
        await self.await_state(LinkState.LIVE)

    async def await_state(self, *wanted: LinkState) -> None:
        """Return when the link is in one of these states; a short stay may be missed."""
        while self.state not in wanted:
            await self._changed.wait()

    async def send(
        self,
        action: AmiAction,
        *,
        timeout: float | None = None,
    ) -> AmiMessage:
        """Send an action and return Asterisk's response, also when it reports an error.

        Args:
            action: headers by name, or as pairs in order; ActionID is added unless given.
            timeout: seconds; the settings' action_timeout_s when None.

        Raises:
            AmiInjection: the action may not go on the wire; nothing was sent.
            AmiOverloaded: too much is under way; nothing was sent.
            AmiLost: no link, or it went down before the answer. Never sent again.
            AmiTimeout: no answer in time; one that comes later is dropped.
        """
        link = self._usable_link()
        return await link.ask(CagedAction(pairs_of(action)), self._deadline(timeout))

    async def send_volley(
        self,
        common: AmiAction,
        varying: Sequence[AmiAction],
        *,
        timeout: float | None = None,
    ) -> tuple[AmiMessage, ...]:
        """Send many actions that begin alike at one go; return the responses that report an error.

        They are carried out in order, between those sent before and after. After an error here it
        is unknown which of them were.

        Args:
            common: the headers that all have, Action among them.
            varying: what each one adds.
            timeout: seconds for all; the settings' action_timeout_s when None.

        Raises:
            AmiInjection, AmiOverloaded, AmiLost, AmiTimeout: as in `send`.
        """
        if not varying:
            return ()
        link = self._usable_link()
        volley = CagedVolley(pairs_of(common), [pairs_of(one) for one in varying])
        return await link.ask_volley(volley, self._deadline(timeout))

    async def send_list(
        self,
        action: AmiAction,
        *,
        complete: str | None = None,
        timeout: float | None = None,
        each: Callable[[AmiMessage], None] | None = None,
    ) -> tuple[AmiMessage, ...]:
        """Send a list action and return its items, without the event that closes the list.

        Args:
            action: as in `send`.
            complete: the closing event's name, where it lacks ``EventList: Complete``.
            timeout: seconds for the whole list; the settings' action_timeout_s when None.
            each: takes every item as it comes, however many; none is returned then.

        Raises:
            AmiRefused: Asterisk answered with an error.
            AmiError: more items than the settings' max_list.
            AmiInjection, AmiOverloaded, AmiLost, AmiTimeout: as in `send`.
        """
        link = self._usable_link()
        most = self.settings.max_list
        asked = CagedAction(pairs_of(action), is_list=True, complete=complete, most=most, each=each)
        return await link.ask_list(asked, self._deadline(timeout))

    def _deadline(self, timeout: float | None) -> float:
        return self.settings.action_timeout_s if timeout is None else timeout

    def _usable_link(self) -> CagedManager:
        if self._link is None:
            raise AmiLost(f"no link to Asterisk: {self.trouble}")
        if self._link.in_flight >= self.settings.max_in_flight:
            raise AmiOverloaded(f"{self._link.in_flight} actions are without an answer")
        if self._link.unsent >= _MAX_UNSENT:
            raise AmiOverloaded(f"Asterisk has not read {self._link.unsent} bytes")
        return self._link

    async def _one_link(self) -> float:
        """Bring a link up, keep it until it ends, and return the pause before the next."""
        link = CagedManager(self.settings, counts=self.counts, on_event=self.events.put)
        began_at = link.loop.time()
        try:
            failure = await self._until_it_ends(link)
        finally:
            was_up, self._link = self._link is not None, None
            link.close()
            self.events.release()
            self._enter(LinkState.DISCONNECTED, "stopped")
        if was_up and link.loop.time() - began_at > self.settings.backoff_most_s:
            self._backoff.reset()
        return await self._after(failure, was_up=was_up)

    async def _until_it_ends(self, link: CagedManager) -> Exception:
        parts = [asyncio.create_task(part(link)) for part in (self._watch, self._climb, self._ping)]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            failures = await _end(parts)
        # Asterisk closes the connection after a refusal, and a lost link makes others fail.
        refused = [failure for failure in failures if isinstance(failure, AmiLoginRefused)]
        lost = [AmiLost(link.lost.result())] if link.lost.done() else []
        return [*refused, *lost, *failures][0]

    async def _watch(self, link: CagedManager) -> None:
        raise AmiLost(await asyncio.shield(link.lost))

    async def _climb(self, link: CagedManager) -> None:
        self._enter(LinkState.LOGIN, "connecting")
        await link.open()
        self.events.hold()
        ready = await link.login()
        if self.settings.wants_events and self.settings.waits_for_boot:
            self.trouble = "logged in; FullyBooted, which needs read = system, has not come"
            async with within(self.settings.boot_timeout_s, self.trouble):
                ready = await link.booted
        self._link = link
        self._enter(LinkState.RESYNC, "reading Asterisk's state")
        await self._resync(ready)
        self._enter(LinkState.LIVE)
        self.events.release()

    async def _resync(self, ready: AmiMessage) -> None:
        hook = asyncio.ensure_future(self._on_up(ready))
        try:
            async with within(self.settings.resync_timeout_s, "the resync"):
                await asyncio.wait([hook])
        finally:
            await _end([hook])
        if hook.cancelled():
            raise AmiError("the resync was cancelled from within")
        hook.result()
        self.counts.links += 1
        self._logged = ""

    async def _ping(self, link: CagedManager) -> None:
        while True:
            await asyncio.sleep(self.settings.ping_every_s)
            self._log_oddities()
            if self._link is link:
                await link.ping()

    async def _after(self, failure: Exception, *, was_up: bool) -> float:
        self.trouble = str(failure) or type(failure).__name__
        self._log_once(failure)
        if was_up:
            self.counts.losses += 1
            await self._tell_down()
        if isinstance(failure, AmiLoginRefused):
            self.counts.refusals += 1
            return self.settings.login_retry_s
        return self._backoff.next_s()

    def _log_once(self, failure: Exception) -> None:
        """Warn of a new trouble; an outage of hours repeats the same one every second."""
        if self.trouble != self._logged:
            ours = isinstance(failure, AmiError)
            log.warning("ami_link_down", reason=self.trouble, exc_info=None if ours else failure)
        self._logged = self.trouble

    def _log_oddities(self) -> None:
        """Warn, at most once per ping, of messages that were not as they should be."""
        if self.counts.wire.odd > self._odd:
            log.warning("ami_odd_messages", counts=self.counts.wire)
        self._odd = self.counts.wire.odd

    async def _tell_down(self) -> None:
        try:
            async with within(self.settings.resync_timeout_s, "on_down"):
                await self._on_down(self.trouble)
        except Exception:  # whatever the hook does, the link has to come back
            log.exception("ami_on_down_failed")

    def _enter(self, state: LinkState, trouble: str = "") -> None:
        self.state, self.trouble = state, trouble
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        log.debug("ami_link", state=str(state))


async def _end(tasks: list[asyncio.Future[None]] | list[asyncio.Task[None]]) -> list[Exception]:
    """Cancel what still runs, wait for it, and return what failed.

    A TaskGroup would do, but before Python 3.13 it forgets a cancellation of its owner that comes
    together with a failure of a member, and the client would run on for ever.
    """
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    errors = [task.exception() for task in tasks if not task.cancelled()]
    return [error for error in errors if isinstance(error, Exception)]
