"""A site is edited and applied as an administrator does it: by the command line, on a running PBX and daemon.

One room for all; each test leaves a configuration behind that the next one goes on with.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cc110.config.load import checkout
from cc110.pbx.generations import Generations

from ...control_room import ControlRoom, open_room
from ...unit.config.site_copy import copy_or_link
from ...warm import WarmProcess, start_warm
from ..scene import dial, talk

pytestmark = pytest.mark.timeout(120)
NEW_OPERATOR = '\n[[operator]]\nid = "1106"\nname = "Contoh"\nunit = "polda-metro-jaya"\n'


@dataclass
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Admin:
    """Somebody with an editor and the command line."""

    room: ControlRoom
    files: Path
    """Holds `site` and `dialplan`."""

    async def start(self, *words: str) -> WarmProcess:
        return await start_warm(*words, environ=self.room.daemon.environ)

    async def do(self, *words: str) -> Said:
        process = await self.start(*words)
        out, err = await process.communicate()
        print(words, out.decode(), err.decode())
        return Said(process.returncode or 0, out.decode(), err.decode())

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.files / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    async def global_variable(self, name: str) -> str:
        said = await self.room.pbx.console("dialplan show globals")
        found = (line.strip().partition("=") for line in said.splitlines())
        return next(value for key, _, value in found if key == name)

    def live(self) -> int:
        return Generations(self.room.config.paths.pbx).live or 0


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def admin() -> AsyncIterator[Admin]:
    """A control room with files of its own, and somebody who may edit them."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    files = home / "files"
    shutil.copytree(checkout() / "site", files / "site")
    shutil.copytree(checkout() / "dialplan", files / "dialplan", copy_function=copy_or_link)
    try:
        async with open_room(
            home / "h",
            site=files / "site",
            paths__dialplan=str(files / "dialplan"),
            greeting__menu="false",
            queue__wrap_up_s=0,
        ) as room:
            await room.wait_event("PbxBack")
            yield Admin(room, files)
    finally:
        shutil.rmtree(home)


async def test_a_ring_time_is_changed_seen_in_the_next_call_and_taken_back(admin: Admin) -> None:
    """check, diff, apply; a Polres that does not answer is left after the new time; rollback."""
    room, start = admin.room, await admin.room.last_seq()
    before = admin.live()
    admin.edit("site/settings.toml", "\nring_s = 5", "\nring_s = 3")

    shown = await admin.do("diff")
    assert shown.code == 1
    assert "-CC110_RING_S=5\n+CC110_RING_S=3" in shown.out
    assert (await admin.do("apply", "--dry-run")).code == 0
    assert await admin.global_variable("CC110_RING_S") == "5"

    done = await admin.do("apply", "--reason", "three seconds", "--by", "admin", "--json")
    assert done.json["commands"] == ["dialplan reload"]
    assert done.json["verified_s"]
    told = (await room.wait_event("SiteApplied", after=start)).event.data
    assert (told.before, told.by, told.reason, told.verified) == (
        before,
        "admin",
        "three seconds",
        True,
    )
    assert (await admin.do("diff", "--loaded")).code == 0

    scene = await talk(room)
    await scene.key("*757101#")
    assert (await scene.story.told("TransferStarted")).ring_s == 3
    began = asyncio.get_running_loop().time()
    await scene.story.told("TransferReturned")
    assert 2 < asyncio.get_running_loop().time() - began < 4.5
    await scene.call.hangup()
    await room.everyone_home()

    back = await admin.do("rollback", "--unverified", "--reason", "too short", "--json")
    assert (back.code, back.json["generation"]) == (0, before)
    assert await admin.global_variable("CC110_RING_S") == "5"
    told = (await room.wait_event("SiteRolledBack", after=start)).event.data
    assert (told.generation, told.automatic, told.reason) == (before, False, "too short")
    admin.edit("site/settings.toml", "\nring_s = 3", "\nring_s = 5")


async def test_what_breaks_a_call_is_taken_back_by_itself(admin: Admin) -> None:
    """A dialplan that nothing is wrong with but what it does: the synthetic call tells, the old one is back."""
    room, start, before = admin.room, await admin.room.last_seq(), admin.live()
    right, wrong = '"${GOSUB_RETVAL}" != "accept"', '"${GOSUB_RETVAL}" = "accept"'
    admin.edit("dialplan/intake.conf", right, wrong)

    said = await admin.do("apply", "--reason", "a mistake")
    assert said.code == 1
    assert "a call to 110 does not come through any more: it breaks at" in said.err
    assert admin.live() == before
    told = (await room.wait_event("SiteRolledBack", after=start)).event.data
    assert (told.generation, told.automatic) == (before, True)
    admin.edit("dialplan/intake.conf", wrong, right)
    assert (await admin.do("diff", "--loaded")).code == 0


