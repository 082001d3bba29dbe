"""Keeps the PBX's copy of the blocklist equal to the journal, for as long as the daemon runs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Never

import structlog

from cc110.ports import Cc110Error
from cc110.service.mirror import MirrorReader
from cc110.service.ranges import RangeReader

_log = structlog.get_logger("mirror")
CHECK_EVERY_S: Final = 600.0
_AGAIN_S: Final = 2.0


async def keep(
    mirror: MirrorReader,
    ranges: RangeReader,
    live: Callable[[], Awaitable[None]],
    wanted: asyncio.Event,
    *,
    first: Callable[[], Awaitable[object]] | None = None,
    every_s: float = CHECK_EVERY_S,
) -> Never:
    """Refill whenever that is wanted, and look for drift now and then; never ends by itself.

    Args:
        mirror: what is kept.
        ranges: the same for whole ranges; made equal first, for it is little.
        live: returns when there is a link to the PBX.
        wanted: set when the PBX may have lost entries, as after its start.
        first: done before each refill.
        every_s: seconds between two looks.
    """
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wanted.wait()
        await live()
        whole = wanted.is_set()
        wanted.clear()
        try:
            if whole and first:
                await first()
            await (ranges.make_equal() if whole else ranges.check())
            await (mirror.refill() if whole else mirror.check())
        except (Cc110Error, TimeoutError) as error:
            _log.error("blocklist not made equal in the PBX", error=str(error), again_s=_AGAIN_S)
            wanted.set()
            await asyncio.sleep(_AGAIN_S)
