"""Hand-over by the clock: the shift is over during a call, and who was on goes when the call has ended."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallState, Phone
from ..scene import all_over, dial

WIB = ZoneInfo("Asia/Jakarta")
HOUR = timedelta(hours=1)


@pytest.fixture
def with_sound() -> bool:
    """Only who is logged in matters."""
    return False


def _roster(on: str, off: str) -> str:
    """A shift that is on now, another that is not; the first operator is on in this one, the second in that one."""
    now = datetime.now(UTC).astimezone(WIB)
    times = {"kini": (now - 2 * HOUR, now + 2 * HOUR), "nanti": (now + 4 * HOUR, now + 8 * HOUR)}
    rows = [
        f'[[shift]]\nid = "{name}"\nunit = "polda-metro-jaya"\nbegins = "{begins:%H:%M}"\n'
        f'ends = "{ends:%H:%M}"\n'
        for name, (begins, ends) in times.items()
    ]
    rows += [
        f'[[roster]]\nunit = "polda-metro-jaya"\nshift = "{shift}"\nfrom = 2026-01-01\n'
        f'operators = ["{agent}"]\n'
        for shift, agent in (("kini", on), ("nanti", off))
    ]
    return "\n".join(rows)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """A site that logs out and refuses who is off duty; 1101 is on now, 1102 later."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        (home / "site" / "directory").mkdir()
        (home / "site" / "directory" / "duty.toml").write_text(_roster("1101", "1102"))
        rules = {"shifts__login": "refuse", "shifts__at_end": "log-out", "queue__wrap_up_s": 0}
        async with open_room(
            home, site=home / "site", blocklist__way_out="reject", **rules
        ) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def _members(room: ControlRoom) -> set[str]:
    listed = await room.observer.queue_status("polda-metro-jaya")
    found = (one.get("StateInterface", "") for one in listed if one.get("Event") == "QueueMember")
    return {interface.partition("/")[2] for interface in found}


async def _code(phone: Phone, code: str) -> None:
    call = await phone.dial(code)
    await call.wait_for(CallState.DISCONNECTED, timeout=10)


async def test_at_hand_over_an_operator_leaves_after_his_call_and_never_as_the_last_one(
    room: ControlRoom,
) -> None:
    """The files change while he talks; no restart. The one to come is let in, was refused before, and not without the
    daemon's word."""
    duty = room.config.paths.site / "directory" / "duty.toml"
    caller, sari, tono = await asyncio.gather(
        room.caller(), room.phone("1101", "operator"), room.phone("1102", "second_operator")
    )
    start = await room.last_seq()
    await _code(sari, "*11")
    await _code(tono, "*11")
    assert await _members(room) == {"1101"}
    await room.wait_event("AgentOffShift", after=start, where=lambda it: it.what == "refused")

    call = await dial(room, caller)
    desk = await sari.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    duty.write_text("[[roster]]\n")
    await room.wait_event("RosterRefused", after=start)
    duty.write_text(_roster("1102", "1101"))
    await room.wait_event("RosterTaken", after=start)
    await _code(tono, "*11")
    await room.wait_event("AgentLoggedIn", after=start, where=lambda it: it.agent == "1102")
    assert desk.live
    assert await _members(room) == {"1101", "1102"}
    await desk.hangup()
    await all_over(call, timeout=3)
    left = await room.wait_event("AgentLoggedOut", after=start, where=lambda it: it.agent == "1101")
    ended = await room.wait_event("CallEnded", after=start)
    assert left.event.at >= ended.event.at - timedelta(seconds=1)
    assert await _members(room) == {"1102"}

    last = await room.last_seq()
    duty.write_text(_roster("1103", "1102"))
    await room.wait_event("AgentOffShift", after=last, where=lambda it: it.what == "last-one")
    assert await _members(room) == {"1102"}

    await room.daemon.kill()
    await _code(sari, "*11")
    assert await _members(room) == {"1101", "1102"}
