"""A supervisor's codes: *81 listens, *82 whispers, *83 joins, *84 takes over; and nobody else's.

Who hears whom is measured by tones. Taking over is make before break: the operator leaves when the supervisor is in
the talk, and if he never comes in, the operator keeps his caller.
"""

import asyncio
from functools import partial

import pytest

from ...control_room import ControlRoom
from ...phones.hearing import ONE_PACKET_S
from ...phones.phone import CallHandle, CallState, Phone
from ...phones.tones import PRESENT, TONES, windows
from ..hearing import in_talk, words_s
from ..recorded import closed_recording, stretches
from ..scene import Scene, all_over, log_in, talk

CALLER, OPERATOR, SUPERVISOR = TONES["caller"], TONES["operator"], TONES["supervisor"]


async def comes(scene: Scene, phone: Phone, code: str) -> CallHandle:
    """A supervisor who has keyed a code for operator 1101 and is let in; his ear is open."""
    call = await phone.dial(f"{code}1101")
    await call.wait_for_talk()
    await scene.listen(**{f"supervisor{len(phone.calls)}": call})
    return call


def modes(told: list[object]) -> list[tuple[str, str]]:
    """What the journal tells of supervisors."""
    return [(one.mode, one.step) for one in told]  # type: ignore[attr-defined]


async def supervised(scene: Scene) -> list[tuple[str, str]]:
    """The same, of this call."""
    return modes([one.data for one in await scene.story.events() if one.type == "CallSupervised"])


@pytest.mark.parametrize("daemon", [pytest.param("with", marks=pytest.mark.slow), "without"])
async def test_a_supervisor_listens_and_whispers_and_the_caller_hears_nothing_of_it(
    room: ControlRoom, daemon: str
) -> None:
    """*81: he hears both, nobody hears him. *82: the operator hears him. A word tells the operator alone."""
    scene = await talk(room, polres=())
    if daemon == "without":
        await room.daemon.kill()
    mabes, padal = await room.phone("1901", "supervisor"), await room.phone("1105", "supervisor")
    listener = await comes(scene, mabes, "*81")
    await listener.wait_to_hear(CALLER, OPERATOR)
    mark = room.observer.mark()
    await listener.hangup()
    await room.observer.wait_for(
        "UserEvent",
        lambda it: it["Fact"] == "supervised" and it["Data"].endswith("step=ended"),
        after=mark,
    )
    whisperer = await comes(scene, padal, "*82")
    await asyncio.gather(
        whisperer.wait_to_hear(CALLER, OPERATOR), scene.desk.wait_to_hear(SUPERVISOR, CALLER)
    )
    await scene.desk.heard(1.0)  # the word is said to its end
    await scene.desk.hangup()
    await all_over(scene.call, whisperer)
    caller, operator = await scene.heard("caller"), await scene.heard("operator")
    assert max(caller.windows(SUPERVISOR).levels[SUPERVISOR]) < PRESENT
    assert words_s(operator) > 0.5
    assert words_s(caller, start=operator.start + 0.5) < 0.2
    if daemon == "without":
        await room.daemon.start()
    await scene.story.told("RecordingFinalised", timeout=15)
    assert await supervised(scene) == [
        ("listen", "began"),
        ("listen", "ended"),
        ("whisper", "began"),
        ("whisper", "ended"),
    ]
    file = await closed_recording(room, (await scene.story.told("RecordingStarted")).path)
    kept = windows(file, (OPERATOR, SUPERVISOR))
    assert kept.present(OPERATOR).any()
    assert not kept.present(SUPERVISOR).any()


async def test_a_supervisor_joins_and_leaves_and_the_operator_stays(room: ControlRoom) -> None:
    """*83: all three talk. He leaves: the talk goes on."""
    scene = await talk(room, polres=())
    padal = await comes(scene, await room.phone("1901", "supervisor"), "*83")
    assert await in_talk(caller=scene.call, operator=scene.desk, supervisor=padal)
    await padal.hangup()
    await scene.story.told("AgentLeft", where=lambda data: data.agent == "1901")
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)
    assert await supervised(scene) == [("join", "began"), ("join", "ended")]


