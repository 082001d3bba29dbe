"""The dialplan does what the core's table says (`cc110.core.after_talk`), row by row, on the real PBX.

Each row begins on a channel that carries what the legs wrote onto it, at the step where the talk has ended.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest_asyncio

from cc110.config.load import checkout
from cc110.core.after_talk import AfterTalk, Party, after_talk
from cc110.core.policy import Policy
from cc110.core.words import LeaveCause

from ...control_room import ControlRoom, open_room
from ...phones.observer import AmiEvent
from ...phones.phone import Phone, PhoneError

POLICY = Policy()


class Row(NamedTuple):
    """One row of the table, and the extension that plays it."""

    extension: str
    left: Party
    cause: LeaveCause
    polres_rings: bool
    talk_s: float

    @property
    def expected(self) -> AfterTalk:
        """What the core says."""
        return after_talk(
            left=self.left,
            cause=self.cause,
            others_in=False,
            polres_rings=self.polres_rings,
            talk_s=self.talk_s,
            policy=POLICY,
        )

    @property
    def transfer(self) -> str:
        """What stands in ``SHARED(CC110_XFER)``."""
        if self.polres_rings:
            return "ringing"
        if self.left is Party.OPERATOR:
            return ""
        if self.cause is LeaveCause.LOST:
            return "lost"
        return "done" if self.talk_s >= POLICY.polres_min_talk_s else "short"


def _rows() -> Iterator[Row]:
    combinations = product(Party, LeaveCause, (False, True), (1.0, 60.0))
    for number, (left, cause, rings, talk_s) in enumerate(combinations, 9910):
        if not (left is Party.POLRES and rings):
            yield Row(str(number), left, cause, rings, talk_s)


ROWS = tuple(_rows())


def _dialplan() -> str:
    lines = ["[from-agent](+)"]
    for row in ROWS:
        bye = row.cause if row.left is Party.OPERATOR else LeaveCause.NORMAL
        lines += [
            f"exten => {row.extension},1,Answer()",
            f" same => n,Set(CC110_CALL=row-{row.extension})",
            " same => n,Set(CC110_QUEUE=polda-metro-jaya)",
            f" same => n,Set(SHARED(CC110_XFER)={row.transfer})",
            f" same => n,Set(SHARED(CC110_AGENT_BYE)={bye})",
            " same => n,Goto(cc110-after,s,1)",
        ]
    return "\n".join(lines) + "\n"


@pytest_asyncio.fixture(loop_scope="session")
async def bare_room() -> AsyncIterator[ControlRoom]:
    """A PBX without the daemon, whose site adds the rows to the dialplan."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    site = home / "site"
    try:
        shutil.copytree(checkout() / "site", site)
        (site / "local.conf").write_text(_dialplan())
        async with open_room(home / "h", daemon=False, site=site) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def _outcome(room: ControlRoom, phone: Phone, row: Row) -> AfterTalk:
    """What the dialplan does with this row's channel."""
    mark = room.observer.mark()
    call = await phone.dial(row.extension)
    try:
        if row.polres_rings:
            return await _waits(room)
        return await _goes_on(room, row, mark)
    finally:
        with contextlib.suppress(PhoneError):  # it may be over by itself
            await call.hangup()


async def _goes_on(room: ControlRoom, row: Row, mark: int) -> AfterTalk:
    def ours(event: AmiEvent) -> bool:
        ended = event.name == "Hangup" and f"row-{row.extension}" in str(event.headers)
        return ended or event.get("Call") == f"row-{row.extension}"

    first = await room.observer.log.wait_for(ours, "an outcome", after=mark, timeout=15)
    return AfterTalk.HANG_UP if first.name == "Hangup" else AfterTalk.FRONT_OF_QUEUE


async def _quiet(room: ControlRoom) -> None:
    while await room.observer.channels():
        await asyncio.sleep(0.02)


async def _waits(room: ControlRoom) -> AfterTalk:
    """He waits with music, and his channel says so."""
    for _ in range(100):
        for channel in await room.observer.channels():
            told = await room.observer.action(
                "Getvar", Channel=channel["Channel"], Variable="CC110_STAGE"
            )
            if told.get("Value") == "polres-ringing":
                return AfterTalk.WAIT_FOR_POLRES
        await asyncio.sleep(0.05)
    raise AssertionError("he does not wait for the Polres")


async def test_the_dialplan_carries_out_the_table(bare_room: ControlRoom) -> None:
    """Every row ends as the pure function says."""
    phone, wrong = await bare_room.phone("1101", "operator"), []
    for row in ROWS:
        expected = row.expected
        if expected is AfterTalk.CLOSING_THEN_QUEUE:
            expected = AfterTalk.FRONT_OF_QUEUE  # the closing words are heard in other scenarios
        if (found := await _outcome(bare_room, phone, row)) is not expected:
            wrong.append(f"{row}: {found}, not {expected}")
        await _quiet(bare_room)

    assert not wrong
