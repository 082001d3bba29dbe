"""SOP S1.4 to S1.11: *71 judges the complaint valid, *75 brings the Polres in while the talk goes on.

Make before break: caller and operator talk on while the Polres rings, so a Polres that does not
answer leaves nothing to undo. Reliability T1 (pull-back), T3 (every way not to answer), R1 (all of
it recorded).
"""

from ...control_room import ControlRoom
from ...phones.hearing import ONE_PACKET_S
from ...phones.phone import CallState
from ...phones.tones import TONES
from ..hearing import in_talk, words_s
from ..scene import all_over, talk

OPERATOR, POLRES, CALLER = TONES["operator"], TONES["polres"], TONES["caller"]


async def test_polres_answers_and_takes_the_call(room: ControlRoom) -> None:
    """All three talk; the operator leaves; caller and Polres go on; one recording holds it all."""
    scene = await talk(room)
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
    assert await scene.story.kinds(since="AgentAnswered") == [
        "AgentAnswered",
        "VerdictGiven",
        "CaseOpened",
        "TransferStarted",
        "PolresRang",
        "PolresAnswered",
        "CaseUpdated",
        "AgentLeft",
        "CallEnded",
        "PolresLeft",
        "RecordingFinalised",
    ]
    assert set(await scene.recorded()) == {"caller", "operator", "polres"}
