"""What a phone hears, frame by frame, with the time of each frame."""

import base64
import ctypes
import time
from dataclasses import dataclass, field
from typing import Any

import pjsua2 as pj

from ..wire import BUFFER_SLOT_S, PTIME_S, SAMPLE_RATE

FRAME_BYTES = int(SAMPLE_RATE * PTIME_S) * 2
_SILENCE = bytes(FRAME_BYTES)


@dataclass(kw_only=True)
class Recording:
    """Frames heard since the recording began, each with its time of arrival in seconds."""

    times: list[float] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    buffers: dict[int, int] = field(default_factory=dict)

    def note_buffer(self, frames: int) -> None:
        """Note how full the jitter buffer is. The least of 40 ms is what no packet just added."""
        slot = int(time.monotonic() / BUFFER_SLOT_S)
        self.buffers[slot] = min(frames, self.buffers.get(slot, frames))

    def packed(self) -> dict[str, Any]:
        """The recording as JSON: PCM, when its first sample sounded, how late the clock ran.

        The bridge's clock catches up after a delay, so frame *n* belongs to the first frame's time
        plus *n* frames; the earliest such line through the arrivals is the true one.
        """
        lines = [at - n * PTIME_S for n, at in enumerate(self.times)]
        start = min(lines, default=time.monotonic())
        return {
            "start": start,
            "late": max(lines, default=start) - start,
            "buffers": list(self.buffers.items()),
            "pcm": base64.b64encode(b"".join(self.frames)).decode(),
        }


class Tap(pj.AudioMediaPort):  # type: ignore[misc]
    """A listener on the phone's audio bridge; frames arrive on the bridge's own thread."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._recordings: tuple[Recording, ...] = ()
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, SAMPLE_RATE, 1, int(PTIME_S * 1e6), 16)
        self.createPort(name, form)

    @property
    def busy(self) -> bool:
        """Whether anything is being recorded."""
        return bool(self._recordings)

    def begin(self) -> Recording:
        """Begin one more recording."""
        recording = Recording()
        self._recordings = (*self._recordings, recording)
        return recording

    def end(self, recording: Recording) -> None:
        """End a recording."""
        self._recordings = tuple(r for r in self._recordings if r is not recording)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802 - named by pjsua2
        """Keep 20 ms of sound; a port that nobody talks to gets empty frames."""
        if recordings := self._recordings:
            at = time.monotonic()
            heard = _content(frame.buf) or _SILENCE
            for recording in recordings:
                recording.times.append(at)
                recording.frames.append(heard)


class _Vector(ctypes.Structure):
    """The three pointers of a std::vector (begin, end, end of storage) in libstdc++ and libc++."""

    _fields_ = (("begin", ctypes.c_void_p), ("end", ctypes.c_void_p), ("room", ctypes.c_void_p))


def _content(buf: Any) -> bytes:
    """The bytes of a ByteVector.

    ``bytes(buf)`` crosses into C++ once per byte, 250 us for a frame; reading the vector's memory
    takes 3 us, which is what lets many phones listen at once on a small machine.
    """
    vector = _Vector.from_address(int(buf.this))
    if not vector.begin:
        return b""
    size = vector.end - vector.begin
    assert size == len(buf), "this build of pjsua2 lays its vectors out differently"
    return ctypes.string_at(vector.begin, size)
