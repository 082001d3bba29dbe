"""Signal steps between a speech synthesiser and a telephone: 8 kHz mono, -1.0 to 1.0 inside."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 8000
"""Hz of everything that is written: G.711's rate."""
PEAK = 10 ** (-3 / 20)
"""Peak of spoken audio: -3 dBFS leaves room for A-law and mu-law coding."""
FLOOR = 10 ** (-40 / 20)
"""Below this part of the peak it is a pause."""
LEAD_S, TAIL_S, FADE_S = 0.010, 0.050, 0.005
FRAME_S = 0.010
EVEN_S = 0.060
"""Slower than a pitch period and faster than a syllable."""
_BAND = ((0, -60), (120, -24), (220, -6), (300, 0), (1000, 0), (1800, 3), (3000, 3), (3400, 0))
_STOP_HZ = 3800
"""The band of a telephone (300-3400 Hz, ITU-T G.712) in Hz and dB, consonants 3 dB up."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A signal that is ready for a telephone."""

    signal: Signal
    words_per_minute: int | None = None
    """How fast it is read; None for a tone."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.signal) / RATE


def read_wav(path: Path) -> tuple[Signal, int]:
    """The first channel of a 16-bit WAV file and its rate in Hz."""
    with wave.open(str(path), "rb") as file:
        frames = file.readframes(file.getnframes())
        samples = np.frombuffer(frames, dtype="<i2")[:: file.getnchannels()]
        return samples.astype(np.float64) / 32768, file.getframerate()


def write_wav(path: Path, signal: Signal) -> None:
    """Write 8 kHz mono 16-bit PCM, the form that Asterisk plays by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.rint(np.clip(signal, -1.0, 1.0) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def to_phone(signal: Signal, rate: int) -> Signal:
    """Resample to 8 kHz and shape to the telephone band, both as one exact filter in the spectrum.

    The signal is padded so that the old and the new length are whole numbers of samples.
    """
    step = rate // np.gcd(rate, RATE)
    blocks = -(-(len(signal) + rate // 5) // step)
    padded = np.zeros(blocks * step)
    padded[: len(signal)] = signal
    out_length = blocks * step * RATE // rate
    spectrum = np.fft.rfft(padded)
    bins = out_length // 2 + 1
    kept = np.zeros(bins, dtype=np.complex128)
    shared = min(bins, len(spectrum))
    kept[:shared] = spectrum[:shared]
    shaped = kept * _gain(np.fft.rfftfreq(out_length, 1 / RATE).astype(np.float64))
    whole: Signal = np.fft.irfft(shaped, out_length) * (out_length / len(padded))
    return whole[: len(signal) * RATE // rate]


def _gain(hz: Signal) -> Signal:
    points, decibels = zip(*_BAND, strict=True)
    gain: Signal = 10 ** (np.interp(hz, points, decibels) / 20)
    edge = np.clip((hz - points[-1]) / (_STOP_HZ - points[-1]), 0, 1)
    shaped: Signal = gain * (0.5 + 0.5 * np.cos(np.pi * edge))
    return shaped


def tighten(signal: Signal, pause_s: float) -> Signal:
    """Cut the silence around the words, and shorten each pause between them to ``pause_s``."""
    frame = int(FRAME_S * RATE)
    loud = np.flatnonzero(_levels(signal, frame) > FLOOR * np.max(np.abs(signal), initial=1e-9))
    if not len(loud):
        return np.zeros(0)
    limit = round(pause_s / FRAME_S)
    pieces: list[Signal] = []
    for here, after in zip(loud, np.append(loud[1:], loud[-1] + 1), strict=True):
        gap = int(after - here - 1)
        before, behind = min(gap, limit) // 2, -(-min(gap, limit) // 2)
        pieces.append(signal[here * frame : (here + 1 + before) * frame])
        pieces.append(signal[(after - behind) * frame : after * frame])
    return _framed(np.concatenate(pieces))


def _levels(signal: Signal, frame: int) -> Signal:
    count = -(-len(signal) // frame)
    padded = np.zeros(count * frame)
    padded[: len(signal)] = np.abs(signal)
    levels: Signal = padded.reshape(count, frame).max(axis=1)
    return levels


def _framed(words: Signal) -> Signal:
    fade = int(FADE_S * RATE)
    words = words.copy()
    words[:fade] *= np.linspace(0, 1, fade)
    words[-fade:] *= np.linspace(1, 0, fade)
    return np.concatenate([np.zeros(int(LEAD_S * RATE)), words, np.zeros(int(TAIL_S * RATE))])


def even(signal: Signal) -> Signal:
    """Lift soft syllables by up to 6 dB, because a caller may stand in a noisy street."""
    window = np.hanning(int(EVEN_S * RATE))
    power = np.convolve(np.square(signal), window / window.sum(), mode="same")
    envelope = np.sqrt(power) / max(np.sqrt(np.max(power, initial=0.0)), 1e-9)
    lifted: Signal = signal * np.maximum(envelope, 0.1) ** -0.3
    return lifted


def normalise(signal: Signal, peak: float = PEAK) -> Signal:
    """Scale so that the loudest sample is at ``peak``; silence stays silence."""
    top = np.max(np.abs(signal), initial=0.0)
    return signal if top == 0 else signal * (peak / top)
