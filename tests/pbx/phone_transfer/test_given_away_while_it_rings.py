"""The operator's phone completes an attended transfer while the Polres still rings (a blonde transfer)."""

import asyncio

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ...phones.timing import limit
from ...phones.tones import TONES
from ..hearing import in_talk
from ..scene import Scene, all_over, talk


async def _given_away(room: ControlRoom) -> tuple[Scene, CallHandle]:
    """The caller is on hold, the Polres rings, and the operator has left the two to each other."""
    scene = await talk(room, operator={"honour_answer_after": True})
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    await question.wait_for(CallState.EARLY)
    handover = asyncio.create_task(scene.desk.attended_transfer(question))
    await all_over(scene.desk, question, timeout=3)
    await asyncio.gather(handover, return_exceptions=True)
    async with asyncio.timeout(limit(5)):
        while any("PJSIP/1101-" in one["Channel"] for one in await room.observer.channels()):
            await asyncio.sleep(0.05)
    return scene, unit


async def test_the_polres_answers(room: ControlRoom) -> None:
    """Caller and Polres talk, and the journal knows it; an early drop leads to a person."""
    scene, unit = await _given_away(room)
    await unit.answer()
    await unit.wait_for_talk()
    await scene.call.wait_to_hear(TONES["polres"])
    assert await in_talk(caller=scene.call, polres=unit)
    answered = await scene.story.told("PolresAnswered")
    assert answered.polres == "7101"
    await unit.hangup()
    again = await scene.operator.incoming(timeout=15)
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=again)
    await scene.call.hangup()
    await all_over(again)


@pytest.mark.slow  # a moment of some milliseconds: one try alone shows nothing
@pytest.mark.parametrize("after_ms", [0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80])
async def test_the_polres_answers_just_then(room: ControlRoom, after_ms: int) -> None:
    """While the operator's leg says farewell: one of both sees the other, and the journal knows who talks."""
    scene = await talk(room, operator={"honour_answer_after": True})
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    await question.wait_for(CallState.EARLY)

    async def answers() -> None:
        await asyncio.sleep(after_ms / 1000)
        await unit.answer()

    await asyncio.gather(answers(), scene.desk.attended_transfer(question), return_exceptions=True)
    await unit.wait_for_talk()
    await scene.call.wait_to_hear(TONES["polres"])
    assert (await scene.story.told("PolresAnswered")).polres == "7101"
    await scene.call.hangup()
    await all_over(unit)
    await scene.story.told("CallEnded")
    assert (await scene.story.kinds()).count("PolresAnswered") == 1


async def test_somebody_looks_once_more_when_neither_side_saw_the_other(room: ControlRoom) -> None:
    """What that moment leaves behind, made by hand: the operator's leg has left, and where he asked is gone. The
    transfer that the PBX tells of afterwards adds nothing."""
    scene = await talk(room, operator={"honour_answer_after": True})
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    (caller,) = [
        one["Channel"] for one in await room.observer.channels() if "trunk" in one["Channel"]
    ]
    await _note(room, caller, "CC110_ASKED_BY", "gone")
    await unit.answer()
    await unit.wait_for(CallState.CONFIRMED)
    await _note(room, caller, "CC110_AGENT_NAME", "gone")
    assert (await scene.story.told("PolresAnswered")).polres == "7101"
    await scene.desk.attended_transfer(question)
    await scene.call.wait_to_hear(TONES["polres"])
    await scene.call.hangup()
    await all_over(unit)
    await scene.story.told("CallEnded")
    assert (await scene.story.kinds()).count("PolresAnswered") == 1


async def _note(room: ControlRoom, channel: str, name: str, value: str) -> None:
    variable = f"SHARED({name})"
    await room.observer.action("Setvar", Channel=channel, Variable=variable, Value=value)


@pytest.mark.slow
async def test_the_polres_does_not_answer(room: ControlRoom) -> None:
    """The same operator has the caller back."""
    scene, unit = await _given_away(room)
    await unit.wait_for(CallState.DISCONNECTED, timeout=8)
    back = await scene.operator.incoming()
    await back.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=back)
    returned = await scene.story.told("TransferReturned")
    assert returned.reason == "no-answer"
    await back.hangup()
    await all_over(scene.call)


async def test_the_caller_hangs_up_meanwhile(room: ControlRoom) -> None:
    """Nothing rings on."""
    scene, unit = await _given_away(room)
    await scene.call.hangup()
    await all_over(unit)
    await scene.story.told("CallEnded")
