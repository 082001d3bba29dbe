"""Somebody leaves or comes in the very moment of an answer (T4, T7): these moments last half a second here."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ...control_room import ControlRoom, open_room
from ..conftest import SHORT
from ..hearing import in_talk
from ..scene import all_over, dial, log_in, talk
from ..slowed import Moment, slowed, slowed_dialplan


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """A PBX that takes its time where it is told to."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        dialplan = slowed_dialplan(home / "dialplan")
        async with open_room(home / "h", **SHORT, paths__dialplan=dialplan) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.mark.parametrize("moment", [Moment.AGENT_ANSWERS, Moment.AGENT_TOOK])
async def test_who_leaves_in_the_moment_of_his_answer_had_no_talk(
    room: ControlRoom, moment: Moment
) -> None:
    """The caller is at the front of the queue, and the next answer is a talk; then a hang-up ends the call."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await log_in(room, "1101")
    start = await room.last_seq()
    async with slowed(room, moment):
        call = await dial(room, caller)
        desk = await operator.incoming()
        await desk.answer()
        await desk.wait_for_talk()
        await desk.hangup()
    again = await operator.incoming(timeout=8)
    await again.answer()
    await again.wait_for_talk()
    await room.wait_event("AgentAnswered", after=start)
    assert await in_talk(caller=call, operator=again)
    await again.hangup()
    await all_over(call)


async def test_t4_a_polres_is_told_also_when_the_caller_waits_for_it_alone(
    room: ControlRoom,
) -> None:
    """He is put together with it as soon as its answer is known, and not a step sooner."""
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    async with slowed(room, Moment.POLRES_TOOK):
        await unit.answer()
        assert await in_talk(caller=scene.call, polres=unit)
    assert (await scene.story.told("PolresAnswered")).polres == "7101"
    await scene.call.hangup()
    await all_over(unit)
