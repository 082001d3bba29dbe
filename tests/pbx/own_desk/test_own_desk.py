"""Where the climb begins below the Polda: the caller's own Polsek, his Polres, then the Polda and Mabes."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cc110.cli.foreseeing import explain_call
from cc110.core.words import ClimbWho, Verdict
from cc110.pbx.cel import row_of
from cc110.pbx.names import SKIPPED

from ...control_room import ControlRoom, open_room
from ...phones.phone import Phone
from ..climb.stage import Waiting
from ..hearing import in_talk
from ..origin.invites import civic, pidf, point, with_location
from ..raw_callers.trunk import raw_trunk
from ..scene import all_over, dial
from ..story import Story
from .conftest import (
    ELSEWHERE,
    EVERY_S,
    POLRES,
    POLSEK,
    POLSEK_ELSEWHERE,
    SECOND,
    Below,
    site_from_below,
)

NUMBER = "62840000000110"
ASSERTED = f"<sip:+{NUMBER}@127.0.0.2>"
TOLERANCE_S = 0.5
"""Of the climb's target: a level rings within so much of its second."""


def on_time(waited_s: float, level: int) -> bool:
    """Whether that was the level's second; 2 for the second one."""
    return abs(waited_s - (level - 1) * EVERY_S) <= TOLERANCE_S


async def test_his_polsek_rings_then_both_phones_of_his_polres_which_talks_with_him(
    below: Below, second: Phone, room: ControlRoom
) -> None:
    """No desk but his own rings. Who takes the call there is heard, judges it, and has its case."""
    await below.stage.registered(POLSEK, POLRES, ELSEWHERE)
    person = await room.caller()
    await below.stage.on_duty("1101", "1901")
    story = await Story.begin(room, NUMBER)
    mark = room.observer.mark()
    call = await dial(room, person, NUMBER)
    queued = await room.observer.wait_for("UserEvent", lambda e: e["Fact"] == "queued", after=mark)
    assert "|staff=1111" in queued["Data"]
    here = Waiting(
        stage=below.stage,
        call=call,
        since=float(queued["Timestamp"]),
        call_id=queued["Call"],
        staff="1111",
    )
    waits = [await here.heard_by(one) for one in (POLSEK, POLRES)]
    ring = await second.incoming()
    print("rang after", " ".join(f"{one:.3f}" for one in waits), "s")
    assert all(on_time(waited, level) for level, waited in enumerate(waits, 1))
    # Who rings in the millisecond in which another phone is answered is not told any more.
    await story.told("AgentRang", where=lambda it: it.agent == POLRES)
    await story.told("AgentRang", where=lambda it: it.agent == SECOND)
    await ring.answer()
    assert await in_talk(caller=call, polres=ring)
    took = await story.told("AgentAnswered")
    assert took.agent == SECOND, "the phone that was answered, not the desk's first one"
    await ring.send_dtmf("*71")
    judged = await story.told("VerdictGiven")
    assert (judged.agent, judged.verdict) == (SECOND, Verdict.VALID)
    assert (await story.told("CaseOpened")).owner == f"polres:{SECOND}"
    await ring.hangup()
    await all_over(call)
    await story.told("CallEnded")
    told = await story.events()
    climbed = [(it.data.level, it.data.rings) for it in told if it.type == "CallClimbed"]
    assert climbed == [(2, ClimbWho.POLRES)]
    rang = {it.data.agent for it in told if it.type == "AgentRang"}
    assert rang == {POLSEK, POLRES, SECOND}
    assert below.rang == {POLSEK, POLRES}, "nobody else's phone"


@pytest.mark.slow
async def test_a_desk_that_dies_in_talk_leaves_its_caller_first_in_the_queue() -> None:
    """No BYE, no media: as with an operator's phone (S14)."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        limits = {"queue__wrap_up_s": 0, "sip__dead_after_s": 4, "greeting__menu": False}
        async with open_room(home, site=site_from_below(home), **limits) as room:
            desk, person = await asyncio.gather(room.polres(POLRES), room.caller())
            story = await Story.begin(room, NUMBER)
            call = await dial(room, person, NUMBER)
            ring = await desk.incoming()
            await ring.answer()
            assert await in_talk(caller=call, polres=ring)
            await desk.kill()
            await story.told("CallRequeued", timeout=14)
            operator = await room.operator("1101")
            again = await operator.incoming(timeout=8)
            await again.answer()
            assert await in_talk(caller=call, operator=again)
            await again.hangup()
            await all_over(call)
    finally:
        shutil.rmtree(home)


async def test_a_desk_that_is_not_there_is_skipped_at_once_also_without_the_daemon(
    below: Below, room: ControlRoom
) -> None:
    """His Polsek's phone is off: his Polres rings in its place, and is busy with somebody else later."""
    await below.stage.registered(POLRES)
    await below.stage.on_duty("1101")
    await room.daemon.kill()
    first = await below.call("polsek", "62840000000111")
    assert first.staff == "0110"
    assert on_time(await first.heard_by(POLRES), 1)
    (await below.stage.rung(POLRES)).call.answer()
    second = await below.call("polsek", "62840000000222")
    assert second.staff == "0110", "who talks counts"
    assert on_time(await second.heard_by("1101"), 2)
    assert sum(ring.phone == POLRES for ring in below.stage.rings) == 1, "a busy desk is not rung"
    record = (room.config.paths.pbx / "log" / "cel-custom" / "cel.csv").read_text().splitlines()
    rows = [row for line in record if second.call_id in line and (row := row_of(line))]
    at_once = {
        row.name.partition("@")[0]
        for row in rows
        if row.kind == SKIPPED
        and row.name.startswith("Local/")
        and row.at.timestamp() - second.since < TOLERANCE_S
    }
    assert at_once == {"Local/polsek", "Local/polres"}, "nor its leg called"
    await asyncio.gather(first.call.hang_up(), second.call.hang_up())


