"""Every second is in one file, whoever talks with the caller, and in whatever way they change (R1; SOP S2 VII.g).

What somebody heard of another is what has to be there: both sides, from the first word to the last.
"""

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState
from ..hearing import in_talk
from ..scene import Scene, all_over, log_in, talk

pytestmark = pytest.mark.timeout(60)
TALK_S = 1.2


async def _says_something(scene: Scene) -> None:
    """Long enough to be measured."""
    await scene.call.heard(TALK_S)


async def _ends(scene: Scene, *others: CallHandle) -> dict[str, float]:
    await _says_something(scene)
    await scene.call.hangup()
    await all_over(*others)
    shares = await scene.recorded()
    print("recorded:", ", ".join(f"{tone} {share:.2%}" for tone, share in shares.items()))
    return shares


@pytest.mark.parametrize(
    "attempt", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8))]
)
async def test_operator_then_polres(room: ControlRoom, attempt: int) -> None:
    """The operator brings the Polres in and leaves; chance decides by which numbers packets go."""
    scene = await talk(room)
    await _says_something(scene)
    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    await _says_something(scene)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    assert set(await _ends(scene, unit)) == {"caller", "operator", "polres"}


async def test_operator_then_polres_then_another_operator(room: ControlRoom) -> None:
    """The operator leaves while it rings, the Polres drops early, another operator takes over."""
    scene = await talk(room)
    await _says_something(scene)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    await unit.answer()
    await unit.wait_for_talk()
    await scene.listen(polres0=unit)
    await scene.story.told("PolresAnswered")
    await scene.call.heard(0.6)
    await unit.hangup()
    await room.observer.action("QueueRemove", Queue="polda-metro-jaya", Interface="PJSIP/1101")
    other = await room.phone("1102", "second_operator")
    await log_in(room, "1102")
    again = await other.incoming(timeout=8)
    await again.answer()
    await again.wait_for_talk()
    await scene.listen(second=again)
    expected = {"caller", "operator", "polres", "second_operator"}
    assert set(await _ends(scene, again)) == expected


async def test_blind_transfer_and_return(room: ControlRoom) -> None:
    """The operator's phone gives the caller away and has him back."""
    scene = await talk(room, operator={"honour_answer_after": True})
    await _says_something(scene)
    sip = room.config.settings.sip
    await scene.desk.blind_transfer(f"sip:7101@{sip.host}:{sip.port}")
    unit = await scene.polres[0].incoming()
    await unit.reject(486)
    back = await scene.operator.incoming()
    await back.wait_for_talk()
    await scene.listen(back=back)
    assert set(await _ends(scene, back)) == {"caller", "operator"}


async def test_attended_transfer(room: ControlRoom) -> None:
    """The operator's phone asks the Polres first, and then joins the two."""
    scene = await talk(room)
    await _says_something(scene)
    await scene.desk.hold()
    question = await scene.operator.dial("7101")
    unit = await scene.polres[0].incoming()
    await unit.answer()
    await question.wait_for_talk()
    await scene.desk.attended_transfer(question)
    await question.wait_for(CallState.DISCONNECTED)
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.listen(polres0=unit)
    assert set(await _ends(scene, unit)) == {"caller", "operator", "polres"}
