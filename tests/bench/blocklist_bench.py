"""The blocklist with a million numbers: into the journal, into the PBX, and what it costs a call.

The decision is timed inside Asterisk: a site-local extension runs the dialplan's own block check many
times on different numbers of the list, in turn with the same steps without a look-up, and tells the
microseconds of fifty at a time. What the two have in common is the machine's, not the list's.
"""

import asyncio
import os
import sqlite3
import statistics
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil

from cc110 import app
from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid
from cc110.ports import BlockMirror

from ..control_room import ControlRoom
from ..phones.sipp import Sipp, SippJob
from ..phones.sipp_result import SippResult
from .load import Figure, job, live_calls, on_duty, quiet, spread

MILLION: Final = 1_000_000
ROWS: Final = int(os.environ.get("BENCH_ROWS", MILLION))
"""Rows of the import; with fewer than a million its target is not judged."""
_STORMS: Final = 2


def numbers(count: int) -> list[Number]:
    """Invented numbers of prefix 0840, in no order."""
    return [Number(f"62840{n * 7919 % 100_000_000:08}") for n in range(count)]


async def importing(home: Path, *, rows: int = ROWS) -> list[Figure]:
    """`cc110 blocklist import` in a process of its own, on an empty journal.

    Its processor time tells more than the clock does on a machine that others use meanwhile.
    """
    home.mkdir(parents=True)
    file = home / "list.csv"
    with file.open("w") as out:
        out.write("number,until,reason,note,owner\n")
        out.writelines(f"{n},forever,sample list,,polda-metro-jaya\n" for n in numbers(rows))
    environ = {**os.environ, "CC110_HOME": str(home)}
    began, sizes = time.monotonic(), list[int]()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cc110.cli.main", "blocklist", "import", str(file)),
        env=environ,
    )
    usage, journal, used = psutil.Process(process.pid), None, 0.0
    while process.returncode is None:
        try:
            async with asyncio.timeout(0.5):
                await process.wait()
        except TimeoutError:
            sizes.append(_rss(process.pid))
            if journal is None and await _events(home) >= rows:
                journal, used = time.monotonic() - began, _processor(usage)
            elif journal is None:
                used = _processor(usage) or used
    took = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    peak = max(sizes or [0])
    return [
        Figure(
            what=f"import of {rows} rows: read, judged, in the journal",
            target="< 60 s",
            measured=f"{journal or took:.1f} s ({used:.1f} s of processor time); {took:.1f} s with all tables",
            reached=(journal or took) < 60 if rows >= MILLION else None,
        ),
        Figure(
            what="memory of the import, in its middle and at most",
            target="< 300 MB",
            measured=f"{statistics.median(sizes or [0]):.0f} MB, {peak:.0f} MB",
            reached=peak < 300,
        ),
    ]


def _processor(process: psutil.Process) -> float:
    """Seconds of all its threads; 0 = it has gone."""
    try:
        used = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)


