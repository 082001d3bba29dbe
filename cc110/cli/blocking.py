"""Changes of the blocklist, and whether the PBX has them. Importing this brings everything in."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from cc110.app import DeskPort, open_desk
from cc110.cli import records
from cc110.config.model import Config
from cc110.core.ids import Number
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.journal.rows import BlockRow
from cc110.ports import JournalUnavailable
from cc110.service.control import ControlClient
from cc110.service.mirror import MirrorReader

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
        number,
        lambda desk: desk.block(number, until=until, reason=reason, by=by, note=note, owner=owner),
        lambda row: row.until == until and row.lifted_at is None,
    )


async def unblock(config: Config, number: Number, *, reason: str, by: str) -> bool:
    """Take a number off the list. True when the PBX knows it already.

    Raises:
        Cc110Error: refused, or it could not be written; nothing has changed.
    """
    return await _changed(
        config,
        number,
        lambda desk: desk.unblock(number, reason=reason, by=by),
        lambda row: row.lifted_at is not None,
    )


async def _changed(
    config: Config,
    number: Number,
    change: Callable[[DeskPort], Awaitable[str]],
    is_it: Callable[[BlockRow], bool],
) -> bool:
    async with open_desk(config) as desk:
        await change(desk)
        by_daemon = isinstance(desk, ControlClient)
    return by_daemon and await _reached_pbx(config, number, is_it)


async def _reached_pbx(config: Config, number: Number, is_it: Callable[[BlockRow], bool]) -> bool:
    """The mirror's cursor passes an event once the PBX has taken it."""
    async with reading(config.journal_url.get_secret_value()) as engine:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    row = await ask(engine, queries.get_block, number)
                    done = await ask(engine, records.reached, MirrorReader.name)
                    if row and is_it(row) and done >= row.last_seq:
                        return True
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            return False
