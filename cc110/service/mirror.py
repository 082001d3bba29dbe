"""The blocklist in the PBX: a reader of the journal. What blocks is what the journal says."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from cc110.core.events import NumberBlocked, NumberUnblocked, Recorded
from cc110.core.ids import Number
from cc110.ports import BlockMirror

_log = structlog.get_logger("mirror")

AllBlocks = Callable[[], Awaitable[Iterable[tuple[Number, int]]]]
"""Every entry of the blocklist, with its expiry."""


class MirrorReader:
    """Carries each change to the PBX. A failure leaves the cursor: it is tried again, in order."""

    name = "astdb"

    def __init__(self, mirror: BlockMirror) -> None:
        """Write to this mirror."""
        self._mirror = mirror

    async def handle(self, recorded: Recorded) -> None:
        """Carry over one change; any other event is none of ours.

        Raises:
            PbxUnavailable, PbxRefused: the PBX did not take it.
        """
        match recorded.event.data:
            case NumberBlocked(number=number, until=until):
                await self._mirror.put(number, until)
            case NumberUnblocked(number=number):
                await self._mirror.delete(number)
            case _:
                pass


async def refill(mirror: BlockMirror, blocks: AllBlocks) -> int:
    """Write the whole list again: AstDB commits about once a second, so a crash may have lost the
    newest entries (Asterisk main/db.c). Returns the number of entries."""
    entries = list(await blocks())
    await mirror.put_all(entries)
    _log.info("blocklist is in the PBX", entries=len(entries))
    return len(entries)
