"""A disaster (L2): everybody calls within a second. All are taken, in order, and nobody is refused."""

import asyncio
import time
from pathlib import Path

import pytest

from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ...control_room import TRUNK, ControlRoom
from ...phones.light import LightCall
from ...phones.sipp import Sipp, SippJob
from .desks import Desks, numbers
from .site import OPERATORS

_PORT = 25170
_LONGEST_S = 90


async def _sipp(room: ControlRoom, folder: Path) -> Sipp:
    cache = room.config.paths.cache
    bundles = ("asterisk", "sipp")
    found = await asyncio.to_thread(install, cache, bundles=bundles, progress=NoProgress())
    return Sipp(found.tool("sipp"), folder)


def _calls(room: ControlRoom, callers: tuple[str, ...], *, within_s: float) -> SippJob:
    sip = room.config.settings.sip
    return SippJob(
        scenario="uac_stay",
        bind=(TRUNK, _PORT),
        target=(sip.host, sip.port),
        callers=callers,
        calls=len(callers),
        rate=len(callers) / within_s,
        limit_s=_LONGEST_S,
    )


async def _burst(desks: Desks, folder: Path, *, calls: int, operators: int) -> float:
    """So many calls within a second; the 99th percentile of the answer."""
    room, callers = desks.room, tuple(numbers(7000, calls))
    await desks.on_duty(*OPERATORS[:operators])
    served: list[str] = []
    for name in OPERATORS[:operators]:
        desks.phones[name].on_call = lambda call: _serve(call, served)
    start = await room.last_seq()
    result = await (await _sipp(room, folder)).run(_calls(room, callers, within_s=1.0))
    assert result.ok, result
    assert sorted(served) == sorted(callers)
    queued = await _order_of(room, "CallQueued", start, calls)
    answered = await _order_of(room, "AgentAnswered", start, calls)
    assert len(queued) == len(answered) == calls
    _in_order(queued, answered, slack=operators)
    assert "WARNING" not in _alarms(await room.pbx.console("core show taskprocessors"))
    return result.response_time(0.99)


def _serve(call: LightCall, served: list[str]) -> None:
    """Answer after a moment, talk for a moment, hang up."""

    async def talk() -> None:
        await asyncio.sleep(0.2)
        call.answer()
        await asyncio.sleep(0.6)
        if call.live:
            served.append(call.caller)
        await call.hang_up()

    task = asyncio.create_task(talk())
    _TALKS.add(task)
    task.add_done_callback(_TALKS.discard)


_TALKS: set[asyncio.Task[None]] = set()


async def _order_of(room: ControlRoom, kind: str, after: int, count: int) -> list[str]:
    """The calls to which that happened, in the order of the PBX's times."""
    end = time.monotonic() + 20
    while True:
        told = [one.event for one in await room.events(after=after) if one.event.type == kind]
        if len(told) >= count or time.monotonic() > end:
            return [str(it.call_id) for it in sorted(told, key=lambda it: it.at)]
        await asyncio.sleep(0.2)


def _in_order(queued: list[str], answered: list[str], *, slack: int) -> None:
    """First in, first out; as many phones as ring at the same time may be answered in another order."""
    places = {call: place for place, call in enumerate(queued)}
    for place, call in enumerate(answered):
        assert abs(places[call] - place) <= slack, f"caller {places[call]} was answered as {place}"


def _alarms(shown: str) -> str:
    """A task processor over its high water mark: `In Queue` above `High Water`."""
    rows = [line.split() for line in shown.splitlines()]
    full = [r[0] for r in rows if len(r) >= 6 and r[2].isdigit() and int(r[2]) >= int(r[5])]
    return f"WARNING {full}" if full else ""


async def test_l2_a_burst_is_queued_in_order_and_nobody_is_refused(
    desks: Desks, room: ControlRoom, tmp_path: Path
) -> None:
    """Thirty calls in a second, twenty operators."""
    await _burst(desks, tmp_path, calls=30, operators=20)


@pytest.mark.slow
async def test_l2_a_hundred_calls_in_a_second(
    desks: Desks, room: ControlRoom, tmp_path: Path
) -> None:
    """The whole burst."""
    p99 = await _burst(desks, tmp_path, calls=100, operators=20)
    print(f"\n100 calls in 1 s: answered by the PBX within {p99 * 1000:.0f} ms (p99)")
    assert p99 < 0.5
