"""The PBX itself is killed (research S9): it is started again, and is as it was before it takes calls."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from cc110 import app
from cc110.core.events import CallEnded
from cc110.core.ids import AgentId

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallState
from ..hearing import in_talk
from ..scene import dial, log_in

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


async def test_s9_calls_that_died_with_the_pbx_are_closed_with_their_time(
    own_room: ControlRoom,
) -> None:
    """One in talk, one in the queue; the pause is kept, and the recordings are accounted for."""
    room = own_room
    operator, caller, other = await asyncio.gather(
        room.phone("1101", "operator"), room.caller(), room.caller("polres")
    )
    await log_in(room, "1101", "1102")
    for queue, _ in room.config.queues_of(AgentId("1102")):
        pause = {"Interface": "PJSIP/1102", "Paused": "true", "Reason": "istirahat"}
        await room.observer.action("QueuePause", Queue=queue, **pause)
    start = await room.last_seq()
    await dial(room, caller, "6280000000110")
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await dial(room, other, "6280000000220")
    await room.wait_event("AgentPaused")

    died = datetime.now(UTC)
    os.kill((await room.pbx.status()).pid or 0, signal.SIGKILL)

    await room.wait_event("PbxBack", after=start, timeout=20)
    await room.accounted()
    await room.watch_again()
    events = [one.event for one in await room.events(after=start)]
    ended = [event for event in events if event.type == "CallEnded"]
    assert len(ended) == 2
    for event in ended:
        assert abs((event.at - died).total_seconds()) < 1.0
        assert isinstance(event.data, CallEnded)
        assert event.data.recovered
    assert not [event for event in events if event.type in ("AgentLoggedOut", "AgentUnpaused")]
    members = [
        one
        for queue, _ in room.config.queues_of(AgentId("1102"))
        for one in await room.observer.queue_status(queue)
        if one.get("Event") == "QueueMember"
    ]
    assert {one["Name"]: one["Paused"] for one in members} == {"1101": "0", "1102": "1"}
