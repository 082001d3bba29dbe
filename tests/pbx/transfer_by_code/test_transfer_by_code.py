"""*71, then *75: the operator brings a Polres into the call, make before break (SOP S1.4 to S1.11)."""

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ...phones.tones import TONES, coverage
from ..hearing import in_talk

OPERATOR, POLRES, CALLER = TONES["operator"], TONES["polres"], TONES["caller"]


async def test_polres_answers_and_takes_the_call(room: ControlRoom) -> None:
    """All three talk; the operator leaves; caller and Polres go on; one recording holds it all."""
    start = await room.last_seq()
    operator, polres, caller = await room.operator(), await room.polres(), await room.caller()
    call = await room.dial_110(caller)
    desk = await operator.incoming(timeout=12)
    await desk.answer()
    await desk.wait_for_talk()
    await desk.send_dtmf("*71")
    await room.wait_event("VerdictGiven", after=start)
    await desk.send_dtmf("*757101#")
    unit = await polres.incoming()
    await unit.answer()
    await room.wait_event("PolresAnswered", after=start)
    assert await in_talk(caller=call, operator=desk, polres=unit)
    await desk.hangup()
    await room.wait_event("AgentLeft", after=start)
    assert await in_talk(caller=call, polres=unit)
    await call.hangup()
    await unit.wait_for(CallState.DISCONNECTED)
    done = await room.wait_event("RecordingFinalised", after=start)
    path = room.recordings / done.event.data.path
    assert coverage(path, CALLER, 4.0, done.event.data.seconds - 0.5) > 0.9
