"""Blocks of ranges: the use cases of the CLI, and the reader that carries them to the PBX."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from cc110.core import ranges
from cc110.core.blocking import BlockRefused
from cc110.core.events import Data, Event, Recorded
from cc110.core.ranges import RangeBlock, Ranges
from cc110.ports import Clock, Journal, RangeMirror
from cc110.service.usecases import Refused

_log = structlog.get_logger("ranges")
LENGTHS: Final = "lengths"
"""The key below which the PBX finds how long the prefixes are."""
FindRanges = Callable[[], Awaitable[Ranges]]


class RangeDesk:
    """What people may do to ranges; each is journaled with its doer when it returns."""

    def __init__(
        self, *, journal: Journal, clock: Clock, find: FindRanges, least_digits: int
    ) -> None:
        """Wire it to the journal; `least_digits` is the shortest prefix that the site allows."""
        self._journal = journal
        self._clock = clock
        self._find = find
        self._least_digits = least_digits
        self._turn = asyncio.Lock()

    async def propose(self, text: str, *, until: int, reason: str, by: str, note: str = "") -> str:
        """Ask to block a range; returns its prefixes, with blanks between them.

        Raises:
            Refused: the range is none or too wide, or reason or doer is missing.
            JournalUnavailable: nothing has changed.
        """
        try:
            asked = [
                ranges.propose(
                    span,
                    until=until,
                    reason=reason,
                    by=by,
                    note=note,
                    least_digits=self._least_digits,
                )
                for span in ranges.spans_of(text)
            ]
        except BlockRefused as error:
            raise Refused(str(error)) from error
        async with self._turn:
            await self._write(asked)
        return " ".join(one.prefix for one in asked)

    async def confirm(self, text: str, *, by: str) -> str:
        """The second person's word: from now on the range is blocked; returns its prefixes.

        Raises:
            Refused: nothing waits for it, or it is the first person's own word.
            JournalUnavailable: nothing has changed.
        """
        return await self._each(
            text, lambda known, prefix, now: ranges.confirm(known, prefix, by=by, now=now)
        )

    async def lift(self, text: str, *, reason: str, by: str) -> str:
        """End the block of a range, or refuse its proposal; returns its prefixes.

        Raises:
            Refused: it is neither blocked nor proposed, or reason or doer is missing.
            JournalUnavailable: nothing has changed.
        """
        return await self._each(
            text, lambda known, prefix, _: ranges.lift(known, prefix, reason=reason, by=by)
        )

    async def _each(self, text: str, decide: Callable[[Ranges, str, datetime], Data]) -> str:
        """All of a range's prefixes, or none: two people at once wait for each other."""
        async with self._turn:
            known, now = await self._find(), self._clock.now()
            try:
                prefixes = [span.prefix for span in ranges.spans_of(text)]
                decided = [decide(known, prefix, now) for prefix in prefixes]
            except BlockRefused as error:
                raise Refused(str(error)) from error
            await self._write(decided)
        return " ".join(prefixes)

    async def _write(self, decided: Sequence[Data]) -> None:
        now = self._clock.now()
        await self._journal.append([Event(at=now, data=data) for data in decided])


class RangeReader:
    """Carries ranges and exemptions to the PBX; a reader of the journal.

    It writes the whole each time, from the journal's newest state: what comes twice or late sets nothing
    back. Exemptions go first, so that nobody is rejected who may not be.
    """

    name = "astdb-ranges"

    def __init__(self, mirror: RangeMirror, find: FindRanges, clock: Clock) -> None:
        """Write to this mirror what `find` knows."""
        self._mirror = mirror
        self._find = find
        self._clock = clock
        self._turn = asyncio.Lock()

    async def handle(self, recorded: Recorded) -> None:
        """Carry over one change; any other event is none of ours.

        Raises:
            PbxUnavailable, PbxRefused: the PBX did not take it; the event is to come again.
        """
        if isinstance(recorded.event.data, ranges.TOLD_BY):
            await self.make_equal()

    async def make_equal(self) -> int:
        """Compare and repair; returns how many entries differed.

        Raises:
            PbxUnavailable, PbxRefused: the PBX does not answer, or does not take it.
        """
        async with self._turn:
            known = await self._find()
            exempt, wanted = exemptions(known), entries(known, self._clock.now())
            changed = [await self._put_exempt(n, value) for n, value in exempt.items()]
            changed += [await self._put_range(key, value) for key, value in wanted.items()]
            return sum(changed)

    async def check(self) -> int:
        """As `make_equal`, and a warning when something differed."""
        if differed := await self.make_equal():
            _log.warning("blocked ranges differed in the PBX and were repaired", entries=differed)
        return differed

    async def _put_exempt(self, number: str, value: str | None) -> bool:
        if await self._mirror.get_exempt(number) == value:
            return False
        await self._mirror.put_exempt(number, value)
        return True

    async def _put_range(self, key: str, value: str | None) -> bool:
        if await self._mirror.get_range(key) == value:
            return False
        await self._mirror.put_range(key, value)
        return True


def entries(known: Ranges, now: datetime) -> Mapping[str, str | None]:
    """What the PBX has to hold of ranges, by key; None = nothing.

    ``<prefix>`` = ``<expiry>:<digits>``; ``lengths`` = the prefixes' lengths, with ``:`` between them, the
    longest first. New prefixes come before the lengths by which they are found.
    """
    if not known.ever:
        return {}
    blocked = {it.span.prefix: _value(it) for it in known.in_force(now)}
    lengths = sorted({len(prefix) for prefix in blocked}, reverse=True)
    told = ":".join(map(str, lengths)) or None
    return {**dict.fromkeys(sorted(known.ever)), **blocked, LENGTHS: told}


def exemptions(known: Ranges) -> Mapping[str, str | None]:
    """What the PBX has to hold of each number that ever was exempt; None = nothing."""
    return {number: "1" if number in known.exempt else None for number in known.freed}


def _value(block: RangeBlock) -> str:
    return f"{block.until}:{block.span.digits}"
