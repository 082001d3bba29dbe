"""A control room whose calls climb every three seconds."""

import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ...control_room import TRUNK, ControlRoom, open_room
from .site import site_that_climbs
from .stage import Stage, open_stage

EVERY_S = 3


@pytest.fixture(scope="session")
def outside_port() -> int:
    """Where the climb's number is called."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((TRUNK, 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room(outside_port: int) -> AsyncIterator[ControlRoom]:
    """Polda, neighbours, Mabes, a number outside."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        site = site_that_climbs(home, outbound=f"{TRUNK}:{outside_port}", every_s=EVERY_S)
        limits = {"queue__wrap_up_s": 0, "sip__dead_after_s": 60, "greeting__menu": False}
        async with open_room(home, site=site, blocklist__way_out="reject", **limits) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.fixture
def with_sound() -> bool:
    """These phones have none."""
    return False


@pytest_asyncio.fixture(loop_scope="session")
async def stage(room: ControlRoom, outside_port: int) -> AsyncIterator[Stage]:
    """Nobody on duty yet."""
    async with open_stage(room, outside_port) as stage:
        yield stage
