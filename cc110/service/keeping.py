"""What a person or the calendar does with recordings: hold, hand out, erase. Each is journaled."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from json import dumps
from typing import Final, Never, Protocol

import structlog

from cc110.core.events import (
    Data,
    Event,
    RecordingErased,
    RecordingExported,
    RecordingHeld,
    RecordingReleased,
)
from cc110.core.ids import CallId
from cc110.core.retention import KeepingRefused, Kept, Retention, is_due, said_by, why
from cc110.ports import Cc110Error, Clock, Journal, NotSealed, Recordings
from cc110.service.usecases import JudgedCall, Refused, Settled

_log = structlog.get_logger("keeping")
BY_CALENDAR: Final = "cc110"
"""The doer of what the daemon erases by itself."""
_DAY: Final = timedelta(days=1)
_LOOK_S: Final = 600.0
_PAGE: Final = 200
_TABLES_S: Final = 2.0
_AT_ONCE: Final = 1000
"""Recordings that one request erases at most: others wait for their turn."""


class KnownRecording(Protocol):
    """A recording as the journal's tables have it."""

    @property
    def held_at(self) -> datetime | None:
        """Since when it is under legal hold."""
        ...

    def kept(self) -> Kept | None:
        """As the rules of retention see it; None = there is nothing to erase."""
        ...


class Records(Protocol):
    """What is asked of the journal's tables."""

    async def find_call(self, call_id: CallId) -> JudgedCall | None:
        """A call by its id."""
        ...

    async def find_recording(self, call_id: CallId) -> KnownRecording | None:
        """A call's recording, or what was said of it."""
        ...

    async def kept_before(self, before: datetime, after: str, limit: int) -> Sequence[Kept]:
        """Recordings that are there and not held, final before a time, behind a call."""
        ...


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What a purge did."""

    erased: int
    failed: int
    """Due, and still there: the log says why."""
    more: bool
    """There is more to do: ask again."""

    def as_json(self) -> str:
        """For the control socket."""
        return dumps(asdict(self))


class Keeping:
    """The use cases of recordings, over a journal that this process may write."""

    def __init__(
        self,
        *,
        journal: Journal,
        records: Records,
        recordings: Recordings,
        clock: Clock,
        retention: Retention,
        settled: Settled,
    ) -> None:
        """Wire them to the journal, its tables and the folder."""
        self._journal = journal
        self._records = records
        self._recordings = recordings
        self._clock = clock
        self._retention = retention
        self._settled = settled
        self._turn = asyncio.Lock()  # no recording is put on hold while it is being erased

    async def hold(self, call_id: str, *, reason: str, by: str) -> str:
        """Legal hold: the recording is not erased, whatever its age; returns the call's id.

        Holding twice is holding once, with the first reason.

        Raises:
            Refused: there is no such call, or reason or doer is missing.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        async with self._turn:
            known = await self._known(call_id, reason, by, "a legal hold")
            if known is None or known.held_at is None:
                await self._write(call_id, RecordingHeld(reason=reason, by=by))
        return call_id

    async def release(self, call_id: str, *, reason: str, by: str) -> str:
        """End a legal hold; returns the call's id.

        Raises:
            Refused: it is not held, or reason or doer is missing.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        known = await self._known(call_id, reason, by, "the end of a legal hold")
        if known is None or known.held_at is None:
            raise Refused(f"the recording of {call_id} is not held")
        await self._write(call_id, RecordingReleased(reason=reason, by=by))
        return call_id

    async def exporting(self, call_id: str, *, reason: str, by: str) -> str:
        """Write down who is about to get a recording, and why; returns the call's id.

        Raises:
            Refused: there is no such call, or reason or doer is missing.
            JournalUnavailable: it could not be written: nothing may be handed out.
        """
        await self._known(call_id, reason, by, "handing out a recording")
        await self._write(call_id, RecordingExported(reason=reason, by=by))
        return call_id

    async def due(self) -> Sequence[Kept]:
        """The first recordings whose time is over, at most a thousand."""
        found: list[Kept] = []
        after = ""
        if not self._retention.shortest:
            return found
        now = self._clock.now()
        before = now - timedelta(days=self._retention.shortest)
        while len(found) < _AT_ONCE:
            page = await self._records.kept_before(before, after, _PAGE)
            found += [kept for kept in page if is_due(kept, self._retention, now)]
            if len(page) < _PAGE:
                break
            after = page[-1].call_id
        return found

    async def purge(self, *, by: str) -> str:
        """Erase what is due, at most a thousand at once; returns a `Purged` as JSON.

        Raises:
            Refused: nobody is named as doer.
        """
        if not by.strip():
            raise Refused("erasing needs the name of who does it")
        due = await self.due()
        told = [await self._erase(kept, by) for kept in due]
        erased = sum(seq > 0 for seq in told)
        if due:
            await self._settle(max(told))
            _log.warning("recordings erased", erased=erased, failed=len(due) - erased, by=by)
        more = len(due) >= _AT_ONCE and erased > 0
        return Purged(erased=erased, failed=len(due) - erased, more=more).as_json()

    async def run(self, *, every: timedelta = _DAY, look_s: float = _LOOK_S) -> Never:
        """Erase what is due, at the start and then once a day by the clock; cancel to stop."""
        last: datetime | None = None
        while True:
            now = self._clock.now()
            if last is None or now - last >= every:
                last = now
                try:
                    await self.purge(by=BY_CALENDAR)
                except Cc110Error as error:
                    _log.error("nothing is erased today", error=str(error))
            await asyncio.sleep(look_s)

    async def _erase(self, kept: Kept, by: str) -> int:
        async with self._turn:
            return await self._erase_if_due(kept, by)

    async def _erase_if_due(self, kept: Kept, by: str) -> int:
        """Looked at again: it may be on hold by now. Returns the seq of what was journaled; 0 = it stays."""
        known = await self._records.find_recording(kept.call_id)
        fresh = known.kept() if known else None
        if fresh is None or not is_due(fresh, self._retention, self._clock.now()):
            return 0
        reason = why(kept, self._retention)
        try:
            proof = await self._recordings.erase(kept.call_id, kept.path, by=by, reason=reason)
        except NotSealed as error:
            _log.error("a recording is not erased", call=kept.call_id, error=str(error))
            return 0
        gone = RecordingErased(
            path=kept.path, sha256=proof.sha256, row=proof.row, reason=reason, by=by
        )
        return await self._append(kept.call_id, gone)

    async def _known(self, call_id: str, reason: str, by: str, what: str) -> KnownRecording | None:
        try:
            said_by(reason, by, what)
        except KeepingRefused as error:
            raise Refused(str(error)) from error
        if await self._records.find_call(CallId(call_id)) is None:
            raise Refused(f"there is no call {call_id}")
        return await self._records.find_recording(CallId(call_id))

    async def _write(self, call_id: str, data: Data) -> None:
        """Durable when it returns; and as a rule in the tables, which may be behind in trouble."""
        await self._settle(await self._append(call_id, data))

    async def _append(self, call_id: str, data: Data) -> int:
        event = Event(at=self._clock.now(), call_id=CallId(call_id), data=data)
        (recorded,) = await self._journal.append([event])
        return recorded.seq

    async def _settle(self, seq: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TABLES_S):
                await self._settled(seq)


Doors = dict[str, Callable[..., Awaitable[str]]]


def doors(keeping: Keeping) -> Doors:
    """The use cases by their names at the control socket."""
    return {
        "hold_recording": keeping.hold,
        "release_recording": keeping.release,
        "exporting_recording": keeping.exporting,
        "purge_recordings": keeping.purge,
    }
