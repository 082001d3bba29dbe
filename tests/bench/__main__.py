"""``make bench``: the figures that cc110 promises, measured here and now, into docs/bench.md."""

import asyncio
import os
import platform
import shutil
import sys
import tempfile
import traceback
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cc110 import __version__
from cc110.config.load import checkout
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import PlainProgress

from ..cache import cache
from ..control_room import open_room
from . import (
    apply_bench,
    blocklist_bench,
    climb_bench,
    directory_bench,
    journal_bench,
    load,
    restart,
    sound,
    start,
)
from .load import Figure

_BLOCKLIST = "blocklist"
_SECTION = "## Blocklist\n"
_APPLY = "apply"
_APPLY_SECTION = "## A changed site in a running PBX\n"


def _wanted(name: str) -> bool:
    return len(sys.argv) == 1 or name in sys.argv[1:]


async def measure() -> tuple[list[Figure], list[Figure], str]:
    """All figures, those of the blocklist apart, and the Asterisk they were measured with."""
    found = await asyncio.to_thread(
        install,
        cache(),
        bundles=("asterisk", "sipp"),
        progress=PlainProgress(sys.stdout),
    )
    sipp, figures, blocklist = found.tool("sipp"), list[Figure](), list[Figure]()
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        # Two media ports for each of 500 callers, and for those who talk with them.
        wide = {"sip__rtp_first": 40000, "sip__rtp_last": 43998}
        rejects = {"blocklist__way_out": "reject"}
        async with open_room(home, queue__wrap_up_s=0, **wide, **rejects, warm=False) as room:
            for name, part in (
                ("transfers", sound.transfers(room)),
                ("rejection", load.rejection(room, sipp, home / "sipp")),
                ("delay", load.delay(room, sipp, home / "sipp")),
                ("memory", load.footprint(room, sipp, home / "sipp")),
                ("restart", restart.restarts(room, sipp, home / "restart")),
                (_BLOCKLIST, blocklist_bench.measure(room, sipp, home / "blocklist")),
                # Last: it leaves a PBX and a daemon that have had all they can take.
                ("calls per second", load.throughput(room, sipp, home / "sipp")),
            ):
                if not _wanted(name):
                    part.close()
                    continue
                (blocklist if name == _BLOCKLIST else figures).extend(await _part(name, part))
    # Whatever breaks as everybody goes home, minutes of measuring are not to be lost with it.
    except Exception:
        traceback.print_exc()
    finally:
        shutil.rmtree(home)
    if _wanted("climb"):
        figures += await _part("climb", climb_bench.measure())
    if _wanted("start"):
        figures += await _part("start", start.starts())
    if _wanted("directory"):
        figures += await _part("directory", directory_bench.measure())
    if _wanted("journal"):
        print("journal ...", flush=True)
        figures += load.journal("SQLite", await journal_bench.in_sqlite(None, 3.0))
        if postgres := await journal_bench.in_postgres(3.0):
            figures += load.journal("PostgreSQL", postgres)
    return figures, blocklist, found.version


async def _part(name: str, part: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    """One part's figures. One that breaks down is told as such, and minutes of measuring are not lost with it."""
    print(f"{name} ...", flush=True)
    try:
        return await part
    except Exception as error:
        traceback.print_exc()
        broken = f"not measured: {type(error).__name__}"
        return [Figure(what=name, target="", measured=broken, reached=False)]


def table(figures: list[Figure], asterisk: str) -> str:
    """When and where, and the figures."""
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {f.what} | {f.target} | {f.measured} | {marks[f.reached]} |" for f in figures]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return "\n".join(
        (
            f"Measured {datetime.now(UTC):%Y-%m-%d} with cc110 {__version__}, Asterisk {asterisk}, Python "
            f"{platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}; "
            f"load of the machine in the last 15 minutes {os.getloadavg()[2]:.1f}, the bench's own with it.",
            "",
            "| what | target | measured | reached |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


_HEAD = """# Figures

Made by `make bench`: load by SIPp, sound by PJSIP phones, all on one machine and in one run, so
ratios count more than absolute times. Median and range of the rounds.

"""
_BLOCKLIST_HEAD = f"""{_SECTION}
Made by `make bench`, or alone by `python -m tests.bench blocklist`. The decision is timed inside Asterisk
by its own clock, five rounds of a thousand, in turn with the same dialplan steps without a look-up: what
both have is the machine's. Median and range of the rounds.

"""


_APPLY_HEAD = f"""{_APPLY_SECTION}
Made by `make bench`, or alone by `python -m tests.bench apply`: SIPp calls 110 at 20 calls/s while
the command runs. Median and range of the rounds.

"""


async def _measure_apply() -> tuple[list[Figure], str]:
    found = await asyncio.to_thread(
        install, cache(), bundles=("asterisk", "sipp"), progress=PlainProgress(sys.stdout)
    )
    return await apply_bench.measure(found.tool("sipp")), found.version


def _apply_alone() -> int:
    """Measures this part, and writes its own section."""
    figures, asterisk = asyncio.run(_measure_apply())
    page, section = checkout() / "docs" / "bench.md", _APPLY_HEAD + table(figures, asterisk)
    page.write_text(_with_section(page.read_text(), _APPLY_SECTION, section))
    print(section)
    return 0 if all(figure.reached is not False for figure in figures) else 1


def _with_section(text: str, head: str, section: str) -> str:
    """A page with this section in the place of an older one, or at its end."""
    before, found, after = text.partition(head)
    rest = after.partition("\n## ")[2] if found else ""
    tail = f"\n## {rest}" if rest else ""
    return f"{before.rstrip()}\n\n{section.rstrip()}\n{tail}"


def main() -> int:
    """Measure and write; 1 when a target is not reached.

    Names of parts measure these, and write nothing; the blocklist alone writes its own section.
    """
    if sys.argv[1:] == [_APPLY]:
        return _apply_alone()
    figures, blocklist, asterisk = asyncio.run(measure())
    page = checkout() / "docs" / "bench.md"
    section = _BLOCKLIST_HEAD + table(blocklist, asterisk)
    text = _HEAD + table(figures, asterisk) + ("\n" + section if blocklist else "")
    if len(sys.argv) == 1:
        changes = asyncio.run(_measure_apply())
        text += "\n" + _APPLY_HEAD + table(changes[0], changes[1])
        page.write_text(text)
    elif sys.argv[1:] == [_BLOCKLIST]:
        page.write_text(_with_section(page.read_text(), _SECTION, section))
    print(text)
    return 0 if all(f.reached is not False for f in (*figures, *blocklist)) else 1


if __name__ == "__main__":
    sys.exit(main())
