"""A changed site into a busy PBX of national size: how long it takes, and whether any call notices."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cc110.config.load import checkout

from ..big_directory import OPERATORS, POLDAS, POLRES, write_site
from ..control_room import TRUNK, ControlRoom, open_room
from ..phones.sipp import Sipp
from ..phones.sipp_result import SippResult
from .load import ROUNDS, Figure, job, quiet, spread, unobserved

_RATE: Final = 20.0
_CALLS: Final = 1000
_BEFORE_S: Final = 3.0
_OPERATOR: Final = '\n[[operator]]\nid = "{id}"\nunit = "polda-00"\nname = "Contoh"\n'


def _big_site(folder: Path) -> Path:
    """The national directory, with the trunk where the callers of a bench are."""
    write_site(folder, checkout() / "site")
    top = folder / "directory.toml"
    top.write_text(top.read_text().replace("192.0.2.0/28", TRUNK))
    return folder


async def _command(environ: Mapping[str, str], *words: str) -> tuple[float, Any]:
    """Seconds of a command as a process of its own, its start included, and what it said."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cc110.cli.main", *words, "--json"),
        env=dict(environ),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{words[0]} was refused")
    return time.monotonic() - began, json.loads(out)


async def _ready(environ: Mapping[str, str]) -> float:
    """Seconds until `cc110 run` says that it is ready; it is ended afterwards."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cc110.cli.main", "run"),
        env=dict(environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(120):
            async for line in process.stdout:
                if line.startswith(b"cc110 ready"):
                    return time.monotonic() - began
        raise RuntimeError("`cc110 run` ended before it was ready")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.communicate()


async def _under_load(
    room: ControlRoom, sipp: tuple[str, ...], folder: Path, *words: str
) -> tuple[SippResult, float, Any]:
    """A command amidst calls: what became of them, how long it took, what it said."""
    folder.mkdir(parents=True)
    one = job(room, calls=_CALLS, rate=_RATE, at_once=200, hold_s=1.5)
    calls = asyncio.create_task(Sipp(sipp, folder).run(one))
    await asyncio.sleep(_BEFORE_S)
    if words[0] == "core":
        began = time.monotonic()
        said: Any = await room.pbx.console(" ".join(words), limit=60)
        took = time.monotonic() - began
    else:
        took, said = await _command(room.daemon.environ, *words)
    print(f"  {' '.join(words)}: {took:.1f} s", flush=True)
    if calls.done():
        raise RuntimeError(f"the calls were over before the command was: {calls.result()}")
    result = await calls
    await quiet(room)
    return result, took, said


async def measure(sipp: tuple[str, ...]) -> list[Figure]:
    """Each command three times, on one PBX."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        site = _big_site(home / "site")
        async with (
            open_room(home / "h", site=site, greeting__menu="false", warm=False) as room,
            unobserved(room),
        ):
            applied, calls, live = [], [], []
            for number in range(ROUNDS):
                with (site / "directory.toml").open("a") as out:
                    out.write(_OPERATOR.format(id=19000 + number))
                result, took, said = await _under_load(
                    room, sipp, home / f"apply-{number}", "apply"
                )
                calls.append(result)
                live.append(took - (said["verified_s"] - said["live_s"]))
                print(
                    f"  live after {live[-1]:.1f} s, {said['live_s']:.1f} of it in the PBX",
                    flush=True,
                )
                applied.append(took)
            reloads, times = [], []
            for number in range(ROUNDS):
                result, took, _ = await _under_load(
                    room, sipp, home / f"reload-{number}", "core", "reload"
                )
                reloads.append(result)
                times.append(took)
            environ = dict(room.daemon.environ)
        starts = [await _ready(environ) for _ in range(ROUNDS)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    size = f"{POLDAS} Poldas, {POLRES} Polres, {OPERATORS:,} operators"
    lost = sum(result.failed for result in calls)
    unanswered = sum(result.failed for result in reloads)
    slowest = max(result.response_time(1.0) for result in reloads) * 1000
    normal = max(result.response_time(1.0) for result in calls) * 1000
    return [
        Figure(
            what=f"`apply` of one operator at {_RATE:.0f} calls/s, {size}: from the command until it is live",
            target="< 5 s",
            measured=spread(live, " s"),
            reached=max(live) < 5,
        ),
        Figure(
            what="the same, with the synthetic call that tries it",
            target="",
            measured=spread(applied, " s"),
        ),
        Figure(
            what="calls disturbed meanwhile",
            target="0",
            measured=f"{lost} of {sum(one.calls for one in calls)}; slowest answer {normal:.0f} ms",
            reached=lost == 0,
        ),
        Figure(
            what="INVITE during a full reload (`core reload`)",
            target="answered",
            measured=f"{unanswered} of {sum(one.calls for one in reloads)} not; slowest {slowest:.0f} ms; "
            f"the reload takes {spread(times, ' s')}",
            reached=unanswered == 0,
        ),
        Figure(
            what=f"`cc110 run` to ready with that directory ({size})",
            target="< 5 s",
            measured=spread(starts, " s"),
            reached=max(starts) < 5,
        ),
    ]
