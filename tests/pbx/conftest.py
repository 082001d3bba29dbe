"""One control room for all scenarios; everyone goes home after each of them, and nothing is left."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from ..control_room import ControlRoom, open_room
from ..phones.leaks import LeakProbe, assert_no_leaks
from .invariant import assert_invariant
from .pbx_sight import pbx_sight

SHORT = {"queue__wrap_up_s": 0, "transfer__polres_min_talk_s": 2, "sip__dead_after_s": 4}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every scenario needs a PBX and shares one event loop with it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.pbx)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whether the scenario failed, for those who clear up after it."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """PBX and daemon on the demo site, with shorter waits than a real one. It rejects blocked callers at
    once; `verification` has a room of its own for the way out."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, **SHORT, blocklist__way_out="reject") as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.fixture
def with_sound() -> bool:
    """Whether the phones of a scenario speak."""
    return True


@pytest_asyncio.fixture(loop_scope="session")
async def room(
    control_room: ControlRoom, with_sound: bool, request: pytest.FixtureRequest
) -> AsyncIterator[ControlRoom]:
    """The control room, with nobody in it before and after."""
    if not control_room.daemon.running:
        start = await control_room.last_seq()
        await control_room.daemon.start()
        # What the test before did without a daemon is told now, and is none of the next one's.
        await control_room.wait_event("PbxBack", after=start)
    await control_room.accounted()  # the test before this one may have killed the daemon
    # The daemon may be another process than before: a test may have killed it.
    probe = LeakProbe(observer=control_room.observer, own_children=False)
    before = await probe.look()
    began = datetime.now(UTC)
    yield control_room
    if request.node.stash.get(_FAILED, False):
        print(await pbx_sight(control_room))
    if control_room.daemon.running:
        control_room.daemon.go_on()
    await control_room.everyone_home()
    await assert_invariant(control_room, began, with_sound=with_sound)
    assert_no_leaks(before, await probe.settled(before, timeout=10))
