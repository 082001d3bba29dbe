"""Which sound files are let through: those that format_wav of Asterisk 22.10 was seen to play."""

import struct
from pathlib import Path

import pytest

from cc110.pbx.wav import WavFault, pcm

SAMPLES = struct.pack("<4h", 1, -2, 3, -4)
PLAIN = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """One RIFF chunk, padded to an even length."""
    announced = len(body) if size is None else size
    return name + struct.pack("<I", announced) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    """A whole file."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


DATA = chunk(b"data", SAMPLES)


@pytest.mark.parametrize(
    "file",
    [
        riff(chunk(b"fmt ", PLAIN), DATA),
        riff(chunk(b"fmt ", PLAIN + b"\0\0"), DATA),
        riff(chunk(b"JUNK", b"x" * 27), chunk(b"fmt ", PLAIN), DATA),
        riff(chunk(b"fmt ", PLAIN), chunk(b"LIST", b"INFO"), DATA, chunk(b"LIST", b"INFO")),
    ],
    ids=["plain", "long format", "studio chunk first", "notes around"],
)
def test_a_file_that_asterisk_plays_gives_its_samples(tmp_path: Path, file: bytes) -> None:
    """Chunks that studios add do no harm."""
    path = tmp_path / "a.wav"
    path.write_bytes(file)
    assert pcm(path) == SAMPLES


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "not a WAV file"),
        (b"ID3\x04" + b"x" * 50, "not a WAV file"),
        (riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)), DATA), "2 channel"),
        (riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)), DATA), "16000 Hz"),
        (riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)), DATA), "8 bits"),
        (riff(chunk(b"fmt ", struct.pack("<HHIIHH", 6, 1, 8000, 8000, 1, 8)), DATA), "coding 6"),
        (
            riff(
                chunk(
                    b"fmt ",
                    struct.pack("<HHIIHHHHI16s", 65534, 1, 8000, 16000, 2, 16, 22, 16, 4, b""),
                ),
                DATA,
            ),
            "coding 65534",
        ),
        (riff(chunk(b"fmt ", PLAIN[:8]), DATA), "damaged"),
        (riff(chunk(b"fmt ", PLAIN), chunk(b"data", b"")), "damaged"),
        (riff(chunk(b"fmt ", PLAIN), chunk(b"data", SAMPLES, 0x7FFFF000)), "damaged"),
        (riff(DATA), "damaged"),
        (riff(chunk(b"fmt ", PLAIN)), "damaged"),
    ],
    ids=[
        "empty",
        "mp3",
        "stereo",
        "16 kHz",
        "8 bits",
        "A-law",
        "extensible",
        "short format",
        "no length",
        "cut off",
        "no format",
        "no samples",
    ],
)
def test_a_file_that_asterisk_would_not_play_is_refused(
    tmp_path: Path, file: bytes, message: str
) -> None:
    """With the reason."""
    path = tmp_path / "a.wav"
    path.write_bytes(file)
    with pytest.raises(WavFault, match=message):
        pcm(path)


def test_a_file_of_enormous_size_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A wrong file in the folder does not fill the memory."""
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(WavFault, match="larger than 10 MB"):
        pcm(path)
