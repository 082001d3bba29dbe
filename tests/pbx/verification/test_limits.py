"""One request per number and day, a ceiling for all, kept by the dialplan alone: the daemon does not run."""

import asyncio
import time

from ...control_room import ControlRoom
from ...phones.phone import Phone
from ..blocking import value
from ..scene import all_over
from .way_out import asks, offered, rejected, rejected_at_once, setting


async def _blocked(room: ControlRoom, *numbers: str) -> list[Phone]:
    """A caller for each number, which the PBX's own database blocks; nobody else is there."""
    await room.daemon.kill()
    await room.pbx.console("database del cc110-asked all")
    for number in numbers:
        await room.pbx.console(f"database put cc110-block {number} 0")
    return [await room.caller() for _ in numbers]


async def test_a_number_asks_once_a_day(room: ControlRoom) -> None:
    """The second request is rejected at once; a day later, or with a damaged entry, it is not."""
    number = "6281200000721"
    (caller,) = await _blocked(room, number)
    call = await asks(room, caller, number)
    assert (await value(room, "cc110-asked", number) or "").endswith(":1")
    await call.hangup()
    await rejected_at_once(room, caller, number)
    for entry in (f"{int(time.time()) - 86400}:1", f"{int(time.time()) + 60}:1", "1:x", ":", "all"):
        await room.pbx.console(f"database put cc110-asked {number} {entry}")
        await (await offered(room, caller, number)).hangup()
    await room.pbx.console(f"database put cc110-asked {number} {int(time.time()) - 86000}:1")
    await rejected_at_once(room, caller, number)


async def test_listening_is_no_request(room: ControlRoom) -> None:
    """Another key than 1 is rejected; the next call hears the offer again."""
    number = "6281200000722"
    (caller,) = await _blocked(room, number)
    call = await offered(room, caller, number)
    await call.send_dtmf("5")
    await rejected(call)
    assert await value(room, "cc110-asked", number) is None
    await (await offered(room, caller, number)).hangup()


async def test_so_many_verifications_at_once(room: ControlRoom) -> None:
    """Above the ceiling nobody hears an offer; a place is free again when one has gone."""
    first, second = "6281200000723", "6281200000724"
    one, other = await _blocked(room, first, second)
    async with setting(room, CC110_VERIFY_AT_ONCE="1"):
        call = await asks(room, one, first)
        await rejected_at_once(room, other, second)
        await call.hangup()
        await all_over(call)
        await (await offered(room, other, second)).hangup()


async def test_of_two_who_press_for_the_last_place_one_gets_it(room: ControlRoom) -> None:
    """Both heard the offer; the other is rejected unanswered, and keeps his request of the day."""
    numbers = ("6281200000725", "6281200000726")
    callers = await _blocked(room, *numbers)
    async with setting(room, CC110_VERIFY_AT_ONCE="1"):
        calls = [await offered(room, *pair) for pair in zip(callers, numbers, strict=True)]
        await asyncio.gather(*(call.send_dtmf("1") for call in calls))
        done, waiting = await asyncio.wait(
            [asyncio.create_task(call.wait_for_talk()) for call in calls],
            return_when=asyncio.FIRST_EXCEPTION,
        )
        await asyncio.gather(*done, *waiting, return_exceptions=True)
        in_, out = sorted(calls, key=lambda call: not call.live)
        assert in_.live
        await rejected(out)
        asked = [await value(room, "cc110-asked", number) for number in numbers]
        assert asked.count(None) == 1
        await in_.hangup()


async def test_so_many_requests_an_hour(room: ControlRoom) -> None:
    """Counted over all numbers, also over a PBX's own reload; an hour later it begins anew."""
    first, second = "6281200000727", "6281200000728"
    one, other = await _blocked(room, first, second)
    async with setting(room, CC110_VERIFY_AN_HOUR="1"):
        await (await asks(room, one, first)).hangup()
        await rejected_at_once(room, other, second)
        await room.pbx.console(f"database put cc110-asked all {int(time.time()) - 3600}:1")
        await (await offered(room, other, second)).hangup()


async def test_so_many_announcements_at_once(room: ControlRoom) -> None:
    """A flood of blocked calls is rejected at once, and one number can't take all the places."""
    first, second = "6281200000729", "6281200000730"
    one, other = await _blocked(room, first, second)
    call = await offered(room, one, first)
    await rejected_at_once(room, other, first)
    async with setting(room, CC110_ANNOUNCE_AT_ONCE="1"):
        await rejected_at_once(room, other, second)
    await call.hangup()


async def test_the_setting_reject_offers_nothing(room: ControlRoom) -> None:
    """403 at once, as `blocked` tells in full."""
    number = "6281200000731"
    (caller,) = await _blocked(room, number)
    async with setting(room, CC110_WAY_OUT="reject"):
        await rejected_at_once(room, caller, number)