@pytest.mark.slow
async def test_whoever_is_killed_while_he_tries_leaves_the_old_one_live(admin: Admin) -> None:
    """`kill -9` within the synthetic call: the next command finds the old one on the disk, and puts the PBX right."""
    before = admin.live()
    admin.edit("site/settings.toml", "\nring_s = 5", "\nring_s = 4")
    process = await admin.start("apply")
    assert process.stderr
    while b"a synthetic call" not in (line := await process.stderr.readline()):
        assert line
    assert await admin.global_variable("CC110_RING_S") == "4"
    assert (await admin.do("apply")).err.startswith("cc110: Somebody else changes")
    process.kill()
    await process.wait()

    admin.edit("site/settings.toml", "\nring_s = 4", "\nring_s = 5")
    said = await admin.do("apply")
    assert said.code == 0
    assert f"{before} is live again" in said.err
    assert admin.live() == before
    assert await admin.global_variable("CC110_RING_S") == "5"


async def test_nothing_is_applied_that_would_cut_somebody(admin: Admin) -> None:
    """An operator in a talk, a queue with a caller: refused, and taken once nobody is there."""
    room, before = admin.room, admin.live()
    scene = await talk(room, operator={}, polres=())
    text = (admin.files / "site/directory.toml").read_text()
    gone = text.replace('"1101"', '"1109"')
    (admin.files / "site/directory.toml").write_text(gone)
    said = await admin.do("apply", "--unverified")
    assert said.code == 1
    assert "1101 would be gone, and is in a call" in said.err
    assert admin.live() == before

    waiting = await admin.start("apply", "--unverified", "--when-idle")
    assert waiting.stderr
    while b"Waiting: 1101" not in (line := await waiting.stderr.readline()):
        assert line
    assert admin.live() == before
    await scene.call.hangup()
    await waiting.communicate()
    assert admin.live() > before
    endpoints = await room.pbx.console("pjsip list endpoints")
    assert " 1109/1109 " in endpoints
    assert " 1101/1101 " not in endpoints
    assert "PJSIP/1101" not in await room.pbx.console("queue show")

    (admin.files / "site/directory.toml").write_text(text)
    assert (await admin.do("apply", "--unverified")).code == 0


@pytest.mark.slow
async def test_a_new_operator_takes_calls_at_once(admin: Admin) -> None:
    """His account is there, he logs in by *11, and the daemon knows him."""
    room = admin.room
    path = admin.files / "site/directory.toml"
    path.write_text(path.read_text() + NEW_OPERATOR)
    assert (await admin.do("apply", "--unverified")).code == 0
    password = (await admin.do("agents", "account", "1106", "--json")).json["password"]
    assert password

    start = await room.last_seq()
    said = await admin.do("agents", "login", "1106")
    assert said.code == 0
    await room.wait_event("AgentLoggedIn", after=start, where=lambda data: data.agent == "1106")
    await room.everyone_home()


async def test_what_only_a_start_takes_up_is_refused(admin: Admin) -> None:
    """Named, and nothing happens."""
    before = admin.live()
    admin.edit("site/settings.toml", 'level = "info"', 'level = "debug"')
    said = await admin.do("apply")
    assert (said.code, admin.live()) == (1, before)
    assert "only a start takes up log.level" in said.err
    admin.edit("site/settings.toml", 'level = "debug"', 'level = "info"')


@pytest.mark.slow
async def test_a_call_that_waits_is_not_led_astray(admin: Admin) -> None:
    """Steps put in before him would send him to another place when he leaves the queue."""
    room, before = admin.room, admin.live()
    caller = await room.caller()
    call = await dial(room, caller)
    line = "exten => s,1,Set(CC110_STAGE=queue)"
    admin.edit("dialplan/queue.conf", line, f"{line}\n same => n,NoOp(more)")
    said = await admin.do("apply", "--unverified")
    assert (said.code, admin.live()) == (1, before)
    assert "a call stands in s@cc110-queue" in said.err
    await call.hangup()
    admin.edit("dialplan/queue.conf", f"{line}\n same => n,NoOp(more)", line)
    await room.everyone_home()


@pytest.mark.slow
async def test_without_the_daemon_a_change_is_tried_and_written_down_as_well(admin: Admin) -> None:
    room, start = admin.room, await admin.room.last_seq()
    await room.daemon.stop()
    admin.edit("site/settings.toml", "\nring_s = 5", "\nring_s = 4")
    done = await admin.do("apply", "--reason", "alone", "--json")
    assert done.code == 0
    assert done.json["verified_s"]
    assert done.json["notes"] == []
    told = (await room.wait_event("SiteApplied", after=start)).event.data
    assert (told.reason, told.verified) == ("alone", True)
    await room.daemon.start()
    assert await admin.global_variable("CC110_RING_S") == "4"
    admin.edit("site/settings.toml", "\nring_s = 4", "\nring_s = 5")
