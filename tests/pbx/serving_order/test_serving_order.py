"""Which operator's phone rings (S15): in turn, not in the wrap-up, not in a pause; who comes back goes first."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallHandle, CallState, Phone
from ...phones.tones import TONES
from ..hearing import in_talk
from ..scene import NUMBER, Scene, all_over, dial, log_in, talk

WRAP_UP_S = 2


@pytest_asyncio.fixture(loop_scope="session")
async def strict_room() -> AsyncIterator[ControlRoom]:
    """A PBX alone, whose operators have a wrap-up."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, daemon=False, queue__wrap_up_s=WRAP_UP_S) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def _answered(phone: Phone) -> CallHandle:
    desk = await phone.incoming(timeout=8)
    await desk.answer()
    await desk.wait_for_talk()
    return desk


async def test_an_operator_is_left_alone_after_a_call(strict_room: ControlRoom) -> None:
    """The next caller rings when the wrap-up is over, not before."""
    room = strict_room
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    call = await dial(room, caller)
    desk = await _answered(operator)
    await desk.hangup()
    await all_over(call)
    ended = time.monotonic()
    again = await dial(room, caller)
    rang = (await (await operator.incoming(timeout=8)).wait_for(CallState.INCOMING)).at
    # The queue counts whole seconds.
    assert WRAP_UP_S - 1 < rang - ended < WRAP_UP_S + 2
    await again.hangup()


async def test_operators_are_served_in_turn_and_a_paused_one_is_not(room: ControlRoom) -> None:
    """Two operators, one call after the other: each has one; in a pause the other has both."""
    first, second, caller = await asyncio.gather(
        room.phone("1101", "operator"), room.phone("1102", "second_operator"), room.caller()
    )
    await log_in(room, "1101", "1102")
    phones = {first: 0, second: 0}
    for _ in range(2):
        await _rings(room, caller, phones)
    assert list(phones.values()) == [1, 1]
    await room.code(first, "*13")
    for _ in range(2):
        await _rings(room, caller, phones)
    assert list(phones.values()) == [1, 3]


async def _rings(room: ControlRoom, caller: Phone, phones: dict[Phone, int]) -> None:
    """Call, count whose phone rings first, and hang up."""
    call = await dial(room, caller)
    waiting = {asyncio.create_task(phone.incoming(timeout=8)): phone for phone in phones}
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    (task,) = done
    phones[waiting[task]] += 1
    desk = task.result()
    await desk.answer()
    await desk.wait_for_talk()
    await desk.wait_to_hear(TONES["caller"])
    await desk.hangup()
    await all_over(call)


async def _alone_with_the_polres(room: ControlRoom) -> tuple[Scene, CallHandle]:
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    return scene, unit


async def test_s14_who_comes_back_rings_at_once(room: ControlRoom) -> None:
    """The Polres is gone: within 2 s an operator's phone rings for its caller (S14)."""
    scene, unit = await _alone_with_the_polres(room)
    await unit.hangup()
    gone = unit.ended
    assert gone is not None
    back = await scene.operator.incoming(timeout=8)
    waited = (await back.wait_for(CallState.INCOMING)).at - gone.at
    print(f"rings again after {waited:.2f} s")
    assert waited < 2.0
    assert (await scene.story.told("CallRequeued")).queue == "polda-metro-jaya"
    await scene.call.hangup()


async def test_s14_who_comes_back_goes_before_who_waits(room: ControlRoom) -> None:
    """Nobody is free, and another caller has waited longer: who had been talking is served first."""
    scene, unit = await _alone_with_the_polres(room)
    await _pause(room, paused=True)
    patient = await room.caller("supervisor")
    other = await dial(room, patient, "6280000000444")
    await unit.hangup()
    await scene.story.told("CallRequeued")
    await _waiting(room, 2)
    await _pause(room, paused=False)
    back = await scene.operator.incoming(timeout=8)
    assert NUMBER in back.headers["From"]
    await back.answer()
    await back.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=back)
    await scene.call.hangup()
    await other.hangup()


async def _pause(room: ControlRoom, *, paused: bool) -> None:
    who = {"Interface": "PJSIP/1101", "Paused": str(paused).lower()}
    await room.observer.action("QueuePause", **who)


async def _waiting(room: ControlRoom, count: int) -> None:
    """Wait until so many callers are in the queue."""
    async with asyncio.timeout(5):
        while True:
            told = await room.observer.queue_status("polda-metro-jaya")
            if sum(one.get("Event") == "QueueEntry" for one in told) == count:
                return
            await asyncio.sleep(0.05)
