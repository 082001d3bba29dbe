"""What a phone heard, on the clock that all processes of this machine share."""

import base64
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .tones import PRESENT, TONES, Samples, Windows, analyse
from .wire import SAMPLE_RATE

HOP_S: Final = 0.005
"""Resolution of every edge that is measured."""
ONE_PACKET_S: Final = 0.026
"""The longest silence that one late packet of 20 ms can leave, measured every 5 ms."""
LOUD: Final = 0.05
"""Root mean square from which there is sound of any kind; 40 % of a tone, as for one tone."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A silence; both times are seconds on the monotonic clock."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class HearingTimeline:
    """Continuous sound as one call of a phone heard it. Times are ``time.monotonic()`` seconds.

    An edge is where half of a 20 ms window has the tone, looked for every 5 ms. A length within
    one stream of packets is therefore exact to 5 ms; a moment is exact to 5 ms plus the up to
    20 ms that a packet waits for the phone's next tick, and is never too early by more than 5 ms.

    A packet that is late is heard as a gap, like one that never came; on a busy machine that
    happens now and then for one packet. ``min_s=ONE_PACKET_S`` overlooks those.
    """

    start: float
    samples: Samples
    late_s: float
    """The most by which the phone's own clock lagged behind: how busy the machine was."""
    buffered_s: float = 0.0
    """By how much the phone heard everything later at the end than at the start, because packets
    had come late: what a moment may be corrected by."""

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> "HearingTimeline":
        """Read what a phone's process sent."""
        pcm = np.frombuffer(base64.b64decode(packed["pcm"]), dtype="<i2")
        return cls(
            start=packed["start"],
            samples=pcm.astype(np.float64) / 32768,
            late_s=packed["late"],
            buffered_s=packed["buffered"],
        )

    @property
    def end(self) -> float:
        """When listening stopped."""
        return self.start + len(self.samples) / SAMPLE_RATE

    @cached_property
    def _known(self) -> Windows:
        return analyse(self.samples, sorted(TONES.values()), hop_s=HOP_S)

    def windows(self, *frequencies: int) -> Windows:
        """20 ms windows every 5 ms, with centres in seconds since ``start``."""
        if set(frequencies) <= set(self._known.levels):
            return self._known
        return analyse(self.samples, frequencies, hop_s=HOP_S)

    def _heard(self, frequencies: tuple[int, ...]) -> NDArray[np.bool_]:
        """Where any of the tones is heard; any sound at all if none is named."""
        windows = self.windows(*frequencies)
        if not frequencies:
            return np.asarray(windows.loudness >= LOUD)
        return np.asarray(
            np.logical_or.reduce([windows.levels[f] >= PRESENT for f in frequencies])
        )

    def _span(self, start: float | None, end: float | None) -> tuple[NDArray[np.float64], slice]:
        times = self.start + self._known.centres
        first = 0 if start is None else int(np.searchsorted(times, start))
        last = len(times) if end is None else int(np.searchsorted(times, end))
        return times, slice(first, last)

    def first_heard(self, *frequencies: int, after: float | None = None) -> float | None:
        """When any of the tones is heard first, or None."""
        times, span = self._span(after, None)
        found = np.flatnonzero(self._heard(frequencies)[span])
        return float(times[span][found[0]]) if len(found) else None

    def last_heard(self, *frequencies: int, before: float | None = None) -> float | None:
        """When any of the tones is heard last, or None."""
        times, span = self._span(None, before)
        found = np.flatnonzero(self._heard(frequencies)[span])
        return float(times[span][found[-1]]) if len(found) else None

    def share(
        self, *frequencies: int, start: float | None = None, end: float | None = None
    ) -> float:
        """The share of the time in which any of the tones is heard."""
        _, span = self._span(start, end)
        heard = self._heard(frequencies)[span]
        return float(np.mean(heard)) if len(heard) else 0.0

    def silence_gaps(
        self,
        *frequencies: int,
        start: float | None = None,
        end: float | None = None,
        min_s: float = 0.01,
    ) -> tuple[Gap, ...]:
        """Where none of the tones (or no sound at all) is heard for at least ``min_s``.

        Without ``start`` or ``end``, from the first to the last time that something is heard.
        """
        first = self.first_heard(*frequencies) if start is None else start
        last = self.last_heard(*frequencies) if end is None else end
        if first is None or last is None:
            return ()
        times, span = self._span(first, last)
        silent = ~self._heard(frequencies)[span]
        gaps = _runs(silent, times[span])
        return tuple(gap for gap in gaps if gap.length >= min_s)

    def longest_gap(
        self, *frequencies: int, start: float | None = None, end: float | None = None
    ) -> float:
        """Seconds of the longest silence, 0 if there is none."""
        gaps = self.silence_gaps(*frequencies, start=start, end=end)
        return max((gap.length for gap in gaps), default=0.0)

    def mean_levels(self, frequencies: tuple[int, ...]) -> dict[int, float]:
        """The mean amplitude of each tone over the whole time."""
        windows = self.windows(*frequencies)
        return {f: float(np.mean(windows.levels[f])) for f in frequencies}

    def save(self, path: Path) -> None:
        """Write the sound to a WAV file, to keep as evidence."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes((self.samples * 32768).astype("<i2").tobytes())


def _runs(silent: NDArray[np.bool_], times: NDArray[np.float64]) -> list[Gap]:
    """The silent stretches: from the first silent window to the first window with sound again."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    ends = np.append(times, times[-1] + HOP_S) if len(times) else times
    return [
        Gap(start=float(ends[a]), end=float(ends[b]))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
