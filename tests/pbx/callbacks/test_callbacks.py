"""Who hung up waiting is called back: by one operator, once, and never while he calls himself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from cc110.app.callbacks import open_callbacks
from cc110.service.control import DaemonRefused

from ...control_room import ControlRoom
from ...phones.phone import CallState, Phone, PhoneError
from ..hearing import in_talk
from ..intruders.test_toll_fraud import OUTSIDE, no_way_out
from ..scene import all_over, log_in
from ..slowed import Moment, slowed
from ..verification.way_out import setting
from .people import gives_up, listed, made, telephone

ANI, BUDI = "6281200000801", "6281200000802"


@pytest.fixture
def with_sound() -> bool:
    """Callers who only wait say nothing."""
    return False


@pytest_asyncio.fixture(loop_scope="session")
async def outside(room: ControlRoom) -> AsyncIterator[Phone]:
    """The telephone of whoever is called back; everybody of the test before is off the list."""
    phone = await telephone()
    async with open_callbacks(room.config) as desk:
        for one in await listed(room):
            await desk.drop(one.key, reason="of another test", by="sample")
    try:
        yield phone
    finally:
        await phone.stop()


def rung(phone: Phone) -> int:
    """How often that phone rang."""
    return len({one.call for one in phone.log.since() if one.text == CallState.INCOMING})


async def test_one_code_calls_him_back_and_from_his_answer_on_it_is_a_call_like_any_other(
    room: ControlRoom, outside: Phone
) -> None:
    """110 rings him; verdict, transfer to a Polres, recording and journal are as always; he is off the list."""
    caller, operator, polres = await asyncio.gather(
        room.caller(), room.phone("1101", "operator"), room.polres()
    )
    story = await gives_up(room, caller, ANI)
    assert [one.number for one in await listed(room)] == [ANI]
    start = await room.last_seq()
    desk = await operator.dial("*15")
    call = await outside.incoming()
    assert "sip:110@" in (call.headers.get("From") or "")
    await call.answer()
    await asyncio.gather(call.wait_for_talk(), desk.wait_for_talk())
    told = await made(room, start)
    assert (told.data.agent, told.data.number, told.data.outcome) == ("1101", ANI, "answered")
    assert await in_talk(caller=call, operator=desk)

    await desk.send_dtmf("*757101#", duration_s=0.08)
    unit = await polres.incoming()
    await unit.answer()
    assert await in_talk(caller=call, operator=desk, polres=unit)
    await desk.hangup()
    assert await in_talk(caller=call, polres=unit)
    await call.hangup()
    await all_over(unit)
    await room.accounted()

    events = [one.event for one in await room.events(after=start)]
    arrived = next(one for one in events if one.type == "CallArrived")
    assert told.call_id == arrived.call_id
    assert arrived.data.callback_of in {one.call_id for one in await story.events()}
    kinds = [one.type for one in events if one.call_id == arrived.call_id]
    assert kinds.count("CallbackMade") == kinds.count("CallEnded") == 1
    assert {"AgentAnswered", "CaseOpened", "PolresAnswered", "RecordingFinalised"} <= {*kinds}
    assert "CallAbandoned" not in kinds
    assert await listed(room) == []


async def test_whoever_answers_before_the_operator_s_leg_is_told_of_talks_with_him_all_the_same(
    room: ControlRoom, outside: Phone
) -> None:
    """They are put together once all of it is told; a hang-up of the operator ends the call."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await gives_up(room, caller, ANI)
    start = await room.last_seq()
    async with slowed(room, Moment.AGENT_TOOK):
        desk = await operator.dial("*15")
        call = await outside.incoming()
        await call.answer()
        assert await in_talk(caller=call, operator=desk)
    await room.wait_event("AgentAnswered", after=start)
    await desk.hangup()
    await all_over(call, timeout=5)


async def test_of_two_operators_who_press_in_the_same_moment_one_calls_and_one_hears_that_there_is_nobody(
    room: ControlRoom, outside: Phone
) -> None:
    """One person: his phone rings once, and the other operator hears that there is nobody."""
    caller, one, two = await asyncio.gather(
        room.caller(), room.phone("1101", "operator"), room.phone("1102", "second_operator")
    )
    for number in (ANI, BUDI):
        before, start = rung(outside), await room.last_seq()
        await gives_up(room, caller, number)
        desks = await asyncio.gather(one.dial("*15"), two.dial("*15"))
        call = await outside.incoming()
        ends = [asyncio.create_task(all_over(desk, timeout=8)) for desk in desks]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        await call.reject()
        told = await made(room, start)
        assert (told.data.number, told.data.outcome) == (number, "busy")
        await asyncio.gather(*ends)
        assert rung(outside) - before == 1
        events = [e.event.data for e in await room.events(after=start)]
        assert sum(type(data).__name__ == "CallbackClaimed" for data in events) == 1
        async with open_callbacks(room.config) as list_:
            await list_.drop(number, reason="tried", by="sample")


