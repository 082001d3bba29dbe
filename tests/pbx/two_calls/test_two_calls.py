"""Two calls at the same time, both with a Polres brought in (T8): nobody gets into the other one.

The PBX finds a channel by how its name or uniqueid begins, so a Polres is joined to the whole name. That no
extension begins like another is checked where the site's directory is read.
"""

import asyncio

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, Phone
from ...phones.tones import PRESENT, TONES
from ..scene import all_over, dial, log_in


async def _hears(call: CallHandle) -> set[str]:
    heard = await call.heard(0.3)
    return {tone for tone, hertz in TONES.items() if heard[hertz] > PRESENT}


async def _talks(
    room: ControlRoom, operator: Phone, caller: Phone, number: str
) -> tuple[CallHandle, CallHandle]:
    """The caller's and the operator's end."""
    await log_in(room, operator.name)
    call = await dial(room, caller, number)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    return call, desk


async def test_t8_each_polres_joins_the_call_it_was_brought_into(room: ControlRoom) -> None:
    """Three here and three there, and no voice from the other call."""
    first, second, south, centre, one, other = await asyncio.gather(
        room.phone("1101", "operator"),
        room.phone("1102", "second_operator"),
        room.polres("7101", "polres", auto_answer=0.2),
        room.polres("7102", "mabes", auto_answer=0.2),
        room.caller("caller"),
        room.caller("supervisor"),
    )
    call, desk = await _talks(room, first, one, "6280000000601")
    call2, desk2 = await _talks(room, second, other, "6280000000602")
    await asyncio.gather(desk.send_dtmf("*757101#"), desk2.send_dtmf("*757102#"))
    unit, unit2 = await asyncio.gather(south.incoming(), centre.incoming())
    await asyncio.gather(unit.wait_for_talk(), unit2.wait_for_talk())
    assert "6280000000601" in unit.headers["From"]
    here = {call: "caller", desk: "operator", unit: "polres"}
    there = {call2: "supervisor", desk2: "second_operator", unit2: "mabes"}
    for talk in (here, there):
        heard = await asyncio.gather(*map(_hears, talk))
        assert heard == [set(talk.values()) - {tone} for tone in talk.values()]
    await asyncio.gather(call.hangup(), call2.hangup())
    await all_over(*here, *there)
