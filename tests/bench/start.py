"""How long it takes until the first call can come: in a fresh clone, and every time after."""

import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

from cc110.config.load import checkout

from ..control_room import free_ports
from .load import ROUNDS, Figure, spread

_LIMIT_S: Final = 600


def _environ(home: Path) -> dict[str, str]:
    """Free ports, a home of its own, and nothing that pip has kept."""
    sip, ami, agi = free_ports(3)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CC110_")}
    return {
        **kept,
        "CC110_HOME": str(home),
        "CC110_SIP__PORT": str(sip),
        "CC110_AMI__PORT": str(ami),
        "CC110_AGI__PORT": str(agi),
        "PIP_NO_CACHE_DIR": "1",
    }


async def _until_ready(folder: Path, home: Path) -> float:
    """Seconds from ``make run`` to its first line; it is ended afterwards."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        "make",
        "run",
        cwd=folder,
        env=_environ(home),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(_LIMIT_S):
            async for line in process.stdout:
                if line.startswith(b"cc110 ready"):
                    return time.monotonic() - began
        raise RuntimeError("`make run` ended before it was ready")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.communicate()


async def starts() -> list[Figure]:
    """A clone of what is committed, with nothing kept from before; then warm starts in it."""
    with tempfile.TemporaryDirectory(prefix="cc110-") as name:
        folder = Path(name) / "clone"
        clone = ("git", "clone", "--quiet", str(checkout()), str(folder))
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(*clone)
        if await process.wait():
            raise RuntimeError("this is no git checkout")
        cold = time.monotonic() - began + await _until_ready(folder, Path(name) / "home")
        warm = [await _until_ready(folder, Path(name) / "home") for _ in range(ROUNDS)]
    return [
        Figure(
            what="fresh clone to `cc110 ready`, nothing cached",
            target="< 120 s",
            measured=f"{cold:.0f} s",
            reached=cold < 120,
        ),
        Figure(
            what="the same, warm",
            target="< 10 s",
            measured=spread(warm, " s"),
            reached=max(warm) < 10,
        ),
    ]