async def test_who_calls_himself_in_that_moment_is_not_rung_any_more_and_is_served(
    room: ControlRoom, outside: Phone
) -> None:
    """The PBX alone sees to it: the daemon hangs while he calls. Who waits in the queue is not called at all."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await gives_up(room, caller, ANI)
    start = await room.last_seq()
    desk = await operator.dial("*15")
    ringing = await outside.incoming()
    await ringing.ring()
    room.daemon.hang()
    call = await room.dial_110(caller, f"+{ANI}")
    await all_over(ringing, timeout=8)  # of the thirty seconds that it would ring
    room.daemon.go_on()
    told = await made(room, start)
    assert told.data.outcome == "called-in"
    await all_over(desk, timeout=8)
    await call.wait_for_talk()

    again = await operator.dial("*15")
    await all_over(again, timeout=8)
    assert rung(outside) == 1
    await log_in(room, "1101")
    taken = await operator.incoming(timeout=15)
    await taken.answer()
    await taken.wait_for_talk()
    await room.wait_event("AgentAnswered", after=start)
    assert await listed(room) == []
    await call.hangup()
    await all_over(taken)


async def test_who_has_hung_up_is_called_back_even_while_his_channel_is_still_ending(
    room: ControlRoom, outside: Phone
) -> None:
    """On a busy machine that takes a while; he does not count as somebody who calls himself."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    async with slowed(room, Moment.CALLER_GONE):
        await gives_up(room, caller, ANI)
        start = await room.last_seq()
        desk = await operator.dial("*15")
        call = await outside.incoming()
    await call.reject()
    assert (await made(room, start)).data.outcome == "busy"
    await all_over(desk, timeout=8)


async def test_a_click_rings_the_operator_first_and_what_came_of_it_is_kept(
    room: ControlRoom, outside: Phone
) -> None:
    """Claimed for one, refused to others; no answer is counted, a hang-up by the operator is not."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await gives_up(room, caller, BUDI)
    await gives_up(room, caller, ANI)
    async with open_callbacks(room.config) as list_:
        start = await room.last_seq()
        await list_.call(ANI, agent="1101", by="Padal Contoh")
        desk = await operator.incoming()
        await desk.answer()
        call = await outside.incoming()
        assert f"sip:+{ANI}@" in (call.headers.get("To") or "")
        with pytest.raises(DaemonRefused, match="operator 1101 has claimed"):
            await list_.claim(ANI, agent="1102", by="Padal Contoh")
        await desk.hangup()
        assert (await made(room, start)).data.outcome == "cancelled"
        await all_over(call, timeout=5)

        start = await room.last_seq()
        await list_.claim(ANI, agent="1102", by="Padal Contoh")
        other = await room.phone("1102", "second_operator")
        async with setting(room, CC110_CALLBACK_S="3"):
            desk = await other.dial("*15")
            silent = await outside.incoming()
            assert (await made(room, start)).data.outcome == "no-answer"
        await all_over(desk, silent, timeout=8)
    found = {one.number: (one.tries, one.claim) for one in await listed(room)}
    assert found == {BUDI: (0, None), ANI: (1, None)}


async def test_x6_no_phone_and_no_lost_daemon_makes_the_outbound_trunk_ring(
    room: ControlRoom, outside: Phone
) -> None:
    """Whatever a phone dials, none of it goes out; without the daemon *15 calls nobody, and a word says so."""
    caller, phone = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await gives_up(room, caller, ANI)
    sip = room.config.settings.sip
    async with no_way_out(room):
        for user in ("0081200000801", "+" + ANI, "call", "trunk-out", *OUTSIDE[:8], *OUTSIDE[-2:]):
            with suppress(PhoneError):  # some are not even a URI
                call = await phone.dial(f"sip:{user}@{sip.host}:{sip.port}")
                await call.wait_for(CallState.DISCONNECTED, timeout=10)
        await room.daemon.kill()
        desk = await phone.dial("*15")
        await desk.wait_for_talk()
        await all_over(desk, timeout=10)
    assert rung(outside) == 0


@pytest.mark.slow
async def test_a_daemon_that_dies_while_they_talk_finds_the_callback_as_it_is(
    room: ControlRoom, outside: Phone
) -> None:
    """Nobody is cut off, codes go on, and the journal tells it once: made, answered, judged, ended, recorded."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    await gives_up(room, caller, ANI)
    start = await room.last_seq()
    desk = await operator.dial("*15")
    call = await outside.incoming()
    await room.daemon.kill()
    await call.answer()
    assert await in_talk(caller=call, operator=desk)
    await desk.send_dtmf("*71", duration_s=0.08)
    assert await in_talk(caller=call, operator=desk)
    await room.daemon.start()
    await room.wait_event("VerdictGiven", after=start)
    await desk.hangup()
    await all_over(call, timeout=5)
    await room.accounted()
    kinds = [one.event.type for one in await room.events(after=start)]
    for kind in ("CallbackMade", "CallArrived", "AgentAnswered", "CaseOpened", "CallEnded"):
        assert kinds.count(kind) == 1, (kind, kinds)
    assert "RecordingFinalised" in kinds
    assert await listed(room) == []
