"""Lists of numbers into the journal, some hundred rows at a time.

One batch is one append: all of it or nothing. Whoever was cut off in the middle begins anew, and what is
in force already is passed over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cc110.core.blocking import Block, BlockRefused, block_of
from cc110.core.events import Event, NumberBlocked
from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid, take_over
from cc110.ports import Clock, Journal
from cc110.service.usecases import Refused, Settled

MOST_ROWS: Final = 1000
"""Rows in one batch."""
AT_ONCE: Final = 2
"""Batches under way when no number comes twice: one is made ready while the other is being written."""
MOST_AHEAD: Final = 20_000
"""Blocks that the journal has and the tables may not have yet."""

FindBlocks = Callable[[Sequence[Number]], Awaitable[Mapping[Number, Block]]]
"""The blocks of these numbers, in force or expired, as the tables have them."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a batch."""

    blocked: int = 0
    """Numbers that are blocked now, or otherwise than before."""
    same: int = 0
    """Rows that changed nothing."""

    def __add__(self, other: "Taken") -> "Taken":
        """Both together."""
        return Taken(blocked=self.blocked + other.blocked, same=self.same + other.same)


class BlockImport:
    """The blocklist's bulk door, over a journal that this process may write."""

    batch: Final = MOST_ROWS

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        find_blocks: FindBlocks,
        settled: Settled,
        reached: Callable[[], int],
        most_ahead: int = MOST_AHEAD,
    ) -> None:
        """Wire it to the journal and its tables.

        Args:
            journal: where blocks are written.
            clock: when.
            find_blocks: what the tables know.
            settled: waits for the tables; awaited when they fall behind by `most_ahead`.
            reached: the seq up to which the tables are.
            most_ahead: blocks that are remembered here because the tables may not have them yet.
                0 = none: each number comes but once, and nobody else writes.
        """
        self._journal = journal
        self._clock = clock
        self._find_blocks = find_blocks
        self._settled = settled
        self._reached = reached
        self._most_ahead = most_ahead
        self._turn: asyncio.Lock | asyncio.Semaphore = (
            asyncio.Lock() if most_ahead else asyncio.Semaphore(AT_ONCE)
        )
        self._ahead: dict[Number, Block] = {}
        self._seq = 0

    async def take(self, rows: Sequence[Listed], unsaid: Unsaid, *, by: str) -> Taken:
        """Put a batch on the blocklist. Doing it twice is doing it once; a number's first row wins.

        Raises:
            Refused: too many rows, or one that can't be recorded; nothing has changed.
            JournalUnavailable: it could not be written; nothing has changed.
        """
        if len(rows) > MOST_ROWS:
            raise Refused(f"{len(rows)} rows at once, {MOST_ROWS} are the most")
        async with self._turn:
            first = {row.number: row for row in reversed(rows)}
            decided = await self._decide(tuple(first.values()), unsaid, by)
            await self._write(decided)
        return Taken(blocked=len(decided), same=len(rows) - len(decided))

    async def finished(self) -> None:
        """Return when the tables have all that was taken."""
        await self._settled(self._seq)

    async def _decide(self, rows: Sequence[Listed], unsaid: Unsaid, by: str) -> list[Event]:
        if self._reached() >= self._seq:
            self._ahead.clear()
        known = dict(await self._find_blocks([row.number for row in rows]))
        known |= {row.number: self._ahead[row.number] for row in rows if row.number in self._ahead}
        now = self._clock.now()
        try:
            made = [take_over(known.get(row.number), row, unsaid, by=by, now=now) for row in rows]
        except BlockRefused as error:
            raise Refused(str(error)) from error
        return [Event(at=now, data=one) for one in reversed(made) if one]

    async def _write(self, decided: Sequence[Event]) -> None:
        if not decided:
            return
        recorded = await self._journal.append(decided)
        self._seq = max(self._seq, recorded[-1].seq)
        for event in decided if self._most_ahead else ():
            if isinstance(event.data, NumberBlocked):
                self._ahead[event.data.number] = block_of(event.data, event.at)
        if len(self._ahead) > self._most_ahead:
            await self.finished()
