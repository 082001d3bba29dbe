"""The measuring itself, on sound whose content is known."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ..hearing import HearingTimeline
from ..tones import (
    PRESENT,
    TONES,
    Samples,
    alaw_tone,
    analyse,
    coverage,
    level,
    read_wav,
    windows,
    write_tone,
)

A, B = TONES["caller"], TONES["operator"]


def timeline(path: Path, start: float = 100.0) -> HearingTimeline:
    """A file as if a phone had heard it."""
    return HearingTimeline(start=start, samples=read_wav(path)[0], late_s=0)


def test_named_tones_do_not_disturb_each_other() -> None:
    """Multiples of 100 Hz, none a harmonic of another, at least 200 Hz apart."""
    for low, high in combinations(sorted(TONES.values()), 2):
        assert low % 100 == high % 100 == 0
        assert high % low != 0
        assert high - low >= 200


def test_a_tone_reads_its_amplitude_and_no_other_reads_anything(tmp_path: Path) -> None:
    """An amplitude of 0.25 reads 0.25 and every other named tone nothing."""
    write_tone(tmp_path / "a.wav", [(A, 1000)])
    samples, rate = read_wav(tmp_path / "a.wav")
    assert level(samples, A, rate) == pytest.approx(0.25, abs=0.001)
    found = analyse(samples, TONES.values())
    assert np.allclose(found.levels[A], 0.25, atol=0.001)
    assert all(np.max(found.levels[f]) < 0.001 for f in TONES.values() if f != A)


def test_a_change_of_speaker_leaves_no_third_voice(tmp_path: Path) -> None:
    """A tone that stops within a window does not make another one appear."""
    write_tone(tmp_path / "a.wav", [(A, 507), (B, 513)])
    found = windows(tmp_path / "a.wav", TONES.values(), hop_s=0.001)
    for frequency in TONES.values():
        if frequency not in (A, B):
            assert np.max(found.levels[frequency]) < PRESENT / 2


def test_coverage_is_the_share_of_windows_with_the_tone(tmp_path: Path) -> None:
    """A quarter of silence leaves three quarters; spans and ends are respected."""
    path = tmp_path / "a.wav"
    write_tone(path, [(A, 1000), (0, 500), (A, 500)])
    assert coverage(path, A) == pytest.approx(0.75, abs=0.011)
    assert coverage(path, A, 0, 1.0) == 1.0
    assert coverage(path, A, 1.02, 1.48) == 0.0
    assert coverage(path, B) == 0.0
    assert coverage(path, A, 0, 4.0) == pytest.approx(0.375, abs=0.011)
    with pytest.raises(ValueError, match="shorter"):
        coverage(path, A, 1.0, 1.0)


def test_a_recording_whose_header_was_never_completed_is_read(tmp_path: Path) -> None:
    """After a crash the header says 0 samples; the sound behind it counts."""
    path = tmp_path / "a.wav"
    write_tone(path, [(A, 400)])
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    path.write_bytes(data)
    assert coverage(path, A, 0, 0.4) == 1.0


@pytest.mark.parametrize("milliseconds", [20, 50, 100, 300])
def test_gaps_are_found_where_they_are(tmp_path: Path, milliseconds: int) -> None:
    """Begin and length of a silence are right to 5 ms, down to one packet."""
    write_tone(tmp_path / "a.wav", [(A, 500), (0, milliseconds), (A, 500)])
    heard = timeline(tmp_path / "a.wav")
    (gap,) = heard.every_gap(A)
    assert heard.silence_gaps(A) == (() if milliseconds == 20 else (gap,))
    assert gap.start == pytest.approx(100.5, abs=0.0051)
    assert gap.length == pytest.approx(milliseconds / 1000, abs=0.0051)


def test_a_caller_who_hears_one_after_the_other_has_no_silence(tmp_path: Path) -> None:
    """Silence of several tones is where none of them is heard."""
    write_tone(tmp_path / "a.wav", [(A, 300), (B, 300), (A, 300)])
    heard = timeline(tmp_path / "a.wav")
    assert heard.silence_gaps(A, B) == ()
    assert heard.silence_gaps() == ()
    assert heard.longest_gap(A) == pytest.approx(0.3, abs=0.006)


def test_first_and_last_are_moments_on_the_clock(tmp_path: Path) -> None:
    """The first time after a moment and the last time before one."""
    write_tone(tmp_path / "a.wav", [(0, 200), (A, 200), (0, 200), (A, 200), (0, 100)])
    heard = timeline(tmp_path / "a.wav")
    assert heard.first_heard(A) == pytest.approx(100.2, abs=0.006)
    assert heard.first_heard(A, after=100.45) == pytest.approx(100.6, abs=0.006)
    assert heard.last_heard(A) == pytest.approx(100.8, abs=0.006)
    assert heard.last_heard(A, before=100.55) == pytest.approx(100.4, abs=0.006)
    assert heard.first_heard(B) is None
    assert heard.silence_gaps(B) == ()


def test_silence_up_to_a_given_end_counts(tmp_path: Path) -> None:
    """Whoever names the span also gets the silence at its edges."""
    write_tone(tmp_path / "a.wav", [(A, 300), (0, 700)])
    heard = timeline(tmp_path / "a.wav")
    (gap,) = heard.silence_gaps(A, start=100.1, end=100.8)
    assert gap.length == pytest.approx(0.5, abs=0.011)
    assert heard.share(A, start=100.0, end=100.6) == pytest.approx(0.5, abs=0.03)


def test_alaw_keeps_the_tone(tmp_path: Path) -> None:
    """What SIPp streams is one second of the tone, quiet otherwise."""
    data = np.frombuffer(alaw_tone(tmp_path / "t.raw", A).read_bytes(), dtype=np.uint8)
    decoded = _decode(data)
    assert level(decoded, A) == pytest.approx(0.25, abs=0.01)
    rest = math.sqrt(float(np.mean(decoded**2)) - level(decoded, A) ** 2 / 2)
    assert rest < 0.01


def _decode(data: NDArray[np.uint8]) -> Samples:
    """G.711 A-law, decoded by the table's own rule."""
    code = data ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 0x0F).astype(int)
    low = (mantissa << 4) + 8
    value = np.where(exponent == 0, low, (low + 0x100) << np.maximum(exponent.astype(int) - 1, 0))
    return np.where(code & 0x80, value, -value) / 32768
