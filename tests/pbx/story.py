"""One call's story: what the journal tells of it, from its arrival on."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from cc110.core.events import Event

from ..control_room import ControlRoom
from ..phones.timing import limit

_POLL_S: Final = 0.04


class Story:
    """The events of the call that a number made after a point in the journal."""

    def __init__(self, room: ControlRoom, after: int, number: str) -> None:
        self._room = room
        self._after = after
        self._number = number

    @classmethod
    async def begin(cls, room: ControlRoom, number: str = "6280000000110") -> "Story":
        """The story of this number's next call; in normal form, "" for an unidentified caller."""
        return cls(room, await room.last_seq(), number)

    async def events(self) -> list[Event]:
        """Everything that is told so far."""
        recorded = [one.event for one in await self._room.events(after=self._after)]
        ours = {event.call_id for event in recorded if self._is_ours(event)}
        return [event for event in recorded if event.call_id in ours]

    def _is_ours(self, event: Event) -> bool:
        starts = event.type in ("CallArrived", "CallRejected")
        return starts and (getattr(event.data, "number", None) or "") == self._number

    async def kinds(self, *, since: str = "CallArrived") -> list[str]:
        """The names of all events, from the first one named ``since`` on."""
        kinds = [event.type for event in await self.events()]
        return kinds[kinds.index(since) :]

    async def told(
        self,
        kind: str,
        *,
        timeout: float = 5,
        times: int = 1,
        where: Callable[[Any], bool] = lambda _: True,
    ) -> Any:
        """Wait until ``kind`` was told so many times; the data of that last one.

        Raises:
            TimeoutError: it was not; the message lists what was told instead.
        """
        end = time.monotonic() + limit(timeout)
        while True:
            events = await self.events()
            found = [event.data for event in events if event.type == kind and where(event.data)]
            if len(found) >= times:
                return found[times - 1]
            if time.monotonic() > end:
                came = ", ".join(event.type for event in events) or "nothing"
                raise TimeoutError(f"no {kind} in {timeout} s; there came: {came}")
            await asyncio.sleep(_POLL_S)
