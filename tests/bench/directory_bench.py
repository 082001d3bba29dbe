"""A directory of national size checked, and a day of calls simulated: without a PBX."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from cc110.config.load import checkout

from ..big_directory import OPERATORS, POLDAS, POLRES, write_site
from .load import ROUNDS, Figure, spread

_CALLS: Final = 100_000


async def _seconds(site: Path, *words: str) -> float:
    """One command as a process of its own, its start included."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CC110_")}
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cc110.cli.main",
        "--site",
        str(site),
        *words,
        env=kept,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    return time.monotonic() - began


async def measure() -> list[Figure]:
    """Median and range of the rounds."""
    demo = checkout() / "site"
    with tempfile.TemporaryDirectory(prefix="cc110-") as name:
        good, bad = Path(name) / "good", Path(name) / "bad"
        write_site(good, demo)
        write_site(bad, demo, faults=POLRES)
        rounds = range(ROUNDS)
        checked = [await _seconds(good, "check") for _ in rounds]
        faulty = [await _seconds(bad, "check") for _ in rounds]
        words = ("simulate", "--calls", str(_CALLS), "--operators", "5", "--operators", "3")
        simulated = [await _seconds(demo, *words) for _ in rounds]
    return [
        Figure(
            what=f"`check` on {POLDAS} Poldas, {POLRES} Polres with borders, {OPERATORS:,} operators",
            target="< 3 s",
            measured=spread(checked, " s"),
            reached=max(checked) < 3,
        ),
        Figure(
            what=f"the same with {POLRES} errors, all named",
            target="< 3 s",
            measured=spread(faulty, " s"),
            reached=max(faulty) < 3,
        ),
        Figure(
            what=f"`simulate` of {_CALLS:,} calls, two runs side by side",
            target="< 10 s",
            measured=spread(simulated, " s"),
            reached=max(simulated) < 10,
        ),
    ]
