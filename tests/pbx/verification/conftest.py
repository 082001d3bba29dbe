"""A control room that offers blocked callers the way out, as sites do by default."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from ...control_room import ControlRoom, open_room


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """PBX and daemon of its own, in place of the one that rejects."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, queue__wrap_up_s=0, sip__dead_after_s=4) as room:
            assert room.config.settings.blocklist.way_out == "verify"
            yield room
    finally:
        shutil.rmtree(home)
