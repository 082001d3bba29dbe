"""The way out of a block (SOP S2 VIII): announcement before answer, 1, an operator, *76 or *77."""

import asyncio

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ..hearing import words_s
from ..recorded import closed_recording
from ..scene import all_over, dial, log_in
from ..story import Story
from .way_out import asks, block, entry, offered, rejected, states


async def test_who_presses_nothing_is_rejected_unanswered(room: ControlRoom) -> None:
    """One announcement before any answer; then 403, nothing recorded, and the attempt is journaled."""
    number = "6281200000701"
    await block(room, number)
    story = await Story.begin(room, number)
    before = len(tuple(room.recordings.rglob("*.wav")))
    call = await offered(room, await room.caller(), number)
    ears = await call.start_listening()
    await call.heard(4)
    assert words_s(await ears.stop_listening()) > 2
    await rejected(call)
    told = await story.told("CallRejected")
    assert (told.number, told.until) == (number, 0)
    assert await story.kinds(since="CallRejected") == ["CallRejected"]
    assert len(tuple(room.recordings.rglob("*.wav"))) == before


async def test_1_leads_to_an_operator_whose_76_unblocks(room: ControlRoom) -> None:
    """Answered, recorded, in the queue at the lowest priority, shown as a verification; after *76 any call."""
    number = "6281200000702"
    await block(room, number)
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    story = await Story.begin(room, number)
    call = await asks(room, caller, number)
    desk = await operator.incoming()
    assert "VERIFIKASI" in desk.shown
    assert number in desk.shown
    await desk.answer()
    await desk.wait_for_talk()
    asked = await story.told("BlockVerificationAsked")
    assert (asked.number, asked.until) == (number, 0)
    assert (await story.told("CallQueued")).priority == 0
    await story.told("AgentAnswered")
    await desk.send_dtmf("*76", duration_s=0.08)
    lifted = await story.told("NumberUnblocked")
    assert (lifted.number, lifted.by) == (number, "1101")
    assert "verified in call" in lifted.reason
    await entry(room, "cc110-block", number, there=False)
    await entry(room, "cc110-verified", number, there=False)
    await desk.hangup()
    await all_over(call)
    await closed_recording(room, (await story.told("RecordingStarted")).path)
    assert (await story.kinds()).count("NumberUnblocked") == 1

    again = await dial(room, caller, number)
    await (await operator.incoming()).answer()
    assert CallState.CONFIRMED in states(again)
    await again.hangup()
