"""Watches that every live call is being recorded: the PBX says nothing when it can't (R2, R3).

Nothing here touches a call. A call whose file is not there or does not grow is told to the core, which
flags it once; the log says it aloud, the count goes to whoever asks.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from json import dumps
from typing import Final, Never, Protocol

import structlog

from cc110.core.call import Call
from cc110.core.facts import Fact, RecorderHeard, RecorderSilent
from cc110.core.ids import CallId
from cc110.core.recording import Pulse, felt, path_of
from cc110.ports import Clock, Recordings
from cc110.service.timers import STOOD_STILL_S

_log = structlog.get_logger("recorder")
LOOK_EVERY_S: Final = 0.5
_FULL: Final = 4 * 1024 * 1024
_SCARCE: Final = 1024 * 1024 * 1024
_DISK_S: Final = 2.0


class LiveCalls(Protocol):
    """The calls, as far as the watch needs them."""

    @property
    def certain(self) -> Mapping[CallId, Call]:
        """The calls that the PBX has now, by id."""
        ...

    def submit(self, fact: Fact) -> None:
        """Hand a fact to its call."""
        ...


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the watch sees."""

    live: int
    """Calls that should be recorded now."""
    unrecorded: int
    """Calls of these that are not."""
    flagged: int
    """Calls that were flagged since the start."""
    free_bytes: int
    """What the disk has left; -1 = nobody can say."""

    def as_json(self) -> str:
        """For the control socket."""
        return dumps(asdict(self))


class RecorderWatch:
    """Looks at each live call's file twice a second."""

    def __init__(self, calls: LiveCalls, recordings: Recordings, clock: Clock) -> None:
        """Watch these calls' files."""
        self._calls = calls
        self._recordings = recordings
        self._clock = clock
        self._pulses: dict[CallId, Pulse] = {}
        self._unrecorded: set[CallId] = set()
        self._flagged = 0
        self._free = -1
        self._is_scarce = False
        self._looking: asyncio.Task[tuple[Sequence[int], int]] | None = None

    @property
    def seen(self) -> Watched:
        """What it sees at this moment."""
        return Watched(
            live=len(self._pulses),
            unrecorded=len(self._unrecorded),
            flagged=self._flagged,
            free_bytes=self._free,
        )

    async def run(self) -> Never:
        """Watch for ever; cancel to stop."""
        try:
            while True:
                began = time.monotonic()
                await self.look(began)
                looked = time.monotonic()
                await asyncio.sleep(LOOK_EVERY_S)
                slept_s = time.monotonic() - looked
                if (
                    slept_s > LOOK_EVERY_S + STOOD_STILL_S
                    or looked - began > _DISK_S + STOOD_STILL_S
                ):
                    self.stood_still()
        finally:
            self.stop()

    def stop(self) -> None:
        """Wait no more for a disk that does not answer."""
        if self._looking:
            self._looking.cancel()

    def stood_still(self) -> None:
        """The process did: calls may have ended meanwhile, and that is still to be heard. Patience begins anew."""
        self._pulses = {i: pulse for i, pulse in self._pulses.items() if i in self._unrecorded}

    async def look(self, now: float) -> None:
        """One look at all calls. A disk that does not answer counts as one that does not grow."""
        calls = {i: call for i, call in self._calls.certain.items() if not call.ended}
        self._forget(calls)
        sizes = await self._sizes([path_of(call) for call in calls.values()])
        for (call_id, call), size in zip(calls.items(), sizes, strict=True):
            pulse = felt(self._pulses.get(call_id), size, now)
            self._pulses[call_id] = pulse
            self._tell(call_id, call, silent=pulse.is_silent(now))

    def _forget(self, calls: Mapping[CallId, Call]) -> None:
        self._pulses = {i: pulse for i, pulse in self._pulses.items() if i in calls}
        self._unrecorded &= calls.keys()

    async def _sizes(self, paths: Sequence[str]) -> Sequence[int]:
        """A look that hangs is not repeated before it ends: threads are few."""
        if self._looking and not self._looking.done():
            return [-1] * len(paths)
        self._looking = asyncio.create_task(self._measured(paths))
        done, _ = await asyncio.wait([self._looking], timeout=_DISK_S)
        if not done:
            return [-1] * len(paths)
        sizes, free = self._looking.result()
        self._weigh(free)
        return sizes

    async def _measured(self, paths: Sequence[str]) -> tuple[Sequence[int], int]:
        return await self._recordings.sizes(paths), await self._recordings.free_bytes()

    def _weigh(self, free: int) -> None:
        self._free = free
        scarce = 0 <= free < _SCARCE
        if scarce and not self._is_scarce:
            _log.error("the disk for recordings is nearly full", free_mb=free // 1024 // 1024)
        self._is_scarce = scarce

    def _tell(self, call_id: CallId, call: Call, *, silent: bool) -> None:
        at, path = self._clock.now(), path_of(call)
        if silent and call_id not in self._unrecorded:
            self._unrecorded.add(call_id)
            self._flagged += 1
            reason = self._reason(self._pulses[call_id])
            _log.error("LIVE CALL IS NOT RECORDED", call=call_id, path=path, reason=reason)
            self._calls.submit(RecorderSilent(at=at, call_id=call_id, path=path, reason=reason))
        elif not silent and call_id in self._unrecorded:
            self._unrecorded.discard(call_id)
            _log.warning("the call is recorded again", call=call_id, path=path)
            self._calls.submit(RecorderHeard(at=at, call_id=call_id, path=path))

    def _reason(self, pulse: Pulse) -> str:
        if self._looking and not self._looking.done():
            return "the disk does not answer"
        if 0 <= self._free < _FULL:
            return "the disk is full"
        return "there is no file" if pulse.size < 0 else "the file does not grow"
