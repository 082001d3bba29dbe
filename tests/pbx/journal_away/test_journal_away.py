"""The journal is locked, full or gone: no call notices, and afterwards it tells each thing once (S11)."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from cc110.core.events import Recorded
from cc110.journal.engine import reading, sqlite_url
from cc110.journal.verify import verify

from ...control_room import ControlRoom, open_room
from ...phones.leaks import LeakProbe, assert_no_leaks
from ...phones.phone import CallHandle, CallState, Phone
from ..conftest import SHORT
from ..hearing import in_talk
from ..scene import dial, log_in

ONCE: Final = ("CallArrived", "CallQueued", "AgentAnswered", "AgentLeft", "CallEnded")
MEGABYTES: Final = 8


@contextmanager
def locked(room: ControlRoom) -> Iterator[None]:
    """Somebody else's exclusive lock."""
    file = room.config.paths.home / "journal.sqlite3"
    other = sqlite3.connect(file, isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


async def talk(room: ControlRoom, caller: Phone, operator: Phone) -> tuple[CallHandle, CallHandle]:
    """A call through the trunk that is answered at once, as with a healthy journal."""
    began = time.monotonic()
    call = await dial(room, caller)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    assert time.monotonic() - began < 6
    assert await in_talk(caller=call, operator=desk)
    return call, desk


async def told_once(room: ControlRoom, start: int) -> list[Recorded]:
    """Every step of the one call, each once, in an unbroken chain."""
    await room.wait_event("RecordingFinalised", after=start, timeout=15)
    found = [one for one in await room.events(after=start) if one.event.call_id]
    kinds = [one.event.type for one in found]
    for once in ONCE:
        assert kinds.count(once) == 1, kinds
    async with reading(room.config.journal_url.get_secret_value()) as engine:
        assert (await verify(engine)).ok
    return found


@pytest.mark.parametrize("held_s", [6, pytest.param(60, marks=pytest.mark.slow)])
async def test_s11_a_locked_journal_touches_no_call_and_gets_every_event_once(
    room: ControlRoom, held_s: int
) -> None:
    """From before the call until after its end; each event has the time at which it happened."""
    start = await room.last_seq()
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    await room.wait_event("AgentLoggedIn", after=start)
    with locked(room):
        until = time.monotonic() + held_s
        call, desk = await talk(room, caller, operator)
        await desk.hangup()
        await call.wait_for(CallState.DISCONNECTED)
        hung_up = time.time()
        await asyncio.sleep(max(0, until - time.monotonic()))
        assert "CallArrived" not in [one.event.type for one in await room.events(after=start)]
    found = await told_once(room, start)
    ended = next(one for one in found if one.event.type == "CallEnded")
    assert abs(ended.event.at.timestamp() - hung_up) < 1


async def test_s11_a_daemon_killed_while_the_journal_is_locked_loses_no_event(
    room: ControlRoom,
) -> None:
    """The next one waits for the journal, and goes on with the call where it was."""
    start = await room.last_seq()
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    with locked(room):
        call, desk = await talk(room, caller, operator)
        await call.heard(0.5)
        await room.daemon.kill()
        said = len(room.daemon.said())
        starting = asyncio.create_task(room.daemon.start())
        async with asyncio.timeout(10):
            while "the daemon waits" not in room.daemon.said()[said:]:
                await asyncio.sleep(0.05)
        assert not starting.done()
        assert await in_talk(caller=call, operator=desk)
    await starting
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    await told_once(room, start)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with a small disk in it, if we may make one, else with a folder in its place."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    disk = home / "disk"
    disk.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700", "tmpfs", disk)
    if os.geteuid() == 0:
        subprocess.run(mount, capture_output=True, check=False)
    yield home
    if disk.is_mount():
        subprocess.run(("umount", "-l", disk), check=True)
    shutil.rmtree(home)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(home: Path) -> AsyncIterator[ControlRoom]:
    """A control room whose journal is in a folder of that disk."""
    url = sqlite_url(home / "disk" / "data" / "journal.db").replace("sqlite:", "sqlite+aiosqlite:")
    async with open_room(home, **SHORT, journal__url=url) as room:
        yield room


@pytest_asyncio.fixture(loop_scope="session")
async def people(apart: ControlRoom) -> AsyncIterator[tuple[Phone, Phone]]:
    """A caller and an operator in it, and nobody afterwards."""
    probe = LeakProbe(observer=apart.observer, own_children=False)
    before = await probe.look()
    caller, operator = await asyncio.gather(apart.caller(), apart.phone("1101", "operator"))
    await log_in(apart, "1101")
    yield caller, operator
    await apart.everyone_home()
    assert_no_leaks(before, await probe.settled(before, timeout=10))


async def call_meanwhile(apart: ControlRoom, people: tuple[Phone, Phone]) -> None:
    """One call, from its first ring to its end."""
    call, desk = await talk(apart, *people)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)


async def test_s11_a_full_disk_touches_no_call_and_room_brings_every_event_once(
    apart: ControlRoom, people: tuple[Phone, Phone]
) -> None:
    """The daemon's spool is on another disk, or has its room reserved."""
    disk = apart.config.paths.home / "disk"
    if not disk.is_mount():
        pytest.skip("a small disk can't be mounted here: that needs root and CAP_SYS_ADMIN")
    start = await apart.last_seq()
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    await call_meanwhile(apart, people)
    async with asyncio.timeout(10):
        while "full" not in apart.daemon.said():
            await asyncio.sleep(0.05)
    assert "CallEnded" not in [one.event.type for one in await apart.events(after=start)]
    filler.unlink()
    await told_once(apart, start)


async def test_s11_a_journal_that_is_gone_and_comes_back_has_every_event_once(
    apart: ControlRoom, people: tuple[Phone, Phone]
) -> None:
    """Its folder goes in the middle of everything: what was committed just then is not repeated."""
    start = await apart.last_seq()
    data = apart.config.paths.home / "disk" / "data"
    away = data.with_name("away")
    data.rename(away)
    await call_meanwhile(apart, people)
    async with asyncio.timeout(10):
        while "is gone" not in apart.daemon.said():
            await asyncio.sleep(0.05)
    away.rename(data)
    await told_once(apart, start)
