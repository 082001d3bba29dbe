"""The blocklist with a million numbers: into the journal, into the PBX, and what it costs a call.

The decision is timed inside Asterisk: a site-local extension runs the dialplan's own block check many
times on different numbers of the list and tells the microseconds of each hundred.
"""

import asyncio
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Final

from cc110 import app
from cc110.core.ids import Number

from ..control_room import ControlRoom
from .load import Figure

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
    import sqlite3

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
