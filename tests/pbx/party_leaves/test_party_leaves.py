"""Somebody leaves at a bad moment (T4, T5, T7, S14): the caller is never alone, and never outlives himself."""

import asyncio

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ...phones.tones import TONES
from ..hearing import in_talk
from ..scene import Scene, all_over, dial, log_in, talk


async def _ringing(room: ControlRoom) -> tuple[Scene, CallHandle]:
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.story.told("PolresRang")
    return scene, unit


async def test_operator_hangs_up_while_the_polres_rings_and_it_answers(room: ControlRoom) -> None:
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


async def test_operator_hangs_up_while_the_polres_rings_and_it_does_not_answer(
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


async def test_operator_s_phone_dies_in_talk(room: ControlRoom) -> None:
    """No BYE, no media: after rtp_timeout the caller is first in the queue, his recording whole (S14)."""
    scene = await talk(room)
    other = await room.phone("1102", "second_operator")
    await log_in(room, "1102")
    await scene.operator.kill()
    requeued = await scene.story.told("CallRequeued", timeout=14)
    assert requeued.reason
    again = await other.incoming(timeout=20)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, second_operator=again)
    await again.hangup()
    await all_over(scene.call)


async def test_operator_s_phone_dies_while_the_polres_rings_and_it_answers(
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


async def test_operator_s_phone_dies_while_the_polres_rings_and_it_does_not_answer(
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


async def test_polres_drops_at_once_and_the_operator_is_still_there(room: ControlRoom) -> None:
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


async def test_polres_drops_at_once_and_the_operator_is_gone(room: ControlRoom) -> None:
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
async def test_caller_hangs_up(room: ControlRoom, moment: str) -> None:
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
