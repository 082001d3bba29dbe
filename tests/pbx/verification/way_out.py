"""What scenarios of the way out share: the blocked caller, and the operator who verifies him."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cc110 import app

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState, EventKind, Phone
from ...phones.wire import Media
from ..blocking import block, entry
from ..scene import Scene, log_in
from ..story import Story

OFFER_S = 15
"""The announcement, 3 s for the key, and some more."""


@asynccontextmanager
async def setting(room: ControlRoom, **variables: str) -> AsyncIterator[None]:
    """Other settings on the running PBX, for as long as the block lasts."""
    before = {}
    for name, new in variables.items():
        before[name] = await _global(room, name)
        await room.pbx.console(f"dialplan set global {name} {new}")
    try:
        yield
    finally:
        for name, old in before.items():
            await room.pbx.console(f"dialplan set global {name} {old}")


async def _global(room: ControlRoom, name: str) -> str:
    found = re.search(rf"{name}=(\S+)", await room.pbx.console("dialplan show globals"))
    assert found, name
    return found[1]


async def offered(room: ControlRoom, caller: Phone, number: str) -> CallHandle:
    """A blocked caller who hears the announcement."""
    call = await room.dial_110(caller, f"+{number}")
    await call.wait_for(CallState.EARLY)
    await call.wait_for_media(Media.ACTIVE)
    return call


async def asks(room: ControlRoom, caller: Phone, number: str) -> CallHandle:
    """A blocked caller who has pressed 1 and is let in."""
    call = await offered(room, caller, number)
    await call.send_dtmf("1")
    await call.wait_for_talk()
    return call


async def rejected(call: CallHandle) -> None:
    """He gets 403 in the end, and nobody ever answered him."""
    ended = await call.wait_for(CallState.DISCONNECTED, timeout=OFFER_S)
    assert ended.code == 403
    assert CallState.CONFIRMED not in states(call)


async def rejected_at_once(room: ControlRoom, caller: Phone, number: str) -> None:
    """403, without an announcement."""
    call = await room.dial_110(caller, f"+{number}")
    await rejected(call)
    assert CallState.EARLY not in states(call)


def told(room: ControlRoom, mark: int) -> list[str]:
    """What the dialplan told since then, fact by fact."""
    return [one["Fact"] for one in room.observer.events("UserEvent", after=mark)]


def states(call: CallHandle) -> list[str]:
    """The states that the caller's phone went through."""
    return [one.text for one in call.events if one.kind is EventKind.STATE]


async def block_range(room: ControlRoom, prefix: str) -> None:
    """Block a range as two people do; returns when the PBX has it."""
    async with app.open_ranges(room.config) as ranges:
        await ranges.propose(prefix, until=0, reason="sample", by="Padal Contoh")
        await ranges.confirm(prefix, by="Kanit Contoh")
    await entry(room, "cc110-range", prefix, there=True)
    await entry(room, "cc110-range", "lengths", there=True)


async def verifying(room: ControlRoom, number: str, *, in_range: str = "") -> Scene:
    """A caller who is blocked, himself or by a range, and talks with operator 1101."""
    await (block_range(room, in_range) if in_range else block(room, number))
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    story = await Story.begin(room, number)
    call = await asks(room, caller, number)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await story.told("AgentAnswered")
    return Scene(room, story, caller, operator, (), call, desk)
