"""A list into the journal: read whole and judged first, then written. Importing this brings everything in."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cc110.app import open_import
from cc110.app.desk import ImportPort
from cc110.cli.csv_list import BadRow, read_list
from cc110.cli.staging import Staging
from cc110.config.model import Config
from cc110.core.importing import Listed, Unsaid
from cc110.service.importing import AT_ONCE, Taken

MOST_NAMED: Final = 100
"""Bad rows and repeated numbers that are named; of the rest there is a count."""
_BATCH_TEXT: Final = 120_000
"""Characters of text in a batch: it goes to a running daemon as one line."""

Tell = Callable[[int], None]
"""How many rows are done."""


@dataclass(kw_only=True)
class Judged:
    """What a list is, before anything is written."""

    rows: int = 0
    over: int = 0
    """Rows whose block was lifted or is over: there is nothing to block."""
    bad: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)
    repeated: int = 0
    repeated_rows: list[tuple[int, str, int]] = field(default_factory=list)
    """Line, number, and the line that counts."""

    @property
    def good(self) -> int:
        """Numbers to be blocked."""
        return self.rows - self.over - self.bad - self.repeated


def judge(path: Path, config: Config, stage: Staging, tell: Tell) -> Judged:
    """Read a list into a stage and look at every row.

    Raises:
        BadList: it can't be read, or its header is none.
    """
    found = Judged()
    for line, row in read_list(path, config.time_zone, datetime.now(UTC)):
        found.rows += 1
        match row:
            case Listed():
                stage.add(line, row)
            case BadRow():
                found.bad += 1
                found.bad_rows += [row] if found.bad <= MOST_NAMED else []
            case None:
                found.over += 1
        tell(found.rows)
    stage.complete()
    for one in stage.repeated():
        found.repeated += 1
        found.repeated_rows += [one] if found.repeated <= MOST_NAMED else []
    return found


async def write(config: Config, stage: Staging, unsaid: Unsaid, *, by: str, tell: Tell) -> Taken:
    """Block what is on the stage; cut off in the middle, it may simply be done again.

    Raises:
        Cc110Error: refused, or it could not be written; what was told as done is written.
    """
    taken = Taken()
    async with open_import(config) as door:
        async for done in all_taken(door, stage, unsaid, by):
            taken += done
            tell(taken.blocked + taken.same)
        await door.finished()
    return taken


async def all_taken(
    door: ImportPort, stage: Staging, unsaid: Unsaid, by: str
) -> AsyncIterator[Taken]:
    """Every portion in its turn; the next is made ready while one is being written."""
    under_way = deque[asyncio.Task[Taken]]()
    try:
        for batch in stage.batches(door.batch):
            for part in _portions(batch):
                under_way.append(asyncio.create_task(door.take(part, unsaid, by=by)))
                if len(under_way) >= AT_ONCE:
                    yield await under_way[0]
                    under_way.popleft()
        while under_way:
            yield await under_way[0]
            under_way.popleft()
    finally:
        # What was begun is brought to its end, so that nothing is written after we say how it went.
        await asyncio.gather(*under_way, return_exceptions=True)


def _portions(batch: Sequence[Listed]) -> Iterator[Sequence[Listed]]:
    """The batch, or smaller ones when its texts are long."""
    length = sum(
        len(row.reason or "") + len(row.note or "") + len(row.owner or "") for row in batch
    )
    if length <= _BATCH_TEXT or len(batch) == 1:
        yield batch
    else:
        middle = len(batch) // 2
        yield from _portions(batch[:middle])
        yield from _portions(batch[middle:])
