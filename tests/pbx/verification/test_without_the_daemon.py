"""The daemon is killed between the steps of a verification: nothing is lost, and nobody is blocked again."""

import asyncio

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ..blocking import block, entry, value
from ..scene import all_over, log_in
from .way_out import offered, rejected, verifying


async def test_76_without_the_daemon_unblocks_and_is_journaled_when_it_is_back(
    room: ControlRoom,
) -> None:
    """The dialplan unblocks at once and notes it; the daemon reads the note before it writes the list again."""
    number = "6281200000741"
    scene = await verifying(room, number)
    story, call, desk = scene.story, scene.call, scene.desk
    await room.daemon.kill()
    await desk.send_dtmf("*76", duration_s=0.08)
    await entry(room, "cc110-verified", number, there=True)
    assert await value(room, "cc110-block", number) is None
    await desk.hangup()
    await all_over(call)
    noted, back_after = await value(room, "cc110-verified", number), await room.last_seq()

    await room.daemon.start()
    lifted = await room.wait_event("NumberUnblocked", after=back_after)
    assert (lifted.event.data.number, lifted.event.data.by) == (number, "1101")
    assert noted is not None
    second, *rest = noted.split(":")
    assert rest == ["1101", lifted.event.call_id]
    assert abs(int(second) - lifted.event.at.timestamp()) <= 1
    await entry(room, "cc110-verified", number, there=False)
    await _list_written(room)
    assert await value(room, "cc110-block", number) is None
    assert [e.type for e in await story.events()].count("NumberUnblocked") == 1


async def _list_written(room: ControlRoom) -> None:
    """The daemon that runs now has written its list to the PBX."""
    async with asyncio.timeout(5):
        while (
            "blocklist compared with the PBX"
            not in room.daemon.said().rpartition("daemon starts")[2]
        ):
            await asyncio.sleep(0.02)


async def test_who_asks_without_the_daemon_is_known_when_it_is_back(room: ControlRoom) -> None:
    """Killed before the 1 is pressed; back while he talks: request, talk and *77 are in the journal."""
    number = "6281200000742"
    await block(room, number)
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    start = await room.last_seq()
    call = await offered(room, caller, number)
    await room.daemon.kill()
    await call.send_dtmf("1")
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await room.daemon.start()
    asked = await room.wait_event("BlockVerificationAsked", after=start)
    assert (asked.event.data.number, asked.event.data.recovered) == (number, True)
    await room.wait_event("AgentAnswered", after=start)
    await desk.send_dtmf("*77", duration_s=0.08)
    refused = await room.wait_event("BlockVerificationRefused", after=start)
    assert refused.event.call_id == asked.event.call_id
    assert await value(room, "cc110-block", number) == "0"
    await desk.hangup()
    await all_over(call)


@pytest.mark.slow
async def test_a_daemon_that_comes_during_the_announcement_takes_him_for_no_call(
    room: ControlRoom,
) -> None:
    """He has not been let in: in the end he is one who was rejected."""
    number = "6281200000743"
    await block(room, number)
    await room.daemon.kill()
    start = await room.last_seq()
    call = await offered(room, await room.caller(), number)
    await room.daemon.start()
    await room.wait_event("PbxBack", after=start)
    assert call.state is CallState.EARLY, "the announcement was over before the daemon came"
    await rejected(call)
    await room.wait_event("CallRejected", after=start)
    assert "CallArrived" not in [one.event.type for one in await room.events(after=start)]


async def test_76_exempts_a_number_from_the_range_that_blocks_it(room: ControlRoom) -> None:
    """At once in the PBX; the daemon that comes back journals the exemption and leaves the range as it is."""
    number, prefix = "6284000990744", "628400099"
    scene = await verifying(room, number, in_range=prefix)
    await room.daemon.kill()
    await scene.desk.send_dtmf("*76", duration_s=0.08)
    await entry(room, "cc110-exempt", number, there=True)
    await scene.desk.hangup()
    await all_over(scene.call)
    start = await room.last_seq()

    await room.daemon.start()
    freed = await room.wait_event("NumberExempted", after=start)
    assert (freed.event.data.number, freed.event.data.prefix) == (number, prefix)
    assert freed.event.data.by == "1101"
    await entry(room, "cc110-verified", number, there=False)
    await _list_written(room)
    assert await value(room, "cc110-exempt", number) is not None
    assert await value(room, "cc110-range", prefix) == "0:0"
