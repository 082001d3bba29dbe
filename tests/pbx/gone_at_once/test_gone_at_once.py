"""An operator hangs up in the moment of his answer: he had no talk, and the caller is not let go.

The moment, before the PBX has told of the answer, is a few milliseconds; this PBX is made to take a second there.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import ControlRoom, open_room
from ..conftest import SHORT
from ..hearing import in_talk
from ..scene import all_over, dial, log_in

_MOMENTS: Final = {
    "before his leg is known": " same => n,Set(CC110_ROLE=agent)\n",
    "before his word": " same => n,Gosub(cc110-note,s,1(CC110_AGENT_LEAVES,))\n",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """A PBX that waits a second at one of the moments, when a global variable names it."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    files = home / "files"
    shutil.copytree(checkout() / "dialplan", files)
    queue = files / "queue.conf"
    text = queue.read_text()
    for name, line in _MOMENTS.items():
        assert text.count(line) == 1
        held = f' same => n,ExecIf($["${{GLOBAL(SLOW)}}" = "{name}"]?Wait(1))\n'
        text = text.replace(line, line + held, 1)
    queue.write_text(text)
    try:
        async with open_room(home / "h", **SHORT, paths__dialplan=str(files)) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.mark.parametrize("moment", _MOMENTS)
async def test_who_leaves_in_the_moment_of_his_answer_had_no_talk(
    room: ControlRoom, moment: str
) -> None:
    """The caller is at the front of the queue, and the next answer is a talk; then a hang-up ends the call."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await log_in(room, "1101")
    await room.observer.action("Setvar", Variable="SLOW", Value=moment)
    start = await room.last_seq()
    call = await dial(room, caller)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await desk.hangup()
    await room.observer.action("Setvar", Variable="SLOW", Value="")
    again = await operator.incoming(timeout=8)
    await again.answer()
    await again.wait_for_talk()
    await room.wait_event("AgentAnswered", after=start)
    assert await in_talk(caller=call, operator=again)
    await again.hangup()
    await all_over(call)
