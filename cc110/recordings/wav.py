"""How long a WAV file plays, also when its writer was killed before it could fill in the lengths.

The PBX writes the lengths into the header when it closes the file; a file of a killed PBX says 0
there, or what was true when it was closed for the last time, and still holds all the audio.
Format: RIFF chunks of a 4-byte name, a 32-bit little-endian length and the content, padded to an
even length; "fmt " carries the bytes per second at offset 8 and the bytes per sample at 12.
"""

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

_MOST_CHUNKS: Final = 64
"""A recording has two or three; more is another kind of file."""
_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<8xIH")
_LENGTH: Final = struct.Struct("<I")
_RIFF_LENGTH_AT: Final = 4


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the audio of a WAV file is, and how much the header says of it."""

    audio_at: int
    """First byte of the audio."""
    there: int
    """Bytes of audio that are in the file, in whole samples."""
    said: int
    """Bytes of audio that the header tells of."""
    riff_said: int
    """Bytes after the first eight that the header tells of."""
    rate: int
    """Bytes for each second."""
    size: int
    """Of the whole file."""

    @property
    def is_closed(self) -> bool:
        """True when the header tells of all that is there."""
        return self.said == self.there and self.riff_said == self.size - 8


def wav_layout(file: BinaryIO, size: int) -> Layout:
    """Look into a file that is opened at its beginning.

    Raises:
        ValueError: not a WAV file, or without a format.
    """
    riff = _read(file, 12)
    if (riff[:4], riff[8:]) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    rate = sample = 0
    for _ in range(_MOST_CHUNKS):
        name, length = _CHUNK.unpack(_read(file, _CHUNK.size))
        content = file.tell()
        if name == b"data":
            return _layout(riff, content, length, size, rate, sample)
        if name == b"fmt ":
            rate, sample = _FORMAT.unpack(_read(file, _FORMAT.size))
        file.seek(content + length + length % 2)
    raise ValueError("a WAV file without audio")


def wav_seconds(file: BinaryIO, size: int) -> float:
    """Length of the audio in seconds.

    The header counts when the file holds what it says; 0, or more than is there, is an unclosed
    file.

    Args:
        file: opened at its beginning.
        size: of the whole file in bytes.

    Raises:
        ValueError: not a WAV file, or nothing but a header.
    """
    found = wav_layout(file, size)
    audio = found.said if 0 < found.said <= found.there else found.there
    return seconds_of(found, audio)


def seconds_of(layout: Layout, audio: int) -> float:
    """How long so many bytes play.

    Raises:
        ValueError: there are none.
    """
    if audio <= 0:
        raise ValueError("a WAV file without audio: nothing but a header")
    return audio / layout.rate


def repair(descriptor: int, layout: Layout) -> None:
    """Write both lengths by what is there. Done twice it is done once; the audio is never touched."""
    os.pwrite(descriptor, _LENGTH.pack(layout.size - 8), _RIFF_LENGTH_AT)
    os.pwrite(descriptor, _LENGTH.pack(layout.there), layout.audio_at - _LENGTH.size)


def _layout(riff: bytes, content: int, said: int, size: int, rate: int, sample: int) -> Layout:
    if rate <= 0:
        raise ValueError("a WAV file without a format")
    there = max(0, size - content)
    (riff_said,) = _LENGTH.unpack(riff[4:8])
    return Layout(
        audio_at=content,
        there=there - there % max(1, sample),
        said=said,
        riff_said=riff_said,
        rate=rate,
        size=size,
    )


def _read(file: BinaryIO, wanted: int) -> bytes:
    raw = file.read(wanted)
    if len(raw) < wanted:
        raise ValueError("a WAV file that ends within its header")
    return raw
