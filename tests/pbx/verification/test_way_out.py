"""The way out of a block (SOP S2 VIII): announcement before answer, 1, an operator, *76 or *77."""

import asyncio

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ..blocking import block, entry, value
from ..hearing import in_talk, words_s
from ..recorded import closed_recording
from ..scene import NUMBER, all_over, dial, log_in, talk
from ..story import Story
from .way_out import (
    asks,
    offered,
    rejected,
    rejected_at_once,
    states,
    told,
    verifying,
)


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
    story, mark = await Story.begin(room, number), room.observer.mark()
    call = await asks(room, caller, number)
    desk = await operator.incoming()
    assert "VERIFIKASI" in desk.shown
    assert number in desk.shown
    await desk.answer()
    await desk.wait_for_talk()
    ears = await desk.start_listening()
    await desk.heard(2)
    assert words_s(await ears.stop_listening()) > 0.3, "nobody tells him that it is a verification"
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
    await room.observer.wait_for("UserEvent", lambda e: e["Fact"] == "caller-gone", after=mark)
    assert "rejected" not in told(room, mark)

    again = await dial(room, caller, number)
    await (await operator.incoming()).answer()
    assert CallState.CONFIRMED in states(again)
    await again.hangup()


async def test_77_leaves_the_block_and_76_still_changes_his_mind(room: ControlRoom) -> None:
    """Refused and told so; no second request that day; but the same operator may think again."""
    number = "6281200000703"
    scene = await verifying(room, number)
    await scene.key("*77")
    refused = await scene.story.told("BlockVerificationRefused")
    assert (refused.number, refused.agent) == (number, "1101")
    assert await value(room, "cc110-block", number) == "0"
    await rejected_at_once(room, await room.caller(), number)
    await scene.key("*77")
    await scene.key("*76")
    assert (await scene.story.told("NumberUnblocked")).number == number
    assert (await scene.story.kinds()).count("BlockVerificationRefused") == 1
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_the_caller_s_own_keys_unblock_nobody(room: ControlRoom) -> None:
    """*76 is armed on the operator's leg alone."""
    number = "6281200000704"
    scene = await verifying(room, number)
    await scene.call.send_dtmf("*76")
    await scene.desk.heard(1.0)
    assert await value(room, "cc110-block", number) == "0"
    assert await value(room, "cc110-verified", number) is None
    await scene.desk.hangup()
    await all_over(scene.call)


@pytest.mark.parametrize("code", [pytest.param("*76", marks=pytest.mark.slow), "*77"])
async def test_outside_of_a_verification_the_codes_do_nothing(room: ControlRoom, code: str) -> None:
    """The operator hears that it is not possible; journal and list are as before."""
    scene = await talk(room, polres=())
    mark = room.observer.mark()
    await scene.key(code)
    await scene.desk.heard(2.0)
    assert told(room, mark) == []
    assert words_s(await scene.heard("operator")) > 0.3
    assert {"NumberUnblocked", "BlockVerificationRefused"}.isdisjoint(await scene.story.kinds())
    assert await value(room, "cc110-verified", NUMBER) is None
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_who_is_verified_waits_behind_a_caller_who_came_later(room: ControlRoom) -> None:
    """The operator logs in when both wait: the normal call rings first."""
    number = "6281200000705"
    await block(room, number)
    operator, blocked, caller = await asyncio.gather(
        room.phone("1101", "operator"), room.caller(), room.caller("polres")
    )
    story = await Story.begin(room, number)
    last = await asks(room, blocked, number)
    await story.told("CallQueued")
    first = await dial(room, caller)
    await log_in(room, "1101")
    desk = await operator.incoming()
    assert "VERIFIKASI" not in desk.shown
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(polres=first, operator=desk)
    await desk.hangup()
    await all_over(first)
    later = await operator.incoming()
    assert "VERIFIKASI" in later.shown
    await last.hangup()


@pytest.mark.parametrize(("judged", "priority"), [(None, 0), ("*71", 10)])
async def test_a_lost_operator_s_caller_is_first_only_if_he_was_judged_valid(
    room: ControlRoom, judged: str | None, priority: int
) -> None:
    """A blocked caller never gets ahead of others by a broken line; an emergency is served as anyone's."""
    number = f"62812000007{10 + priority}"
    scene = await verifying(room, number)
    if judged:
        await scene.key(judged)
        await scene.story.told("CaseOpened")
    mark = room.observer.mark()
    await scene.operator.kill()
    queued = await room.observer.wait_for(
        "UserEvent",
        lambda e: (
            e["Fact"] == "queued"
            and {f"priority={priority}", "returned=1"} <= set(e["Data"].split("|"))
        ),
        after=mark,
        timeout=45,
    )
    assert queued
    await scene.call.hangup()


async def test_who_hangs_up_during_the_announcement_was_rejected(room: ControlRoom) -> None:
    """The attempt counts like any other."""
    number = "6281200000706"
    await block(room, number)
    story = await Story.begin(room, number)
    call = await offered(room, await room.caller(), number)
    await call.hangup()
    assert (await story.told("CallRejected")).number == number
