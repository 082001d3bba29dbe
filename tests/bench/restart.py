"""The daemon is killed and started again while hundreds of calls live: how soon its state is whole."""

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from cc110.core.events import PbxBack

from ..control_room import ControlRoom
from ..phones.sipp import Sipp
from .load import Figure, job, live_calls, on_duty, quiet, spread

ROUNDS: Final = 3
CALLS: Final = 100
MOST_S: Final = 2.0
_UP_S: Final = 15.0


async def restarts(
    room: ControlRoom, command: tuple[str, ...], home: Path, *, calls: int = CALLS
) -> list[Figure]:
    """So many callers wait in the queue; from the daemon's first word to ``PbxBack``."""
    home.mkdir(parents=True, exist_ok=True)
    # The last of them dials 10 s after the first, and all stay until the rounds are over: more calls, slower rounds.
    load = job(room, calls=calls, rate=calls / 10, at_once=calls, hold_s=0.55 * calls)
    async with on_duty(room), asyncio.TaskGroup() as group:
        start, there = await room.last_seq(), await live_calls(room)
        sipp = group.create_task(Sipp(command, home).run(load))
        await _in_queue(room, start, calls)
        took = [await _restart(room, calls + 1) for _ in range(ROUNDS)]
        result = await sipp
        await quiet(room, most=there)
        ended = await _ended(room, start, calls)
    if result.failed or ended != calls:
        print(f"    {dict(result.failures)} failed; {ended} of {calls} calls ended in the journal")
    dropped = result.failed + abs(calls - ended)
    return [
        Figure(
            what=f"daemon killed and started with {calls} live calls: state whole",
            target=f"< {MOST_S:g} s",
            measured=spread(took, " s"),
            reached=max(took) < MOST_S,
        ),
        Figure(what="calls dropped by it", target="0", measured=str(dropped), reached=not dropped),
    ]


async def _in_queue(room: ControlRoom, start: int, calls: int) -> None:
    end = time.monotonic() + 60
    while (await _count(room, start, "CallQueued")) < calls:
        if time.monotonic() > end:
            raise TimeoutError("not all callers are in the queue")
        await asyncio.sleep(0.2)


async def _ended(room: ControlRoom, start: int, calls: int) -> int:
    """How many calls have ended in the journal; it may be some moments behind the PBX."""
    end = time.monotonic() + _UP_S
    while (ended := await _count(room, start, "CallEnded")) < calls and time.monotonic() < end:
        await asyncio.sleep(0.2)
    return ended


async def _count(room: ControlRoom, start: int, kind: str) -> int:
    """How many calls have such an event."""
    told = [one.event for one in await room.events(after=start)]
    return len({event.call_id for event in told if event.type == kind})


async def _restart(room: ControlRoom, calls: int) -> float:
    """Seconds from the daemon's first word, when its modules are loaded, to the whole state."""
    await room.daemon.kill()
    start = await room.last_seq()
    begin = len(room.daemon.said())
    await room.daemon.start(timeout=_UP_S * 4)
    back = await room.wait_event("PbxBack", after=start, timeout=_UP_S)
    assert isinstance(back.event.data, PbxBack)
    assert back.event.data.calls == calls, back.event.data
    return (back.event.at - _first_word(room.daemon.said()[begin:])).total_seconds()


def _first_word(said: str) -> datetime:
    lines = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    first = next(line for line in lines if line.get("event") == "daemon starts")
    return datetime.fromisoformat(first["timestamp"])
