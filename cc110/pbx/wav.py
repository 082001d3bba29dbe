"""The one sound file that Asterisk plays at 8 kHz: RIFF WAVE, plain 16-bit PCM, mono."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

RATE: Final = 8000
"""Samples a second."""
_LIMIT: Final = 10_000_000
"""Bytes: ten minutes; no announcement is longer."""
_WANTED: Final = "must be 8 kHz mono 16-bit PCM"


class WavFault(ValueError):
    """The sound file can't be played; the message goes after the file's name."""


def pcm(path: Path) -> bytes:
    """The samples of a sound file, little-endian.

    Stricter than a sound editor: ``format_wav`` of Asterisk 22 refuses WAVE_FORMAT_EXTENSIBLE and
    other rates, and plays nothing of a file whose header gives a length of 0.

    Raises:
        WavFault: the file is missing, damaged or of another format.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT + 1)
    except OSError as error:
        raise WavFault(f"is missing or unreadable ({error.strerror})") from error
    if len(raw) > _LIMIT:
        raise WavFault(f"is larger than {_LIMIT // 1_000_000} MB")
    return _samples(raw)


def _samples(raw: bytes) -> bytes:
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise WavFault(f"is not a WAV file; {_WANTED}")
    described = False
    for name, size, body in _chunks(raw):
        if name == b"fmt ":
            _check(body)
            described = True
        elif name == b"data" and described:
            if size < 2 or len(body) < size:
                raise WavFault(f"is damaged: {size} bytes announced, {len(body)} there")
            return body[: size & ~1]
    raise WavFault("is damaged: no format or no samples in it")


def _chunks(raw: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    at = 12
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        yield name, size, raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _check(body: bytes) -> None:
    if len(body) < 16:
        raise WavFault("is damaged: its format is cut off")
    coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if (coding, channels, rate, bits) != (1, 1, RATE, 16):
        found = f"coding {coding}, {channels} channel(s), {rate} Hz, {bits} bits"
        raise WavFault(f"has a wrong format ({found}); {_WANTED}")
