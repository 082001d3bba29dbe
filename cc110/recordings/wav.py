"""How long a WAV file plays, also when its writer was killed before it could fill in the lengths.

The PBX writes the lengths into the header when it closes the file; a file of a killed PBX says 0
there and still holds all the audio. Format: RIFF chunks of a 4-byte name, a 32-bit little-endian
length and the content, padded to an even length; "fmt " carries the bytes per second at offset 8.
"""

import struct
from typing import BinaryIO

_MOST_CHUNKS = 64
"""A recording has two or three; more is another kind of file."""
_CHUNK = struct.Struct("<4sI")
_BYTE_RATE = struct.Struct("<8xI")


def wav_seconds(file: BinaryIO, size: int) -> float:
    """Length of the audio in seconds.

    Args:
        file: opened at its beginning.
        size: of the whole file in bytes.

    Raises:
        ValueError: not a WAV file, or nothing but a header.
    """
    riff = _read(file, 12)
    if (riff[:4], riff[8:]) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    rate = 0
    for _ in range(_MOST_CHUNKS):
        name, length = _CHUNK.unpack(_read(file, _CHUNK.size))
        content = file.tell()
        if name == b"data":
            return _seconds(length, size - content, rate)
        if name == b"fmt ":
            (rate,) = _BYTE_RATE.unpack(_read(file, _BYTE_RATE.size))
        file.seek(content + length + length % 2)
    raise ValueError("a WAV file without audio")


def _seconds(length: int, there: int, rate: int) -> float:
    """The header counts when the file holds what it says; 0, or more than is there, is an
    unclosed file.
    """
    if rate <= 0:
        raise ValueError("a WAV file without a format")
    audio = length if 0 < length <= there else there
    if audio <= 0:
        raise ValueError("a WAV file without audio: nothing but a header")
    return audio / rate


def _read(file: BinaryIO, wanted: int) -> bytes:
    raw = file.read(wanted)
    if len(raw) < wanted:
        raise ValueError("a WAV file that ends within its header")
    return raw
