"""The signal steps behind `make prompts`, measured on tones."""

from pathlib import Path

import numpy as np
import pytest

from promptmaker.audio import (
    PEAK,
    RATE,
    Signal,
    even,
    normalise,
    read_wav,
    tighten,
    to_phone,
    write_wav,
)
from promptmaker.tones import beep, hold_music, wait_music


def tone(hz: float, seconds: float = 0.5, rate: int = RATE) -> Signal:
    """A sine of full scale."""
    samples: Signal = np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    return samples


def level(signal: Signal) -> float:
    """Decibels of the middle half, 0 for a sine of full scale."""
    middle = signal[len(signal) // 4 : -len(signal) // 4]
    return float(10 * np.log10(2 * np.mean(np.square(middle)) + 1e-12))


def pitch(signal: Signal) -> float:
    """The strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    return float(np.argmax(spectrum) * RATE / len(signal))


@pytest.mark.parametrize("rate", [22050, 16000, 44100, 48000, 8000])
def test_a_tone_keeps_its_pitch_length_and_level(rate: int) -> None:
    """Whatever rate the voice speaks at."""
    heard = to_phone(tone(1000, rate=rate), rate)
    assert len(heard) == RATE // 2
    assert pitch(heard) == pytest.approx(1000, abs=2)
    assert level(heard) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("hz", [3900, 4200, 5000, 7000, 10000])
def test_what_8_khz_can_not_carry_does_not_fold_back(hz: float) -> None:
    """An alias would be heard as a whistle."""
    assert level(to_phone(tone(hz, rate=22050), 22050)) < -60


@pytest.mark.parametrize(("hz", "low", "high"), [(50, -60, -20), (300, -1, 1), (2400, 2, 4)])
def test_the_telephone_band_is_shaped_gently(hz: float, low: float, high: float) -> None:
    """Hum out, voice as it is, consonants up."""
    assert low < level(to_phone(tone(hz, rate=22050), 22050)) < high


def test_silence_around_the_words_goes() -> None:
    """No time is lost before the first word; the last one is not cut into."""
    quiet = np.zeros(RATE)
    heard = tighten(np.concatenate([quiet, tone(500, 0.3), quiet]), 0.2)
    assert len(heard) / RATE == pytest.approx(0.3 + 0.06, abs=0.011)
    assert np.flatnonzero(np.abs(heard) > 0.1)[0] < 0.030 * RATE


def test_a_pause_is_shortened_and_a_shorter_one_is_kept() -> None:
    """Words keep their distance up to the limit."""
    words = [tone(500, 0.2), np.zeros(RATE // 2), tone(500, 0.2), np.zeros(400), tone(500, 0.2)]
    heard = tighten(np.concatenate(words), 0.1)
    assert len(heard) / RATE == pytest.approx(0.6 + 0.1 + 0.05 + 0.06, abs=0.021)


def test_silence_alone_leaves_nothing() -> None:
    """So that a voice that said nothing is noticed."""
    assert not len(tighten(np.zeros(RATE), 0.1))


def test_a_soft_syllable_is_lifted_by_at_most_six_decibels() -> None:
    """Audible in the street, and still speech."""
    evened = even(np.concatenate([tone(500), 0.05 * tone(500)]))
    lift = level(evened[RATE // 2 :]) - level(0.05 * tone(500))
    assert 5 < lift < 6.1
    assert level(evened[: RATE // 2]) == pytest.approx(0, abs=0.3)


def test_the_peak_is_at_minus_three_decibels() -> None:
    """Room for the companding of G.711."""
    assert np.max(np.abs(normalise(0.1 * tone(500)))) == pytest.approx(PEAK)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """At 8 kHz, within one step of 16 bits."""
    write_wav(tmp_path / "new" / "a.wav", 0.5 * tone(500))
    signal, rate = read_wav(tmp_path / "new" / "a.wav")
    assert rate == RATE
    assert np.max(np.abs(signal - 0.5 * tone(500))) < 1 / 16000


def test_the_beep_is_150_ms_of_1_khz() -> None:
    """Short enough to be heard between two words."""
    sounding = beep()[: int(0.15 * RATE)]
    assert pitch(sounding) == pytest.approx(1000, abs=10)
    assert np.max(np.abs(sounding)) == pytest.approx(10 ** (-12 / 20))
    assert not beep()[len(sounding) :].any()


def test_every_recording_ends_in_the_silence_that_asterisk_cuts_off() -> None:
    """Its format_wav leaves out as many bytes at the end as the header has: 22 samples."""
    for signal in (beep(), wait_music(), hold_music([]), tighten(tone(500), 0.1)):
        assert not signal[-22:].any()


@pytest.mark.parametrize(
    ("loop", "peak", "step"),
    [(wait_music(), 0.11, 0.08), (hold_music([tone(500, 1.0), tone(500, 0.8)]), 0.36, 0.3)],
    ids=["wait", "hold"],
)
def test_music_on_hold_is_low_mostly_quiet_and_joins_without_a_click(
    loop: Signal, peak: float, step: float
) -> None:
    """A frightened caller may hear it for minutes."""
    assert len(loop) == 9 * RATE
    assert np.max(np.abs(loop)) < peak
    assert abs(loop[0] - loop[-1]) < 0.001
    assert np.max(np.abs(np.diff(loop))) < step
    frames = np.abs(loop.reshape(-1, RATE // 10)).max(axis=1)
    assert np.mean(frames < 0.01) > 0.3


def test_the_caller_who_waits_hears_something_at_least_every_few_seconds() -> None:
    """So that he knows the line is not dead."""
    for loop in (wait_music(), hold_music([tone(500, 1.0)])):
        heard = np.flatnonzero(np.abs(np.concatenate([loop, loop])) > 0.01)
        assert np.max(np.diff(heard)) < 3.5 * RATE


def test_too_long_a_recording_does_not_break_music_on_hold() -> None:
    """The manifest's limit is told by the reader, not by a traceback here."""
    assert len(hold_music([tone(500, 20.0)])) == 9 * RATE
