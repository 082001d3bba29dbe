"""Nobody is there for who waits (S15): he stays, with music and words, and the alarm is raised within seconds."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import pytest

from cc110.app import control_socket
from cc110.core.words import OverflowReason
from cc110.service.control import ControlClient

from ...control_room import ControlRoom
from ...phones.phone import Phone
from ..hearing import in_talk, words_s
from ..scene import dial, log_in

QUEUE = "polda-metro-jaya"
ALARM_S = 5.0


async def _pauses(room: ControlRoom, operator: Phone) -> None:
    await room.observer.action("QueuePause", Interface="PJSIP/1101", Paused="true")


async def _is_unregistered(room: ControlRoom, operator: Phone) -> None:
    await operator.unregister()


async def _has_gone_home(room: ControlRoom, operator: Phone) -> None:
    await room.observer.action("QueueRemove", Queue=QUEUE, Interface="PJSIP/1101")


async def _comes(room: ControlRoom, operator: Phone) -> None:
    """Whatever he did before, he is on duty now."""
    await operator.register()
    if not [it for it in await room.observer.queue_status(QUEUE) if it.name == "QueueMember"]:
        await log_in(room, "1101")
    await room.observer.action("QueuePause", Interface="PJSIP/1101", Paused="false")


async def _no_alarm(room: ControlRoom) -> None:
    """Whatever other callers met before is over."""
    client = ControlClient(control_socket(room.config))
    async with asyncio.timeout(5):
        while QUEUE in json.loads(await client.unattended()):
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "away",
    [
        _has_gone_home,
        *(pytest.param(one, marks=pytest.mark.slow) for one in (_pauses, _is_unregistered)),
    ],
    ids=lambda away: away.__name__.strip("_"),
)
async def test_s15_a_caller_who_waits_for_nobody_stays_and_is_an_alarm(
    room: ControlRoom, away: Callable[[ControlRoom, Phone], Awaitable[None]]
) -> None:
    """Within 5 s; `doctor` asks the daemon for it; it ends when the operator comes, who then has the caller."""
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await _comes(room, operator)
    await _no_alarm(room)
    await away(room, operator)
    start, began = await room.last_seq(), time.monotonic()
    call = await dial(room, caller)
    ear = await call.start_listening()
    alarm = (await room.wait_event("QueueUnattended", after=start)).event.data
    assert time.monotonic() - began < ALARM_S
    assert (alarm.queue, alarm.waiting) == (QUEUE, 1)
    said = (await room.wait_event("CallOverflowed", after=start)).event.data
    assert said.reason is OverflowReason.NOBODY
    client = ControlClient(control_socket(room.config))
    assert list(json.loads(await client.unattended())) == [QUEUE]
    await call.heard(1.0)
    assert words_s(await ear.stop_listening()) > 0.3
    assert call.live
    await _comes(room, operator)
    await room.wait_event("QueueAttended", after=start)
    await _no_alarm(room)
    desk = await operator.incoming(timeout=8)
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=call, operator=desk)
    await call.hangup()


async def test_of_many_for_whom_nobody_is_there_some_are_told_before_the_queue(
    room: ControlRoom,
) -> None:
    """A word over the music takes two channels; with the limit at 0 he hears it as well, and takes none."""
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await _no_alarm(room)
    start = await room.last_seq()
    await room.pbx.console("dialplan set global CC110_WHISPERS 0")
    try:
        call = await dial(room, caller)
        ear = await call.start_listening()
        said = (await room.wait_event("CallOverflowed", after=start)).event.data
        assert said.reason is OverflowReason.NOBODY
        assert "cc110-whisper" not in await room.pbx.console("core show channels concise")
        await call.heard(1.0)
        assert words_s(await ear.stop_listening()) > 0.3
    finally:
        await room.pbx.console("dialplan set global CC110_WHISPERS 20")
    await log_in(room, "1101")
    desk = await operator.incoming(timeout=10)
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=call, operator=desk)
    await call.hangup()
