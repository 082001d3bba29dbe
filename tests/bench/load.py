"""Calls per second, delays and memory, with the daemon and without it, in turn on the same PBX."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import func, select

from cc110.journal.engine import ask, reading
from cc110.journal.schema import events

from ..control_room import TRUNK, ControlRoom
from ..phones.sipp import Sipp, SippJob
from ..phones.sipp_result import SippResult

ROUNDS: Final = 3
_DELAY_ROUNDS: Final = 5
_IDLE_PERCENT: Final = 5.0
"""Of one core."""
_TRUNK_PORT: Final = 25060


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table: what, target, measured, whether it is reached (None: no target)."""

    what: str
    target: str
    measured: str
    reached: bool | None = None


def job(room: ControlRoom, *, calls: int, rate: float, at_once: int, hold_s: float) -> SippJob:
    """Calls to 110 through the trunk, each from another number."""
    sip = room.config.settings.sip
    numbers = tuple(f"6280000{n:06d}" for n in range(1000))
    return SippJob(
        scenario="uac_call",
        bind=(TRUNK, _TRUNK_PORT),
        target=(sip.host, sip.port),
        callers=numbers,
        calls=calls,
        rate=rate,
        at_once=at_once,
        hold_s=hold_s,
        limit_s=90 + calls / rate,
    )


def spread(values: Sequence[float], unit: str = "", digits: int = 1) -> str:
    """Median and range."""
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"{mid:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


async def quiet(room: ControlRoom, *, most: int = 0) -> None:
    """Wait until no channel is left, or no more than so many.

    The console is asked: whoever listens to all events has thousands of them before an answer of the manager interface.
    """
    end = time.monotonic() + 60
    while await live_calls(room) > most:
        if time.monotonic() > end:
            raise TimeoutError("channels are left after the load")
        await asyncio.sleep(0.2)


@asynccontextmanager
async def unobserved(room: ControlRoom) -> AsyncIterator[None]:
    """Nobody listens to all events meanwhile: telling them to one more Python costs the PBX as much as the calls do."""
    await room.observer.close()
    try:
        yield
    finally:
        await room.watch_again()


@asynccontextmanager
async def on_duty(room: ControlRoom) -> AsyncIterator[None]:
    """One operator is there, and talks: callers wait for him, as they do in a centre that is open.

    The daemon has to run as it begins; it may go then.
    """
    caller, _ = await asyncio.gather(room.caller(), room.operator(auto_answer=0))
    start = await room.last_seq()
    try:
        await room.dial_110(caller)
        await room.wait_event("AgentAnswered", after=start, timeout=20)
        async with unobserved(room):
            yield
    finally:
        await room.everyone_home()


async def live_calls(room: ControlRoom) -> int:
    """How many channels there are; asked at the console, which answers also when the PBX is busy."""
    return int((await room.pbx.console("core show channels count")).split()[0])


async def _daemon(room: ControlRoom, *, wanted: bool) -> None:
    if wanted and not room.daemon.running:
        await room.daemon.start(timeout=90)  # it reads back the calls of the load before
        await _at_rest(room)
    elif not wanted:
        await room.daemon.stop()


async def _at_rest(room: ControlRoom) -> None:
    """Wait until the daemon has dealt with the load before: its recordings are hashed after it is ready."""
    process, end = psutil.Process(room.daemon.pid), time.monotonic() + 90
    process.cpu_percent()
    while time.monotonic() < end:
        await asyncio.sleep(1.0)
        if process.cpu_percent() < _IDLE_PERCENT:
            return
    raise TimeoutError("the daemon is still busy with the load before")


async def _run(
    room: ControlRoom, command: tuple[str, ...], folder: Path, one: SippJob
) -> SippResult:
    folder.mkdir(parents=True, exist_ok=True)
    before = await live_calls(room)
    result = await Sipp(command, folder).run(one)
    await quiet(room, most=before)
    if result.failed:
        print(f"    {result.failed} of {result.calls} calls failed: {dict(result.failures)}")
    return result


async def _ends(room: ControlRoom, after: int) -> int:
    """How many calls have ended in the journal since."""
    async with reading(room.config.journal_url.get_secret_value()) as engine:
        since = select(func.count()).where(events.c.type == "CallEnded", events.c.seq > after)
        return await ask(engine, lambda connection: connection.scalar(since) or 0)


