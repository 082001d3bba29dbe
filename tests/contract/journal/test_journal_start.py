"""A daemon that starts while the journal is away waits for it; what waiting can't mend ends it."""

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cc110.app.patience import Patience, StoppedWaiting
from cc110.app.wiring import await_journal, open_spool
from cc110.config.load import load
from cc110.config.model import Config
from cc110.journal.engine import Database
from cc110.journal.lock import JournalInUse
from cc110.journal.samples import sample_event
from cc110.ports import JournalUnavailable
from tests.postgres import PostgresServer


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What hears ``sd_notify``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield heard


def site(tmp_path: Path, url: str) -> Config:
    """The demo site, with the journal there."""
    url = url.replace("sqlite:", "sqlite+aiosqlite:")
    return load(environ={"CC110_HOME": str(tmp_path), "CC110_JOURNAL__URL": url})


async def test_a_server_that_is_down_at_the_start_is_waited_for(
    postgres: PostgresServer, ready: str, tmp_path: Path
) -> None:
    """The daemon goes on as soon as the server is there; each attempt has its reason."""
    config = site(tmp_path, postgres.url(postgres.database(like=ready)))
    postgres.stop()
    reasons: list[str] = []

    async def meanwhile(reason: str) -> None:
        reasons.append(reason)
        if len(reasons) == 2:
            postgres.start()

    async with await_journal(config, meanwhile) as (_, journal):
        (recorded,) = await journal.append([sample_event("PbxBack")])

    assert 1 == recorded.seq
    assert 2 == len(reasons)
    assert all("can't be opened" in reason for reason in reasons)


async def test_a_new_file_that_somebody_locks_is_waited_for(tmp_path: Path) -> None:
    """Its tables can't be made yet."""
    file = tmp_path / "journal.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    reasons: list[str] = []

    async def meanwhile(reason: str) -> None:
        reasons.append(reason)
        other.close()

    with closing(other):
        async with await_journal(site(tmp_path, f"sqlite:///{file}"), meanwhile) as (_, journal):
            await journal.append([sample_event("PbxBack")])

    assert 1 == len(reasons)
    assert "locked" in reasons[0]


async def test_what_waiting_can_not_mend_is_told_at_once(tmp_path: Path) -> None:
    """Another writer, or a file that is no journal."""

    async def meanwhile(reason: str) -> None:
        pytest.fail(f"waits for {reason}")

    config = site(tmp_path, f"sqlite:///{tmp_path}/journal.db")
    writing = await Database.open(f"sqlite:///{tmp_path}/journal.db")
    with pytest.raises(JournalInUse):
        async with await_journal(config, meanwhile):
            pass
    await writing.aclose()
    (tmp_path / "letter.db").write_text("to grandmother" * 100)
    with pytest.raises(JournalUnavailable, match="not a database"):
        async with await_journal(site(tmp_path, f"sqlite:///{tmp_path}/letter.db"), meanwhile):
            pass


async def test_while_it_waits_systemd_hears_of_it_and_a_signal_ends_it(
    systemd: socket.socket,
) -> None:
    """A start that takes an hour is given up neither by systemd nor against an administrator's will."""
    stop = asyncio.Event()
    waiting = asyncio.create_task(Patience(stop).once_more("the disk is full"))
    said = (await asyncio.get_running_loop().sock_recv(systemd, 1000)).decode()
    assert "EXTEND_TIMEOUT_USEC=30000000" in said
    assert "STATUS=waits: the disk is full" in said

    stop.set()
    with pytest.raises(StoppedWaiting):
        await waiting
    with pytest.raises(StoppedWaiting):
        await Patience(stop).until(asyncio.Event().wait(), "what never comes")


def test_the_spool_has_the_room_of_the_settings_and_one_owner(tmp_path: Path) -> None:
    """Two daemons in one home do not write into each other's files."""
    config = load(environ={"CC110_HOME": str(tmp_path), "CC110_JOURNAL__SPOOL_MB": "2"})
    with open_spool(config):
        files = list((tmp_path / "spool").iterdir())
        assert 2 << 20 == sum(file.stat().st_blocks for file in files) * 512
        with pytest.raises(JournalInUse), open_spool(config):
            pass
