"""What every way of running cc110 wires alike."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from cc110.config.model import Config
from cc110.config.secrets import Secrets
from cc110.journal.engine import Database
from cc110.journal.writer import JournalWriter
from cc110.pbx.ami import AmiSettings
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import Cipher, cipher_from


@asynccontextmanager
async def background() -> AsyncIterator[Callable[[str, Coroutine[None, None, object]], None]]:
    """Named background parts: the first that fails ends all; leaving the block cancels them."""
    tasks: list[asyncio.Task[object]] = []
    try:
        async with asyncio.TaskGroup() as group:

            def start(name: str, part: Coroutine[None, None, object]) -> None:
                tasks.append(group.create_task(part, name=name))

            yield start
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures


def control_socket(config: Config) -> Path:
    """Where the running daemon answers the CLI."""
    return config.paths.home / "run" / "control.sock"


def ami_settings(config: Config, secrets: Secrets, account: str) -> AmiSettings:
    """The link of one AMI account; ``cc110-db`` hears no events."""
    return AmiSettings(
        host=config.settings.ami.host,
        port=config.settings.ami.port,
        username=account,
        secret=secrets.ami[account].get_secret_value(),
        wants_events=account == "cc110",
    )


def open_archive(config: Config) -> Archive:
    """The recordings folder, with the site's keys if it encrypts."""

    def keys() -> Cipher | None:
        return cipher_from(config.recordings_key) if config.settings.recordings.encrypt else None

    return Archive(config.paths.recordings, keys)


def open_keys(config: Config) -> Callable[[], Cipher | None]:
    """The site's keys to decrypt with: also when it does not encrypt any more."""
    file = config.recordings_key
    return lambda: cipher_from(file) if file.exists() else None


@asynccontextmanager
async def open_journal(config: Config) -> AsyncIterator[tuple[Database, JournalWriter]]:
    """The journal, to write: one process at a time.

    Raises:
        JournalInUse: another process writes it.
        JournalUnavailable: it can't be opened.
    """
    async with AsyncExitStack() as stack:
        database = await Database.open(config.journal_url.get_secret_value())
        stack.push_async_callback(database.aclose)
        journal = await JournalWriter.open(database, site=config.settings.site.id)
        stack.push_async_callback(journal.aclose)
        yield database, journal
