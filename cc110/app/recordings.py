"""Recordings: what the daemon does with them, and the use cases for one command of the CLI."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from cc110.app.door import control_socket, is_running
from cc110.app.wiring import background, open_archive, open_journal
from cc110.config.model import Config
from cc110.journal.engine import Database
from cc110.journal.lookups import Lookups
from cc110.journal.readers import Readers
from cc110.journal.tables import all_tables
from cc110.journal.writer import JournalWriter
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import make_key
from cc110.service.calls import Calls
from cc110.service.clock import SystemClock
from cc110.service.control import RecordingsClient
from cc110.service.keeping import Keeping, doors
from cc110.service.listening import RecorderWatch
from cc110.service.outbox import Outbox
from cc110.service.sealing import Sweeper

_log = structlog.get_logger("recordings")


class KeepingPort(Protocol):
    """The use cases, wherever they are carried out."""

    async def hold(self, call_id: str, *, reason: str, by: str) -> str:
        """As `service.keeping.Keeping.hold`."""
        ...

    async def release(self, call_id: str, *, reason: str, by: str) -> str:
        """As `service.keeping.Keeping.release`."""
        ...

    async def exporting(self, call_id: str, *, reason: str, by: str) -> str:
        """As `service.keeping.Keeping.exporting`."""
        ...

    async def purge(self, *, by: str) -> str:
        """As `service.keeping.Keeping.purge`."""
        ...


class RecordingsPart:
    """The daemon's work on recordings beside its calls: watching, finalising what is left, erasing."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        calls: Calls,
        outbox: Outbox,
        keeping: Keeping,
    ) -> None:
        """Wire it; nothing runs yet."""
        clock = SystemClock()
        self._config = config
        self._calls = calls
        self._keeping = keeping
        self.watch = RecorderWatch(calls, archive, clock)
        self._sweeper = Sweeper(archive, outbox, clock)

    def begin(self, start: Callable[[str, Coroutine[None, None, object]], None]) -> None:
        """Start all of it."""
        self._have_key()
        start("recorder-watch", self.watch.run())
        start("recordings-left-over", self._sweeper.run(lambda: self._calls.live))
        if self._config.settings.recordings.erase == "daily":
            start("retention", self._keeping.run())

    def doors(self) -> Mapping[str, Callable[..., Awaitable[str]]]:
        """What the CLI may ask for."""

        async def recorder() -> str:
            return self.watch.seen.as_json()

        return {**doors(self._keeping), "recorder": recorder}

    def _have_key(self) -> None:
        """A key that can't be made holds up the recordings, never the daemon."""
        if self._config.settings.recordings.encrypt:
            try:
                make_key(self._config.recordings_key)
            except OSError as error:
                _log.error("no key for recordings: they wait", error=str(error))


def keeping_of(
    config: Config, database: Database, journal: JournalWriter, tables: Readers, archive: Archive
) -> Keeping:
    """The use cases of the process that writes the journal."""
    return Keeping(
        journal=journal,
        records=Lookups(database),
        recordings=archive,
        clock=SystemClock(),
        retention=config.retention(),
        settled=tables.reached,
    )


@asynccontextmanager
async def open_keeping(config: Config) -> AsyncIterator[KeepingPort]:
    """The use cases: by the running daemon, or else on the journal and the folder themselves.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if await is_running(config):
        yield RecordingsClient(control_socket(config))
        return
    async with open_journal(config) as (database, journal), background() as begin:
        tables = Readers(database, journal.progress, all_tables())
        begin("tables", tables.run())
        await tables.reached(journal.progress.seq)
        yield keeping_of(config, database, journal, tables, open_archive(config))
        await tables.reached(journal.progress.seq)