async def _caught_up(room: ControlRoom, after: int, calls: int) -> float:
    """Seconds until the journal has the end of every one of these calls."""
    began = time.monotonic()
    while (found := await _ends(room, after)) < calls:
        if time.monotonic() - began > 120:
            raise TimeoutError(f"the journal has {found} of {calls} calls")
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def throughput(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """Answered calls per second, as many as the machine gives, with and without the daemon."""
    one = job(room, calls=1500, rate=1000, at_once=120, hold_s=0.7)
    rates: dict[bool, list[float]] = {False: [], True: []}
    behind: list[float] = []
    await _daemon(room, wanted=True)
    async with on_duty(room):
        for number in range(ROUNDS):
            for wanted in (False, True):
                await _daemon(room, wanted=wanted)
                start = await room.last_seq()
                result = await _run(room, command, home / f"rate-{number}-{wanted}", one)
                rates[wanted].append(result.calls_per_second)
                if wanted:
                    behind.append(await _caught_up(room, start, result.calls))
                print(
                    f"  {'with' if wanted else 'without'} daemon: {result.calls_per_second:.1f} calls/s"
                )
    ratios = [a / b for a, b in zip(rates[True], rates[False], strict=True)]
    ratio = statistics.median(ratios)
    return [
        Figure(what="answered calls/s without daemon", target="", measured=spread(rates[False])),
        Figure(what="answered calls/s with daemon", target="", measured=spread(rates[True])),
        Figure(
            what="with / without",
            target=">= 0.85",
            measured=spread(ratios, digits=2),
            reached=ratio >= 0.85,
        ),
        Figure(
            what=f"then, until all {one.calls} calls are in the journal, to the last",
            target="",
            measured=spread(behind, " s"),
        ),
    ]


async def delay(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """From INVITE to 200 OK at 50 calls/s, with and without the daemon."""
    one = job(room, calls=500, rate=50, at_once=500, hold_s=1.5)
    p50: dict[bool, list[float]] = {False: [], True: []}
    p99: dict[bool, list[float]] = {False: [], True: []}
    await _daemon(room, wanted=True)
    async with on_duty(room):
        for number in range(_DELAY_ROUNDS):
            for wanted in (False, True):
                await _daemon(room, wanted=wanted)
                result = await _run(room, command, home / f"delay-{number}-{wanted}", one)
                p50[wanted].append(result.response_time(0.5) * 1000)
                p99[wanted].append(result.response_time(0.99) * 1000)
    extra = [a - b for a, b in zip(p99[True], p99[False], strict=True)]
    return [
        Figure(
            what="answer p50, without / with",
            target="",
            measured=f"{spread(p50[False], ' ms')} / {spread(p50[True], ' ms')}",
        ),
        Figure(
            what="answer p99, without / with",
            target="",
            measured=f"{spread(p99[False], ' ms')} / {spread(p99[True], ' ms')}",
        ),
        Figure(
            what="extra answer delay by the daemon, p99 at 50 calls/s",
            target="< 10 ms",
            measured=spread(extra, " ms"),
            reached=statistics.median(extra) < 10,
        ),
    ]


async def rejection(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """From a blocked caller's INVITE to the final response, and that nothing of him was recorded."""
    number = "6280000777000"
    await room.pbx.console(f"database put cc110-block {number} 0")
    before = len(tuple(room.recordings.rglob("*.wav")))
    one = job(room, calls=500, rate=50, at_once=500, hold_s=0)
    refused = replace(one, scenario="uac_refused", code=403, callers=(number,))
    async with unobserved(room):
        result = await _run(room, command, home / "rejection", refused)
    await room.pbx.console(f"database del cc110-block {number}")
    recorded = len(tuple(room.recordings.rglob("*.wav"))) - before
    p50, p99, most = (result.response_time(share) * 1000 for share in (0.5, 0.99, 1.0))
    return [
        Figure(
            what="blocked caller: from INVITE to 403 at 50 calls/s",
            target="< 50 ms, never recorded",
            measured=f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, at most {most:.1f} ms; {recorded} recorded",
            reached=result.ok and most < 50 and recorded == 0,
        )
    ]


async def footprint(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """The daemon's memory and CPU with 500 live calls."""
    await _daemon(room, wanted=True)
    process = psutil.Process(room.daemon.pid)
    one = job(room, calls=500, rate=40, at_once=500, hold_s=20)
    most, live = 0, 0
    async with on_duty(room), asyncio.TaskGroup() as group:
        before, began = process.cpu_times(), time.monotonic()
        there = await live_calls(room)
        task = group.create_task(_run(room, command, home / "footprint", one))
        while not task.done():
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.5)
            live = max(live, await live_calls(room) - there)
        after, took = process.cpu_times(), time.monotonic() - began
    cpu = (after.user + after.system - before.user - before.system) / took
    megabytes = most / 1e6
    return [
        Figure(
            what=f"daemon RSS, {live} live calls",
            target="< 150 MB",
            measured=f"{megabytes:.0f} MB",
            reached=megabytes < 150 and live >= 450,
        ),
        Figure(what="daemon CPU meanwhile", target="", measured=f"{cpu * 100:.0f} % of a core"),
    ]


def journal(database: str, measured: dict[str, float]) -> list[Figure]:
    """The journal's own figures, on the disk of the temporary folder."""
    rate, p99 = measured["sustained_events_per_s"], measured["durable_p99_ms_at_200_per_s"]
    outbox = measured["outbox_durable_p99_ms_at_200_per_s"]
    return [
        Figure(
            what=f"journal in {database}, sustained, every append durable",
            target=">= 2,000 events/s",
            measured=f"{rate:.0f} events/s",
            reached=rate >= 2000,
        ),
        Figure(
            what=f"journal in {database}, durable p99 at 200 events/s",
            target="< 50 ms",
            measured=f"{p99:.0f} ms",
            reached=p99 < 50,
        ),
        Figure(
            what=f"the same from a call's decision on, through the spool ({database})",
            target="",
            measured=f"{outbox:.0f} ms",
        ),
        Figure(
            what=f"what waited in the spool, into {database}",
            target="",
            measured=f"{measured['outbox_drains_events_per_s']:.0f} events/s",
        ),
    ]
