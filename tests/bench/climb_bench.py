"""When the levels of the climb ring, measured at the phones: with and without the daemon."""

import shutil
import socket
import tempfile
from pathlib import Path
from typing import Final

from ..control_room import TRUNK, open_room
from ..pbx.climb.site import site_that_climbs
from ..pbx.climb.stage import Stage, open_stage
from .load import Figure, spread

ROUNDS: Final = 3
LEVELS: Final = ("1101", "1201", "1901")
"""An operator of the Polda, of its neighbour, and of Mabes; nobody answers."""
EVERY_S: Final = 10
TOLERANCE_S: Final = 0.5


async def measure() -> list[Figure]:
    """Three levels, ten seconds each; who is rung at which second in the queue."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        port = _free_port()
        site = site_that_climbs(
            home, outbound=f"{TRUNK}:{port}", every_s=EVERY_S, who=("polda", "neighbours", "mabes")
        )
        async with (
            open_room(
                home, site=site, sip__dead_after_s=60, queue__wrap_up_s=0, warm=False
            ) as room,
            open_stage(room, port) as stage,
        ):
            await stage.on_duty(*LEVELS)
            with_daemon = [await once(stage) for _ in range(ROUNDS)]
            await room.daemon.kill()
            alone = [await once(stage) for _ in range(ROUNDS)]
    finally:
        shutil.rmtree(home)
    return [
        _figure(level, name, [waits[level - 1] for waits in rounds])
        for name, rounds in (("with the daemon", with_daemon), ("the PBX alone", alone))
        for level in (2, 3)
    ]


async def once(stage: Stage) -> list[float]:
    """One caller: the second in the queue at which each level's phone was rung first."""
    stage.rings.clear()
    caller = await stage.call()
    waits = [await caller.heard_by(one, within_s=15) for one in LEVELS]
    await caller.call.hang_up()
    await stage.quiet()
    return waits


def _figure(level: int, name: str, waits: list[float]) -> Figure:
    due = (level - 1) * EVERY_S
    return Figure(
        what=f"nobody answers: level {level} rings ({name})",
        target=f"{due} ± {TOLERANCE_S:g} s",
        measured=spread(waits, " s", digits=3),
        reached=all(abs(one - due) <= TOLERANCE_S for one in waits),
    )


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((TRUNK, 0))
        return int(probe.getsockname()[1])
