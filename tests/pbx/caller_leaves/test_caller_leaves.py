"""The caller hangs up where nobody talks with him, or only a Polres does (T5): within a second all is quiet."""

from collections.abc import Awaitable, Callable

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ..scene import Scene, talk


async def _operator_keys(scene: Scene) -> CallHandle:
    """He is out of the talk until he has keyed the Polres's extension."""
    await scene.key("*7571")
    return scene.desk


async def _polres_rings(scene: Scene) -> CallHandle:
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.story.told("PolresRang")
    return unit


async def _operator_has_left(scene: Scene) -> CallHandle:
    unit = await _polres_rings(scene)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    return unit


async def _blind(scene: Scene) -> CallHandle:
    sip = scene.room.config.settings.sip
    await scene.desk.blind_transfer(f"sip:7101@{sip.host}:{sip.port}")
    return await scene.polres[0].incoming()


async def _returning(scene: Scene) -> CallHandle:
    unit = await _blind(scene)
    await unit.reject()
    return await scene.operator.incoming()


async def _polres_alone(scene: Scene) -> CallHandle:
    unit = await _polres_rings(scene)
    await unit.answer()
    await unit.wait_for_talk()
    await scene.story.told("PolresAnswered")
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    return unit


async def _attended(scene: Scene) -> CallHandle:
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    await unit.answer()
    await question.wait_for_talk()
    await scene.desk.attended_transfer(question)
    await scene.story.told("PolresAnswered")
    return unit


Moment = Callable[[Scene], Awaitable[CallHandle]]
MOMENTS: list[Moment] = [
    _operator_keys,
    _operator_has_left,
    _blind,
    _returning,
    _polres_alone,
    _attended,
]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__.strip("_"))
async def test_t5_who_rings_or_talks_for_him_is_free_within_a_second(
    room: ControlRoom, moment: Moment
) -> None:
    """The other phone stops ringing or talking, and the call is over in the journal."""
    scene = await talk(room)
    other = await moment(scene)
    await scene.call.hangup()
    left = scene.call.ended
    assert left is not None
    stopped = (await other.wait_for(CallState.DISCONNECTED)).at
    assert stopped - left.at < 1.0
    assert (await scene.story.told("CallEnded")).by == "caller"
