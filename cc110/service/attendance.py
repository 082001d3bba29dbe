"""Looks once a second whether callers wait for nobody, and raises the alarm."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from cc110.core import attendance as core
from cc110.core.call import Call
from cc110.core.events import QueueUnattended
from cc110.core.phases import Waiting
from cc110.core.roster import Roster
from cc110.ports import Clock
from cc110.service.outbox import Outbox

_log = structlog.get_logger("attendance")
_EVERY_S: Final = 1.0


class Attendance:
    """Which queues are unattended."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        roster: Callable[[], Roster],
        live: Callable[[], Iterable[Call]],
        known: Callable[[], bool],
    ) -> None:
        """Look at these operators and calls, while `known` says that both are the PBX's."""
        self._outbox = outbox
        self._clock = clock
        self._roster = roster
        self._live = live
        self._known = known
        self.alarms: core.Alarms = {}

    async def run(self, alarms: core.Alarms) -> None:
        """Look for ever, from the alarms that were raised before; cancel to stop."""
        self.alarms = alarms
        while True:
            if self._known():
                self.look()
            await asyncio.sleep(_EVERY_S)

    def look(self) -> None:
        """Look once."""
        waiting = Counter(
            call.phase.queue for call in self._live() if isinstance(call.phase, Waiting)
        )
        found = core.look(self.alarms, self._roster(), waiting, at=self._clock.now())
        self.alarms = found.alarms
        self._outbox.put(found.events)
        for event in found.events:
            tell = _log.error if isinstance(event.data, QueueUnattended) else _log.warning
            tell(event.type, **vars(event.data))

    async def as_json(self) -> str:
        """The queues that are unattended, and since when."""
        return json.dumps({queue: since.isoformat() for queue, since in self.alarms.items()})
