"""The daemon's door for the CLI: one line each way, and rubbish harms nobody."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from cc110.core import ranges
from cc110.core.blocking import Block, fold
from cc110.core.ids import CallId, CaseId, Number
from cc110.core.ranges import Ranges
from cc110.journal.memory import MemoryJournal
from cc110.service.clock import SystemClock
from cc110.service.control import ControlClient, ControlServer, DaemonRefused, DaemonSilent
from cc110.service.usecases import Desk, JudgedCall, OpenCase

NUMBER = "0812-0000-0001"
FORM = "6281200000001"


class House:
    """A desk over a journal in memory, behind a socket."""

    def __init__(self, folder: Path) -> None:
        self.journal = MemoryJournal()
        self.path = folder / "control.sock"
        desk = Desk(
            journal=self.journal,
            clock=SystemClock(),
            find_block=self._find,
            find_ranges=self._ranges,
            find_case=self._no_case,
            find_call=self._no_call,
            settled=self._settled,
        )
        self.server = ControlServer(self.path, desk)
        self.client = ControlClient(self.path)

    async def _settled(self, _: int) -> None:
        """Everything is seen at once here."""

    async def _find(self, number: Number) -> Block | None:
        return fold(one.event for one in self.journal.recorded).get(number)

    async def _ranges(self) -> Ranges:
        return ranges.fold(one.event for one in self.journal.recorded)

    async def _no_call(self, _: CallId) -> JudgedCall | None:
        return None

    async def _no_case(self, _: CaseId) -> OpenCase | None:
        return None


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.server.start()
    yield made
    await made.server.aclose()


async def test_block_and_unblock_are_journaled_once_with_their_doer(house: House) -> None:
    """Doing it twice is doing it once; the number is in its normal form."""
    for _ in range(2):
        assert await house.client.block(NUMBER, until=0, reason="sample", by="duty") == FORM
    assert await house.client.unblock(NUMBER, reason="sample", by="duty") == FORM

    assert [one.event.type for one in house.journal.recorded] == [
        "NumberBlocked",
        "NumberUnblocked",
    ]


@pytest.mark.parametrize(
    ("number", "reason", "by"),
    [("anonymous", "x", "y"), ("110", "x", "y"), (NUMBER, " ", "y"), (NUMBER, "x", "")],
)
async def test_what_can_t_be_defended_is_refused(
    house: House, number: str, reason: str, by: str
) -> None:
    """Nobody is blocked without a number, a reason and a doer."""
    with pytest.raises(DaemonRefused):
        await house.client.block(number, until=0, reason=reason, by=by)

    assert house.journal.recorded == ()


async def test_unblocking_what_is_not_blocked_and_closing_what_is_no_case_is_refused(
    house: House,
) -> None:
    """One clear sentence each."""
    with pytest.raises(DaemonRefused, match="not on the blocklist"):
        await house.client.unblock(NUMBER, reason="x", by="y")
    with pytest.raises(DaemonRefused, match="no case K-1"):
        await house.client.close_case("K-1", by="y")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b'"x"\n',
        b"\xff\n",
        b'{"do":"run"}\n',
        b'{"do":"block"}\n',
        b'{"do":[]}\n',
    ],
)
async def test_rubbish_is_answered_and_harms_nobody(house: House, line: bytes) -> None:
    """The next client is served as if nothing had been."""
    reader, writer = await asyncio.open_unix_connection(str(house.path))
    writer.write(line)
    answer = json.loads(await reader.readline())
    writer.close()

    assert answer == {"error": "not understood"}
    assert await house.client.block(NUMBER, until=0, reason="x", by="y") == FORM


async def test_a_line_of_a_megabyte_is_dropped(house: House) -> None:
    """Bounded memory for one client."""
    reader, writer = await asyncio.open_unix_connection(str(house.path))
    writer.write(b"x" * 1_000_000)
    with suppress(ConnectionResetError):
        async with asyncio.timeout(5):
            assert await reader.read() == b""
    writer.close()


async def test_only_the_daemon_s_own_user_may_use_the_door(house: House) -> None:
    """Mode 0600 from the first moment on."""
    assert stat.S_IMODE(house.path.stat().st_mode) == 0o600


async def test_a_daemon_that_is_not_there_is_silent(tmp_path: Path) -> None:
    """The client says so in one sentence."""
    with pytest.raises(DaemonSilent):
        await ControlClient(tmp_path / "nobody.sock").unblock(NUMBER, reason="x", by="y")


async def test_a_verdict_of_a_call_that_is_not_there_can_t_be_withdrawn(house: House) -> None:
    """The sentence goes through the door."""
    with pytest.raises(DaemonRefused, match="there is no call x"):
        await house.client.withdraw_verdict("x", reason="wrong button", by="padal")
