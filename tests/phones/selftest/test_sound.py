"""What a phone says that it hears is what the PBX sent."""

import asyncio
import re
import time

import pytest

from ..hearing import HearingTimeline
from ..observer import Observer
from ..phone import Media
from ..tones import PRESENT, TONES
from .conftest import Pair, PhoneMaker
from .pbx import SelftestPbx

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


async def test_whoever_waits_to_hear_a_tone_waits_no_longer_than_that(talking: Pair) -> None:
    """The tone that is there is heard at once, the one that is not runs into the limit."""
    _, call, _, _ = talking
    await call.wait_to_hear(OPERATOR)
    with pytest.raises(TimeoutError, match=f"{TONES['polres']}: 0.0"):
        await call.wait_to_hear(OPERATOR, TONES["polres"], timeout=0.2)


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


async def test_a_muted_phone_is_silent_but_its_packets_go_on(
    talking: Pair, observer: Observer
) -> None:
    """Muting takes the tone away, as from a caller who says nothing; unmuting brings it back."""
    _, call, _, answered = talking
    listening = await answered.start_listening()
    await answered.heard(0.1)
    await call.mute()
    before = await _packets_from("201", observer)
    await answered.heard(0.3)
    assert await _packets_from("201", observer) - before >= 13
    await call.unmute()
    await answered.heard(0.2)
    (gap,) = (await listening.stop_listening()).silence_gaps(CALLER)
    assert gap.missing > 0.2


async def _packets_from(user: str, observer: Observer) -> int:
    """How many RTP packets the PBX has received from a phone."""
    statistics = await observer.command("pjsip show channelstats")
    found = re.search(rf"{user}-\S+\s+\S+\s+alaw\s+(\d+)", statistics)
    assert found, statistics
    return int(found.group(1))


async def test_a_gap_of_300_ms_is_measured_to_5_ms(make_phone: PhoneMaker) -> None:
    """A prompt with exactly 300 ms of silence in it has one gap of that length.

    Three phones listen at once, for a busy machine may be late for one of them.
    """
    lengths = [_only_gap(heard) for heard in await _listen_thrice(make_phone, "302", 1.7)]
    assert sorted(lengths)[1] == pytest.approx(0.3, abs=0.0055)


async def test_missing_packets_are_heard_as_a_gap(make_phone: PhoneMaker) -> None:
    """No concealment paints over 300 ms in which the PBX sends no packet at all.

    It would take some 35 ms off the gap.
    """
    lengths = [_only_gap(heard) for heard in await _listen_thrice(make_phone, "303", 1.7)]
    assert 0.29 < sorted(lengths)[1] < 0.335


@pytest.mark.alone  # a witness who waits for the processor tells of an event too late
async def test_the_moment_of_a_sound_is_on_the_clock_of_the_observer(
    make_phone: PhoneMaker, observer: Observer
) -> None:
    """A prompt is heard at most 60 ms after the PBX said that it starts, and never before, but for what
    the event itself took to come."""
    mark = observer.mark()
    heard = await _listen_thrice(make_phone, "302", 0.6)
    events = observer.events("UserEvent", after=mark)
    started = {e["CallerIDNum"]: e.at for e in events}
    firsts = [timeline.first_heard(PROMPT) for timeline in heard]
    delays = [at - started[f"20{n + 1}"] for n, at in enumerate(firsts) if at is not None]
    assert len(delays) == 3
    assert -0.01 < min(delays) < 0.06


async def test_a_tone_is_heard_without_a_gap(talking: Pair) -> None:
    """Two seconds through the PBX, without a silence of more than one late packet."""
    _, call, _, _ = talking
    listening = await call.start_listening()
    await call.heard(2.0)
    timeline = await listening.stop_listening()
    assert sum(gap.length for gap in timeline.silence_gaps(OPERATOR)) < 0.05
    assert timeline.share(OPERATOR) > 0.95


@pytest.mark.alone  # a machine that stands still is late as well
async def test_late_packets_are_told_from_missing_ones(talking: Pair, pbx: SelftestPbx) -> None:
    """A PBX that stands still for 90 ms is late; one whose phone falls silent is not."""
    _, call, _, answered = talking
    listening = await call.start_listening()
    await call.heard(0.3)
    pbx.pause(0.09)
    await call.heard(0.3)
    frozen = await listening.stop_listening()
    assert max(gap.late for gap in frozen.every_gap(OPERATOR)) > 0.03
    assert frozen.longest_gap(OPERATOR) == 0
    listening = await call.start_listening()
    await call.heard(0.1)
    await answered.mute()
    await call.heard(0.1)
    await answered.unmute()
    await call.heard(0.1)
    muted = await listening.stop_listening()
    assert muted.longest_gap(OPERATOR) > 0.08


async def test_what_was_late_once_is_not_heard_late_again(talking: Pair, pbx: SelftestPbx) -> None:
    """The buffer keeps what a standstill of 90 ms put into it, so one of 60 ms leaves no gap."""
    _, call, _, _ = talking
    listening = await call.start_listening()
    await call.heard(0.1)
    pbx.pause(0.09)
    await call.heard(3.0)
    pbx.pause(0.06)
    await call.heard(0.3)
    timeline = await listening.stop_listening()
    soon, late = (_fullest(timeline, at) for at in (timeline.start + 0.5, timeline.end - 0.6))
    assert soon > 0.05
    assert late > soon - 0.025
    second = timeline.every_gap(OPERATOR, start=timeline.end - 0.4)
    assert sum(gap.length for gap in second) < 0.045


async def test_a_full_buffer_does_not_shift_the_moments(talking: Pair, pbx: SelftestPbx) -> None:
    """What comes after a standstill of 90 ms is heard later but keeps the time of its arrival."""
    _, call, _, answered = talking
    listening = await call.start_listening()
    await call.heard(0.1)
    pbx.pause(0.09)
    await answered.mute()
    await call.heard(0.3)
    before = time.monotonic()
    await answered.unmute()
    await call.heard(0.4)
    timeline = await listening.stop_listening()
    assert _fullest(timeline, timeline.end - 0.3) > 0.05
    first = timeline.first_heard(OPERATOR, after=before)
    assert first is not None
    assert -0.025 < first - before < 0.08


def _fullest(timeline: HearingTimeline, at: float) -> float:
    """The fullest that the buffer was in 300 ms."""
    return max(timeline.buffered(at + step / 25) for step in range(8))


async def _listen_thrice(
    make_phone: PhoneMaker, extension: str, seconds: float
) -> list[HearingTimeline]:
    """What three phones hear that call the same extension at the same time."""

    async def listen(user: str) -> HearingTimeline:
        phone = await make_phone("caller", user)
        call = await phone.dial(extension)
        listening = await call.start_listening()
        await call.wait_for_talk()
        await call.heard(seconds)
        return await listening.stop_listening()

    return list(await asyncio.gather(*(listen(user) for user in ("201", "202", "203"))))


def _only_gap(heard: HearingTimeline) -> float:
    """The length of the one long silence."""
    (gap,) = heard.silence_gaps(PROMPT, min_s=0.2)
    return gap.length
