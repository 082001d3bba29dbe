"""*71 to *74 and *70: heard by the operator alone, journaled once, never in a caller's reach."""

import pytest

from ...control_room import ControlRoom
from ...phones.hearing import ONE_PACKET_S
from ...phones.phone import CallState
from ...phones.tones import TONES
from ..hearing import NO_WORD_S, in_talk, words_s
from ..scene import all_over, talk


@pytest.mark.parametrize(
    ("code", "verdict", "opens"),
    [
        ("*71", "valid", True),
        pytest.param("*72", "not-valid", False, marks=pytest.mark.slow),
        ("*73", "prank", False),
        pytest.param("*74", "silent", False, marks=pytest.mark.slow),
    ],
)
async def test_a_verdict_is_confirmed_to_the_operator_alone(
    room: ControlRoom, code: str, verdict: str, opens: bool
) -> None:
    """The talk is not interrupted, the caller hears no word, and only a valid call opens a case."""
    scene = await talk(room, polres=())
    await scene.key(code)
    given = await scene.story.told("VerdictGiven")
    assert (given.verdict, given.agent, given.implied) == (verdict, "1101", False)
    await scene.desk.heard(1.5)
    assert words_s(await scene.heard("operator")) > 0.15
    caller = await scene.heard("caller")
    assert words_s(caller) < NO_WORD_S
    # While keys are pressed the phone sends keys instead of sound: that is the longest pause.
    assert (
        sum(gap.length for gap in caller.silence_gaps(TONES["operator"], min_s=ONE_PACKET_S)) < 0.8
    )
    assert ("CaseOpened" in await scene.story.kinds()) is opens
    await scene.call.hangup()
    await all_over(scene.desk)


async def test_a_prank_caller_hears_the_closing_words(room: ControlRoom) -> None:
    """The operator hangs up after *73; the closing words follow, then the call ends (SOP S2 VII.f)."""
    scene = await talk(room, polres=())
    await scene.key("*73")
    await scene.story.told("VerdictGiven")
    await scene.desk.hangup()
    ended = (await scene.call.wait_for(CallState.DISCONNECTED, timeout=12)).at
    left = scene.desk.ended
    assert left is not None
    assert ended - left.at > 3
    assert words_s(await scene.heard("caller"), start=left.at + 0.3) > 2
    assert (await scene.story.told("CallEnded")).by == "agent"


async def test_the_operator_closes_the_case(room: ControlRoom) -> None:
    """*71, then *70: opened and closed once each."""
    scene = await talk(room, polres=())
    await scene.key("*71")
    await scene.story.told("CaseOpened")
    await scene.key("*70")
    closed = await scene.story.told("CaseClosed")
    assert closed.by == "1101"
    await scene.desk.hangup()
    await all_over(scene.call)


async def test_a_caller_s_own_keys_do_nothing(room: ControlRoom) -> None:
    """The codes are armed on the operator's leg alone: a caller can't judge or transfer himself."""
    scene = await talk(room)
    await scene.call.send_dtmf("*71")
    await scene.call.send_dtmf("*757101#")
    await scene.desk.heard(1.0)
    assert {"VerdictGiven", "TransferStarted"}.isdisjoint(await scene.story.kinds())
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.desk.hangup()
    await all_over(scene.call)
