"""A control room with a trunk for calls that go out, and somebody to be called on it."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import ControlRoom, open_room
from ..slowed import slowed_dialplan
from .people import GATEWAY

_TRUNK: Final = f"""
[[trunk]]
id = "out"
addresses = ["{GATEWAY}"]
dialled = ["110"]
outbound = "{GATEWAY}"
"""


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """PBX and daemon of its own: the demo site lets nothing out."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        with (home / "site" / "directory.toml").open("a") as directory:
            directory.write(_TRUNK)
        limits = {"queue__wrap_up_s": 0, "callbacks__pause_min": 0}
        dialplan = slowed_dialplan(home / "dialplan")
        async with open_room(
            home,
            site=home / "site",
            paths__dialplan=dialplan,
            blocklist__way_out="reject",
            **limits,
        ) as room:
            yield room
    finally:
        shutil.rmtree(home)
