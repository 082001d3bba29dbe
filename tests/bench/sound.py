"""How long a caller hears nobody, measured by the phones themselves."""

import asyncio
import statistics
from typing import Final

from ..control_room import ControlRoom
from ..phones.phone import CallHandle, CallState, Phone
from ..phones.tones import TONES
from .load import Figure, spread

ROUNDS: Final = 5
OPERATOR, CALLER = TONES["operator"], TONES["caller"]


async def _talk(room: ControlRoom, operator: Phone, caller: Phone) -> tuple[CallHandle, CallHandle]:
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    await call.send_dtmf("1")
    desk = await operator.incoming(timeout=15)
    await desk.answer()
    await desk.wait_for_talk()
    return call, desk


async def transfers(room: ControlRoom) -> list[Figure]:
    """Silence in a make-before-break transfer, and the return of a blind one."""
    operator, polres, caller = await asyncio.gather(
        room.operator(honour_answer_after=True), room.polres(), room.caller()
    )
    silences = [await _silence(room, operator, polres, caller) for _ in range(ROUNDS)]
    returns = [await _return(room, operator, polres, caller) for _ in range(ROUNDS)]
    await room.everyone_home()
    return [
        Figure(
            what="silence for the caller while the Polres rings and at its time-out",
            target="0 ms",
            measured=spread(silences, " ms", 0),
            reached=max(silences) == 0,
        ),
        Figure(
            what="blind transfer: from the ring time-out to both hearing each other",
            target="< 100 ms",
            measured=spread(returns, " ms", 0),
            reached=statistics.median(returns) < 100,
        ),
    ]


async def _silence(room: ControlRoom, operator: Phone, polres: Phone, caller: Phone) -> float:
    """Milliseconds without the operator's voice, from the ringing to a second after the time-out."""
    call, desk = await _talk(room, operator, caller)
    await desk.send_dtmf("*757101#")
    unit = await polres.incoming()
    await call.heard(0.3)
    listening = await call.start_listening()
    await unit.wait_for(CallState.DISCONNECTED, timeout=10)
    await call.heard(1.0)
    timeline = await listening.stop_listening()
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    return sum(gap.length for gap in timeline.silence_gaps(OPERATOR)) * 1000


async def _return(room: ControlRoom, operator: Phone, polres: Phone, caller: Phone) -> float:
    """Milliseconds from the Polres's CANCEL to the later of the two hearing the other."""
    call, desk = await _talk(room, operator, caller)
    await desk.heard(0.3)
    sip = room.config.settings.sip
    handover = asyncio.create_task(desk.blind_transfer(f"sip:7101@{sip.host}:{sip.port}"))
    unit = await polres.incoming()
    listening = await call.start_listening()
    timed_out = await unit.wait_for(CallState.DISCONNECTED, timeout=10)
    back = await operator.incoming()
    at_desk = await back.start_listening()
    await back.wait_for_talk()
    await back.heard(0.5)
    heard = (await listening.stop_listening()).first_heard(OPERATOR, after=timed_out.at)
    answered = (await at_desk.stop_listening()).first_heard(CALLER)
    await asyncio.gather(handover, return_exceptions=True)
    await back.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    if heard is None or answered is None:
        raise AssertionError("they never heard each other")
    return (max(heard, answered) - timed_out.at) * 1000
