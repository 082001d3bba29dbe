"""Logs are for administrators, not for finding callers in: no password and no full number is in them (X9).

Records are another matter: the journal, CEL, queue_log and the manifest are there to say who called, and are for their
owner's eyes (X5). What the CLI is asked for by a number or for a password, it says.
"""

import asyncio
import re
from collections.abc import Mapping

import pytest

from cc110 import app
from cc110.service.control import ControlClient

from ...control_room import ControlRoom
from ...phones.phone import CallState
from ...warm import start_warm
from ..scene import all_over, talk
from .strangers import guess
from .test_least_privilege import connected

CALLER = "6281290007231"
BLOCKED = "6281290007232"
LOGS = ("messages.log", "security.log", "console.log")
COMMANDS = (("doctor",), ("check",), ("bans", "list"), ("recordings", "list"))
"""What an administrator runs, and shows around."""


async def _printed(room: ControlRoom, *words: str) -> str:
    run = await start_warm(*words, environ=room.daemon.environ)
    return b"".join(await run.communicate()).decode()


def _digits(text: str) -> str:
    """Without what people and programs put between the digits of a number."""
    return re.sub(r"(?<=\d)[-. ()](?=\d)", "", text)


async def _all_logs(room: ControlRoom) -> Mapping[str, str]:
    folder = room.config.paths.pbx / "log"
    files = [path for name in LOGS for path in folder.glob(f"{name}*")]
    pbx = {path.name: path.read_text(errors="replace") for path in files}
    printed = await asyncio.gather(*(_printed(room, *words) for words in COMMANDS))
    cli = {" ".join(words): said for words, said in zip(COMMANDS, printed, strict=True)}
    return {"daemon": room.daemon.said(), **pbx, **cli}


@pytest.mark.timeout(120)
async def test_x9_a_day_s_work_leaves_no_password_and_no_full_number_in_a_log(
    room: ControlRoom,
) -> None:
    """A prank with a transfer, a rejected caller, wrong passwords of phones and accounts, the daemon's death."""
    start = await room.last_seq()
    scene = await talk(room, number=CALLER)
    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    await unit.hangup()
    await scene.key("*73")
    await scene.story.told("VerdictGiven")
    await scene.call.hangup()
    await all_over(scene.desk)
    desk = ControlClient(app.control_socket(room.config))
    await desk.block(BLOCKED, until=0, reason="prank", by="Padal Contoh")
    try:
        async with asyncio.timeout(10):
            while BLOCKED not in await room.pbx.console("database show cc110-block"):
                await asyncio.sleep(0.05)
        rejected = await room.dial_110(await room.caller(), f"+{BLOCKED}")
        assert (await rejected.wait_for(CallState.DISCONNECTED)).code == 403
        await room.wait_event("CallRejected", after=start)
    finally:
        await desk.unblock(BLOCKED, reason="prank", by="Padal Contoh")
    await desk.refill()  # removes once more what is lifted
    await guess(room, "127.0.0.98", 5)
    await room.wait_event("AddressBanned", after=start)
    async with connected(room, "cc110", secret="0" * 32) as (_, said):
        assert "failed" in said
    await room.accounted()
    await room.daemon.kill()
    await room.daemon.start()

    logs = await _all_logs(room)
    assert {"daemon", *LOGS} <= logs.keys()
    assert "62********231" in logs["daemon"]
    secrets = [
        one.get_secret_value() for one in (*room.secrets.sip.values(), *room.secrets.ami.values())
    ]
    for name, text in logs.items():
        for number in (CALLER, BLOCKED):
            assert number[2:] not in _digits(text), f"{name} holds a full number"
        assert not [one for one in secrets if one in text], f"{name} holds a password"
