"""A range of numbers that two people blocked is rejected in the dialplan, and its exempt numbers are not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from cc110 import app

from ...control_room import ControlRoom
from ...phones.calls import CallEnded
from ...phones.phone import CallState
from ..blocking import entry

PREFIX = "62840000"
INSIDE, EXEMPT, OUTSIDE = "6284000001234", "6284000005678", "6284000100000"

_COMPARED: Final = "blocklist compared with the PBX"


@pytest_asyncio.fixture(loop_scope="session")
async def blocked_range(room: ControlRoom) -> AsyncIterator[None]:
    """The range is in the PBX, and one of its numbers is exempt. What the daemon compares after its start is compared:
    it would put right what a test puts wrong."""
    async with asyncio.timeout(10):
        while _COMPARED not in room.daemon.said().rpartition("daemon starts")[2]:
            await asyncio.sleep(0.05)
    async with app.open_ranges(room.config) as ranges, app.open_desk(room.config) as desk:
        await ranges.propose(PREFIX, until=0, reason="sample", by="Padal Contoh")
        await ranges.confirm(PREFIX, by="Kanit Contoh")
        await desk.unblock(EXEMPT, reason="sample", by="Padal Contoh")
        await entry(room, "cc110-range", "lengths", there=True)
        await entry(room, "cc110-exempt", EXEMPT, there=True)
    yield
    if not room.daemon.running:
        await room.daemon.start()
    async with app.open_ranges(room.config) as ranges:
        await ranges.lift(PREFIX, reason="sample", by="Padal Contoh")
        await entry(room, "cc110-range", "lengths", there=False)


async def answered(room: ControlRoom, number: str) -> bool:
    """Whether a caller with that number is let in; else he gets 403."""
    caller = await room.caller()
    call = await room.dial_110(caller, f"+{number}")
    try:
        await call.wait_for(CallState.CONFIRMED)
    except CallEnded:
        assert (await call.wait_for(CallState.DISCONNECTED)).code == 403
        return False
    await call.hangup()
    return True


@pytest.mark.usefixtures("blocked_range")
async def test_a_range_rejects_its_numbers_and_no_other(room: ControlRoom) -> None:
    """Daemon alive or dead: AstDB alone decides."""
    await room.daemon.kill()

    assert not await answered(room, INSIDE)
    assert await answered(room, OUTSIDE)
    assert await answered(room, EXEMPT)


@pytest.mark.usefixtures("blocked_range")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lengths", "x"),
        ("lengths", "99"),
        (PREFIX, "abc:0"),
        (PREFIX, "1:0"),
        (PREFIX, "0:12"),
        (PREFIX, "0"),
    ],
)
async def test_a_range_that_can_t_be_read_or_does_not_fit_blocks_nobody(
    room: ControlRoom, key: str, value: str
) -> None:
    """Whatever can't be read means accept."""
    before = {"lengths": "8", PREFIX: "0:0"}[key]
    await room.pbx.console(f"database put cc110-range {key} {value}")
    try:
        assert await answered(room, INSIDE)
    finally:
        await room.pbx.console(f"database put cc110-range {key} {before}")
