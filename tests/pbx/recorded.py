"""Whether a recording holds what was said: what somebody heard, the file has (reliability R1)."""

import asyncio
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from cc110.recordings.wav import wav_seconds

from ..control_room import ControlRoom
from ..phones.hearing import ONE_PACKET_S, Gap, HearingTimeline
from ..phones.timing import limit
from ..phones.tones import TONES, Windows, windows

ENOUGH: Final = 0.995
_EDGE_S: Final = 0.06
"""A moment in a phone and the same moment in the file may differ by so much."""
_SHORTEST_S: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A tone that somebody heard without a pause."""

    tone: str
    start: float
    end: float


def stretches(ear: HearingTimeline, tone: str) -> list[Heard]:
    """Where the tone was heard without a pause, at least half a second long; monotonic seconds."""
    first, last = ear.first_heard(TONES[tone]), ear.last_heard(TONES[tone])
    if first is None or last is None:
        return []
    gaps = ear.silence_gaps(TONES[tone], start=first, end=last, min_s=ONE_PACKET_S)
    edges = [Gap(start=first, end=first, late=0.0), *gaps, Gap(start=last, end=last, late=0.0)]
    spans = [(a.end, b.start) for a, b in pairwise(edges)]
    return [Heard(tone=tone, start=a, end=b) for a, b in spans if b - a >= _SHORTEST_S]


class Recording:
    """One call's file, on the clock of the phones."""

    def __init__(self, path: Path, caller: HearingTimeline, anchor: str) -> None:
        """Read it; ``anchor`` is a tone that the caller heard, by which the clocks are set."""
        self._windows: Windows = windows(path, TONES.values(), hop_s=0.005)
        heard = caller.first_heard(TONES[anchor])
        written = np.flatnonzero(self._windows.present(TONES[anchor]))
        assert heard is not None, f"the caller never heard the {anchor}"
        assert len(written), f"the recording has no {anchor}"
        self._start = heard - float(self._windows.centres[written[0]])
        self.end = self._start + float(self._windows.centres[-1])
        """When it ends, in monotonic seconds."""

    def share(self, heard: Heard) -> float:
        """How much of what was heard is in the file."""
        times = self._start + self._windows.centres
        inside = (times > heard.start + _EDGE_S) & (times < heard.end - _EDGE_S)
        return float(np.mean(self._windows.present(TONES[heard.tone])[inside]))

    def holds(self, *ears: HearingTimeline) -> dict[str, float]:
        """Fail unless every stretch that was heard is there; the least share for each tone."""
        least: dict[str, float] = {}
        for ear in ears:
            for tone in TONES:
                for heard in stretches(ear, tone):
                    share = self.share(heard)
                    least[tone] = min(share, least.get(tone, 1.0))
                    assert share >= ENOUGH, f"{tone} for {heard.end - heard.start:.1f} s: {share}"
        return least


async def closed_recording(room: ControlRoom, path: str, *, timeout: float = 3) -> Path:
    """The file, once the recorder has closed it. Raises TimeoutError."""
    file = room.recordings / path
    end = time.monotonic() + limit(timeout)
    while not (file.is_file() and _is_closed(file)):
        if time.monotonic() > end:
            raise TimeoutError(f"{path} is not closed")
        await asyncio.sleep(0.02)
    return file


def _is_closed(file: Path) -> bool:
    """The lengths in the header are written when the file is closed."""
    head = file.read_bytes()[:44]
    return len(head) == 44 and int.from_bytes(head[40:44], "little") == file.stat().st_size - 44


def seconds(file: Path) -> float:
    """How long it plays."""
    with file.open("rb") as opened:
        return wav_seconds(opened, file.stat().st_size)
