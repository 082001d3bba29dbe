"""Transfers by the phone's own buttons."""

import asyncio

import pytest

from ..phone import CallHandle, CallState
from ..tones import PRESENT, TONES
from .conftest import Pair, PhoneMaker
from .pbx import SIP_PORT

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session")]

CALLER, POLRES = TONES["caller"], TONES["polres"]


async def test_a_blind_transfer_brings_caller_and_polres_together(
    talking: Pair, make_phone: PhoneMaker
) -> None:
    """After the REFER the operator is out and the other two hear each other."""
    _, call, _, answered = talking
    polres = await make_phone("polres", "203", auto_answer=0)
    outcome = await answered.blind_transfer(f"sip:203@127.0.0.1:{SIP_PORT}")
    assert outcome.code == 200
    await answered.wait_for(CallState.DISCONNECTED)
    joined = await polres.incoming()
    await joined.wait_for_talk()
    await _hear_each_other(call, joined)


async def test_a_blind_transfer_to_nobody_is_reported(talking: Pair) -> None:
    """The final status of a transfer that fails reaches the phone."""
    _, _, _, answered = talking
    outcome = await answered.blind_transfer(f"sip:999@127.0.0.1:{SIP_PORT}")
    assert outcome.code == 404


async def test_an_attended_transfer_joins_both_calls_of_the_operator(
    talking: Pair, make_phone: PhoneMaker
) -> None:
    """The operator asks the Polres first, then leaves the two alone."""
    _, call, operator, answered = talking
    polres = await make_phone("polres", "203", auto_answer=0)
    await answered.hold()
    question = await operator.dial("203")
    await question.wait_for_talk()
    asked = await polres.incoming()
    assert (await asked.heard(0.2))[operator.tone_hz] > PRESENT
    outcome = await answered.attended_transfer(question)
    assert outcome.code == 200
    await asyncio.gather(
        answered.wait_for(CallState.DISCONNECTED), question.wait_for(CallState.DISCONNECTED)
    )
    await _hear_each_other(call, asked)


async def _hear_each_other(call: CallHandle, joined: CallHandle) -> None:
    """Both sides hear the other's tone before long."""
    await asyncio.gather(call.wait_to_hear(POLRES), joined.wait_to_hear(CALLER))
