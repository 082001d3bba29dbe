"""Five calls judged a prank, and the sixth is rejected: by whose word can be shown (SOP S2 VIII, X7)."""

import time
from functools import partial

from cc110 import app
from cc110.core.events import NumberBlocked, VerdictGiven
from cc110.core.ids import AgentId
from cc110.core.words import BlockCause, BlockWarning

from ...control_room import TRUNK, ControlRoom
from ...phones.calls import CallEnded
from ...phones.phone import CallState, Phone
from ..scene import all_over, dial, log_in

NUMBER = "6284000000555"
BLOCKED_WITHIN_S = 1.0
VERDICTS = {"*72": "not-valid", "*73": "prank", "*74": "silent"}


def _says(verdict: str, given: VerdictGiven) -> bool:
    return given.verdict == verdict


async def _judged(room: ControlRoom, caller: Phone, operator: Phone, *codes: str) -> None:
    """One call from the number, answered and judged with one code after the other."""
    start = await room.last_seq()
    call = await dial(room, caller, NUMBER)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    for code in codes:
        await desk.send_dtmf(code, duration_s=0.08)
        given = partial(_says, VERDICTS[code])
        await room.wait_event("VerdictGiven", after=start, where=given)
    await call.hangup()
    await all_over(desk)


async def _is_rejected(room: ControlRoom, caller: Phone) -> bool:
    """Call once more; the way out of the block is not asked for."""
    sip = room.config.settings.sip
    headers = {"P-Asserted-Identity": f"<sip:+{NUMBER}@{TRUNK}>"}
    call = await caller.dial(f"sip:110@{sip.host}:{sip.port}", headers=headers)
    try:
        await call.wait_for(CallState.CONFIRMED)
    except CallEnded as ended:
        return ended.code == 403
    await call.hangup()
    return False


async def test_five_pranks_block_and_a_withdrawn_one_lifts(room: ControlRoom) -> None:
    """Two of them are judged by another operator; between the steps the daemon and the PBX die."""
    first, second = (
        await room.phone("1101", "operator"),
        await room.phone("1102", "second_operator"),
    )
    caller, start = await room.caller(), await room.last_seq()
    await log_in(room, "1101")
    await _judged(room, caller, first, "*73")
    await _judged(room, caller, first, "*74")  # silent: counts towards nothing
    await room.daemon.kill()
    await room.daemon.start()
    await _judged(room, caller, first, "*73", "*73")
    await _judged(room, caller, first, "*73")
    await _hand_over(room)
    await _judged(room, caller, second, "*73")
    assert not await _is_rejected(room, caller)

    await _judged(room, caller, second, "*72", "*73")
    judged = time.monotonic()
    blocked = await room.wait_event("NumberBlocked", after=start)
    while not await _is_rejected(room, caller):
        assert time.monotonic() - judged < BLOCKED_WITHIN_S
    made = blocked.event.data
    assert isinstance(made, NumberBlocked)
    assert (made.number, made.cause, made.owner) == (
        NUMBER,
        BlockCause.THRESHOLD,
        "polda-metro-jaya",
    )
    assert [one.agent for one in made.evidence] == ["1101", "1101", "1101", "1102", "1102"]
    assert made.warnings == (BlockWarning.HURRIED,)
    assert all(
        one.recording and (room.recordings / one.recording).is_file() for one in made.evidence
    )

    await room.daemon.kill()
    assert await _is_rejected(room, caller)
    await room.daemon.start()
    async with app.open_desk(room.config) as desk:
        await desk.withdraw_verdict(made.evidence[0].call_id, reason="wrong button", by="padal")
    await room.wait_event("NumberUnblocked", after=start)
    lifted = time.monotonic()
    while await _is_rejected(room, caller):
        assert time.monotonic() - lifted < BLOCKED_WITHIN_S


async def _hand_over(room: ControlRoom) -> None:
    """1102 takes the place of 1101."""
    for queue, _ in room.config.queues_of(AgentId("1101")):
        await room.observer.action("QueueRemove", Queue=queue, Interface="PJSIP/1101")
    await log_in(room, "1102")
