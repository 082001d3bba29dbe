"""A changed site into a busy PBX of national size: how long it takes, and whether any call notices."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from cc110.config.load import checkout

from ..big_directory import OPERATORS, POLDAS, POLRES, write_site
from ..control_room import TRUNK, ControlRoom, open_room
from ..phones.sipp import Sipp
from ..phones.sipp_result import SippResult
from .load import ROUNDS, Figure, job, quiet, spread, unobserved

T = TypeVar("T")
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


async def _apply(environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds from the command's start until it says that the change is live, and until it is tried and all is over."""
    began, live_s = time.monotonic(), None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cc110.cli.main", "apply"),
        env=dict(environ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    async for line in process.stderr:
        if line.startswith(b"Live"):
            live_s = time.monotonic() - began
    if await process.wait() or live_s is None:
        raise RuntimeError("apply was refused")
    return live_s, time.monotonic() - began


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


async def _reload(room: ControlRoom) -> float:
    """Seconds of a full reload."""
    began = time.monotonic()
    await room.pbx.console("core reload", limit=60)
    return time.monotonic() - began


async def _under_load(
    room: ControlRoom, sipp: tuple[str, ...], folder: Path, what: Awaitable[T]
) -> tuple[SippResult, T]:
    """Something amidst calls: what became of them, and what it returned."""
    folder.mkdir(parents=True)
    one = job(room, calls=_CALLS, rate=_RATE, at_once=200, hold_s=1.5)
    calls = asyncio.create_task(Sipp(sipp, folder).run(one))
    await asyncio.sleep(_BEFORE_S)
    done = await what
    print(f"  {folder.name}: {done} s", flush=True)
    if calls.done():
        raise RuntimeError(f"the calls were over before it was: {calls.result()}")
    result = await calls
    await quiet(room)
    return result, done


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
                result, (live_s, all_s) = await _under_load(
                    room, sipp, home / f"apply-{number}", _apply(room.daemon.environ)
                )
                calls.append(result)
                live.append(live_s)
                applied.append(all_s)
            reloads, times = [], []
            for number in range(ROUNDS):
                result, took = await _under_load(
                    room, sipp, home / f"reload-{number}", _reload(room)
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
