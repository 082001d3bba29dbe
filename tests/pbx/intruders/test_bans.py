"""Who guesses passwords is banned for a while; trunks and stations never are, whoever pretends to be them (X6)."""

import asyncio
import json
import time
from collections.abc import Sequence

import pytest

from cc110.core.events import AddressBanned

from ...control_room import TRUNK, ControlRoom
from ...phones.phone import CallHandle, CallState, Phone
from ...phones.timing import limit
from ...warm import start_warm
from ..scene import dial
from .strangers import SPARED, forge, guess, log_in

REFUSED = 401
LISTS = ("deny = {trunk}\n", "deny = 0.0.0.0/0\n", "garbage\n[x\n", "deny = nonsense\n")


async def _cli(room: ControlRoom, *words: str) -> str:
    """What a command prints. Raises AssertionError with its complaint."""
    run = await start_warm(*words, environ=room.daemon.environ)
    out, error = await run.communicate()
    assert run.returncode == 0, error.decode()
    return out.decode()


async def _listed(room: ControlRoom) -> list[str]:
    lines = (await _cli(room, "bans", "list", "--json")).splitlines()
    return [json.loads(line)["address"] for line in lines]


async def _in_force(room: ControlRoom, address: str) -> None:
    """Wait until the PBX has the ban."""
    async with asyncio.timeout(limit(10)):
        while f"deny - {address}" not in await room.pbx.console("acl show cc110-banned"):
            await asyncio.sleep(0.05)


async def _logs_in(room: ControlRoom, user: str, source: str) -> None:
    """Wait until the right password is taken."""
    async with asyncio.timeout(limit(15)):
        while await log_in(room, user, source) != 200:
            await asyncio.sleep(0.1)


async def _guessed(room: ControlRoom, source: str, user: str = "1101") -> AddressBanned:
    """Guess until the ban is journaled."""
    start = await room.last_seq()
    await guess(room, source, 5, user)
    told = await room.wait_event(
        "AddressBanned", after=start, where=lambda data: data.address == source
    )
    assert isinstance(told.event.data, AddressBanned)
    return told.event.data


async def _over(ban: AddressBanned) -> None:
    await asyncio.sleep(max(0.0, ban.until - time.time()) + 0.1)


async def _banned(room: ControlRoom, start: int) -> Sequence[str]:
    """Who was banned since."""
    events = [one.event.data for one in await room.events(after=start)]
    return [data.address for data in events if isinstance(data, AddressBanned)]


async def _talk(room: ControlRoom, operator: Phone) -> tuple[CallHandle, CallHandle]:
    """A caller and the operator talk: both ends."""
    call = await dial(room, await room.caller())
    desk = await operator.incoming()
    await desk.answer()
    await asyncio.gather(call.wait_for_talk(), desk.wait_for_talk())
    return call, desk


async def test_x6_who_guesses_is_banned_and_the_ban_ends_by_itself(room: ControlRoom) -> None:
    """Not even the right password helps meanwhile; somebody else's phone is not touched."""
    ban = await _guessed(room, "127.0.0.66")
    assert (ban.failures, ban.times) == (5, 1)
    await _in_force(room, "127.0.0.66")

    assert await log_in(room, "1101", "127.0.0.66") == REFUSED
    assert await log_in(room, "1102", "127.0.0.68") == 200

    await _over(ban)
    await _logs_in(room, "1101", "127.0.0.66")
    assert "127.0.0.66" not in await _listed(room)


async def test_x6_a_ban_outlives_the_daemon_and_is_lifted_by_hand(room: ControlRoom) -> None:
    """Killed in the middle of a ban, the daemon knows it from the journal, and so does the PBX again."""
    start = await room.last_seq()
    await room.daemon.kill()
    await room.daemon.start(CC110_GUARD__BAN_S="600")
    await room.wait_event("PbxBack", after=start)
    await _guessed(room, "127.0.0.69", user="9999")  # an unknown account counts as well
    await _in_force(room, "127.0.0.69")

    again = await room.last_seq()
    await room.daemon.kill()
    (room.config.paths.pbx / "lib" / "bans.conf").unlink()
    await room.pbx.console("module reload acl")
    await room.daemon.start()
    await room.wait_event("PbxBack", after=again)
    assert await _listed(room) == ["127.0.0.69"]
    await _in_force(room, "127.0.0.69")
    assert await log_in(room, "1101", "127.0.0.69") == REFUSED

    why = ("--reason", "new password", "--by", "Padal Contoh")
    await _cli(room, "bans", "lift", "127.0.0.69", *why)
    lifted = (await room.wait_event("AddressBanLifted", after=again)).event.data
    assert (lifted.address, lifted.by) == ("127.0.0.69", "Padal Contoh")
    await _logs_in(room, "1101", "127.0.0.69")


async def test_x6_the_trunk_is_never_banned_whoever_forges_its_address(room: ControlRoom) -> None:
    """Hundreds of wrong passwords in the trunk's name, and the next call for 110 gets through."""
    start = await room.last_seq()
    operator = await room.operator("1101")
    forge(room, TRUNK, 300)
    await _guessed(room, "127.0.0.70")  # all that came before it has been judged by now

    assert await _banned(room, start) == ["127.0.0.70"]
    assert f"deny - {TRUNK}" not in await room.pbx.console("acl show cc110-banned")
    call, _ = await _talk(room, operator)
    await call.hangup()


async def test_x6_a_station_is_not_banned_by_who_forges_its_address(room: ControlRoom) -> None:
    """A phone that logged in proves its address; what the settings name needs no proof. A call in progress does
    not notice that the list changes."""
    start = await room.last_seq()
    operator = await room.operator("1101")
    call, desk = await _talk(room, operator)
    forge(room, "127.0.0.1", 100)
    forge(room, SPARED, 100)
    await _guessed(room, "127.0.0.71")
    await _in_force(room, "127.0.0.71")

    assert await _banned(room, start) == ["127.0.0.71"]
    assert await log_in(room, "1105", SPARED) == 200
    await asyncio.gather(call.wait_for_talk(), desk.wait_for_talk())
    await call.hangup()
    await desk.wait_for(CallState.DISCONNECTED)
    again, _ = await _talk(room, operator)
    await again.hangup()


async def test_x6_a_station_without_a_phone_can_be_banned_in_its_name(room: ControlRoom) -> None:
    """What does not stop a forger, so that nobody relies on it: name your stations in the settings."""
    start = await room.last_seq()
    forge(room, "127.0.0.73", 5)
    await room.wait_event("AddressBanned", after=start)
    assert await _banned(room, start) == ["127.0.0.73"]


@pytest.mark.parametrize("text", LISTS)
async def test_x6_whatever_the_list_holds_calls_for_110_get_through(
    room: ControlRoom, text: str
) -> None:
    """A list that names the trunk, or everybody, or is damaged: the trunk's endpoint does not look there."""
    bans = room.config.paths.pbx / "lib" / "bans.conf"
    before = bans.read_text()
    bans.write_text(text.format(trunk=TRUNK))
    try:
        await room.pbx.console("module reload acl")
        call = await room.dial_110(await room.caller())
        await call.wait_for_talk()
        await call.hangup()
    finally:
        bans.write_text(before)
        await room.pbx.console("module reload acl")
