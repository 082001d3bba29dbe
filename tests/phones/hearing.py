"""What a phone heard, on the clock that all processes of this machine share."""

import base64
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .tones import PRESENT, TONES, Samples, Windows, analyse
from .wire import BUFFER_FRAME_S, BUFFER_SLOT_S, SAMPLE_RATE

HOP_S: Final = 0.005
"""Resolution of every edge that is measured."""
LOUD: Final = 0.05
"""Root mean square from which there is sound of any kind; 40 % of a tone, as for one tone."""
ONE_PACKET_S: Final = 0.026
"""The longest silence that one packet of 20 ms can leave, measured every 5 ms."""
FORGIVEN_S: Final = 0.1
"""Packets that are late by no more than this are hidden by the jitter buffer of any telephone."""
_NEARBY_SLOTS: Final = 5


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A silence; both times are seconds on the monotonic clock."""

    start: float
    end: float
    late: float
    """Seconds of it that came after all: packets were late and waited in the buffer afterwards."""

    @property
    def length(self) -> float:
        """Seconds of silence in the ear."""
        return self.end - self.start

    @property
    def missing(self) -> float:
        """Seconds of silence in what was sent: the length without what was only late."""
        return max(0.0, self.length - self.late)


@dataclass(frozen=True, kw_only=True)
class HearingTimeline:
    """Continuous sound as one call of a phone heard it. Times are ``time.monotonic()`` seconds.

    An edge is where half of a 20 ms window has the tone, looked for every 5 ms. A length within
    one stream of packets is therefore exact to 5 ms; a moment is exact to 5 ms plus the up to
    20 ms that a packet waits for the phone's next tick, and is never too early by more than 5 ms.

    The phone's jitter buffer starts empty and never discards: whatever is late leaves a gap in the
    ear and a fuller buffer. How full it was is known, so gaps that are only late are told from gaps
    in which nothing was sent, and moments are those of the arrival.
    """

    start: float
    samples: Samples
    late_s: float
    """The most by which the phone's own clock lagged behind: how busy the machine was."""
    buffers: Mapping[int, float] = field(default_factory=dict)
    """Seconds of sound that waited in the jitter buffer, by slots of 40 ms."""

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> "HearingTimeline":
        """Read what a phone's process sent."""
        pcm = np.frombuffer(base64.b64decode(packed["pcm"]), dtype="<i2")
        return cls(
            start=packed["start"],
            samples=pcm.astype(np.float64) / 32768,
            late_s=packed["late"],
            buffers={slot: frames * BUFFER_FRAME_S for slot, frames in packed["buffers"]},
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
        return np.asarray(np.logical_or.reduce([windows.levels[f] >= PRESENT for f in frequencies]))

    def _span(self, start: float | None, end: float | None) -> tuple[NDArray[np.float64], slice]:
        times = self.start + self._known.centres
        first = 0 if start is None else int(np.searchsorted(times, start))
        last = len(times) if end is None else int(np.searchsorted(times, end))
        return times, slice(first, last)

    def buffered(self, at: float) -> float:
        """Seconds of sound that waited in the jitter buffer at a moment."""
        slot = int(at / BUFFER_SLOT_S)
        near = (self.buffers.get(slot - back) for back in range(_NEARBY_SLOTS))
        return next((found for found in near if found is not None), 0.0)

    def _arrived(
        self, times: NDArray[np.float64], which: NDArray[np.bool_], n: int
    ) -> float | None:
        """When the n-th of the windows came in, which is before it was heard."""
        found = times[which]
        return float(found[n]) - self.buffered(found[n]) if len(found) else None

    def first_heard(self, *frequencies: int, after: float | None = None) -> float | None:
        """When any of the tones is heard first, or None."""
        times, span = self._span(after, None)
        return self._arrived(times[span], self._heard(frequencies)[span], 0)

    def last_heard(self, *frequencies: int, before: float | None = None) -> float | None:
        """When any of the tones is heard last, or None."""
        times, span = self._span(None, before)
        return self._arrived(times[span], self._heard(frequencies)[span], -1)

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
        min_s: float = ONE_PACKET_S,
    ) -> tuple[Gap, ...]:
        """Where none of the tones (or no sound at all) is heard for at least ``min_s``.

        Packets that were only late do not count, up to ``FORGIVEN_S``. By default nor does a single
        packet that never came, for a busy machine's PBX or phone now and then skips its turn; see
        it with ``min_s=0.01``. Without ``start`` or ``end``, from the first to the last time that
        something is heard.
        """
        gaps = self.every_gap(*frequencies, start=start, end=end)
        return tuple(g for g in gaps if g.missing >= min_s or g.length >= max(FORGIVEN_S, min_s))

    def every_gap(
        self, *frequencies: int, start: float | None = None, end: float | None = None
    ) -> tuple[Gap, ...]:
        """Every silence in the ear, whatever its length and cause; see ``silence_gaps``."""
        times = self.start + self._known.centres
        heard = self._heard(frequencies)
        sounding = times[heard]
        if not len(sounding) and (start is None or end is None):
            return ()
        first = sounding[0] if start is None else start
        last = sounding[-1] if end is None else end
        _, span = self._span(first, last)
        return tuple(self._gap(*run) for run in _runs(~heard[span], times[span]))

    def _gap(self, start: float, end: float) -> Gap:
        """A gap, with what the buffer took in during it."""
        before, after = self.buffered(start - BUFFER_SLOT_S), self.buffered(end + BUFFER_SLOT_S)
        return Gap(start=start, end=end, late=after - before)

    def longest_gap(
        self, *frequencies: int, start: float | None = None, end: float | None = None
    ) -> float:
        """Seconds of the longest silence as ``silence_gaps`` finds them, 0 if there is none."""
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


def _runs(silent: NDArray[np.bool_], times: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The silent stretches: from the first silent window to the first window with sound again."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    ends = np.append(times, times[-1] + HOP_S) if len(times) else times
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(float(ends[first]), float(ends[last])) for first, last in pairs]
