"""Greeting and menu, played by the daemon: no key is ever needed, and any key shortens the wait."""

import asyncio
import time

import pytest

from ...control_room import ControlRoom
from ...phones.phone import CallHandle, Phone

MOST_S = 6.0
"""From the answer to the queue, when nothing is pressed (mission, step 3)."""


async def greeted(room: ControlRoom) -> tuple[CallHandle, int]:
    """A caller who has just been answered."""
    start = await room.last_seq()
    caller = await room.caller()
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    return call, start


@pytest.mark.alone  # the words leave 0.2 s of the six
async def test_who_presses_nothing_is_an_emergency_within_six_seconds(room: ControlRoom) -> None:
    """The whole greeting takes at most six seconds, and ends in the queue as an emergency."""
    call, start = await greeted(room)
    answered = time.time()
    queued = await room.wait_event("CallQueued", after=start)
    assert queued.event.at.timestamp() - answered < MOST_S
    assert queued.event.data.priority == 5
    chosen = await room.wait_event("MenuChosen", after=start)
    assert (chosen.event.data.choice, chosen.event.data.language) == ("emergency", "id")
    await call.hangup()


@pytest.mark.parametrize(
    ("keys", "choice", "language", "priority"),
    [
        ("1", "emergency", "id", 5),
        ("2", "complaint", "id", 3),
        ("3", "information", "id", 1),
        ("55", "cannot-speak", "id", 5),
        ("92", "complaint", "en", 3),
        ("9", "emergency", "en", 5),
        ("8", "emergency", "id", 5),
    ],
)
async def test_keys_choose(
    room: ControlRoom, keys: str, choice: str, language: str, priority: int
) -> None:
    """1, 2, 3, 55 and 9 mean what the menu says; any other key changes nothing."""
    call, start = await greeted(room)
    await call.send_dtmf(keys, gap_s=0.3)
    queued = await room.wait_event("CallQueued", after=start)
    chosen = await room.wait_event("MenuChosen", after=start)
    assert (chosen.event.data.choice, chosen.event.data.language) == (choice, language)
    assert queued.event.data.priority == priority
    await call.hangup()


async def test_a_key_interrupts_the_greeting(room: ControlRoom) -> None:
    """A caller who presses 1 at once is in the queue in less than a second."""
    call, start = await greeted(room)
    pressed = time.time()
    await call.send_dtmf("1")
    queued = await room.wait_event("CallQueued", after=start)
    assert queued.event.at.timestamp() - pressed < 1.0
    await call.hangup()


async def test_the_operator_sees_who_calls_and_what_is_known(room: ControlRoom) -> None:
    """A second call of a number shows on the display that it is not the first."""
    operator: Phone = await room.operator()
    caller = await room.caller()
    for known in ("", "1x"):
        start = await room.last_seq()
        call = await room.dial_110(caller, "+6280000000222")
        await call.wait_for_talk()
        await call.send_dtmf("1")
        desk = await operator.incoming(timeout=12)
        assert "6280000000222" in desk.headers["From"]
        assert known in desk.headers["From"]
        await call.hangup()
        await room.wait_event("RecordingFinalised", after=start)


async def test_the_operator_sees_that_a_number_is_only_claimed(room: ControlRoom) -> None:
    """Nobody vouches for what stands in From: it may name a victim, and he is to know it when he judges."""
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    sip = room.config.settings.sip
    for known in ("", "1x"):
        start = await room.last_seq()
        call = await caller.dial(f"sip:110@{sip.host}:{sip.port}", from_user="+6280000000333")
        await call.wait_for_talk()
        await call.send_dtmf("1")
        desk = await operator.incoming(timeout=12)
        assert "6280000000333" in desk.headers["From"]
        assert "110 klaim" in desk.headers["From"]
        assert known in desk.headers["From"]
        await call.hangup()
        await room.wait_event("RecordingFinalised", after=start)
