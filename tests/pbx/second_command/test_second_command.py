"""Two commands about one call (T6): the second is refused, and the first goes on as if nothing had been."""

from ...control_room import ControlRoom
from ..hearing import in_talk, words_s
from ..scene import all_over, talk


async def test_t6_a_second_transfer_is_refused_while_one_is_under_way(room: ControlRoom) -> None:
    """The operator hears so; one Polres rings, answers, and all three talk."""
    scene = await talk(room, polres=("7101", "7102"))
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.key("*75")
    await scene.desk.heard(1.4)
    assert words_s(await scene.heard("operator")) > 0.5
    await unit.answer()
    await unit.wait_for_talk()
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, operator=scene.desk, polres=unit)
    assert (await scene.story.kinds()).count("TransferStarted") == 1
    assert not scene.polres[1].calls
    await scene.call.hangup()
    await all_over(scene.desk, unit)


async def test_t3_a_polres_in_a_call_is_busy_without_a_ring(room: ControlRoom) -> None:
    """Its desk talks with another one: nothing rings there, and the operator knows at once (SOP S1.10)."""
    scene = await talk(room, polres=("7101", "7102"))
    chat = await scene.polres[1].dial("7101")
    other = await scene.polres[0].incoming()
    await other.answer()
    await chat.wait_for_talk()
    await scene.key("*757101#")
    returned = await scene.story.told("TransferReturned", timeout=1)
    assert (returned.polres, returned.reason) == ("7101", "busy")
    assert len(scene.polres[0].calls) == 1
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.call.hangup()
    await all_over(scene.desk)
