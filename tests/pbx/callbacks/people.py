"""Whoever hung up waiting, and his telephone."""

import os
from typing import Any, Final

from cc110.app.callbacks import open_callbacks
from cc110.core import callbacks as core
from cc110.core.callbacks import Missed

from ...control_room import ControlRoom
from ...phones.phone import Phone
from ...phones.tones import TONES
from ..scene import dial
from ..story import Story

GATEWAY: Final = f"127.0.{10 + os.getpid() % 200}.2"
"""Where calls go out to; port 5060 there is no other test's."""


async def gives_up(room: ControlRoom, caller: Phone, number: str) -> Story:
    """He waits in the queue, where nobody is, and hangs up."""
    story = await Story.begin(room, number)
    call = await dial(room, caller, number)
    await story.told("CallQueued")
    await call.hangup()
    await story.told("CallAbandoned")
    return story


async def telephone(tone: str = "caller") -> Phone:
    """The telephone of whoever is called back."""
    return await Phone.start("outside", TONES[tone], bind=(GATEWAY, 5060))


async def listed(room: ControlRoom) -> list[Missed]:
    """The list, as the journal has it."""
    events = [one.event for one in await room.events()]
    policy = room.config.callback_policy()
    if not events:
        return []
    return list(core.waiting(core.replay(events, policy), events[-1].at, policy))


async def made(room: ControlRoom, start: int, **where: Any) -> Any:
    """The next callback's outcome."""
    told = await room.wait_event("CallbackMade", after=start, timeout=15)
    return told.event


__all__ = ["GATEWAY", "gives_up", "listed", "made", "open_callbacks", "telephone"]
