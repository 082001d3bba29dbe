"""Blocks that operators ended with ``*76``: journaled once each, whoever tells of it and when.

The dialplan takes the number off the PBX's list by itself and leaves a note there. Told live or found as a
note after an absence, both come here; the note goes once the journal has it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from cc110.core.effects import LiftBlock
from cc110.core.ranges import Ranges
from cc110.core.verification import freeing, lifting
from cc110.ports import VerifiedNotes
from cc110.service.outbox import Outbox
from cc110.service.usecases import FindBlock

_log = structlog.get_logger("verification")

CaughtUp = Callable[[], Awaitable[None]]
"""Returns when the tables have taken in all of the journal."""


class Verifications:
    """Ends blocks in the journal, one after the other."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        find_block: FindBlock,
        find_ranges: Callable[[], Awaitable[Ranges]],
        caught_up: CaughtUp,
        notes: VerifiedNotes,
    ) -> None:
        """Write through the outbox, which goes on trying while the journal is out of reach."""
        self._outbox = outbox
        self._find_block = find_block
        self._find_ranges = find_ranges
        self._caught_up = caught_up
        self._notes = notes
        self._one_at_a_time = asyncio.Lock()

    async def lift(self, lift: LiftBlock) -> None:
        """Journal the end of a block, if there is one to end; then the PBX's note of it may go.

        Raises:
            PbxUnavailable: the block is ended, the note is still there; `catch_up` will find it.
        """
        async with self._one_at_a_time:
            await self._journaled()
            blocked = lifting(await self._find_block(lift.number), lift)
            in_range = freeing(await self._find_ranges(), lift)
            if events := [event for event in (blocked, in_range) if event]:
                self._outbox.put(events)
                await self._journaled()
                _log.info("unblocked by verification", call=lift.call_id, by=lift.agent)
        await self._notes.forget(lift.number, lift.call_id)

    async def catch_up(self) -> int:
        """Journal what operators keyed while nobody listened; returns the number of notes.

        Only after it may the list be written to the PBX again.

        Raises:
            PbxUnavailable, PbxRefused: the notes can't be read.
        """
        notes = await self._notes.verified()
        for note in notes:
            await self.lift(note.lift)
        return len(notes)

    async def _journaled(self) -> None:
        await self._outbox.drained()
        await self._caught_up()