async def test_a_supervisor_who_joined_has_the_caller_when_the_operator_leaves(
    room: ControlRoom,
) -> None:
    """They go on, and his hanging up is the call's end; all of it is recorded."""
    scene = await talk(room, polres=())
    padal = await comes(scene, await room.phone("1901", "supervisor"), "*83")
    assert await in_talk(caller=scene.call, operator=scene.desk, supervisor=padal)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft", where=lambda data: data.agent == "1101")
    assert await in_talk(caller=scene.call, supervisor=padal)
    await padal.hangup()
    await all_over(scene.call)
    await scene.story.told("RecordingFinalised")
    assert {"caller", "operator", "supervisor"} <= set(await scene.recorded())


async def test_a_supervisor_takes_over_and_nobody_is_cut(room: ControlRoom) -> None:
    """*84: he is in the talk before the operator is out; then the codes are his, and the caller's end ends him."""
    scene = await talk(room)
    padal = await comes(scene, await room.phone("1901", "supervisor"), "*84")
    await all_over(scene.desk, timeout=5)
    assert await in_talk(caller=scene.call, supervisor=padal)
    left = scene.desk.ended
    assert left
    heard = await scene.heard("caller")
    joined = heard.first_heard(SUPERVISOR)
    assert joined
    assert joined < left.at
    assert heard.silence_gaps(OPERATOR, end=left.at - 0.1, min_s=3 * ONE_PACKET_S) == ()
    await padal.send_dtmf("*71", duration_s=0.08)
    verdict = await scene.story.told("VerdictGiven")
    assert (verdict.agent, verdict.verdict) == ("1901", "valid")
    await padal.send_dtmf("*757101#", duration_s=0.08)
    unit = await scene.polres_answers()
    assert await in_talk(caller=scene.call, supervisor=padal, polres=unit)
    await scene.call.hangup()
    await all_over(padal, unit)
    await scene.story.told("RecordingFinalised")
    assert await supervised(scene) == [("take-over", "began"), ("take-over", "ended")]


async def test_a_supervisor_s_phone_that_dies_sends_the_caller_to_the_front(
    room: ControlRoom,
) -> None:
    """He has taken over and his phone is gone: the caller is served by the next operator."""
    scene = await talk(room, polres=())
    phone = await room.phone("1901", "supervisor")
    call = await phone.dial("*841101")
    await call.wait_for_talk()
    await all_over(scene.desk, timeout=5)
    await in_talk(caller=scene.call, supervisor=call)
    await log_in(room, "1102")
    other = await room.phone("1102", "second_operator")
    await phone.kill()
    desk = await other.incoming(timeout=15)
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=scene.call, second_operator=desk)
    await desk.hangup()
    await all_over(scene.call)


async def test_a_supervisor_who_is_gone_before_he_is_in_leaves_all_as_it_was(
    room: ControlRoom,
) -> None:
    """He hangs up as he comes in after *84: the operator keeps his caller."""
    scene = await talk(room, polres=())
    phone, mark = await room.phone("1901", "supervisor"), room.observer.mark()
    call = await phone.dial("*841101")
    await room.observer.wait_for(
        "UserEvent", lambda one: one.get("Data") == "agent=1901", after=mark, timeout=5
    )
    await call.hangup()
    await scene.desk.heard(1.0)
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)


async def refused(room: ControlRoom, phone: Phone, code: str) -> None:
    """He hears why, and nothing of the call."""
    call = await phone.dial(code)
    await call.wait_for_talk()
    ear = await call.start_listening()
    await call.wait_for(CallState.DISCONNECTED, timeout=6)
    heard = await ear.stop_listening()
    assert words_s(heard) > 0.3
    assert stretches(heard, "caller") == stretches(heard, "operator") == []


async def test_x5_nobody_else_supervises(room: ControlRoom) -> None:
    """An operator, another Polda's supervisor, himself; a Polres and the trunk have no such code."""
    scene = await talk(room, polres=())
    tried = {
        "1102": "*811101",
        "1203": "*841101",
        "1902": "*831101",
        "1105": "*821105",
        "1901": "*811201",  # his own, and in no call
        "1104": "*819999",
    }
    phones = await asyncio.gather(*(room.phone(who, "second_operator") for who in tried))
    await asyncio.gather(*map(partial(refused, room), phones, tried.values()))
    polres = await room.phone("7101", "polres")
    for phone in (polres, await room.caller("prompt")):
        sip = room.config.settings.sip
        call = await phone.dial(f"sip:*811101@{sip.host}:{sip.port}")
        ended = await call.wait_for(CallState.DISCONNECTED)
        assert ended.code == 404
    assert await in_talk(caller=scene.call, operator=scene.desk)
    assert await supervised(scene) == []
    await scene.desk.hangup()
    await all_over(scene.call)
