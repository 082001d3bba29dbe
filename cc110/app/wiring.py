"""What every way of running cc110 wires alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from cc110 import __version__
from cc110.bus.mqtt import MqttBus
from cc110.bus.settings import BrokerSettings, BrokerTls
from cc110.config.model import Config
from cc110.config.secrets import CONTROL, DATABASE, Secrets
from cc110.journal.codec import encode
from cc110.journal.engine import Database, JournalAway
from cc110.journal.spool import SpoolFolder
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


def ami_settings(config: Config, secrets: Secrets, account: str) -> AmiSettings:
    """The link of one AMI account; ``cc110-db`` hears no events, ``cc110-guard`` no FullyBooted."""
    return AmiSettings(
        host=config.settings.ami.host,
        port=config.settings.ami.port,
        username=account,
        secret=secrets.ami[account].get_secret_value(),
        wants_events=account != DATABASE,
        waits_for_boot=account == CONTROL,
    )


def mqtt_bus(config: Config) -> MqttBus | None:
    """The site's broker; None = it has none."""
    said, site = config.settings.mqtt, config.settings.site.id
    if said.host is None:
        return None
    ca, certificate, key = (
        Path(name) if name else None for name in (said.ca_file, said.cert_file, said.key_file)
    )
    settings = BrokerSettings(
        host=said.host,
        port=said.port,
        site=site,
        client_id=said.client_id or f"cc110-{site}",
        username=said.username,
        password=said.password.get_secret_value() if said.password else None,
        tls=BrokerTls(ca=ca, certificate=certificate, key=key) if said.tls else None,
    )
    return MqttBus(settings, encode, version=__version__)


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
        JournalAway: not now; it may be had later.
        JournalUnavailable: it can't be opened.
    """
    async with AsyncExitStack() as stack:
        database = await Database.open(config.journal_url.get_secret_value())
        stack.push_async_callback(database.aclose)
        journal = await JournalWriter.open(database, site=config.settings.site.id)
        stack.push_async_callback(journal.aclose)
        yield database, journal


@asynccontextmanager
async def await_journal(
    config: Config, on_wait: Callable[[str], Awaitable[None]]
) -> AsyncIterator[tuple[Database, JournalWriter]]:
    """As ``open_journal``, but it waits for a journal that is away.

    Args:
        config: the site's.
        on_wait: called before each further attempt, with the reason; it decides how long that is.

    Raises:
        JournalInUse, JournalUnavailable: waiting would not help; or what ``on_wait`` raises.
    """
    async with AsyncExitStack() as stack:
        while True:
            try:
                opened = await stack.enter_async_context(open_journal(config))
                break
            except JournalAway as error:
                await on_wait(str(error))
        yield opened


@contextmanager
def open_spool(config: Config) -> Iterator[SpoolFolder]:
    """Where events wait for the journal: one process at a time.

    Raises:
        JournalInUse: another process has it.
        OSError: it can't be made.
    """
    megabytes = config.settings.journal.spool_mb
    spool = SpoolFolder(config.paths.spool, most_bytes=megabytes << 20)
    try:
        yield spool
    finally:
        spool.close()
