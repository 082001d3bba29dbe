"""Changes of the blocklist, and whether the PBX has them. Importing this brings everything in."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection

from cc110.app import DeskPort, RangeDeskPort, open_desk, open_ranges
from cc110.cli import records
from cc110.config.model import Config
from cc110.core.ids import Number
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.ports import JournalUnavailable
from cc110.service.control import ControlClient
from cc110.service.mirror import MirrorReader
from cc110.service.ranges import RangeReader

PATIENCE_S: Final = 2.0
"""How long a change may take to the PBX before we say that it will come later."""
_POLL_S: Final = 0.05


def earlier_blocks(config: Config, number: Number) -> int:
    """How often a number was blocked before; the first thing that is written makes the journal."""
    with suppress(JournalUnavailable):
        row = records.asked(config, queries.get_block, number)
        return row.times if row else 0
    return 0


async def block(
    config: Config, number: Number, *, until: int, reason: str, by: str, note: str, owner: str
) -> bool:
    """Block a number. True when the PBX has it already.

    Raises:
        Cc110Error: refused, or it could not be written; nothing has changed.
    """
    return await _changed(
        config,
        lambda desk: desk.block(number, until=until, reason=reason, by=by, note=note, owner=owner),
    )


async def unblock(config: Config, number: Number, *, reason: str, by: str) -> bool:
    """Take a number off the list, and out of a blocked range. True when the PBX knows it already.

    Raises:
        Cc110Error: refused, or it could not be written; nothing has changed.
    """
    return await _changed(config, lambda desk: desk.unblock(number, reason=reason, by=by))


async def change_range(
    config: Config, change: Callable[[RangeDeskPort], Awaitable[str]]
) -> tuple[str, bool]:
    """Change a range. Returns its prefixes, and True when the PBX has it already.

    Raises:
        Cc110Error: refused, or it could not be written; nothing has changed.
    """
    async with open_ranges(config) as desk:
        prefixes = await change(desk)
        by_daemon = isinstance(desk, ControlClient)
    return prefixes, by_daemon and await _reached_pbx(config)


async def _changed(config: Config, change: Callable[[DeskPort], Awaitable[str]]) -> bool:
    async with open_desk(config) as desk:
        await change(desk)
        by_daemon = isinstance(desk, ControlClient)
    return by_daemon and await _reached_pbx(config)


async def _reached_pbx(config: Config) -> bool:
    """A mirror's cursor passes an event once the PBX has taken it."""
    async with reading(config.journal_url.get_secret_value()) as engine:
        wanted = await ask(engine, records.tip_of)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if await ask(engine, _mirrored) >= wanted:
                        return True
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            return False


def _mirrored(connection: Connection) -> int:
    """Up to which event the PBX has what it needs of the blocklist."""
    mirrors = (MirrorReader.name, RangeReader.name)
    return min(records.reached(connection, name) for name in mirrors)
