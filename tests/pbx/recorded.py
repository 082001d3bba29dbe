"""Whether a recording holds what was said: what somebody heard, the file has (reliability R1)."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cc110.recordings.wav import wav_seconds

from ..control_room import ControlRoom
from ..phones.hearing import HOP_S, ONE_PACKET_S, HearingTimeline
from ..phones.timing import limit
from ..phones.tones import TONES, Windows, windows

ENOUGH: Final = 0.995
_EDGE_S: Final = 0.15
"""A moment in a phone and the same moment in the file may differ by so much: a recorder that begins anew
leaves out some hundredths of a second in which nobody talks with the caller."""
_LOST_S: Final = 2 * ONE_PACKET_S + HOP_S
"""What two lost packets look like: one is missing in each window that it fills by half. A phone on a busy
machine sends one too late now and then."""
_SHORTEST_S: Final = 0.3
_SURE_S: Final = 0.1
"""Words may sound like a tone for a moment, but not for so long."""


def stretches(ear: HearingTimeline, tone: str) -> list[tuple[float, float]]:
    """Where the tone came in without a pause, at least 0.3 s long; monotonic seconds.

    A lone packet that was late or lost on the way to this ear is no pause.
    """
    first, last = ear.first_heard(TONES[tone]), ear.last_heard(TONES[tone])
    if first is None or last is None:
        return []
    gaps = ear.silence_gaps(TONES[tone], min_s=ONE_PACKET_S)
    edges = [first, *(_came(ear, at) for gap in gaps for at in (gap.start, gap.end)), last]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in pairs if end - start >= _SHORTEST_S]


def _came(ear: HearingTimeline, at: float) -> float:
    """When the packet came in that was heard at a moment."""
    return at - ear.buffered(at)


def _spans(present: NDArray[np.bool_], times: NDArray[np.float64]) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(float(times[first]), float(times[last - 1])) for first, last in pairs]


class Recording:
    """One call's file, on the clock of the phones."""

    def __init__(self, path: Path, caller: HearingTimeline, anchor: str) -> None:
        """Read it; ``anchor`` is a tone that the caller heard, by which the clocks are set."""
        self._windows: Windows = windows(path, TONES.values(), hop_s=HOP_S)
        heard = stretches(caller, anchor)
        present = self._windows.present(TONES[anchor])
        written = [a for a, b in _spans(present, self._windows.centres) if b - a > _SURE_S]
        assert heard, f"the caller never heard the {anchor}"
        assert written, f"the recording has no {anchor}"
        self._start = heard[0][0] - written[0]
        self.end = self._start + float(self._windows.centres[-1])
        """When it ends, in monotonic seconds."""

    def missing(self, tone: str, heard: Sequence[tuple[float, float]]) -> tuple[float, float]:
        """Seconds that were heard of a tone and are not in the file, and seconds heard."""
        times = self._start + self._windows.centres
        inside = np.zeros(len(times), dtype=bool)
        for start, end in heard:
            inside |= (times > start + _EDGE_S) & (times < end - _EDGE_S)
        absent = np.count_nonzero(inside & ~self._windows.present(TONES[tone]))
        return float(absent * HOP_S), float(np.count_nonzero(inside) * HOP_S)

    def holds(self, *ears: HearingTimeline) -> dict[str, float]:
        """Fail unless what was heard of each tone is there; the share that is there, for each.

        Two packets may be missing of a short talk, of which they are more than 0.5 %.
        """
        shares: dict[str, float] = {}
        for tone in TONES:
            if heard := [span for ear in ears for span in stretches(ear, tone)]:
                missing, whole = self.missing(tone, heard)
                assert missing <= max((1 - ENOUGH) * whole, _LOST_S), (
                    f"{missing:.2f} of {whole:.2f} s of the {tone} are not recorded"
                )
                shares[tone] = 1 - missing / whole
        return shares


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
