"""Recordings as the PBX leaves them, for tests."""

import wave
from pathlib import Path

from cc110.core.ids import CallId

RATE = 8000
CALL = CallId("20260817-030405-000017-5f3a9c")
PATH = f"2026/08/17/{CALL}.wav"


def call(number: int) -> CallId:
    """One of many calls of that day."""
    return CallId(f"20260817-030405-{number:06d}-5f3a9c")


def path_of(call_id: str) -> str:
    """Where it is recorded."""
    return f"2026/08/17/{call_id}.wav"


def record(file: Path, seconds: float) -> bytes:
    """A closed recording: 8 kHz, 16 bit, mono; no two seconds of it are alike."""
    file.parent.mkdir(parents=True, exist_ok=True)
    samples = (number % 30000 for number in range(int(seconds * RATE)))
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"".join(one.to_bytes(2, "little") for one in samples))
    return file.read_bytes()


def unclosed(whole: bytes, said: int = 0) -> bytes:
    """The same file when its writer was killed: its header tells of ``said`` bytes of audio."""
    riff = (said + 36 if said else 0).to_bytes(4, "little")
    return whole[:4] + riff + whole[8:40] + said.to_bytes(4, "little") + whole[44:]
