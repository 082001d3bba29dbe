"""Phones that speak G.711 u-law only, at a trunk that speaks A-law (Indonesia's): everybody is heard.

Some builds of Asterisk drop what comes over a translation that another source had used before (see
`asterisk-conf/asterisk.conf`); who is heard then depends on the numbers that packets happen to have.
"""

import pytest

from ...control_room import ControlRoom
from ..hearing import in_talk
from ..scene import all_over, talk

ULAW = {"codecs": ("PCMU",)}


@pytest.mark.parametrize("attempt", [0, pytest.param(1, marks=pytest.mark.slow)])
async def test_three_with_two_codecs_hear_each_other(room: ControlRoom, attempt: int) -> None:
    """Two talk, then three, then two again; the recording has them all."""
    scene = await talk(room, operator=ULAW, desks=ULAW)
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, operator=scene.desk, polres=unit)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.call.hangup()
    await all_over(unit)
    assert set(await scene.recorded()) == {"caller", "operator", "polres"}
