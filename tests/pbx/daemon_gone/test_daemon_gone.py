"""The daemon is absent, killed or hung at any moment of a call: the caller reaches a person all the same.

Research S1 to S5 and T2: extra delay at most 3 s, the recording whole, state rebuilt without duplicates.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from ...black_hole import full_backlog
from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState, Phone
from ...phones.tones import TONES, coverage
from ..hearing import in_talk
from ..scene import dial
from ..story import Story

GREETING_S = 6.0
EXTRA_S = 3.0

Fault = Callable[[ControlRoom], Awaitable[None]]


async def kill(room: ControlRoom) -> None:
    await room.daemon.kill()


async def hang(room: ControlRoom) -> None:
    room.daemon.hang()


async def nothing(_: ControlRoom) -> None:
    """The control: with a healthy daemon the same holds."""


async def talk_after(room: ControlRoom, operator: Phone, caller: Phone, began: float) -> CallHandle:
    """Wait for the operator's phone, answer, and check the delay and the sound."""
    desk = await operator.incoming(timeout=GREETING_S + EXTRA_S + 1)
    assert time.monotonic() - began < GREETING_S + EXTRA_S
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=caller.call, operator=desk)
    return desk


def newest_recording(room: ControlRoom) -> tuple[str, ...]:
    found = sorted(room.recordings.rglob("*.wav"), key=lambda path: path.stat().st_mtime)
    return tuple(str(path) for path in found)


@pytest.mark.parametrize(
    ("fault", "after_s"),
    [
        (kill, 0.0),
        (hang, 1.6),
        *(
            pytest.param(fault, after_s, marks=pytest.mark.slow)
            for fault, after_s in [
                (nothing, 0.0),
                (nothing, 1.6),
                (kill, 3.0),
                (nothing, 3.0),
                (kill, 1.6),
                (hang, 0.0),
                (hang, 3.0),
            ]
        ),
    ],
)
async def test_s3_s4_a_fault_during_the_greeting_delays_nobody_by_more_than_three_seconds(
    room: ControlRoom, fault: Fault, after_s: float
) -> None:
    """Before the call, in the first prompt, or late in the greeting: the operator's phone rings in time."""
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    if after_s == 0.0:
        await fault(room)
    began = time.monotonic()
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    if after_s:
        await call.heard(after_s)
        await fault(room)
    desk = await talk_after(room, operator, caller, began)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)


@pytest.mark.slow
async def test_s4_a_port_that_swallows_connections_delays_nobody_by_more_than_three_seconds(
    room: ControlRoom,
) -> None:
    """Its backlog is full, so the kernel answers to no SYN: as behind a firewall that drops."""
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    await room.daemon.kill()
    with full_backlog(room.config.settings.agi.port):
        began = time.monotonic()
        call = await room.dial_110(caller)
        desk = await talk_after(room, operator, caller, began)
        await desk.hangup()
        await call.wait_for(CallState.DISCONNECTED)


async def test_all_of_a_call_but_the_journal_works_without_the_daemon(room: ControlRoom) -> None:
    """Greeting, queue, transfer by code, time-out and return, recording: plain dialplan (S1, T2)."""
    await room.daemon.kill()
    operator, polres, caller = await asyncio.gather(room.operator(), room.polres(), room.caller())
    before = newest_recording(room)
    call = await dial(room, caller)
    desk = await talk_after(room, operator, caller, time.monotonic())
    await desk.send_dtmf("*757101#")
    unit = await polres.incoming()
    listening = await call.start_listening()
    await unit.wait_for(CallState.DISCONNECTED, timeout=8)
    await call.heard(0.5)
    timeline = await listening.stop_listening()
    assert timeline.share(TONES["operator"]) > 0.9
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    (recording,) = set(newest_recording(room)) - set(before)
    path = room.recordings / recording
    assert coverage(path, TONES["caller"], 2.0, 6.0) > 0.99


@pytest.mark.parametrize("fault", [kill, hang])
async def test_the_state_after_a_fault_is_the_pbx_s_and_nothing_is_said_twice(
    room: ControlRoom, fault: Fault
) -> None:
    """A call that began before the fault and ends after it has one arrival, one answer and one end."""
    start = await room.last_seq()
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    call = await dial(room, caller)
    desk = await talk_after(room, operator, caller, time.monotonic())
    await room.wait_event("AgentAnswered", after=start)
    await fault(room)
    await call.heard(0.5)
    assert await in_talk(caller=call, operator=desk)
    if fault is kill:
        await room.daemon.start()
        await room.wait_event("PbxBack", after=start)
    else:
        room.daemon.go_on()
        with contextlib.suppress(TimeoutError):  # it may have given up its link while it hung
            await room.wait_event("PbxBack", after=start, timeout=3)
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await room.wait_event("RecordingFinalised", after=start)
    said = [one.event.type for one in await room.events(after=start) if one.event.call_id]
    for once in ("CallArrived", "CallQueued", "AgentAnswered", "CallEnded"):
        assert said.count(once) == 1, said
    # A daemon that hung may give up its link just then, and not hear the operator leave.
    assert said.count("AgentLeft") == 1 or (fault is hang and "AgentLeft" not in said), said


async def test_a_call_that_ended_while_the_daemon_was_away_is_closed(room: ControlRoom) -> None:
    """What the PBX no longer lists is over, and is marked as recovered."""
    start = await room.last_seq()
    operator, caller = await asyncio.gather(room.operator(), room.caller())
    call = await dial(room, caller)
    desk = await talk_after(room, operator, caller, time.monotonic())
    await room.wait_event("AgentAnswered", after=start)
    await room.daemon.kill()
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    await room.daemon.start()
    ended = await room.wait_event("CallEnded", after=start)
    assert ended.event.data.recovered
    await room.wait_event("RecordingFinalised", after=start)


async def test_a_recording_is_accounted_for_though_the_daemon_died_at_the_end_of_the_call(
    room: ControlRoom,
) -> None:
    """It is looked for again after the restart: no call stays without a word on its recording."""
    caller = await room.caller()
    for _ in range(5):
        story = await Story.begin(room)
        call = await room.dial_110(caller)
        await call.wait_for_talk()
        await call.heard(1.0)
        await call.hangup()
        await story.told("CallEnded")
        await room.daemon.kill()
        in_time = "RecordingFinalised" not in await story.kinds()
        await room.daemon.start()
        assert (await story.told("RecordingFinalised")).seconds > 0
        if in_time:
            return
    pytest.fail("the daemon was never killed before the recording was final")
