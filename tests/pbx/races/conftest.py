"""A bigger control room with quick limits, for many calls at once."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ...control_room import ControlRoom, open_room
from .desks import Desks
from .site import big_site


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """20 operators, 20 Polres. Phones without sound would be taken for dead ones within the usual time."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        site, pbx = big_site(home)
        limits = {
            "queue__wrap_up_s": 0,
            "queue__member_ring_s": 2,
            "transfer__ring_s": 3,
            "transfer__agent_return_ring_s": 3,
            "transfer__polres_min_talk_s": 1,
            "sip__dead_after_s": 60,
        }
        async with open_room(
            home, site=site, paths__asterisk_conf=pbx, blocklist__way_out="reject", **limits
        ) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.fixture
def with_sound() -> bool:
    """These phones have none."""
    return False


@pytest_asyncio.fixture(loop_scope="session")
async def desks(room: ControlRoom) -> AsyncIterator[Desks]:
    """Nobody at a desk yet; all phones are gone afterwards."""
    desks = await Desks.open(room)
    try:
        yield desks
    finally:
        await desks.close()
