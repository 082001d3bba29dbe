"""The blocklist in a real PBX whose AstDB is lost, killed in the middle, or changed by hand."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from cc110 import app
from cc110.app.wiring import ami_settings
from cc110.cli.verifying import compare
from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid
from cc110.pbx.ami import AmiClient

from ...control_room import ControlRoom, open_room
from ...phones.timing import limit

NUMBERS = [Number(f"62840{n:08}") for n in range(300)]
LIFTED = NUMBERS[7]
FOREIGN = "6284099999999"


@pytest_asyncio.fixture(loop_scope="session")
async def own_room() -> AsyncIterator[ControlRoom]:
    """A control room whose PBX may lose its database."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def listed(room: ControlRoom) -> set[str]:
    """The numbers that AstDB has."""
    shown = await room.pbx.console("database show cc110-block")
    return {
        line.split("/")[2].split()[0]
        for line in shown.splitlines()
        if line.startswith("/cc110-block/")
    }


async def whole(room: ControlRoom, wanted: set[str], *, timeout: float = 20) -> None:
    """Wait until AstDB has these and nothing else."""
    async with asyncio.timeout(timeout):
        while await listed(room) != wanted:
            await asyncio.sleep(0.1)


async def restart(room: ControlRoom, *, lose: bool) -> None:
    """Kill the PBX; it is started again at once, if wanted without its database."""
    start = await room.last_seq()
    database = next(room.config.paths.pbx.rglob("astdb.sqlite3"))
    assert database.is_file()
    if lose:
        database.unlink()
    os.kill((await room.pbx.status()).pid or 0, signal.SIGKILL)
    await room.wait_event("PbxBack", after=start, timeout=20)
    await room.watch_again()


async def test_a_lost_a_killed_and_a_changed_database_are_made_whole(own_room: ControlRoom) -> None:
    """All that is blocked is there again, and nothing else."""
    room = own_room
    async with app.open_import(room.config) as door:
        rows = [Listed(number=number) for number in NUMBERS]
        unsaid = Unsaid(until=0, reason="sample")
        for begin in range(0, len(rows), door.batch):
            await door.take(rows[begin : begin + door.batch], unsaid, by="test")
        await door.finished()
    await whole(room, set(NUMBERS), timeout=5)
    async with app.open_desk(room.config) as desk:
        await desk.unblock(LIFTED, reason="test", by="test")
    wanted = set(NUMBERS) - {LIFTED}
    await whole(room, wanted, timeout=2)

    assert (await asyncio.to_thread(compare, room.config)).equal

    await restart(room, lose=True)
    await whole(room, wanted)

    wrong, found = [NUMBERS[1], NUMBERS[2], LIFTED, FOREIGN], list[str]()
    async with asyncio.timeout(limit(20)):
        while (
            found != wrong
        ):  # the daemon's own look after the restart may mend some of it meanwhile
            await room.pbx.console(f"database put cc110-block {FOREIGN} 0")
            await room.pbx.console(f"database put cc110-block {LIFTED} 0")
            await room.pbx.console(f"database put cc110-block {NUMBERS[1]} 5")
            await room.pbx.console(f"database del cc110-block {NUMBERS[2]}")
            seen = await asyncio.to_thread(compare, room.config)
            found = [one.number for one in seen.named["pbx"]]
    await asyncio.sleep(1.2)  # so that AstDB has it on the disk, as after a restored backup
    await restart(room, lose=False)
    await whole(room, wanted)
    await room.pbx.console(f"database put cc110-block {FOREIGN} 0")
    await app.refill_pbx(room.config)
    assert (await asyncio.to_thread(compare, room.config)).equal
    assert "Value: 0" in await room.pbx.console(f"database get cc110-block {NUMBERS[1]}")


@asynccontextmanager
async def database_account(room: ControlRoom) -> AsyncIterator[AmiClient]:
    """A link of the account that writes the blocklist."""
    settings = replace(ami_settings(room.config, room.secrets, "cc110-db"), wants_events=False)
    client = AmiClient(settings)
    task = asyncio.create_task(client.run())
    async with asyncio.timeout(5):
        await client.await_live()
    yield client
    task.cancel()
    await asyncio.wait([task])


async def test_the_database_account_may_not_steer_calls_nor_run_commands(
    own_room: ControlRoom,
) -> None:
    """Start or steer a call, command, queues, files: Asterisk itself refuses.

    The class that DBPut needs, ``system``, also holds Hangup, Status, GetConfig and ModuleLoad; AMI has
    none that is smaller.
    """
    actions = (
        {"Action": "Originate", "Channel": "Local/s@cc110-rescue", "Application": "Wait"},
        {"Action": "Command", "Command": "core show uptime"},
        {"Action": "Redirect", "Channel": "x", "Context": "y", "Exten": "s", "Priority": "1"},
        {"Action": "Setvar", "Variable": "X", "Value": "1"},
        {"Action": "QueueAdd", "Queue": "polda-metro-jaya", "Interface": "PJSIP/1101"},
        {"Action": "QueuePause", "Interface": "PJSIP/1101", "Paused": "true"},
        {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
        {"Action": "UserEvent", "UserEvent": "CC110"},
    )
    async with database_account(own_room) as client:
        for action in actions:
            answer = await client.send(action)
            assert not answer.ok, action
            assert "Permission denied" in answer.get("Message"), (action, answer)
        put = {"Action": "DBPut", "Family": "cc110-block", "Key": FOREIGN, "Val": "1"}
        assert (await client.send(put)).ok
        assert (await client.send({"Action": "DBDel", "Family": "cc110-block", "Key": FOREIGN})).ok
