"""Operators log in, log out and pause by phone code; callers are served in order (S15)."""

import asyncio

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ..hearing import in_talk
from ..scene import all_over, dial, log_in


async def test_codes_change_the_queue_and_are_journaled(room: ControlRoom) -> None:
    """*11, *13, *14 and *12: each is in the queue's own list and in the journal, with its doer."""
    phone = await room.phone("1101", "operator")
    for code, kind, paused in (
        ("*11", "AgentLoggedIn", "0"),
        ("*13", "AgentPaused", "1"),
        ("*14", "AgentUnpaused", "0"),
    ):
        start = await room.last_seq()
        await room.code(phone, code)
        told = await room.wait_event(kind, after=start)
        assert (told.event.data.agent, told.event.data.queue) == ("1101", "polda-metro-jaya")
        (member,) = [
            one
            for one in await room.observer.queue_status("polda-metro-jaya")
            if one.get("Event") == "QueueMember"
        ]
        assert member["Paused"] == paused
    start = await room.last_seq()
    await room.code(phone, "*12")
    await room.wait_event("AgentLoggedOut", after=start)


async def test_mabes_operators_serve_both_poldas_behind_their_own(room: ControlRoom) -> None:
    """A Mabes operator who logs in is a member of both queues with a higher penalty."""
    phone = await room.phone("1901", "operator")
    await room.code(phone, "*11")
    for queue in room.config.queues:
        (member,) = [
            one
            for one in await room.observer.queue_status(queue)
            if one.get("Event") == "QueueMember"
        ]
        assert member["Penalty"] == "10"


async def test_a_polres_phone_can_t_log_in(room: ControlRoom) -> None:
    """The codes belong to operators; a Polres's phone has no such extension."""
    phone = await room.polres()
    call = await phone.dial("*11")
    ended = await call.wait_for(CallState.DISCONNECTED)
    assert ended.code == 404


async def test_first_in_first_out_and_emergencies_before_information(room: ControlRoom) -> None:
    """Three wait: information first, then two emergencies; the emergencies are answered in order, then the other."""
    numbers = ("6280000000301", "6280000000302", "6280000000303")
    callers = await asyncio.gather(*(room.caller() for _ in numbers))
    operator = await room.phone("1101", "operator", auto_answer=0)
    start = await room.last_seq()
    first = await room.dial_110(callers[0], f"+{numbers[0]}")
    await first.wait_for_talk()
    await first.send_dtmf("3")
    await room.wait_event("CallQueued", after=start)
    calls = [first]
    for caller, number in zip(callers[1:], numbers[1:], strict=True):
        calls.append(await dial(room, caller, number))
    mark = room.observer.mark()
    await log_in(room, "1101")
    for number in (numbers[1], numbers[2], numbers[0]):
        desk = await operator.incoming(timeout=12)
        assert number in desk.headers["From"]
        await room.observer.wait_for(
            "UserEvent", lambda told: told["Fact"] == "agent-took", after=mark
        )
        await desk.wait_for_talk()
        mark = room.observer.mark()
        await desk.hangup()
    await all_over(*calls, timeout=3)


async def test_nobody_logged_in_and_then_somebody_is(room: ControlRoom) -> None:
    """The caller is never refused: he waits, and is answered when somebody comes."""
    caller, operator = await asyncio.gather(room.caller(), room.phone("1101", "operator"))
    call = await dial(room, caller)
    await call.heard(1.0)
    assert call.live
    await log_in(room, "1101")
    desk = await operator.incoming(timeout=8)
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await all_over(call)


async def test_a_landline_of_sumut_waits_in_its_own_polda(room: ControlRoom) -> None:
    """Area code 061 is Polda Sumut's; a longer code wins over a shorter one."""
    for number, queue in (
        ("+62614000111", "polda-sumut"),
        ("+62622400011", "polda-sumut"),
        ("+62214000111", "polda-metro-jaya"),
    ):
        start = await room.last_seq()
        caller = await room.caller()
        call = await room.dial_110(caller, number)
        arrived = await room.wait_event("CallArrived", after=start)
        assert arrived.event.data.queue == queue
        await call.wait_for_talk()
        await call.hangup()
