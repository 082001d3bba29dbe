"""The word to systemd."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cc110.config.load import checkout
from cc110.service.heartbeat import beat, tell_systemd, watchdog_s


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket that hears the daemon."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "n"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        monkeypatch.setenv("WATCHDOG_USEC", "40000")
        yield heard


def words(heard: socket.socket) -> list[bytes]:
    """All that was said so far."""
    said = []
    while True:
        try:
            said.append(heard.recv(100))
        except BlockingIOError:
            return said


async def test_the_watchdog_is_fed_only_while_we_are_alive(systemd: socket.socket) -> None:
    """And again when we are alive again."""
    answers, asked = [True, False, False, True], asyncio.Event()
    fed: list[int] = []

    async def alive() -> bool:
        fed.append(len(words(systemd)))
        if not answers:
            asked.set()
            await asyncio.Event().wait()
        return answers.pop(0)

    task = asyncio.create_task(beat(alive))
    async with asyncio.timeout(5):
        await asked.wait()
    task.cancel()

    assert fed == [0, 1, 0, 0, 1]


def test_it_is_fed_four_times_as_often_as_it_must_be(systemd: socket.socket) -> None:
    """One answer that fails is not yet the end."""
    assert watchdog_s() == 0.01
    tell_systemd("READY=1")
    assert words(systemd) == [b"READY=1"]


def test_the_unit_asks_for_the_watchdog() -> None:
    """Without these two lines nobody would listen."""
    unit = (checkout() / "deploy" / "cc110.service").read_text().splitlines()

    assert "Type=notify" in unit
    assert "WatchdogSec=20" in unit
