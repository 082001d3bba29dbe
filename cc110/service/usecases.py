"""What a person may do from the CLI or a desk. Each is one decision of the core, journaled with its doer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from cc110.core import blocking, numbers, ranges
from cc110.core.blocking import Block, BlockRefused
from cc110.core.events import CaseClosed, Event, VerdictWithdrawn
from cc110.core.ids import CallId, CaseId, Number
from cc110.core.ranges import Ranges
from cc110.core.words import Verdict
from cc110.ports import Cc110Error, Clock, Journal

_TABLES_S: Final = 2.0


class Refused(Cc110Error):
    """That can't be done."""


class OpenCase(Protocol):
    """A case as the journal's tables have it."""

    @property
    def call_id(self) -> CallId | None:
        """The call that opened it."""
        ...

    @property
    def is_open(self) -> bool:
        """True while somebody has to work on it."""
        ...


class JudgedCall(Protocol):
    """A call as the journal's tables have it."""

    @property
    def verdict(self) -> Verdict | None:
        """Its last verdict that was not withdrawn."""
        ...


FindBlock = Callable[[Number], Awaitable[Block | None]]
FindCase = Callable[[CaseId], Awaitable[OpenCase | None]]
FindCall = Callable[[CallId], Awaitable[JudgedCall | None]]
TakeBack = Callable[[CallId, str, str], bool]
"""Withdraws the verdict of a live call, for a reason, by somebody; False when the call is not live."""
PressClose = Callable[[CallId, str], bool]
"""Closes the case of a live call, as ``*70`` does; False when the call is not live."""
Settled = Callable[[int], Awaitable[None]]
"""Returns when the tables have taken in the journal up to this seq: the next question sees the change."""


class Desk:
    """The use cases, over a journal that this process may write."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        find_block: FindBlock,
        find_ranges: Callable[[], Awaitable[Ranges]],
        find_case: FindCase,
        find_call: FindCall,
        settled: Settled,
        press_close: PressClose = lambda _call, _by: False,
        take_back: TakeBack = lambda _call, _reason, _by: False,
    ) -> None:
        """Wire the use cases to the journal, its tables, and the live calls if there are any."""
        self._find_call = find_call
        self._find_ranges = find_ranges
        self._take_back = take_back
        self._press_close = press_close
        self._settled = settled
        self._journal = journal
        self._clock = clock
        self._find_block = find_block
        self._find_case = find_case

    async def block(
        self, number: str, *, until: int, reason: str, by: str, note: str = "", owner: str = ""
    ) -> str:
        """Put a number on the blocklist; returns its normal form. Doing it twice is doing it once.

        Args:
            number: in any usual form.
            until: expiry as Unix time; 0 = for ever.
            reason: why.
            by: who does it.
            note: what else is to be known.
            owner: who answers for it, such as a unit; empty: who does it.

        Raises:
            Refused: the number identifies nobody, or reason or doer is missing.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        form = numbers.normalise(number)
        existing = await self._find_block(form) if form else None
        try:
            decided = blocking.block(
                existing, form, until=until, reason=reason, by=by, note=note, owner=owner
            )
        except BlockRefused as error:
            raise Refused(str(error)) from error
        if decided:
            await self._write(Event(at=self._clock.now(), data=decided))
        return form or ""

    async def unblock(self, number: str, *, reason: str, by: str) -> str:
        """Take a number off the blocklist, and out of a range that blocks it; returns its normal form.

        Raises:
            Refused: it is not on it, or reason or doer is missing.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        form = numbers.normalise(number)
        existing = await self._find_block(form) if form else None
        known, now = await self._find_ranges(), self._clock.now()
        try:
            lifted = blocking.unblock(existing, reason=reason, by=by)
            freed = ranges.exempt(known, form, reason=reason, by=by, now=now) if form else None
        except BlockRefused as error:
            raise Refused(str(error)) from error
        decided = [data for data in (lifted, freed) if data]
        if not decided:
            raise Refused(f"{form or number} is not on the blocklist")
        await self._write(*(Event(at=now, data=data) for data in decided))
        return decided[0].number

    async def close_case(self, case_id: str, *, by: str) -> str:
        """Close a case; returns its id. Closing twice is closing once.

        Raises:
            Refused: there is no such case, or nobody is named as doer.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        case = await self._find_case(CaseId(case_id))
        if case is None:
            raise Refused(f"there is no case {case_id}")
        if not by.strip():
            raise Refused("closing a case needs the name of who does it")
        if case.is_open and not (case.call_id and self._press_close(case.call_id, by)):
            done = CaseClosed(by=by)
            closed = Event(
                at=self._clock.now(), call_id=case.call_id, case_id=CaseId(case_id), data=done
            )
            await self._write(closed)
        return case_id

    async def withdraw_verdict(self, call_id: str, *, reason: str, by: str) -> str:
        """Take a call's verdict back; returns the call's id. A prank then counts no more.

        Raises:
            Refused: there is no such call, it has no verdict, or reason or doer is missing.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        call = await self._find_call(CallId(call_id))
        if call is None:
            raise Refused(f"there is no call {call_id}")
        if not (reason.strip() and by.strip()):
            raise Refused("withdrawing a verdict needs a reason and the name of who does it")
        if call.verdict is None:
            raise Refused(f"call {call_id} has no verdict")
        if not self._take_back(CallId(call_id), reason, by):
            done = VerdictWithdrawn(verdict=call.verdict, reason=reason, by=by)
            await self._write(Event(at=self._clock.now(), call_id=CallId(call_id), data=done))
        return call_id

    async def _write(self, *events: Event) -> None:
        """Durable when it returns; and as a rule in the tables, which may be behind in trouble."""
        *_, recorded = await self._journal.append(events)
        with suppress(TimeoutError):
            async with asyncio.timeout(_TABLES_S):
                await self._settled(recorded.seq)
