"""The blocklist with a million numbers: into the journal, into the PBX, and what it costs a call.

The decision is timed inside Asterisk: a site-local extension runs the dialplan's own block check many
times on different numbers of the list and tells the microseconds of each hundred.
"""

import asyncio
import os
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cc110 import app
from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid

from ..control_room import ControlRoom
from ..phones.sipp import Sipp
from .load import Figure, job, quiet

MILLION: Final = 1_000_000


def numbers(count: int) -> list[Number]:
    """Invented numbers of prefix 0840, in no order."""
    return [Number(f"62840{n * 7919 % 100_000_000:08}") for n in range(count)]


async def importing(home: Path, *, rows: int = MILLION) -> list[Figure]:
    """`cc110 blocklist import` in a process of its own, on an empty journal."""
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
    journal = None
    while process.returncode is None:
        try:
            async with asyncio.timeout(0.5):
                await process.wait()
        except TimeoutError:
            sizes.append(_rss(process.pid))
            if journal is None and await _events(home) >= rows:
                journal = time.monotonic() - began
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Figure(
            what=f"import of {rows} rows: read, judged, in the journal",
            target="< 60 s",
            measured=f"{journal or took:.1f} s; {took:.1f} s with all tables",
            reached=(journal or took) < 60 and process.returncode == 0,
        ),
        Figure(
            what="memory of the import, in its middle and at most",
            target="< 300 MB",
            measured=f"{statistics.median(sizes or [0]):.0f} MB, {peak:.0f} MB",
            reached=peak < 300,
        ),
    ]


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
        began = time.monotonic()
        await mirror.put_all(entries)
        loaded = time.monotonic() - began
        print(f"  loaded in {loaded:.1f} s", flush=True)
        began = time.monotonic()
        there = len(await mirror.entries())
        read = time.monotonic() - began
    return [
        Figure(
            what=f"{MILLION} numbers into an empty AstDB",
            target="< 20 s",
            measured=f"{loaded:.1f} s",
            reached=loaded < 20 and there == MILLION,
        ),
        Figure(what="all of them read back (drift check)", target="", measured=f"{read:.1f} s"),
    ]


_LOOP: Final = """
[cc110-bench]
exten => s,1,Set(i=0)
 same => n(loop),Set(CC110_NUMBER=62840${SPRINTF(%08d,$[${RAND(0,SIZE)} * 7919 % 100000000])})
 same => n,Set(t0=${STRFTIME(,,%s%6q)})
 same => n,Gosub(cc110-block-check,s,1)
 same => n,Set(t1=${STRFTIME(,,%s%6q)})
 same => n,UserEvent(Decided,Microseconds: $[${t1:-9} - ${t0:-9}],Result: ${GOSUB_RETVAL})
 same => n,Set(i=$[${i} + 1])
 same => n,GotoIf($[${i} < TIMES]?loop)
 same => n,UserEvent(Decided,Microseconds: end)
 same => n,Hangup()
"""
_TIMES: Final = 3000


async def decisions(room: ControlRoom, size: int) -> list[float]:
    """Milliseconds of each of many block checks, on random numbers of the first `size` of the list."""
    conf = next(room.config.paths.pbx.rglob("extensions.conf"))
    before = conf.read_text()
    loop = _LOOP.replace("SIZE", str(size - 1)).replace("TIMES", str(_TIMES))
    conf.write_text(before + loop)
    await room.pbx.console("dialplan reload")
    await room.pbx.console("module load res_clioriginate.so")
    mark = room.observer.mark()
    await room.pbx.console("channel originate Local/s@cc110-bench application Wait 60")
    await room.observer.wait_for(
        "UserEvent", lambda e: e.get("Microseconds") == "end", after=mark, timeout=60
    )
    conf.write_text(before)
    await room.pbx.console("dialplan reload")
    told = [
        e for e in room.observer.events("UserEvent", after=mark) if e.get("UserEvent") == "Decided"
    ]
    assert {e.get("Result") for e in told[:-1]} == {"0"}, "a number of the list is not rejected"
    return [float(e["Microseconds"]) / 1000 for e in told[:-1]]


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def storm(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """Normal calls alone, then with 200 rejected calls a second beside them."""
    for name in ("alone", "beside", "refused"):
        (home / name).mkdir(parents=True)
    normal = job(room, calls=600, rate=20, at_once=200, hold_s=1.0)
    blocked = replace(
        job(room, calls=6000, rate=200, at_once=500, hold_s=0),
        scenario="uac_refused",
        code=403,
        callers=tuple(numbers(1000)),
        bind=("127.0.0.2", 25160),
    )
    alone = await Sipp(command, home / "alone").run(normal)
    await quiet(room)
    beside, refused = await asyncio.gather(
        Sipp(command, home / "beside").run(normal), Sipp(command, home / "refused").run(blocked)
    )
    await quiet(room)
    before, after = (one.response_time(0.99) * 1000 for one in (alone, beside))
    return [
        Figure(
            what="200 rejected calls/s for 30 s: what they add to p99 of normal answers at 20 calls/s",
            target="< 20 ms",
            measured=f"{after - before:.1f} ms ({before:.1f} to {after:.1f}); {refused.failed} failed",
            reached=after - before < 20 and alone.ok and beside.ok and refused.ok,
        )
    ]


async def measure(room: ControlRoom, command: tuple[str, ...], home: Path) -> list[Figure]:
    """All figures of the blocklist."""
    await room.daemon.stop()
    first = numbers(1000)
    async with app.open_mirror(room.config) as mirror:
        await mirror.put_all([(number, 0) for number in first])
    small = await decisions(room, len(first))
    async with app.open_mirror(room.config) as mirror:
        await mirror.delete_all(first)
    figures = await loading(room)
    large = await decisions(room, MILLION)
    ratio = _p99(large) / _p99(small)
    figures.append(
        Figure(
            what="decision of the dialplan with a million entries, p99 (with a thousand)",
            target="< 1 ms, < 2x",
            measured=f"{_p99(large):.3f} ms ({_p99(small):.3f} ms), {ratio:.1f}x",
            reached=_p99(large) < 1 and ratio < 2,
        )
    )
    print(f"  {figures[-1].what}: {figures[-1].measured}", flush=True)
    await room.pbx.console("database deltree cc110-block")
    await room.daemon.start()
    async with app.open_import(room.config) as door:
        rows = [Listed(number=number) for number in first]
        for begin in range(0, len(rows), door.batch):
            part = rows[begin : begin + door.batch]
            await door.take(part, Unsaid(until=0, reason="sample"), by="bench")
        await door.finished()
    figures += await storm(room, command, home)
    return [*await importing(home / "import"), *figures]
