"""The phone's own transfer buttons (REFER): the same ring time, the same return (T1)."""

import asyncio

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ...phones.tones import TONES
from ..hearing import in_talk
from ..scene import Scene, all_over, talk

RETURN_LIMIT_S = 0.15
"""The promise is 0.1 s, measured by `make bench`; a test leaves room for a busy machine."""


async def _blind(scene: Scene, extension: str) -> "asyncio.Task[object]":
    sip = scene.room.config.settings.sip
    uri = f"sip:{extension}@{sip.host}:{sip.port}"
    return asyncio.create_task(scene.desk.blind_transfer(uri, timeout=20))


async def _goes_home(scene: Scene, handover: "asyncio.Task[object]", *calls: CallHandle) -> None:
    await asyncio.gather(handover, return_exceptions=True)
    await scene.call.hangup()
    await all_over(*calls)


async def test_blind_transfer_to_a_polres_that_answers(room: ControlRoom) -> None:
    """Caller and Polres talk; the journal knows how it came to that."""
    scene = await talk(room)
    handover = await _blind(scene, "7101")
    unit = await scene.polres[0].incoming()
    await unit.answer()
    await unit.wait_for_talk()
    started = await scene.story.told("TransferStarted")
    assert started.kind == "blind"
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, polres=unit)
    await _goes_home(scene, handover, unit)


async def test_blind_transfer_comes_back_to_the_same_operator(room: ControlRoom) -> None:
    """Not answered: a phone that picks up by itself has the caller back at once."""
    scene = await talk(room, operator={"honour_answer_after": True})
    handover = await _blind(scene, "7101")
    unit = await scene.polres[0].incoming()
    stopped = (await unit.wait_for(CallState.DISCONNECTED, timeout=8)).at
    back = await scene.operator.incoming()
    await back.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=back)
    heard = (await scene.heard("caller")).first_heard(TONES["operator"], after=stopped)
    assert heard is not None
    assert heard - stopped < RETURN_LIMIT_S
    returned = await scene.story.told("TransferReturned")
    assert (returned.reason, returned.agent) == ("no-answer", "1101")
    await _goes_home(scene, handover, back)


async def test_blind_transfer_that_the_operator_does_not_take_back(room: ControlRoom) -> None:
    """He goes to the front of the queue, and rings there."""
    scene = await talk(room)
    handover = await _blind(scene, "7101")
    unit = await scene.polres[0].incoming()
    await unit.reject(486)
    back = await scene.operator.incoming()
    await scene.call.heard(1.0)
    await back.reject(486)
    again = await scene.operator.incoming(timeout=15)
    await scene.story.told("CallRequeued")
    await again.answer()
    await again.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=again)
    await _goes_home(scene, handover, again)


async def test_blind_transfer_to_nobody_comes_back(room: ControlRoom) -> None:
    """An extension that is no Polres: the operator has the caller back."""
    scene = await talk(room, polres=(), operator={"honour_answer_after": True})
    handover = await _blind(scene, "9999")
    back = await scene.operator.incoming()
    await back.wait_for_talk()
    assert await in_talk(caller=scene.call, operator=back)
    await _goes_home(scene, handover, back)


async def test_attended_transfer(room: ControlRoom) -> None:
    """The operator asks the Polres first, then leaves the two alone; an early drop leads to the queue."""
    scene = await talk(room)
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    await unit.answer()
    await question.wait_for_talk()
    await scene.desk.attended_transfer(question)
    await all_over(scene.desk, question, timeout=3)
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, polres=unit)
    await unit.hangup()
    again = await scene.operator.incoming(timeout=15)
    await scene.call.hangup()
    await all_over(again)


async def test_a_consultation_that_nobody_answers(room: ControlRoom) -> None:
    """After five seconds the operator resumes the caller, who had been on hold."""
    scene = await talk(room)
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    await scene.polres[0].incoming()
    await question.wait_for(CallState.DISCONNECTED, timeout=8)
    returned = await scene.story.told("TransferReturned")
    assert returned.reason == "no-answer"
    await scene.desk.unhold()
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)
