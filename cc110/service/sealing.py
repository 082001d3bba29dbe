"""Recordings that nobody finalised: of calls that nobody heard of, and those that a full disk held up."""

import asyncio
from collections.abc import Callable, Container
from typing import Final, Never

import structlog

from cc110.core.events import Event, RecordingFinalised
from cc110.core.ids import CallId
from cc110.ports import Cc110Error, Clock, Recordings
from cc110.service.outbox import Outbox

_log = structlog.get_logger("sealing")
SWEEP_EVERY_S: Final = 60.0
_DAYS: Final = 2


class Sweeper:
    """Finalises what was left over."""

    def __init__(self, recordings: Recordings, outbox: Outbox, clock: Clock) -> None:
        """Look in this folder, and tell the journal."""
        self._recordings = recordings
        self._outbox = outbox
        self._clock = clock
        self._hopeless: set[CallId] = set()

    async def run(self, busy: Callable[[], Container[CallId]]) -> Never:
        """The whole folder at the start, then the newest days each minute; cancel to stop.

        Args:
            busy: the calls that see to their recordings themselves.
        """
        days = None
        while True:
            try:
                await self.sweep(busy(), days=days)
                days = _DAYS
            except (Cc110Error, OSError) as error:
                _log.error("recordings are not looked through", error=str(error))
            await asyncio.sleep(SWEEP_EVERY_S)

    async def sweep(self, busy: Container[CallId], *, days: int | None) -> int:
        """Finalise what can be; returns how many."""
        left = [
            (call_id, path)
            for call_id, path in await self._recordings.unsealed(days=days)
            if call_id not in busy and call_id not in self._hopeless
        ]
        return sum([await self._seal(call_id, path) for call_id, path in left])

    async def _seal(self, call_id: CallId, path: str) -> bool:
        try:
            kept = await self._recordings.finalise(call_id, path)
        except (FileNotFoundError, ValueError) as error:
            self._hopeless.add(call_id)
            _log.error("no usable recording", call=call_id, path=path, error=str(error))
            return False
        except Cc110Error as error:
            _log.error("a recording waits", call=call_id, path=path, error=str(error))
            return False
        final = RecordingFinalised(
            path=path, seconds=kept.seconds, sha256=kept.sha256, repaired=kept.repaired
        )
        self._outbox.put([Event(at=self._clock.now(), call_id=call_id, data=final)])
        _log.warning("a recording that was left over is final", call=call_id, path=path)
        return True
