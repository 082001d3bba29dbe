"""Follows the journal from now on, for whoever counts: no cursor, nothing kept, nothing written."""

import asyncio
from collections.abc import Callable
from typing import Final, Never

import structlog

from cc110.core.events import Recorded
from cc110.journal.engine import Database, ask, cause
from cc110.journal.progress import Progress
from cc110.journal.store import read_page

_log = structlog.get_logger("tail")
_PAGE: Final = 500
_SPACING_S: Final = 0.2
"""Under load one look takes several events."""
_AGAIN_S: Final = 1.0


async def follow(database: Database, progress: Progress, take: Callable[[Recorded], None]) -> Never:
    """Hand over each event that is journaled after this moment, in order and once; cancel to stop."""
    seq = progress.seq
    failures = 0
    while True:
        moved = progress.next_move()
        try:
            page = await ask(database.reads, read_page, after=seq, limit=_PAGE)
        except Exception as error:
            failures += 1
            if failures == 1:
                _log.warning("the journal can't be followed", reason=cause(error))
            await asyncio.sleep(_AGAIN_S)
            continue
        failures = 0
        for recorded in page.events:
            take(recorded)
        seq = page.last_seq
        if not page.full:
            await asyncio.sleep(_SPACING_S)
            if seq >= progress.seq:
                await moved.wait()
