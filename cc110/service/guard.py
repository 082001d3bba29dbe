"""Watches log-ins, keeps the PBX's list of banned addresses, and lifts bans on a person's word."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final, Never

import structlog

from cc110.core import guarding
from cc110.core.events import AddressBanLifted, Event
from cc110.core.guarding import Guarded, GuardPolicy, LoginDone, LoginFact, Source
from cc110.ports import BanList, Cc110Error, Clock, Journal
from cc110.service.outbox import Outbox
from cc110.service.usecases import Refused

_log = structlog.get_logger("guard")
_PAUSE_S: Final = 1.0
"""Bans that come together reach the PBX together: each order makes it look at all phones anew."""
_AGAIN_S: Final = 2.0
FindBans = Callable[[], Awaitable[Guarded]]


class Guard:
    """What the running daemon knows of log-ins. Never on a caller's path."""

    def __init__(self, *, outbox: Outbox, clock: Clock, policy: GuardPolicy, bans: BanList) -> None:
        """Journal through this outbox, and keep this list."""
        self._outbox = outbox
        self._clock = clock
        self._policy = policy
        self._bans = bans
        self._changed = asyncio.Event()
        self.state = Guarded()

    def use(self, policy: GuardPolicy) -> None:
        """Log-ins are judged by other rules from now on."""
        self._policy = policy
        self._changed.set()

    def resume(self, state: Guarded) -> None:
        """Go on with the bans of an earlier process."""
        self.state = state
        self._changed.set()

    def submit(self, fact: LoginFact) -> None:
        """Take one log-in, good or bad."""
        found = guarding.watch(self.state, fact, self._policy)
        self.state = found.state
        if found.events:
            self._outbox.put(found.events)
            self._changed.set()
        for event in found.events:
            _log.warning("an address is banned", **vars(event.data))

    def see_phones(self, sources: Iterable[Source]) -> None:
        """Phones are registered there: whoever fails from there is one of ours, or pretends to be."""
        for source in sources:
            self.submit(LoginDone(at=self._clock.now(), source=source))

    def learn(self, event: Event) -> None:
        """Something of ours was journaled by somebody else: a ban was lifted."""
        self.state = guarding.learn(self.state, event)
        self._changed.set()

    def again(self) -> None:
        """The PBX may have lost the list."""
        self._changed.set()

    async def find(self) -> Guarded:
        """As `FindBans`."""
        return self.state

    async def run(self) -> Never:
        """Keep the PBX's list equal to what holds; cancel to stop."""
        while True:
            await self._wait()
            self._changed.clear()
            holding = guarding.in_force(self.state, self._clock.now(), self._policy)
            try:
                await self._bans.apply([ban.source for ban in holding])
                await asyncio.sleep(_PAUSE_S)
            except Cc110Error as error:
                _log.warning("the PBX has not the bans", error=str(error), again_s=_AGAIN_S)
                self._changed.set()
                await asyncio.sleep(_AGAIN_S)

    async def _wait(self) -> None:
        """Until something changed, or a ban is over."""
        now = self._clock.now()
        end = guarding.next_end(self.state, now, self._policy)
        with suppress(TimeoutError):
            async with asyncio.timeout((end - now).total_seconds() if end else None):
                await self._changed.wait()


class BanDesk:
    """What a person may do to bans, journaled when it returns."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        find: FindBans,
        lifted: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """Write to this journal; `lifted` hears of each ban that is lifted."""
        self._journal = journal
        self._clock = clock
        self._find = find
        self._lifted = lifted

    async def lift(self, address: str, *, reason: str, by: str) -> str:
        """End a ban; returns the address as it was banned.

        Raises:
            Refused: it is not banned, or reason or doer is missing.
            JournalUnavailable: nothing has changed.
        """
        now = self._clock.now()
        try:
            banned = guarding.banned_at(await self._find(), address, now)
        except ValueError as error:
            raise Refused(f"{address!r} is no IP address") from error
        if banned is None:
            raise Refused(f"{address} is not banned")
        if not reason.strip() or not by.strip():
            raise Refused("a reason and the name of who does it are needed")
        data = AddressBanLifted(address=guarding.text_of(banned), reason=reason, by=by)
        event = Event(at=now, data=data)
        await self._journal.append([event])
        self._lifted(event)
        return data.address
