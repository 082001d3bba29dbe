"""What happened while nobody listened, read back from what the PBX wrote down by itself.

It becomes the same facts with their true times, and passes the same core; so what was heard live, or read
back before, is silent. Reading may be cut short anywhere and begun again: how far it has come is said now
and then, and ``PbxBack`` once all of it is decided (docs/adr/0010-catch-up.md).
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from cc110.core.facts import Fact, RosterFact
from cc110.core.ids import CallId
from cc110.ports import JournalUnavailable
from cc110.service.calls import Calls
from cc110.service.outbox import Outbox

_log: Final = structlog.get_logger("catchup")
_MARGIN: Final = timedelta(seconds=60)
"""How long a link may be dead before it is given up, and more."""
_MOST_WAITING: Final = 2000
"""Events on their way to the journal, beyond which reading waits: memory stays flat."""
_SAY_EVERY_S: Final = 5.0
"""How often it is said how far reading has come."""
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Since when to read for a journal that knows nothing: all that the PBX has."""


class PbxRecord(Protocol):
    """The PBX's own record of calls."""

    def facts(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[Fact]]:
        """What happened to calls in that time, in order, in batches.

        Raises:
            OSError: it can't be read.
        """
        ...

    async def begins_at(self) -> datetime | None:
        """When the record begins; raises OSError."""
        ...

    async def silent_since(self, moment: datetime) -> datetime | None:
        """When the PBX wrote for the last time before a moment; raises OSError."""
        ...


class QueueRecord(Protocol):
    """The queues' own record of their operators."""

    async def members(self, since: datetime, until: datetime) -> Sequence[RosterFact]:
        """Log-ins, log-outs and pauses in that time, in order; raises OSError."""
        ...


ReadUntil = Callable[[datetime], None]
"""Hears up to when everything is read and decided."""
KnownCalls = Callable[[datetime], Awaitable[Collection[CallId]]]
"""The calls of the journal that arrived at or after a time."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A time in which nobody listened."""

    since: datetime
    """When something was heard for the last time."""
    until: datetime
    """From when on everything is heard again."""
    booted_at: datetime
    """When the PBX started; before `since` unless it was restarted meanwhile."""

    @property
    def restarted(self) -> bool:
        """True when the PBX itself was gone: its calls ended with it."""
        return self.booted_at > self.since


class CatchUp:
    """Reads back what happened to calls and operators."""

    def __init__(
        self,
        *,
        record: PbxRecord,
        queues: QueueRecord,
        known: KnownCalls,
        calls: Calls,
        outbox: Outbox,
    ) -> None:
        """Read from these, tell those."""
        self._record = record
        self._queues = queues
        self._known = known
        self._calls = calls
        self._outbox = outbox

    async def read_calls(self, outage: Outage, read_until: ReadUntil = lambda _: None) -> int:
        """Tell of every call in that time; returns the number of facts, also of those told again.

        What can't be read is said in the log: the PBX's lists still tell how it came out.

        Args:
            outage: what to read back.
            read_until: hears now and then how far it has come: another reading may begin there.
        """
        since, told, said_at = outage.since - _MARGIN, 0, time.monotonic()
        try:
            await self._say_what_is_gone(outage)
            told_before = await self._told_before(since)
            async for batch in self._record.facts(since, outage.until):
                told += self._tell(batch, told_before)
                await self._calls.settled()
                await self._room()
                if batch[-1].at > outage.since and time.monotonic() - said_at > _SAY_EVERY_S:
                    said_at = time.monotonic()
                    read_until(batch[-1].at)
        except OSError as error:
            _log.error("the PBX's own record can't be read", error=str(error))
        _log.info("read back from the PBX", since=outage.since.isoformat(), facts=told)
        return told

    async def read_members(self, outage: Outage) -> Sequence[RosterFact]:
        """What operators did in that time. No margin: a pause that was heard must not come again.

        The queue's log knows whole seconds; the second of the last word heard is left to the list.
        """
        since = outage.since.replace(microsecond=0) + timedelta(seconds=1)
        try:
            return await self._queues.members(since, outage.until)
        except OSError as error:
            _log.error("the queues' own log can't be read", error=str(error))
            return ()

    async def over_at(self, outage: Outage) -> datetime:
        """When those calls ended that nobody has any more, and of whose end nobody told."""
        if not outage.restarted:
            return outage.until
        try:
            silent = await self._record.silent_since(outage.booted_at)
        except OSError:
            silent = None
        return min(max(silent or outage.since, outage.since), outage.booted_at)

    def _tell(self, batch: Sequence[Fact], told_before: Collection[CallId]) -> int:
        """Finished calls are left out; those that live are told again, which is silent."""
        live = self._calls.live
        news = [
            fact for fact in batch if fact.call_id in live or not self._is_told(fact, told_before)
        ]
        for fact in news:
            self._calls.submit(fact)
        return len(news)

    def _is_told(self, fact: Fact, told_before: Collection[CallId]) -> bool:
        return fact.call_id in told_before or self._calls.is_over(fact.call_id)

    async def _told_before(self, since: datetime) -> Collection[CallId]:
        """With the newest that are in memory (`Calls.is_over`): the tables may be a little behind."""
        try:
            return await self._known(since - _MARGIN)
        except JournalUnavailable as error:
            _log.warning("the journal can't be asked what it knows", error=str(error))
            return ()

    async def _say_what_is_gone(self, outage: Outage) -> None:
        begins = await self._record.begins_at()
        if outage.since > EVER and (begins is None or begins > outage.since):
            began = begins.isoformat() if begins else "never"
            _log.warning("the PBX's own record begins after the outage", began=began)

    async def _room(self) -> None:
        if len(self._outbox) > _MOST_WAITING:
            await self._outbox.drained()
