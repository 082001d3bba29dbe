"""Many entries to AstDB: in order, two volleys under way, and what a refusal or a lost link ends."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from cc110.core.ids import Number
from cc110.pbx.ami import AmiClient, AmiMessage
from cc110.pbx.ami.errors import AmiLost
from cc110.pbx.link import AstDb
from cc110.ports import PbxRefused, PbxUnavailable

pytestmark = pytest.mark.asyncio

ENTRIES = [(Number(f"6284{n:09}"), 0) for n in range(2345)]
NO = AmiMessage((("Response", "Error"), ("Message", "no room")))


class Link:
    """A PBX that answers a volley when it is told to."""

    def __init__(self, *, refuses: int | None = None, lost: int | None = None) -> None:
        self.sent: list[list[str]] = []
        self.under_way = self.most = 0
        self._refuses, self._lost = refuses, lost

    async def send_volley(
        self, common: dict[str, str], each: Sequence[dict[str, str]], *, timeout: float
    ) -> tuple[AmiMessage, ...]:
        place = len(self.sent)
        self.sent.append([one["Key"] for one in each])
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(2 + 2 * place):
                await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        if place == self._lost:
            raise AmiLost("gone")
        return (NO,) if place == self._refuses else ()


def astdb(link: Link) -> AstDb:
    """The blocklist over that link."""
    return AstDb(cast(AmiClient, link))


async def test_all_are_sent_in_order_and_never_more_than_two_volleys_at_once() -> None:
    """The PBX carries out one while the next is made ready; its memory is not ours to fill."""
    link = Link()
    await astdb(link).put_all(ENTRIES)
    await astdb(link).delete_all([number for number, _ in ENTRIES])

    numbers = [number for number, _ in ENTRIES]
    put, ended, removed = numbers, numbers, numbers
    assert [*put, *ended, *removed] == [key for volley in link.sent for key in volley]
    assert link.most == 2


async def test_nothing_follows_on_a_refusal() -> None:
    """But what is under way already."""
    link = Link(refuses=0)
    with pytest.raises(PbxRefused, match="no room"):
        await astdb(link).put_all(ENTRIES)

    assert (len(link.sent), link.under_way) == (2, 0)


async def test_removing_what_is_not_there_is_no_error() -> None:
    """It is put there first, as an expired entry: of a key that is missing Asterisk logs the number. But it is
    removed also where that was refused."""
    link = Link(refuses=0)
    await astdb(link).delete_all([number for number, _ in ENTRIES])

    removed = [key for volley in link.sent[-5:] for key in volley]
    assert removed == [number for number, _ in ENTRIES]


async def test_a_lost_link_leaves_nothing_under_way() -> None:
    """Whoever is told so may begin anew at once."""
    link = Link(lost=0)
    with pytest.raises(PbxUnavailable):
        await astdb(link).put_all(ENTRIES)

    assert (len(link.sent), link.under_way) == (2, 0)
