"""Who is heard: named tones, and how loud each of them is in a piece of sound."""

import struct
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

TONES: Final = {
    "caller": 700,
    "operator": 1100,
    "polres": 1300,
    "second_operator": 1700,
    "supervisor": 1900,
    "mabes": 2300,
    "music": 2900,
    "prompt": 3100,
}
"""Hertz. Multiples of 100, so that a 10 ms packet lost or doubled leaves no click; primes times
100, so that none is a harmonic of another; away from ringback (425, 440, 480 Hz)."""

PRESENT: Final = 0.1
"""Amplitude (1 is full scale) from which a tone counts as heard. A phone's tone reads 0.25, the
crosstalk of a neighbouring tone that starts or stops in the same window at most 0.02."""

WINDOW_S: Final = 0.02
_PCM: Final = 1


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Loudness over time: ``levels[f][n]`` is the amplitude of ``f`` around ``centres[n]``."""

    centres: NDArray[np.float64]
    """Seconds since the first sample, middle of each window."""
    levels: dict[int, NDArray[np.float64]]
    loudness: NDArray[np.float64]
    """Root mean square over all frequencies; 0.18 for one phone's tone."""

    def present(self, frequency: int) -> NDArray[np.bool_]:
        """In which windows the tone is heard."""
        return np.asarray(self.levels[frequency] >= PRESENT)


def level(samples: Samples, frequency: float, rate: int = 8000) -> float:
    """Amplitude of one frequency in all of ``samples`` (Goertzel's sum, 1 is full scale)."""
    if not len(samples):
        return 0.0
    return float(2 * abs(samples @ _wave(frequency, len(samples), rate)) / len(samples))


def analyse(
    samples: Samples,
    frequencies: Iterable[int],
    *,
    rate: int = 8000,
    hop_s: float = WINDOW_S,
    window_s: float = WINDOW_S,
) -> Windows:
    """Measure tones in windows of ``window_s``, one every ``hop_s``.

    With 20 ms windows, frequencies that are multiples of 50 Hz do not disturb each other at all.
    """
    size, hop = round(window_s * rate), round(hop_s * rate)
    if len(samples) < size:
        samples = np.concatenate([samples, np.zeros(size - len(samples))])
    cut = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    return Windows(
        centres=(np.arange(len(cut)) * hop + size / 2) / rate,
        levels={f: 2 * np.abs(cut @ _wave(f, size, rate)) / size for f in frequencies},
        loudness=np.sqrt(np.mean(cut * cut, axis=1)),
    )


def _wave(frequency: float, size: int, rate: int) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * frequency * np.arange(size) / rate))


def read_wav(path: Path) -> tuple[Samples, int]:
    """The first channel of a 16-bit PCM file, from -1 to 1, and its sample rate.

    A file whose header was never completed, as after a crash, is read to its end all the same.

    Raises:
        ValueError: it is no 16-bit PCM file.
    """
    form, data = _chunks(path.read_bytes())
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if (kind, bits) != (_PCM, 16):
        raise ValueError(f"{path} is no 16-bit PCM file")
    data = data[: len(data) // (2 * channels) * 2 * channels]
    return np.frombuffer(data, dtype="<i2").astype(np.float64)[::channels] / 32768, rate


def _chunks(file: bytes) -> tuple[bytes, bytes]:
    """The ``fmt`` and ``data`` chunks of a RIFF file; sizes beyond the end mean up to the end."""
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise ValueError("no WAV file")
    form, position = b"", 12
    while position + 8 <= len(file):
        name, size = struct.unpack_from("<4sI", file, position)
        content = file[position + 8 : position + 8 + size]
        if name == b"data":
            return form, content or file[position + 8 :]
        form = content if name == b"fmt " else form
        position += 8 + size + size % 2
    return form, b""


def windows(path: Path, frequencies: Iterable[int], *, hop_s: float = WINDOW_S) -> Windows:
    """Measure tones in a recording. Raises ValueError for anything but 16-bit PCM."""
    samples, rate = read_wav(path)
    return analyse(samples, frequencies, rate=rate, hop_s=hop_s)


def coverage(path: Path, frequency: int, start_s: float = 0.0, end_s: float | None = None) -> float:
    """The share of 20 ms windows of a recording, from ``start_s`` to ``end_s``, with the tone.

    What lies beyond the end of the file counts as missing. Raises ValueError for anything but
    16-bit PCM or an empty span.
    """
    samples, rate = read_wav(path)
    first = round(start_s * rate)
    last = len(samples) if end_s is None else round(end_s * rate)
    expected = int((last - first) / rate / WINDOW_S + 1e-9)
    if expected < 1:
        raise ValueError("the span is shorter than one window")
    part = samples[first:last]
    if len(part) < WINDOW_S * rate:
        return 0.0
    heard = analyse(part, [frequency], rate=rate).present(frequency)
    return float(np.count_nonzero(heard[:expected]) / expected)


def write_tone(
    path: Path, parts: Iterable[tuple[int, int]], *, rate: int = 8000, amplitude: float = 0.25
) -> None:
    """Write a 16-bit mono WAV file of (hertz, milliseconds) parts; 0 Hz is silence."""
    pieces = []
    for hertz, milliseconds in parts:
        count = np.arange(rate * milliseconds // 1000)
        pieces.append(np.sin(2 * np.pi * hertz * count / rate) * amplitude * 32767)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate(pieces).astype("<i2").tobytes())


def alaw_tone(path: Path, hertz: int, *, amplitude: float = 0.25) -> Path:
    """Write one second of a tone as raw A-law (ITU-T G.711), as SIPp streams it; return ``path``.

    Played over and over it joins up seamlessly.
    """
    count = np.arange(8000)
    pcm = (np.sin(2 * np.pi * hertz * count / 8000) * amplitude * 32767).astype(np.int64)
    path.write_bytes(_alaw(pcm).tobytes())
    return path


def _alaw(pcm: NDArray[np.int64]) -> NDArray[np.uint8]:
    """G.711 A-law of 16-bit samples: sign, three bits of exponent, four of mantissa, XOR 0x55."""
    magnitude = np.minimum(np.where(pcm >= 0, pcm, -pcm - 1), 32767)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int64) - 7, 0)
    shift = np.where(exponent > 0, exponent + 3, 4)
    code = (exponent << 4) | ((magnitude >> shift) & 0x0F)
    sign = np.where(pcm >= 0, 0x80, 0)
    return np.asarray((code | sign) ^ 0x55, dtype=np.uint8)