def _rss(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


async def _events(home: Path) -> int:
    try:
        with sqlite3.connect(f"file:{home}/journal.sqlite3?mode=ro", uri=True) as database:
            return int(database.execute("SELECT MAX(seq) FROM events").fetchone()[0] or 0)
    except sqlite3.Error:
        return 0


async def loading(room: ControlRoom) -> list[Figure]:
    """Into an empty AstDB and out of it, the daemon being away."""
    await room.daemon.stop()
    entries = [(number, 0) for number in sorted(numbers(MILLION))]
    async with app.open_mirror(room.config) as mirror:
        began, own = time.monotonic(), time.process_time()
        await mirror.put_all(entries)
        loaded, own = time.monotonic() - began, time.process_time() - own
        began = time.monotonic()
        there = len(await mirror.entries())
        read = time.monotonic() - began
    return [
        Figure(
            what=f"{MILLION} numbers into an empty AstDB",
            target="< 20 s",
            measured=f"{loaded:.1f} s ({own:.1f} s of processor time on this side)",
            reached=loaded < 20 and there == MILLION,
        ),
        Figure(what="all of them read back (drift check)", target="", measured=f"{read:.1f} s"),
    ]


_LOOP: Final = """
[cc110-bench]
exten => s,1,Set(round=0)
 same => n(round),Set(i=0)
 same => n,Set(told=)
 same => n,Set(wrong=0)
 same => n(loop),Set(CC110_NUMBER=62840${SPRINTF(%08d,$[${RAND(0,SIZE)} * 7919 % 100000000])})
 same => n,Set(t0=${STRFTIME(,,%s%6q)})
 same => n,Gosub(cc110-block-check,s,1)
 same => n,Set(t1=${STRFTIME(,,%s%6q)})
 same => n,Set(wrong=$[${wrong} + ("${GOSUB_RETVAL}" != "0")])
 same => n,Set(t2=${STRFTIME(,,%s%6q)})
 same => n,Gosub(cc110-bench-steps,s,1)
 same => n,Set(t3=${STRFTIME(,,%s%6q)})
 same => n,Set(told=${told} $[${t1:-9} - ${t0:-9}]/$[${t3:-9} - ${t2:-9}])
 same => n,Set(i=$[${i} + 1])
 same => n,ExecIf($[PAUSE > 0]?Wait(PAUSE))
 same => n,GotoIf($[${i} < 50]?loop)
 same => n,UserEvent(Decided,Microseconds: ${told},Wrong: ${wrong})
 same => n,Wait(0.1)
 same => n,Set(round=$[${round} + 1])
 same => n,GotoIf($[${round} < VOLLEYS]?round)
 same => n,UserEvent(Decided,Microseconds: end)
 same => n,Hangup()

[cc110-bench-steps]
; cc110-block-check for a number with an entry, step by step, but without AstDB.
exten => s,1,Gosub(cc110-block-lasts,s,1(0))
 same => n,GotoIf($["x${GOSUB_RETVAL}" = "xaccept"]?cc110-bench-steps,s,1)
 same => n,Return(${GOSUB_RETVAL})
"""
_ROUNDS: Final = 5
_VOLLEYS: Final = 20
"""Of fifty decisions each, in one round."""
_PAUSE_S: Final = 0.005
"""Between two decisions: 200 a second, as many as callers of the list may send. Without, the PBX is still at work on
what the steps before have told its manager interface and its record, and that is what is measured.
"""
_WRAP: Final = 1_000_000_000
"""The clock's last nine digits begin anew every thousand seconds."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One round: milliseconds of each block check, and of its steps without the look-up, in turn."""

    checks: tuple[float, ...]
    steps: tuple[float, ...]


async def decisions(room: ControlRoom, size: int, *, pause_s: float = _PAUSE_S) -> list[Timed]:
    """Rounds of block checks on random numbers of the first `size` of the list, so far apart.

    They are timed by the PBX itself, by the clock before and after. Nothing is told while it measures: who
    listens would take the core away from it.
    """
    conf = next(room.config.paths.pbx.rglob("extensions.conf"))
    before = conf.read_text()
    loop = _LOOP
    for name, value in (("SIZE", size - 1), ("VOLLEYS", _VOLLEYS), ("PAUSE", pause_s)):
        loop = loop.replace(name, str(value))
    conf.write_text(before + loop)
    try:
        await room.pbx.console("dialplan reload")
        await room.pbx.console("module load res_clioriginate.so")
        return [await _timed(room) for _ in range(_ROUNDS)]
    finally:
        conf.write_text(before)
        await room.pbx.console("dialplan reload")


async def _timed(room: ControlRoom) -> Timed:
    mark = room.observer.mark()
    await room.pbx.console("channel originate Local/s@cc110-bench application Wait 60")
    await room.observer.wait_for(
        "UserEvent", lambda e: e.get("Microseconds") == "end", after=mark, timeout=60
    )
    told = [
        e for e in room.observer.events("UserEvent", after=mark) if e.get("UserEvent") == "Decided"
    ]
    assert {e.get("Wrong") for e in told[:-1]} == {"0"}, "a number of the list is not rejected"
    pairs = [pair.split("/") for e in told[:-1] for pair in e["Microseconds"].split()]
    checks, steps = (
        [float(one) % _WRAP / 1000 for one in part] for part in zip(*pairs, strict=True)
    )
    return Timed(checks=tuple(checks), steps=tuple(steps))


def _at(share: int, rounds: Iterable[Sequence[float]]) -> list[float]:
    """That percentile of each round."""
    return [statistics.quantiles(one, n=100)[share - 1] for one in rounds]


def decided(
    small: Sequence[Timed], large: Sequence[Timed], at_once: Sequence[Timed]
) -> list[Figure]:
    """What a thousand and a million entries cost a call; at last without a pause."""
    few, many = ([one.checks for one in rounds] for rounds in (small, large))
    steps = [one.steps for one in large]
    rush, rush_steps = [one.checks for one in at_once], [one.steps for one in at_once]
    p99, ratio = _at(99, many), statistics.median(_at(99, many)) / statistics.median(_at(99, few))
    middle = statistics.median(_at(50, many)) / statistics.median(_at(50, few))
    return [
        Figure(
            what="decision of the dialplan with a million entries, 200 a second, p99",
            target="< 1 ms",
            measured=spread(p99, " ms", 2),
            reached=statistics.median(p99) < 1,
        ),
        Figure(
            what="the same, p50 and p95",
            target="",
            measured=f"{spread(_at(50, many), ' ms', 2)}; {spread(_at(95, many), ' ms', 2)}",
        ),
        Figure(
            what="p50, p95 and p99 of the same steps without AstDB, in turn with it",
            target="",
            measured="; ".join(spread(_at(share, steps), " ms", 2) for share in (50, 95, 99)),
        ),
        Figure(
            what="p50 and p99 with a thousand entries",
            target="",
            measured=f"{spread(_at(50, few), ' ms', 2)}; {spread(_at(99, few), ' ms', 2)}",
        ),
        Figure(
            what="p99 with a million to p99 with a thousand (p50 to p50)",
            target="< 2x",
            measured=f"{ratio:.1f}x ({middle:.1f}x)",
            reached=ratio < 2,
        ),
        Figure(
            what="one right after the other with a million entries, p50 and p99; without AstDB",
            target="",
            measured="; ".join(
                f"{spread(_at(50, one), ' ms', 2)} and {spread(_at(99, one), ' ms', 2)}"
                for one in (rush, rush_steps)
            ),
        ),
    ]


async def storm(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """Normal calls alone, then with 200 rejected calls a second beside them; in turn."""
    normal = job(room, calls=600, rate=20, at_once=200, hold_s=1.0)
    blocked = replace(
        job(room, calls=6000, rate=200, at_once=500, hold_s=0),
        scenario="uac_refused",
        code=403,
        callers=tuple(numbers(1000)),
        bind=("127.0.0.2", 25160),
    )

    async def run(name: str, one: SippJob) -> SippResult:
        (home / name).mkdir(parents=True)
        return await Sipp(command, home / name).run(one)

    there = await live_calls(room)
    alone, beside, refused = list[SippResult](), list[SippResult](), list[SippResult]()
    for turn in range(_STORMS):
        alone.append(await run(f"alone-{turn}", normal))
        await quiet(room, most=there)
        both = await asyncio.gather(run(f"beside-{turn}", normal), run(f"refused-{turn}", blocked))
        await quiet(room, most=there)
        beside.append(both[0])
        refused.append(both[1])
    before, after = ([one.response_time(0.99) * 1000 for one in some] for some in (alone, beside))
    added = [late - early for early, late in zip(before, after, strict=True)]
    bad = sum(one.failed for one in (*alone, *beside)), sum(one.failed for one in refused)
    return [
        Figure(
            what="200 rejected calls/s for 30 s: what they add to p99 of normal answers at 20 calls/s",
            target="< 20 ms",
            measured=f"{spread(added, ' ms')}; {bad[0]} normal and {bad[1]} rejected calls failed",
            reached=statistics.median(added) < 20 and not any(bad),
        ),
        Figure(
            what="answer p99 without / with them",
            target="",
            measured=f"{spread(before, ' ms')} / {spread(after, ' ms')}",
        ),
        Figure(
            what="INVITE to 403 meanwhile, p50 and p99",
            target="",
            measured="; ".join(
                spread([one.response_time(share) * 1000 for one in refused], " ms")
                for share in (0.5, 0.99)
            ),
        ),
    ]


async def emptying(room: ControlRoom) -> list[Figure]:
    """All entries removed as cc110 removes them: some hundred at a time, with calls in between."""
    gone, waits = sorted(numbers(MILLION)), list[float]()
    async with app.open_mirror(room.config) as mirror, app.open_mirror(room.config) as other:
        began = time.monotonic()
        removing = asyncio.create_task(_remove(mirror, gone))
        while not removing.done():
            asked = time.monotonic()
            await other.get(gone[-1])
            waits.append((time.monotonic() - asked) * 1000)
            await asyncio.sleep(0.1)
        await removing
        took = time.monotonic() - began
    return [
        Figure(what=f"{MILLION} entries removed from AstDB", target="", measured=f"{took:.1f} s"),
        Figure(
            what="a look-up over the manager interface meanwhile, p50, p99 and at most",
            target="",
            measured=f"{statistics.median(waits):.1f} ms, {_at(99, [waits])[0]:.1f} ms, "
            f"{max(waits):.1f} ms",
        ),
    ]


async def _remove(mirror: BlockMirror, gone: Sequence[Number]) -> None:
    for begin in range(0, len(gone), 2000):
        await mirror.delete_all(gone[begin : begin + 2000])


async def measure(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """All figures of the blocklist. A part that breaks down is told as such, and the others go on."""
    figures, first = list[Figure](), numbers(1000)
    small, large = list[Timed](), list[Timed]()

    async def few() -> list[Figure]:
        await room.daemon.stop()
        async with app.open_mirror(room.config) as mirror:
            await mirror.put_all([(number, 0) for number in first])
            small.extend(await decisions(room, len(first)))
            await mirror.delete_all(first)
        return []

    async def many() -> list[Figure]:
        large.extend(await decisions(room, MILLION))
        return decided(small, large, await decisions(room, MILLION, pause_s=0))

    async def stormed() -> list[Figure]:
        await room.daemon.start()
        async with app.open_import(room.config) as door:
            rows = [Listed(number=number) for number in first]
            for begin in range(0, len(rows), door.batch):
                part = rows[begin : begin + door.batch]
                await door.take(part, Unsaid(until=0, reason="sample"), by="bench")
            await door.finished()
        async with on_duty(room):
            return await storm(room, command, home / "storm")

    for name, part in (
        ("decision with a thousand entries", few()),
        ("loading", loading(room)),
        ("decision with a million entries", many()),
        ("removing", emptying(room)),
        ("rejected calls beside normal ones", stormed()),
        ("import", importing(home / "import")),
    ):
        try:
            found = await part
        # Whatever breaks, minutes of measuring are not to be lost with it.
        except Exception as error:
            traceback.print_exc()
            broken = f"not measured: {type(error).__name__}"
            found = [Figure(what=name, target="", measured=broken, reached=False)]
        for one in found:
            print(f"  {one.what}: {one.measured}", flush=True)
        figures += found
    return figures
