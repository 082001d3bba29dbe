"""What the CLI asks for: the use cases, and operators, for one command."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Protocol

from cc110.app.door import running
from cc110.app.wiring import ami_settings, background, open_journal
from cc110.config.model import Config
from cc110.config.secrets import DATABASE, ensure_secrets
from cc110.core.facts import MemberSeen
from cc110.core.importing import Listed, Unsaid
from cc110.journal.blocklist import BlockTables
from cc110.journal.blocks import BlocksReader
from cc110.journal.engine import Database
from cc110.journal.lookups import Lookups
from cc110.journal.ranges import RangeBook
from cc110.journal.readers import Readers
from cc110.journal.tables import all_tables
from cc110.journal.writer import JournalWriter
from cc110.pbx.ami import AmiClient, AmiSettings
from cc110.pbx.link import AmiLists, AmiOperators, AstDb
from cc110.ports import BlockMirror, Journal, PbxUnavailable, RangeMirror
from cc110.service.clock import SystemClock
from cc110.service.guard import BanDesk
from cc110.service.importing import MOST_AHEAD, BlockImport, Taken
from cc110.service.mirror import MirrorReader
from cc110.service.ranges import RangeDesk, RangeReader
from cc110.service.usecases import Desk, Settled

_READING_S: Final = 60.0
"""A PBX that reads its whole database for us answers nothing else meanwhile."""


class DeskPort(Protocol):
    """The use cases, wherever they are carried out."""

    async def block(
        self, number: str, *, until: int, reason: str, by: str, note: str = "", owner: str = ""
    ) -> str:
        """As `service.usecases.Desk.block`."""
        ...

    async def unblock(self, number: str, *, reason: str, by: str) -> str:
        """As `service.usecases.Desk.unblock`."""
        ...

    async def close_case(self, case_id: str, *, by: str) -> str:
        """As `service.usecases.Desk.close_case`."""
        ...

    async def withdraw_verdict(self, call_id: str, *, reason: str, by: str) -> str:
        """As `service.usecases.Desk.withdraw_verdict`."""
        ...


@asynccontextmanager
async def open_desk(config: Config) -> AsyncIterator[DeskPort]:
    """The use cases: by the running daemon, or else on the journal itself.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if door := await running(config):
        yield door
        return
    async with open_journal(config) as (database, journal), background() as begin:
        tables = Readers(database, journal.progress, all_tables())
        begin("tables", tables.run())
        await tables.reached(journal.progress.seq)
        lookups = Lookups(database)
        yield Desk(
            journal=journal,
            clock=SystemClock(),
            find_block=lookups.find_block,
            find_ranges=RangeBook(database).ranges,
            find_case=lookups.find_case,
            find_call=lookups.find_call,
            settled=tables.reached,
        )
        await tables.reached(journal.progress.seq)


class RangeDeskPort(Protocol):
    """What people may do to ranges, wherever it is carried out."""

    async def propose(self, text: str, *, until: int, reason: str, by: str, note: str = "") -> str:
        """As `service.ranges.RangeDesk.propose`."""
        ...

    async def confirm(self, text: str, *, by: str) -> str:
        """As `service.ranges.RangeDesk.confirm`."""
        ...

    async def lift(self, text: str, *, reason: str, by: str) -> str:
        """As `service.ranges.RangeDesk.lift`."""
        ...


@asynccontextmanager
async def open_ranges(config: Config) -> AsyncIterator[RangeDeskPort]:
    """The use cases of ranges: by the running daemon, or else on the journal itself.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if door := await running(config):
        yield door
        return
    async with open_journal(config) as (database, journal):
        yield range_desk(config, journal, RangeBook(database))


def range_desk(config: Config, journal: Journal, book: RangeBook) -> RangeDesk:
    """The use cases of ranges, of the process that writes the journal."""
    least = config.settings.blocklist.range_min_digits
    return RangeDesk(journal=journal, clock=SystemClock(), find=book.ranges, least_digits=least)


class BanDeskPort(Protocol):
    """What people may do to bans, wherever it is carried out."""

    async def lift_ban(self, address: str, *, reason: str, by: str) -> str:
        """As `service.guard.BanDesk.lift`."""
        ...


class _JournalBans:
    """Bans, changed in the journal itself; the daemon tells the PBX when it runs again."""

    def __init__(self, desk: BanDesk) -> None:
        self.lift_ban = desk.lift


@asynccontextmanager
async def open_bans(config: Config) -> AsyncIterator[BanDeskPort]:
    """The use cases of bans: by the running daemon, or else on the journal itself.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if door := await running(config):
        yield door
        return
    async with open_journal(config) as (database, journal):
        find = Lookups(database).bans
        yield _JournalBans(BanDesk(journal=journal, clock=SystemClock(), find=find))


