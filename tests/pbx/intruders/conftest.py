"""A control room with quick bans, and an address that the site never bans."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import ControlRoom, open_room
from ..invariant import assert_invariant
from .strangers import SPARED

QUICK = {"guard__failures": 5, "guard__ban_s": 6, "queue__wrap_up_s": 0}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """PBX and daemon of its own: five wrong passwords are a ban of six seconds."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        site = shutil.copytree(checkout() / "site", home / "site")
        settings = site / "settings.toml"
        text = settings.read_text()
        for name in ("failures", "ban_s"):
            text = text.replace(f"\n{name} = ", f"\n# {name} = ")
        settings.write_text(text.replace("# never = [", f'never = ["{SPARED}"] # ['))
        quick = {**QUICK, "blocklist__way_out": "reject"}
        async with open_room(home / "h", site=site, **quick) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest_asyncio.fixture(loop_scope="session")
async def room(control_room: ControlRoom, with_sound: bool) -> AsyncIterator[ControlRoom]:
    """The same room for all: each of its 110 calls ended as a call may, whatever intruders did meanwhile."""
    began = datetime.now(UTC)
    yield control_room
    await control_room.everyone_home()
    await assert_invariant(control_room, began, with_sound=with_sound)
