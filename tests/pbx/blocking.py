"""Numbers that are blocked for a scenario as an administrator does it, and the PBX's own entries.

An entry that is only in the PBX's database may go at any time: the mirror takes it for drift.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cc110 import app

from ..control_room import ControlRoom
from ..phones.timing import limit


async def block(room: ControlRoom, number: str) -> None:
    """Block a number as an administrator does; returns when the PBX has it."""
    async with app.open_desk(room.config) as desk:
        await desk.block(number, until=0, reason="sample", by="sample")
    await entry(room, "cc110-block", number, there=True)


async def entry(room: ControlRoom, family: str, key: str, *, there: bool) -> None:
    """Wait until the PBX's own database has that entry, or has it no more."""
    end = time.monotonic() + limit(5)
    while (await value(room, family, key) is not None) is not there:
        assert time.monotonic() < end, f"{family}/{key}: {'missing' if there else 'still there'}"
        await asyncio.sleep(0.02)


async def value(room: ControlRoom, family: str, key: str) -> str | None:
    """What the PBX's own database has there."""
    found = re.search(r"Value: (\S*)", await room.pbx.console(f"database get {family} {key}"))
    return found[1] if found else None


@asynccontextmanager
async def blocked(room: ControlRoom, number: str) -> AsyncIterator[None]:
    """A number is blocked in the PBX until the block is left; the daemon may be dead by then."""
    await block(room, number)
    try:
        yield
    finally:
        if not room.daemon.running:
            await room.daemon.start()
        async with app.open_desk(room.config) as desk:
            await desk.unblock(number, reason="sample", by="sample")
        await entry(room, "cc110-block", number, there=False)
