"""The SOP's scenarios, each played by real phones. A scenario raises when the call did not go as the SOP says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import permutations

from ..control_room import ControlRoom
from ..phones.phone import CallHandle, CallState, Phone
from ..phones.tones import PRESENT, TONES

NUMBER = "+6280000000110"
"""No subscriber's: Indonesian mobile numbers do not begin with 800 00."""


class NotAsTheSop(AssertionError):
    """The call did not go as the SOP says."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who is in the room."""

    room: ControlRoom
    operator: Phone
    polres: Phone
    caller: Phone
    start: int
    """The journal's last event before the scenario."""


Play = Callable[[Cast], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is played, and what it shows."""

    title: str
    play: Play


async def _in_talk(**calls: CallHandle) -> None:
    heard = await asyncio.gather(*(call.heard(0.3) for call in calls.values()))
    levels = dict(zip(calls, heard, strict=True))
    for one, other in permutations(calls, 2):
        if levels[one][TONES[other]] < PRESENT:
            raise NotAsTheSop(f"the {one} does not hear the {other}")


async def _talk(cast: Cast) -> tuple[CallHandle, CallHandle]:
    """A caller dials 110, and the operator answers."""
    call = await cast.room.dial_110(cast.caller, NUMBER)
    desk = await cast.operator.incoming(timeout=12)
    await desk.answer()
    await desk.wait_for_talk()
    await _in_talk(caller=call, operator=desk)
    return call, desk


async def _over(cast: Cast, *calls: CallHandle) -> None:
    for call in calls:
        if call.live:
            await call.hangup()
    await cast.room.wait_event("RecordingFinalised", after=cast.start)


async def polres_answers(cast: Cast) -> None:
    """Valid; the Polres answers; the operator leaves; the Polres closes the case."""
    call, desk = await _talk(cast)
    await desk.send_dtmf("*71")
    await cast.room.wait_event("VerdictGiven", after=cast.start)
    await desk.send_dtmf("*757101#")
    unit = await cast.polres.incoming()
    await unit.answer()
    await cast.room.wait_event("PolresAnswered", after=cast.start)
    await _in_talk(caller=call, operator=desk, polres=unit)
    await desk.hangup()
    await cast.room.wait_event("AgentLeft", after=cast.start)
    await _in_talk(caller=call, polres=unit)
    await unit.send_dtmf("*70")
    await cast.room.wait_event("CaseClosed", after=cast.start)
    await _over(cast, call)
    await unit.wait_for(CallState.DISCONNECTED)


async def polres_does_not_answer(cast: Cast) -> None:
    """Five seconds, then the operator has the caller as if nothing had been; the case is the Polres's."""
    call, desk = await _talk(cast)
    await desk.send_dtmf("*757101#")
    await cast.polres.incoming()
    await cast.room.wait_event("TransferReturned", after=cast.start)
    await _in_talk(caller=call, operator=desk)
    await _over(cast, desk)


async def polres_is_busy(cast: Cast) -> None:
    """A busy Polres is known at once: no waiting for the time-out."""
    call, desk = await _talk(cast)
    await desk.send_dtmf("*757101#")
    unit = await cast.polres.incoming()
    await unit.reject(486)
    returned = await cast.room.wait_event("TransferReturned", after=cast.start)
    if returned.event.data.reason != "busy":
        raise NotAsTheSop(f"returned as {returned.event.data.reason}")
    await _in_talk(caller=call, operator=desk)
    await _over(cast, desk)


async def blind_transfer_comes_back(cast: Cast) -> None:
    """The phone's own transfer, not answered: the same operator has the caller back."""
    call, desk = await _talk(cast)
    sip = cast.room.config.settings.sip
    handover = asyncio.create_task(desk.blind_transfer(f"sip:7101@{sip.host}:{sip.port}"))
    await cast.polres.incoming()
    back = await cast.operator.incoming(timeout=8)
    await back.wait_for_talk()
    await _in_talk(caller=call, operator=back)
    await asyncio.gather(handover, return_exceptions=True)
    await _over(cast, back)


async def prank(cast: Cast) -> None:
    """Prank: the operator hangs up, the caller hears the closing words."""
    call, desk = await _talk(cast)
    await desk.send_dtmf("*73")
    await cast.room.wait_event("VerdictGiven", after=cast.start)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED, timeout=15)
    await _over(cast)


async def blocked(cast: Cast) -> None:
    """A blocked number hears how to ask for verification, presses nothing, and is rejected unanswered."""
    from cc110 import app

    async with app.open_desk(cast.room.config) as desk:
        await desk.block(NUMBER, until=0, reason="demo", by="demo")
        await asyncio.sleep(0.5)
        call = await cast.room.dial_110(cast.caller, NUMBER)
        ended = await call.wait_for(CallState.DISCONNECTED, timeout=15)
        await desk.unblock(NUMBER, reason="demo", by="demo")
    if ended.code != 403:
        raise NotAsTheSop(f"the blocked caller got {ended.code}")
    await cast.room.wait_event("CallRejected", after=cast.start)


async def daemon_dies(cast: Cast) -> None:
    """The daemon is killed in the middle of a call: nobody notices; after its return it knows again."""
    call, desk = await _talk(cast)
    await cast.room.daemon.kill()
    await desk.send_dtmf("*757101#")
    unit = await cast.polres.incoming()
    await unit.answer()
    await unit.wait_for_talk()
    await _in_talk(caller=call, operator=desk, polres=unit)
    await cast.room.daemon.start()
    await cast.room.wait_event("PolresAnswered", after=cast.start)
    await desk.hangup()
    await _in_talk(caller=call, polres=unit)
    await _over(cast, call)
    await unit.wait_for(CallState.DISCONNECTED)


SCENARIOS = (
    Scenario(title="Pengaduan sah, Polres menjawab", play=polres_answers),
    Scenario(title="Polres tidak menjawab dalam 5 detik", play=polres_does_not_answer),
    Scenario(title="Polres sibuk", play=polres_is_busy),
    Scenario(
        title="Transfer dari tombol telepon, kembali ke operator", play=blind_transfer_comes_back
    ),
    Scenario(title="Panggilan prank", play=prank),
    Scenario(title="Nomor terblokir", play=blocked),
    Scenario(title="Daemon mati di tengah panggilan", play=daemon_dies),
)