class ImportPort(Protocol):
    """The bulk door, wherever it is."""

    @property
    def batch(self) -> int:
        """How many rows it likes to take at once."""
        ...

    async def take(self, rows: Sequence[Listed], unsaid: Unsaid, *, by: str) -> Taken:
        """As `service.importing.BlockImport.take`."""
        ...

    async def finished(self) -> None:
        """As `service.importing.BlockImport.finished`."""
        ...


@asynccontextmanager
async def open_import(config: Config) -> AsyncIterator[ImportPort]:
    """The bulk door: the running daemon's, or else one on the journal itself.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if door := await running(config):
        yield door
        return
    async with open_journal(config) as (database, journal):
        tables = Readers(database, journal.progress, all_tables())

        async def settled(seq: int) -> None:
            async with background() as begin:
                begin("tables", tables.run())
                await tables.reached(max(seq, journal.progress.seq))

        await settled(0)
        yield block_import(database, journal, tables, settled=settled, most_ahead=0)


def block_import(
    database: Database,
    journal: JournalWriter,
    tables: Readers,
    *,
    settled: Settled | None = None,
    most_ahead: int = MOST_AHEAD,
) -> BlockImport:
    """The bulk door of the process that writes the journal."""
    return BlockImport(
        journal=journal,
        clock=SystemClock(),
        find_blocks=BlockTables(database).find_blocks,
        settled=settled or (lambda seq: tables.reached(seq, BlocksReader.name)),
        reached=lambda: tables.position(BlocksReader.name),
        most_ahead=most_ahead,
    )


@asynccontextmanager
async def open_mirror(config: Config) -> AsyncIterator[BlockMirror]:
    """A link to the PBX's copy of the blocklist for one command.

    Raises:
        PbxUnavailable: the PBX does not answer.
    """
    async with _astdb(config) as astdb:
        yield astdb


@asynccontextmanager
async def open_range_mirror(config: Config) -> AsyncIterator[RangeMirror]:
    """The same for blocked ranges.

    Raises:
        PbxUnavailable: the PBX does not answer.
    """
    async with _astdb(config) as astdb:
        yield astdb


@asynccontextmanager
async def _astdb(config: Config) -> AsyncIterator[AstDb]:
    settings = ami_settings(config, ensure_secrets(config), DATABASE)
    async with _live(replace(settings, ping_timeout_s=_READING_S)) as link:
        yield AstDb(link)


@asynccontextmanager
async def _live(settings: AmiSettings, *, patience_s: float = 5.0) -> AsyncIterator[AmiClient]:
    """A link for one command. When nobody is at the port, that is told at once.

    Raises:
        PbxUnavailable: the PBX does not answer.
    """
    try:
        async with asyncio.timeout(patience_s):
            _, door = await asyncio.open_connection(settings.host, settings.port)
            door.close()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "no answer"
        where = f"{settings.host}:{settings.port}"
        raise PbxUnavailable(f"the PBX does not answer: no connection to {where}: {why}") from error
    link = AmiClient(settings)
    async with background() as begin:
        begin("ami", link.run())
        try:
            async with asyncio.timeout(patience_s):
                await link.await_live()
        except TimeoutError as error:
            raise PbxUnavailable(f"the PBX does not answer: {link.trouble}") from error
        yield link


async def refill_pbx(config: Config) -> None:
    """Write the PBX's blocklist anew from the journal: by the running daemon, or else from here.

    Raises:
        Cc110Error: the PBX does not take it, or the journal can't be opened.
    """
    if door := await running(config):
        await door.refill()
        return
    async with open_journal(config) as (database, journal), background() as begin:
        tables = Readers(database, journal.progress, all_tables())
        begin("tables", tables.run())
        await tables.reached(journal.progress.seq)
        async with _astdb(config) as astdb:
            await RangeReader(astdb, RangeBook(database).ranges, SystemClock()).make_equal()
            await MirrorReader(astdb, BlockTables(database), tables.reached).refill()


class OperatorDesk:
    """Log-in, log-out and pause of operators, over AMI."""

    def __init__(self, link: AmiClient, config: Config) -> None:
        """Act for the operators of the site's directory."""
        self._operators = AmiOperators(link, config.served)
        self._lists = AmiLists(link)
        self.login = self._operators.login
        self.logout = self._operators.logout
        self.pause = self._operators.pause
        self.reachable = self._lists.reachable

    async def members(self) -> tuple[MemberSeen, ...]:
        """Every operator at every queue, from the PBX's own list.

        Raises:
            PbxUnavailable: it does not answer.
        """
        return tuple(it for it in await self._lists.members() if isinstance(it, MemberSeen))


@asynccontextmanager
async def open_operators(config: Config, *, patience_s: float = 5.0) -> AsyncIterator[OperatorDesk]:
    """A link to the PBX for one command.

    Raises:
        PbxUnavailable: the PBX does not answer.
    """
    settings = ami_settings(config, ensure_secrets(config), "cc110")
    async with _live(replace(settings, wants_events=False), patience_s=patience_s) as link:
        yield OperatorDesk(link, config)
