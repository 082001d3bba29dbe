"""Two hundred strangers at the FastAGI port: whoever dials 110 is greeted and gets through as always (S6)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cc110.core.events import MenuChosen
from tests.contract.agi import strangers

from ...control_room import ControlRoom
from ...phones.leaks import LeakProbe, leaks
from ...phones.phone import CallState, Phone
from ..hearing import in_talk

STRANGERS = 200
GREETING_S = 6.0
ATTACKED_S = 0.5
"""What the strangers may cost him, on a machine that is busy with more than them."""
"""From the answer to the queue (mission, step 3)."""
RING_S = 1.0
"""From the queue to the operator's phone."""


@asynccontextmanager
async def besieged(room: ControlRoom) -> AsyncIterator[None]:
    """Strangers of every kind come again and again, as many at once as there may be."""
    port = room.config.settings.agi.port

    async def come(kind: str) -> None:
        while True:
            await strangers.one(port, strangers.KINDS[kind])
            await asyncio.sleep(0.05)  # 200 of them are the load, not an endless loop's speed

    kinds = list(strangers.KINDS)
    tasks = [asyncio.create_task(come(kinds[n % len(kinds)])) for n in range(STRANGERS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def gets_through(room: ControlRoom, caller: Phone, operator: Phone, keys: str) -> None:
    """Call 110, press those keys, and talk to the operator, whose phone rings in time."""
    start = await room.last_seq()
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    answered = time.time()
    if keys:
        await call.send_dtmf(keys, gap_s=0.3)
    desk = await operator.incoming(timeout=GREETING_S + RING_S + 2)
    assert time.time() - answered < GREETING_S + RING_S
    queued = await room.wait_event("CallQueued", after=start)
    assert queued.event.at.timestamp() - answered < GREETING_S + ATTACKED_S
    await desk.answer()
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    await room.wait_event("RecordingFinalised", after=start)


@pytest.mark.slow  # short: `tests/contract/agi/test_agi_strangers.py`
@pytest.mark.alone
async def test_s6_callers_are_greeted_and_get_through_with_strangers_at_the_port(
    room: ControlRoom,
) -> None:
    """One listens to the end, one presses 9 and 2; nothing of the strangers is left in the daemon.

    Only the daemon knows English: it was there, and the dialplan did not have to help itself.
    """
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    start, said = await room.last_seq(), len(room.daemon.said())
    probe = LeakProbe(pid=room.daemon.pid, own_children=False)
    before = await probe.look()
    async with besieged(room):
        await gets_through(room, caller, operator, "")
        await gets_through(room, caller, operator, "92")
    told = [one.event.data for one in await room.events(after=start)]
    chosen = [(one.choice, one.language) for one in told if isinstance(one, MenuChosen)]
    assert chosen == [("emergency", "id"), ("complaint", "en")]
    assert not leaks(before, await probe.settled(before))
    assert "Traceback" not in room.daemon.said()[said:]