async def test_explain_tells_whose_desks_would_ring(below: Below, room: ControlRoom) -> None:
    """By the trunk, and with those that are registered now."""
    await below.stage.registered(SECOND)
    await below.stage.on_duty("1101")
    call = {"number": "+62840000000110", "dialled": "110", "at": datetime.now(UTC), "place": None}
    for trunk, levels in (
        ("demo", [("polsek", 0, ()), ("polres", 0, (SECOND,)), ("polda", EVERY_S, ("1101",))]),
        ("anywhere", [("polsek", 0, ()), ("polres", 0, ()), ("polda", 0, ("1101",))]),
    ):
        found = await asyncio.to_thread(explain_call, room.config, trunk=trunk, **call)
        assert [(it.who, it.after_s, it.there) for it in found.levels][:3] == levels


async def test_where_the_carrier_says_that_he_is_counts_before_his_trunk(
    below: Below, room: ControlRoom
) -> None:
    """An address names his Polres, degrees his Polsek as well: as `core.origin.desk_of` has it."""
    await below.stage.registered(POLSEK, POLRES, ELSEWHERE, POLSEK_ELSEWHERE)
    async with raw_trunk(room) as trunk:
        for document, place, staff, rings in (
            (civic(A2="Kota Medan"), "Kota Medan", "0100", ELSEWHERE),
            (point(3.5952, 98.6722), "3.5952,98.6722", "1100", POLSEK_ELSEWHERE),
        ):
            mark = room.observer.mark()
            here = "<cid:place@carrier.example>"
            trunk.invite(asserted=ASSERTED, content=with_location(pidf(document)), Geolocation=here)
            queued = await room.observer.wait_for(
                "UserEvent", lambda e: e["Fact"] == "queued", after=mark, timeout=8
            )
            assert f"staff={staff}" in queued["Data"]
            await below.stage.rung(rings)
            told = await asyncio.to_thread(
                explain_call,
                room.config,
                number=NUMBER,
                dialled="110",
                trunk="demo",
                at=datetime.now(UTC),
                place=place,
            )
            assert "".join(str(int(bool(level.there))) for level in told.levels) == staff
            await room.observer.action("Hangup", Channel=queued["Channel"])
            await below.stage.quiet()


async def test_a_caller_of_whom_no_place_is_known_begins_at_the_polda(
    below: Below, room: ControlRoom
) -> None:
    """No desk rings for him, however long he waits."""
    await below.stage.registered(POLSEK, POLRES)
    await below.stage.on_duty("1101", "1901")
    caller = await below.call("anywhere")
    assert caller.staff == "0011"
    assert on_time(await caller.heard_by("1101"), 1)
    assert on_time(await caller.heard_by("1901"), 2)
    assert below.rang == {"1101", "1901"}
    await caller.call.hang_up()


async def test_each_caller_rings_his_own_desk_at_the_same_time(
    below: Below, room: ControlRoom
) -> None:
    """One member of the queue stands for all desks: nobody waits for another's to be free."""
    await below.stage.registered(POLRES, ELSEWHERE)
    await below.stage.on_duty("1101")
    here = await below.call("polsek", "62840000000111")
    assert on_time(await here.heard_by(POLRES), 1)
    there = await below.call("polres", "62840000000222")
    assert there.staff == "0110"
    assert await there.heard_by(ELSEWHERE) <= 1 + TOLERANCE_S
    ring = await below.stage.rung(ELSEWHERE)
    assert ring.call.caller == "62840000000222"
    ring.call.answer()
    again = await below.stage.rung(POLRES, times=2)
    assert again.call.caller == "62840000000111"
    again.call.answer()
    await asyncio.sleep(0.3)
    assert ring.call.live
    assert again.call.live
    await asyncio.gather(here.call.hang_up(), there.call.hang_up())
