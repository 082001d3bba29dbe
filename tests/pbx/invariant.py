"""At the end of every scenario: each of its calls ended as a call may, and all talk is recorded."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from cc110.app.day import Span, verify
from cc110.core.invariant import Fault, Finding

from ..control_room import ControlRoom
from ..phones.timing import limit

_SETTLED_S: Final = 4.0
_POLL_S: Final = 0.1
_EDGE: Final = timedelta(milliseconds=1)


async def assert_invariant(
    room: ControlRoom, since: datetime, *, with_sound: bool = True
) -> list[Finding]:
    """Every call since then holds; a recorder and the journal may be a moment behind the hang-up.

    Phones without sound leave nothing to be recorded.

    The journal is looked at when somebody writes it.
    """
    end = time.monotonic() + limit(_SETTLED_S)
    while True:
        span = Span(start=since, end=datetime.now(UTC) + _EDGE)
        found = await verify(room.config, span, journal=room.daemon.running)
        forgiven = set() if with_sound else {Fault.UNRECORDED}
        broken = [one for one in found if set(one.faults) - forgiven]
        if not broken:
            return found
        if time.monotonic() > end:
            raise AssertionError("\n".join(str(one) for one in broken))
        await asyncio.sleep(_POLL_S)
