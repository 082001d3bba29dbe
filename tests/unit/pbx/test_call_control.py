"""Callers are rescued by the list of all channels, which is not asked for once for each of them."""

import asyncio
from typing import Any, cast

import pytest

from cc110.core.ids import ChannelId, QueueName
from cc110.pbx.ami import AmiClient, AmiMessage
from cc110.pbx.link import AmiCallControl
from cc110.ports import ChannelGone, PbxUnavailable

QUEUE = QueueName("polda-metro-jaya")


class Pbx:
    """A link that takes its time for a list."""

    def __init__(self, *channels: str) -> None:
        self.channels = channels
        self.lists = 0
        self.redirected: list[str] = []
        self.fails = False

    async def send_list(self, action: Any, **_: Any) -> tuple[AmiMessage, ...]:
        assert action["Action"] == "CoreShowChannels"
        self.lists += 1
        there = self.channels
        await asyncio.sleep(0.01)
        if self.fails:
            raise PbxUnavailable("no link")
        return tuple(
            AmiMessage(
                (("Event", "CoreShowChannel"), ("Uniqueid", one), ("Channel", f"PJSIP/{one}"))
            )
            for one in there
        )

    async def send(self, action: Any, **_: Any) -> AmiMessage:
        self.redirected.append(action["Channel"])
        return AmiMessage((("Response", "Success"),))

    @property
    def control(self) -> AmiCallControl:
        return AmiCallControl(cast(AmiClient, self))


async def test_a_hundred_who_seem_lost_at_once_are_found_in_two_lists() -> None:
    """Each is redirected by his own channel's name."""
    pbx = Pbx(*(f"1.{n}" for n in range(100)))
    control = pbx.control

    await asyncio.gather(*(control.rescue(ChannelId(f"1.{n}"), QUEUE) for n in range(100)))

    assert pbx.lists <= 2
    assert sorted(pbx.redirected) == sorted(f"PJSIP/1.{n}" for n in range(100))


async def test_who_asks_while_a_list_is_under_way_gets_a_later_one() -> None:
    """What was listed before he asked may be old."""
    pbx = Pbx("1.1")
    control = pbx.control
    first = asyncio.create_task(control.rescue(ChannelId("1.1"), QUEUE))
    await asyncio.sleep(0.002)
    pbx.channels = ("1.2",)

    await control.rescue(ChannelId("1.2"), QUEUE)
    await first
    with pytest.raises(ChannelGone):
        await control.rescue(ChannelId("1.1"), QUEUE)

    assert pbx.lists == 3


async def test_a_list_that_fails_is_asked_for_again() -> None:
    """By the next one; nobody takes an old list for a new one."""
    pbx = Pbx("1.1")
    pbx.fails = True
    control = pbx.control
    with pytest.raises(PbxUnavailable):
        await control.rescue(ChannelId("1.1"), QUEUE)
    pbx.fails = False

    await control.rescue(ChannelId("1.1"), QUEUE)

    assert pbx.redirected == ["PJSIP/1.1"]
