"""What a phone says that it hears is what the PBX sent."""

import asyncio

import pytest

from ..observer import Observer
from ..phone import CallHandle, Media
from ..tones import PRESENT, TONES
from .conftest import Pair, PhoneMaker

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session")]

CALLER, OPERATOR = TONES["caller"], TONES["operator"]
PROMPT, MUSIC = TONES["prompt"], TONES["music"]
ABSENT = 0.005


async def test_both_sides_hear_each_other_and_nobody_else(talking: Pair) -> None:
    """Each phone hears the other's tone at its level, and all other tones below 0.005."""
    _, call, _, answered = talking
    for heard, expected in zip(
        await asyncio.gather(call.heard(), answered.heard()), (OPERATOR, CALLER), strict=True
    ):
        assert 0.2 < heard.pop(expected) < 0.27
        assert max(heard.values()) < ABSENT


async def test_a_phone_on_hold_hears_music_and_then_the_operator_again(talking: Pair) -> None:
    """Hold and its end are agreed with the PBX, and the sound follows."""
    _, call, _, answered = talking
    await answered.hold()
    held = await call.heard(0.2)
    assert held[OPERATOR] < ABSENT
    assert held[MUSIC] > PRESENT
    await answered.unhold()
    assert (await call.heard(0.2))[OPERATOR] > PRESENT
    assert answered.media is Media.ACTIVE


async def test_a_muted_phone_is_silent_but_still_there(talking: Pair) -> None:
    """Muting takes the tone away, packets go on, and unmuting brings the tone back."""
    _, call, _, answered = talking
    listening = await answered.start_listening()
    assert (await answered.heard(0.1))[CALLER] > PRESENT
    await call.mute()
    assert (await answered.heard(0.2))[CALLER] < ABSENT
    await call.unmute()
    assert (await answered.heard(0.2))[CALLER] > PRESENT
    timeline = await listening.stop_listening()
    (gap,) = timeline.silence_gaps(CALLER)
    assert 0.2 < gap.length < 0.4


async def test_a_gap_of_300_ms_is_measured_to_5_ms(make_phone: PhoneMaker) -> None:
    """A prompt with exactly 300 ms of silence in it has one gap of that length."""
    phone = await make_phone("caller", "201")
    call = await phone.dial("302")
    listening = await call.start_listening()
    await call.wait_for_talk()
    await _hear_for(call, 3.0)
    (gap,) = (await listening.stop_listening()).silence_gaps(PROMPT)
    assert gap.length == pytest.approx(0.3, abs=0.0055)


async def test_missing_packets_are_heard_as_a_gap(make_phone: PhoneMaker) -> None:
    """No concealment paints over 300 ms in which the PBX sends no packet at all."""
    phone = await make_phone("caller", "201")
    call = await phone.dial("303")
    listening = await call.start_listening()
    await call.wait_for_talk()
    await _hear_for(call, 3.0)
    (gap,) = (await listening.stop_listening()).silence_gaps(PROMPT)
    assert gap.length == pytest.approx(0.3, abs=0.03)


async def test_the_moment_of_a_sound_is_on_the_clock_of_the_observer(
    make_phone: PhoneMaker, observer: Observer
) -> None:
    """A prompt is heard at most 60 ms after the PBX said that it starts, and never before."""
    mark = observer.mark()
    phone = await make_phone("caller", "201")
    call = await phone.dial("302")
    listening = await call.start_listening()
    event = await observer.wait_for("UserEvent", after=mark)
    await _hear_for(call, 0.3)
    first = (await listening.stop_listening()).first_heard(PROMPT)
    assert first is not None
    assert -0.005 < first - event.at < 0.06


async def test_a_tone_is_heard_without_a_single_gap(talking: Pair) -> None:
    """Two seconds through the PBX, without one missing window."""
    _, call, _, _ = talking
    listening = await call.start_listening()
    await _hear_for(call, 2.0)
    timeline = await listening.stop_listening()
    assert timeline.silence_gaps(OPERATOR) == ()
    assert timeline.share(OPERATOR) > 0.97


async def _hear_for(call: CallHandle, seconds: float) -> None:
    """Let the phone itself count the time."""
    await call.heard(seconds)
