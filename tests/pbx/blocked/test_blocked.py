"""Blocked numbers are rejected in the dialplan, before any operator hears them (SOP S2 VIII, X8).

This is the setting `way_out = "reject"`; `verification` tells of the other one.
"""

import asyncio
import time

import pytest

from cc110 import app
from cc110.core.events import Event

from ...control_room import TRUNK, ControlRoom
from ...phones.phone import CallState, EventKind, Phone
from ..blocking import blocked

NUMBER = "6281200000777"
FORMS = ("081200000777", "6281200000777", "+6281200000777", "006281200000777", "0812-0000-0777")


async def _entry(room: ControlRoom, value: str) -> None:
    await room.pbx.console(f"database put cc110-block {NUMBER} {value}")


async def _no_entry(room: ControlRoom) -> None:
    await room.pbx.console(f"database del cc110-block {NUMBER}")


@pytest.mark.parametrize("form", FORMS)
async def test_a_blocked_number_is_rejected_in_every_form(room: ControlRoom, form: str) -> None:
    """SIP 403, never answered, never recorded, journaled."""
    start = await room.last_seq()
    before = len(tuple(room.recordings.rglob("*.wav")))
    caller = await room.caller()
    sip = room.config.settings.sip
    headers = {"P-Asserted-Identity": f"<sip:{form}@{TRUNK}>"}
    async with blocked(room, NUMBER):
        call = await caller.dial(f"sip:110@{sip.host}:{sip.port}", headers=headers)
        ended = await call.wait_for(CallState.DISCONNECTED)

    states = [one.text for one in call.events if one.kind is EventKind.STATE]
    assert ended.code == 403
    assert {CallState.EARLY, CallState.CONFIRMED}.isdisjoint(states)
    told = await room.wait_event("CallRejected", after=start)
    assert (told.event.data.number, told.event.data.until) == (NUMBER, 0)
    assert len(tuple(room.recordings.rglob("*.wav"))) == before


@pytest.mark.parametrize("value", ["1", "-1", "abc", "12345678901234567890", "0x0", '""'])
async def test_an_expired_or_corrupt_entry_blocks_nobody(room: ControlRoom, value: str) -> None:
    """Whatever can't be read means accept."""
    await _entry(room, value)
    caller = await room.caller()
    try:
        call = await room.dial_110(caller, f"+{NUMBER}")
        await call.wait_for_talk()
    finally:
        await _no_entry(room)
    await call.hangup()


async def test_who_is_unidentified_is_in_no_list_whatever_stands_there(room: ControlRoom) -> None:
    """An entry for no number at all, and a range that begins with nothing: both are damage."""
    entries = (
        ("cc110-block", '""', "0"),
        ("cc110-range", '""', "0:0"),
        ("cc110-range", "lengths", "0"),
    )
    for family, key, value in entries:
        await room.pbx.console(f"database put {family} {key} {value}")
    caller = await room.caller()
    try:
        assert "Value: 0" in await room.pbx.console('database get cc110-block ""')
        call = await room.dial_110(caller, "anonymous")
        await call.wait_for_talk()
    finally:
        for family, key, _ in entries:
            await room.pbx.console(f"database del {family} {key}")
    await call.hangup()


async def test_a_block_of_the_desk_reaches_the_dialplan_within_a_second(room: ControlRoom) -> None:
    """`cc110 blocklist add`: the next call is rejected; `remove`: the one after is answered."""
    caller = await room.caller()
    async with app.open_desk(room.config) as desk:
        for blocked in (True, False):
            done = time.monotonic()
            if blocked:
                await desk.block(NUMBER, until=0, reason="test", by="test")
            else:
                await desk.unblock(NUMBER, reason="test", by="test")
            while (
                "Value" in await room.pbx.console(f"database get cc110-block {NUMBER}")
            ) is not blocked:
                assert time.monotonic() - done < 1.0
            call = await room.dial_110(caller, f"+{NUMBER}")
            if blocked:
                assert (await call.wait_for(CallState.DISCONNECTED)).code == 403
            else:
                await call.wait_for_talk()
                await call.hangup()


async def test_what_was_rejected_without_the_daemon_is_in_the_journal_once(
    room: ControlRoom,
) -> None:
    """Read back from what the PBX wrote, with its true time; a further restart tells nothing twice."""
    caller = await room.caller()
    async with blocked(room, NUMBER):
        before = await room.last_seq()
        heard = await _rejected(room, caller)
        start = (await room.wait_event("CallRejected", after=before)).seq
        await room.daemon.kill()
        missed = [await _rejected(room, caller), await _rejected(room, caller)]
        await room.daemon.start()
        await room.wait_event("CallRejected", after=start, where=lambda it: it.recovered)
        for _ in range(2):
            await _rejected(room, caller)
            await room.daemon.stop()
            await room.daemon.start()
        await _rejected(room, caller)
        async with asyncio.timeout(5):
            while len(await _rejections(room, start)) < 5:
                await asyncio.sleep(0.05)
    told = await _rejections(room, start)
    assert len({event.call_id for event in told}) == len(told) == 5
    assert [event.data.recovered for event in told[:2]] == [True, True]
    assert all(
        abs(event.at.timestamp() - at) < 0.5 for event, at in zip(told, missed, strict=False)
    )
    assert missed[0] > heard


async def _rejected(room: ControlRoom, caller: Phone) -> float:
    """Call, be rejected, and return when that was."""
    call = await room.dial_110(caller, f"+{NUMBER}")
    at = time.time()
    assert (await call.wait_for(CallState.DISCONNECTED)).code == 403
    return at


async def _rejections(room: ControlRoom, start: int) -> list[Event]:
    return [one.event for one in await room.events(after=start) if one.event.type == "CallRejected"]
