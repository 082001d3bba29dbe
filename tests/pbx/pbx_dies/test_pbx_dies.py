"""The PBX itself is killed (research S9): it is started again, and is as it was before it takes calls."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from cc110 import app

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallState
from ..hearing import in_talk

BLOCKED = "+6280000000333"


@pytest_asyncio.fixture(loop_scope="session")
async def own_room() -> AsyncIterator[ControlRoom]:
    """A control room whose PBX may die."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, queue__wrap_up_s=0, blocklist__way_out="reject") as room:
            yield room
    finally:
        shutil.rmtree(home)


async def test_a_killed_pbx_is_back_with_operators_and_blocklist(own_room: ControlRoom) -> None:
    """The next caller is answered by the operator who was logged in, and a blocked number is rejected."""
    room = own_room
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    async with app.open_desk(room.config) as desk:
        await desk.block(BLOCKED, until=0, reason="test", by="test")
    start = await room.last_seq()

    os.kill((await room.pbx.status()).pid or 0, signal.SIGKILL)

    await room.wait_event("PbxLost", after=start)
    back = await room.wait_event("PbxBack", after=start, timeout=20)
    assert back.event.data.restarted
    await operator.register()
    await room.watch_again()
    async with asyncio.timeout(5):  # AstDB had not yet committed it when it died
        while "Value" not in await room.pbx.console(f"database get cc110-block {BLOCKED[1:]}"):
            await asyncio.sleep(0.05)
    blocked = await room.dial_110(caller, BLOCKED)
    assert (await blocked.wait_for(CallState.DISCONNECTED)).code == 403
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    await call.send_dtmf("1")
    answered = await operator.incoming(timeout=15)
    await answered.answer()
    await answered.wait_for_talk()
    assert await in_talk(caller=call, operator=answered)
    await answered.hangup()
    await call.wait_for(CallState.DISCONNECTED)
