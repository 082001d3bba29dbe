"""Somebody leaves at a bad moment (T4, T5, T7, S14): the caller is never alone, and never outlives himself."""

import asyncio
import time
from typing import Final

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ...phones.tones import TONES, coverage
from ..hearing import in_talk
from ..recorded import ENOUGH, closed_recording, seconds
from ..scene import NUMBER, Scene, all_over, dial, log_in, talk

_PBX_TURN_S: Final = 0.5
"""What the PBX and a busy machine add to the queue's whole seconds."""


async def _ringing(room: ControlRoom) -> tuple[Scene, CallHandle]:
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.story.told("PolresRang")
    return scene, unit


async def test_t4_operator_hangs_up_while_the_polres_rings_and_it_answers(
    room: ControlRoom,
) -> None:
    """The caller waits for the Polres and talks with it (T4)."""
    scene, unit = await _ringing(room)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    await unit.answer()
    await unit.wait_for_talk()
    await scene.story.told("PolresAnswered")
    await scene.call.wait_to_hear(TONES["polres"])
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.call.hangup()
    await all_over(unit)


async def test_t4_operator_hangs_up_while_the_polres_rings_and_it_does_not_answer(
    room: ControlRoom,
) -> None:
    """The caller is at the front of the queue again, and is answered (T4)."""
    scene, unit = await _ringing(room)
    await scene.desk.hangup()
    await unit.wait_for(CallState.DISCONNECTED, timeout=8)
    again = await scene.operator.incoming(timeout=15)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=again)
    await again.hangup()
    await all_over(scene.call)


async def test_s13_operator_s_phone_dies_while_it_rings(room: ControlRoom) -> None:
    """SIGKILL after the 180: when its ring time is over the next operator's phone rings."""
    phones = await asyncio.gather(
        room.phone("1101", "operator"), room.phone("1102", "second_operator"), room.caller()
    )
    *operators, caller = phones
    await log_in(room, "1101", "1102")
    call = await dial(room, caller)
    waiting = {asyncio.create_task(phone.incoming(timeout=8)): phone for phone in operators}
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    dead = waiting.pop(done.pop())
    began = (await dead.calls[0].wait_for(CallState.INCOMING)).at
    await dead.kill()
    ((following, phone),) = waiting.items()
    rang = (await (await following).wait_for(CallState.INCOMING)).at
    ring_s = room.config.settings.queue.member_ring_s
    print(f"{phone.name} rings {rang - began:.2f} s after the one that died")
    assert rang - began <= ring_s + 1 + _PBX_TURN_S
    await call.hangup()


async def test_s14_operator_s_phone_dies_in_talk(room: ControlRoom) -> None:
    """No BYE, no media: the caller is served before all who wait, and his recording goes on."""
    scene = await talk(room)
    other, *patient = await asyncio.gather(
        room.phone("1102", "second_operator"), room.caller("supervisor"), room.caller("mabes")
    )
    waiting = [await dial(room, one, f"62800000004{n}") for n, one in enumerate(patient, 41)]
    killed = time.monotonic()
    await scene.operator.kill()
    await scene.story.told("CallRequeued", timeout=14)
    queue = await _in_queue(room, 3)
    limit_s = room.config.settings.sip.dead_after_s
    print(f"first in the queue again after {time.monotonic() - killed:.2f} s of {limit_s}")
    assert time.monotonic() - killed <= limit_s + 2
    assert queue["1"] == NUMBER
    await asyncio.gather(*(call.hangup() for call in waiting))
    await log_in(room, "1102")
    again = await other.incoming(timeout=8)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, second_operator=again)
    await again.hangup()
    await all_over(scene.call)
    assert await _recorded_share(scene) >= ENOUGH


async def _in_queue(room: ControlRoom, count: int) -> dict[str, str]:
    """Wait until so many callers are in the queue; who is at which place."""
    async with asyncio.timeout(5):
        while True:
            told = await room.observer.queue_status("polda-metro-jaya")
            entries = [one for one in told if one.name == "QueueEntry"]
            if len(entries) == count:
                return {one["Position"]: one["CallerIDNum"] for one in entries}
            await asyncio.sleep(0.05)


async def _recorded_share(scene: Scene) -> float:
    """How much of what the caller said, from the operator's first answer to the end, is in the file."""
    file = await closed_recording(scene.room, (await scene.story.told("RecordingStarted")).path)
    whole = seconds(file)
    answered = (await scene.story.told("AgentAnswered")).waited_s
    return coverage(file, TONES["caller"], answered + 0.5, whole - 0.3)


async def test_t4_operator_s_phone_dies_while_the_polres_rings_and_it_answers(
    room: ControlRoom,
) -> None:
    """Caller and Polres talk at once, and go on when the dead leg is noticed (T4)."""
    scene, unit = await _ringing(room)
    await scene.operator.kill()
    await unit.answer()
    await unit.wait_for_talk()
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.story.told("AgentLeft", timeout=14)
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.call.hangup()
    await all_over(unit)


@pytest.mark.slow
async def test_t4_operator_s_phone_dies_while_the_polres_rings_and_it_does_not_answer(
    room: ControlRoom,
) -> None:
    """After rtp_timeout the caller is first in the queue, and another operator answers (T4, S14)."""
    scene, unit = await _ringing(room)
    other = await room.phone("1102", "second_operator")
    await log_in(room, "1102")
    await scene.operator.kill()
    await unit.wait_for(CallState.DISCONNECTED, timeout=8)
    await scene.story.told("CallRequeued", timeout=14)
    again = await other.incoming(timeout=20)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, second_operator=again)
    await again.hangup()
    await all_over(scene.call)


async def test_t7_polres_drops_at_once_and_the_operator_is_still_there(room: ControlRoom) -> None:
    """Operator and caller go on (T7)."""
    scene, unit = await _ringing(room)
    await unit.answer()
    await unit.wait_for_talk()
    await scene.story.told("PolresAnswered")
    await unit.hangup()
    await scene.story.told("PolresLeft")
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call, timeout=3)


async def test_t7_polres_drops_at_once_and_the_operator_is_gone(room: ControlRoom) -> None:
    """The caller goes to the front of the queue (T7)."""
    scene, unit = await _ringing(room)
    await unit.answer()
    await unit.wait_for_talk()
    await scene.story.told("PolresAnswered")
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    await unit.hangup()
    again = await scene.operator.incoming(timeout=15)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=again)
    await again.hangup()
    await all_over(scene.call)


async def _nobody_is_left(room: ControlRoom) -> None:
    async with asyncio.timeout(1.5):
        while await room.observer.channels():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "moment", ["greeting", "queue", "operator rings", "talk", "polres rings", "three"]
)
async def test_t5_caller_hangs_up(room: ControlRoom, moment: str) -> None:
    """In every state: all legs are gone within a second, and nothing rings on (T5)."""
    if moment in ("talk", "polres rings", "three"):
        scene = await talk(room)
        call = scene.call
        if moment != "talk":
            await scene.key("*757101#")
            unit = await scene.polres[0].incoming()
            if moment == "three":
                await unit.answer()
                await unit.wait_for_talk()
                await scene.story.told("PolresAnswered")
    else:
        caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
        if moment == "greeting":
            call = await room.dial_110(caller)
            await call.wait_for_talk()
        else:
            if moment == "operator rings":
                await log_in(room, "1101")
            call = await dial(room, caller)
            if moment == "operator rings":
                await operator.incoming()
    await call.hangup()
    await _nobody_is_left(room)
