"""The daemon's state made equal to the PBX's: at a start, and each time the link is back.

What was missed comes first, so that it is told in order. A long outage's record may take longer than
callers can wait: then the PBX's lists come first, and the rest follows. Only when all of it is told is the
state said to be whole (docs/adr/0010-catch-up.md).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from cc110.core.events import Event, PbxLost
from cc110.core.facts import MemberSeen, Seen
from cc110.journal.lookups import Lookups
from cc110.pbx.ami import AmiClient, AmiMessage
from cc110.pbx.link import AmiLists, AmiOperators
from cc110.ports import Cc110Error, Clock
from cc110.service.calls import Calls
from cc110.service.catchup import EVER, CatchUp, Outage
from cc110.service.outbox import Outbox
from cc110.service.reconcile import close_missing, say_back, say_read_until, see
from cc110.service.roster import Operators

_log: Final = structlog.get_logger("daemon")
_FRESH: Final = timedelta(seconds=120)
"""A PBX that is up for less was restarted."""
_READ_FIRST_S: Final = 1.0
"""So long the live calls wait for what was missed, to be told in order."""


class Resync:
    """What the daemon missed, what the PBX lists now, and since when nobody listened."""

    def __init__(
        self,
        *,
        link: AmiClient,
        lists: AmiLists,
        lookups: Lookups,
        catch_up: CatchUp,
        calls: Calls,
        operators: Operators,
        desks: Callable[[], AmiOperators],
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        """Nobody has listened yet.

        Args:
            link: the PBX; its `on_up` and `on_down` are to call `up` and `down`.
            lists: the PBX's own.
            lookups: what the journal knows.
            catch_up: what the PBX wrote down by itself.
            calls: the live calls.
            operators: who is logged in.
            desks: how operators are logged in, as the present site has it.
            outbox: where events go.
            clock: the time.
        """
        self._link = link
        self._lists = lists
        self._lookups = lookups
        self._catch_up = catch_up
        self._calls = calls
        self._operators = operators
        self._desks = desks
        self._outbox = outbox
        self._clock = clock
        self._unheard_since: datetime | None = EVER
        self._reading: asyncio.Task[None] | None = None
        self.wrapup_s: Mapping[str, float] = {}
        """How long each queue's operators write up a call, in seconds."""

    async def begin(self) -> None:
        """Find out since when nobody listened, as the journal tells."""
        heard = await self._lookups.heard_until()
        if heard:
            self._unheard_since = heard
            self._say_lost(heard, "the daemon was not running")

    async def site_changed(self) -> None:
        """The queues may have other settings."""
        self.wrapup_s = await self._lists.wrapup_s()

    async def up(self, booted: AmiMessage) -> None:
        """The link is back. Returns when live calls are as the PBX lists them."""
        up_at = self._clock.now()
        uptime = timedelta(seconds=int(booted.get("Uptime", "0") or 0))
        outage = Outage(since=self._unheard_since or up_at, until=up_at, booted_at=up_at - uptime)
        await self.site_changed()
        for fact in await self._catch_up.read_members(outage):
            self._operators.submit(fact)
        self._operators.reconcile(await self._members(restarted=outage.restarted))
        listed_at = self._clock.now()
        seen = await self._lists.calls()
        # Who left before the list was made is not in it: the record tells of his end, not only until now.
        outage = replace(outage, until=self._clock.now())
        read = asyncio.Event()
        reading = self._read_back(outage, seen, read, listed_at=listed_at)
        self._reading = asyncio.create_task(reading)
        try:
            async with asyncio.timeout(_READ_FIRST_S):
                await read.wait()
        except TimeoutError:
            see(seen, self._calls)

    async def down(self, reason: str) -> None:
        """The link is gone: which calls the PBX still has is not known."""
        _log.warning("the PBX is out of reach; calls go on without the daemon", reason=reason)
        await self.stop()
        now = self._clock.now()
        self._unheard_since = self._unheard_since or now
        self._calls.doubt()
        self._say_lost(now, reason)

    async def stop(self) -> None:
        """Read no further; whoever comes next goes on there."""
        if self._reading and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _members(self, *, restarted: bool) -> Sequence[MemberSeen]:
        """The PBX's own list; whom it has forgotten because it was killed is put back first.

        It keeps log-ins and pauses in AstDB, which is written with a delay of a second.
        """
        members = await self._lists.seen_members()
        lost = self._operators.lost(members) if restarted else {}
        desks = self._desks()
        for agent, reason in lost.items():
            _log.warning("the PBX forgot an operator; he is put back", agent=agent)
            try:
                await desks.login(agent, paused=reason)
                if reason is not None:
                    await desks.pause(agent, paused=True, reason=reason)
            except Cc110Error as error:
                _log.error("an operator is not put back", agent=agent, error=str(error))
        return await self._lists.seen_members() if lost else members

    async def _read_back(
        self, outage: Outage, seen: Sequence[Seen], read: asyncio.Event, *, listed_at: datetime
    ) -> None:
        """All that was missed, then what the lists say of it; only then it is said to be whole.

        A call that is not in the list may have ended just before: that word came while the list was made,
        and is heard as soon as the link is live.
        """
        try:
            await self._catch_up.read_calls(outage, self._read_until)
        except Exception:
            _log.exception("what happened meanwhile is not read back")
        see(seen, self._calls)
        read.set()
        await self._link.await_live()
        await self._link.events.heard()
        over_at = await self._catch_up.over_at(outage)
        close_missing(seen, self._calls, listed_at=listed_at, over_at=over_at)
        await self._calls.settled()
        fresh = outage.until - outage.booted_at < _FRESH
        say_back(len(seen), self._outbox, self._clock, restarted=fresh)
        self._unheard_since = None

    def _read_until(self, moment: datetime) -> None:
        """A daemon that is killed now, or loses its link again, goes on there."""
        self._unheard_since = moment
        say_read_until(moment, self._outbox, self._clock)

    def _say_lost(self, at: datetime, reason: str) -> None:
        self._outbox.put([Event(at=at, data=PbxLost(reason=reason))])
