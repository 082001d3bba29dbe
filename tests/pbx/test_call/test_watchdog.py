"""The word to systemd: it comes for as long as the PBX answers, and stops when it does not."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ...control_room import ControlRoom, open_room
from ...freeze import freeze

pytestmark = [pytest.mark.timeout(90), pytest.mark.slow]
WATCHDOG_S = 4
"""As `WatchdogSec`: the daemon feeds four times as often."""


class Systemd(asyncio.DatagramProtocol):
    """Hears what the daemon says."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.words.put_nowait(data.decode())

    async def feeds_within(self, seconds: float) -> bool:
        """Whether the watchdog is fed within that time, from now on."""
        while not self.words.empty():
            self.words.get_nowait()
        try:
            async with asyncio.timeout(seconds):
                while await self.words.get() != "WATCHDOG=1":
                    pass
        except TimeoutError:
            return False
        return True


@pytest_asyncio.fixture(loop_scope="session")
async def systemd() -> AsyncIterator[tuple[ControlRoom, Systemd]]:
    """A control room whose daemon runs under a systemd of the test's."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    address = str(home / "notify")
    loop = asyncio.get_running_loop()
    transport, heard = await loop.create_datagram_endpoint(Systemd, local_addr=address, family=1)
    try:
        async with open_room(home / "h", daemon=False) as room:
            limit = str(WATCHDOG_S * 1_000_000)
            await room.daemon.start(NOTIFY_SOCKET=address, WATCHDOG_USEC=limit)
            yield room, heard
    finally:
        transport.close()
        shutil.rmtree(home)


async def test_the_watchdog_starves_while_the_pbx_stands_still_and_is_fed_again(
    systemd: tuple[ControlRoom, Systemd],
) -> None:
    """A frozen PBX takes connections and answers nothing; one that does not run is no fault of the daemon's."""
    room, heard = systemd
    async with asyncio.timeout(10):
        while await heard.words.get() != "READY=1":
            pass
    assert await heard.feeds_within(WATCHDOG_S)

    pid = (await room.pbx.status()).pid or 0
    freeze(pid)
    try:
        await asyncio.sleep(0.5)  # a word that was under way
        # Past the time in which the link itself is given up and made anew, again and again.
        assert not await heard.feeds_within(3 * WATCHDOG_S)
        assert room.daemon.running
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await heard.feeds_within(30)

    await room.pbx.stop()
    assert await heard.feeds_within(2 * WATCHDOG_S)
    assert await heard.feeds_within(2 * WATCHDOG_S)
    await room.pbx.start()
    await room.watch_again()
