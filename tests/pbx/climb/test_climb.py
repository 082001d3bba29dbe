"""Nobody answers: each level rings at its second, an empty one is skipped, and the caller keeps his place."""

import asyncio
import time

import pytest

from cc110.core.words import ClimbWho, OverflowReason

from ...bench import climb_bench
from ...control_room import ControlRoom
from ...phones.phone import CallState
from ..story import Story
from .conftest import EVERY_S
from .stage import Stage, Waiting

NUMBER = "62840000000110"
TOLERANCE_S = 0.5
"""Of the target: a level rings within so much of its second."""


def on_time(waited_s: float, level: int) -> bool:
    """Whether that was the level's second; 2 for the second one."""
    return abs(waited_s - (level - 1) * EVERY_S) <= TOLERANCE_S


async def _takes(stage: Stage, phone: str, *, times: int = 1) -> None:
    """That phone's ring is answered."""
    (await stage.rung(phone, times=times)).call.answer()


async def _hangs_up(waiting: Waiting, story: Story) -> None:
    await waiting.call.hang_up()
    await story.told("CallEnded")


async def test_every_level_rings_at_its_second_and_the_number_outside_gets_him(
    stage: Stage, room: ControlRoom
) -> None:
    """Measured at the phones, from the PBX's word that he is queued. The number's phone has to press 1."""
    await stage.on_duty("1101", "1201", "1901")
    story = await Story.begin(room, NUMBER)
    caller = await stage.call(NUMBER)
    assert caller.staff == "1111"
    waits = [await caller.heard_by(one) for one in ("1101", "1201", "1901", "outside")]
    print("rang after", " ".join(f"{one:.3f}" for one in waits), "s")
    assert all(on_time(waited, level) for level, waited in enumerate(waits, 1))
    for phone in stage.phones.values():
        await phone.register(0)  # nobody else may have him now
    outside = (await stage.rung("outside")).call
    outside.answer()
    await outside.keys("1")
    took = await story.told("AgentAnswered", timeout=12)
    assert took.agent == "number-1"
    told = [event for event in await story.events() if event.type == "CallClimbed"]
    assert [(it.data.level, it.data.rings, it.data.after_s) for it in told] == [
        (2, ClimbWho.NEIGHBOURS, 3),
        (3, ClimbWho.MABES, 6),
        (4, ClimbWho.NUMBER, 9),
    ]
    assert all(abs(it.at.timestamp() - caller.since - it.data.after_s) < 0.1 for it in told), (
        "said at its own time"
    )
    await _hangs_up(caller, story)


async def test_an_empty_level_is_skipped_and_who_logs_in_later_rings(
    stage: Stage, room: ControlRoom
) -> None:
    """Without the daemon: only Polda and Mabes are there, so Mabes rings at the second level's time."""
    await stage.on_duty("1101", "1901")
    await room.daemon.kill()
    caller = await stage.call(NUMBER)
    assert caller.staff == "1011"
    assert on_time(await caller.heard_by("1901"), 2)
    assert on_time(await caller.heard_by("outside"), 3)
    for one in ("1101", "1901"):
        who = {"Interface": f"PJSIP/{one}", "Paused": "true"}
        await room.observer.action("QueuePause", **who)
    await stage.on_duty("1102")
    await _takes(stage, "1102")
    outside = (await stage.rung("outside")).call
    async with asyncio.timeout(3):
        await outside.over.wait()  # let go, since somebody else has him
    await caller.call.hang_up()


async def test_nobody_at_all_rings_the_number_at_once_and_a_failure_is_said(
    stage: Stage, room: ControlRoom
) -> None:
    """The number is busy: he is told, stays, and the first who logs in has him."""
    stage.outside.on_call = lambda call: call.refuse()
    story = await Story.begin(room, NUMBER)
    caller = await stage.call(NUMBER)
    assert caller.staff == "0001"
    climbed = await story.told("CallClimbed")
    assert (climbed.level, climbed.after_s) == (4, 0)
    overflow = await story.told("CallOverflowed")
    assert overflow.reason is OverflowReason.NUMBER_FAILED
    assert caller.call.live
    await stage.on_duty("1101")
    await _takes(stage, "1101")
    assert (await story.told("AgentAnswered")).agent == "1101"
    await _hangs_up(caller, story)
    # That such a call ends as it may is judged by the room.


async def test_two_callers_climb_in_their_order(stage: Stage, room: ControlRoom) -> None:
    """One is a second behind the other; the same operator of Mabes takes the first one first."""
    await stage.on_duty("1101", "1901")
    first = await stage.call("62840000000111")
    second = await stage.call("62840000000222")
    ring = await stage.rung("1901")
    assert ring.call.caller == "62840000000111"
    assert on_time(ring.at - first.since, 2)
    ring.call.answer()
    await asyncio.sleep(0.3)
    await ring.call.hang_up()
    again = await stage.rung("1901", times=2)
    assert again.call.caller == "62840000000222"
    assert again.at - second.since >= EVERY_S - TOLERANCE_S
    await second.call.hang_up()


async def test_x6_nobody_dials_the_number_or_through_its_way_out(
    stage: Stage, room: ControlRoom
) -> None:
    """Neither a caller nor a phone that is logged in; only the queue, for a caller who waits."""
    operator = await room.operator("1101")
    sip = room.config.settings.sip
    for way in ("number-1", "6280000000390", "s", "cc110-outside"):
        refused = await stage.trunk.dial(way, NUMBER)
        assert refused.code == 404, f"the trunk dialled {way}"
        call = await operator.dial(f"sip:{way}@{sip.host}:{sip.port}")
        await call.wait_for(CallState.DISCONNECTED)
    assert not [ring for ring in stage.rings if ring.phone == "outside"]


async def _answered_at_the_border(stage: Stage, room: ControlRoom, offset_s: float) -> None:
    """The Polda's operator answers in the moment in which his ring is cut for the next level."""
    story = await Story.begin(room, NUMBER)
    stage.rings.clear()
    caller = await stage.call(NUMBER)
    own = await stage.rung("1101")
    await asyncio.sleep(max(0.0, caller.since + EVERY_S - 1 + offset_s - time.time()))
    own.call.answer()
    await asyncio.sleep(0.3)
    if not own.call.live:
        await _takes(stage, "1201")
    took = await story.told("AgentAnswered", timeout=8)
    assert took.agent in {"1101", "1201"}
    live = [ring.phone for ring in stage.rings if ring.call.live]
    assert live == [took.agent], "with exactly one, and no phone rings on"
    await _hangs_up(caller, story)
    await stage.quiet()


async def test_an_answer_at_the_border_is_an_answer_or_a_climb(
    stage: Stage, room: ControlRoom
) -> None:
    """Never both, and never neither."""
    await stage.on_duty("1101", "1201")
    for offset_s in (-0.02, 0.0, 0.02):
        await _answered_at_the_border(stage, room, offset_s)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_two_hundred_answers_at_the_border(stage: Stage, room: ControlRoom) -> None:
    """The long form: from 50 ms before to 50 ms behind."""
    await stage.on_duty("1101", "1201")
    for step in range(200):
        await _answered_at_the_border(stage, room, (step % 101 - 50) / 1000)


@pytest.mark.slow
async def test_ten_and_twenty_seconds_with_and_without_the_daemon() -> None:
    """The target itself, as `make bench` measures it."""
    for figure in await climb_bench.measure():
        print(figure.what, figure.measured)
        assert figure.reached, figure
