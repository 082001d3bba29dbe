"""SOP S1.4 to S1.11: *71 judges the complaint valid, *75 brings the Polres in while the talk goes on.

Make before break: caller and operator talk on while the Polres rings, so a Polres that does not
answer leaves nothing to undo. Reliability T1 (pull-back), T3 (every way not to answer), R1 (all of
it recorded).
"""

from ...control_room import ControlRoom
from ...phones.hearing import ONE_PACKET_S
from ...phones.phone import CallState
from ...phones.tones import TONES
from ..hearing import NO_WORD_S, in_talk, words_s
from ..scene import all_over, talk

OPERATOR, POLRES, CALLER = TONES["operator"], TONES["polres"], TONES["caller"]


async def test_polres_answers_and_takes_the_call(room: ControlRoom) -> None:
    """All three talk; the operator leaves; caller and Polres go on; one recording holds it all."""
    scene = await talk(room)
    await scene.call.heard(0.8)
    await scene.key("*71")
    await scene.story.told("VerdictGiven", where=lambda data: not data.implied)
    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, operator=scene.desk, polres=unit)
    await scene.desk.hangup()
    await scene.story.told("AgentLeft")
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.call.hangup()
    await all_over(unit)
    await scene.story.told("RecordingFinalised")
    told = [one for one in await scene.story.kinds(since="AgentAnswered") if one != "PolresLeft"]
    assert told == [
        "AgentAnswered",
        "VerdictGiven",
        "CaseOpened",
        "TransferStarted",
        "PolresRang",
        "PolresAnswered",
        "CaseUpdated",
        "AgentLeft",
        "CallEnded",
        "RecordingFinalised",
    ]
    assert set(await scene.recorded()) == {"caller", "operator", "polres"}


async def test_t1_a_polres_that_does_not_answer_leaves_nothing_to_undo(room: ControlRoom) -> None:
    """Five seconds; the caller hears the operator throughout, and the operator alone hears the word."""
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    rang = (await unit.wait_for(CallState.EARLY)).at
    await scene.call.heard(0.3)
    stopped = (await unit.wait_for(CallState.DISCONNECTED, timeout=8)).at
    assert 4.7 < stopped - rang < 5.3
    returned = await scene.story.told("TransferReturned")
    assert (returned.reason, returned.agent) == ("no-answer", "1101")
    await scene.desk.heard(2.0)
    caller, operator = await scene.heard("caller"), await scene.heard("operator")
    after = rang + 0.3
    assert caller.silence_gaps(OPERATOR, start=after, min_s=ONE_PACKET_S) == ()
    assert words_s(caller, start=after) < NO_WORD_S
    assert words_s(operator, start=stopped) > 0.3
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_t3_a_busy_polres_is_known_at_once(room: ControlRoom) -> None:
    """486 does not wait for the time-out, and the case is the Polres's open work."""
    scene = await talk(room)
    await scene.key("*757101#")
    unit = await scene.polres[0].incoming()
    await unit.reject(486)
    returned = await scene.story.told("TransferReturned", timeout=1)
    assert returned.reason == "busy"
    handed = await scene.story.told("CaseUpdated")
    assert handed.owner.endswith("7101")
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_t3_a_polres_without_a_phone_is_known_at_once(room: ControlRoom) -> None:
    """A desk that is not registered does not ring for five seconds."""
    scene = await talk(room, polres=())
    await scene.key("*757102#")
    returned = await scene.story.told("TransferReturned", timeout=2)
    assert returned.reason == "unavailable"
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_an_extension_that_is_no_polres_is_refused(room: ControlRoom) -> None:
    """The operator hears so; nobody is called."""
    scene = await talk(room, polres=())
    await scene.key("*759999#")
    await scene.desk.heard(2.5)
    assert words_s(await scene.heard("operator")) > 0.3
    assert "TransferStarted" not in await scene.story.kinds()
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)
