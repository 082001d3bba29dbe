"""The daemon: real adapters into the service, and back down in order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Final

import structlog

from cc110.app.callbacks import callback_doors, callback_rules, callbacks_of
from cc110.app.desk import block_import, range_desk
from cc110.app.door import control_socket
from cc110.app.patience import Patience, StoppedWaiting
from cc110.app.process import let_the_pbx_go_first, spare_the_collector
from cc110.app.recordings import RecordingsPart, keeping_of
from cc110.app.rereading import Reread, SiteAgain, SiteNotTaken
from cc110.app.resync import Resync
from cc110.app.scripts import Scripts
from cc110.app.shifts import shift_clock, use_shifts
from cc110.app.watch import Watched, WatchPart
from cc110.app.wiring import (
    ami_settings,
    await_journal,
    background,
    mqtt_bus,
    open_archive,
    open_spool,
)
from cc110.config.model import Config
from cc110.config.restart import only_at_start
from cc110.config.secrets import GUARD, TEST, Secrets
from cc110.core.events import NumberBlocked, Recorded
from cc110.journal.blocklist import BlockTables
from cc110.journal.engine import Database
from cc110.journal.lookups import Lookups
from cc110.journal.ranges import RangeBook
from cc110.journal.readers import Reader, Readers, start_at
from cc110.journal.tables import all_tables
from cc110.journal.tail import follow
from cc110.journal.writer import JournalWriter
from cc110.pbx.ami import AmiClient, AmiMessage, LinkState
from cc110.pbx.cel import CelFile
from cc110.pbx.guard import BANS_FILE, BanFile, login_fact
from cc110.pbx.link import AmiCallControl, AmiLists, AmiOperators, AstDb
from cc110.pbx.queue_log import QueueLog
from cc110.pbx.translate import call_facts, roster_facts
from cc110.ports import Spool
from cc110.service.attendance import Attendance
from cc110.service.calls import Calls
from cc110.service.catchup import CatchUp
from cc110.service.clock import SystemClock
from cc110.service.control import ControlServer
from cc110.service.counting import PrankCounter
from cc110.service.guard import BanDesk, Guard
from cc110.service.heartbeat import beat, tell_systemd
from cc110.service.mirror import MirrorReader
from cc110.service.outbox import Outbox
from cc110.service.ranges import RangeReader
from cc110.service.reconcile import resume_calls
from cc110.service.roster import Operators
from cc110.service.site import SiteDesk
from cc110.service.upkeep import keep
from cc110.service.usecases import Desk
from cc110.service.verification import Verifications

_log = structlog.get_logger("daemon")
_SETTLE_S: Final = 5.0


class Daemon:
    """Everything that runs while ``cc110 daemon`` does."""

    def __init__(
        self,
        config: Config,
        secrets: Secrets,
        database: Database,
        journal: JournalWriter,
        spool: Spool,
        reread: Reread | None = None,
    ) -> None:
        """Wire it; nothing runs yet. `reread` reads the site that the PBX now goes by."""
        self.config = config
        self._site_again = SiteAgain(reread)
        self._taking = asyncio.Lock()
        self._journal = journal
        self._database = database
        self._clock = SystemClock()
        self.link = AmiClient(
            ami_settings(config, secrets, "cc110"),
            on_up=lambda booted: self.resync.up(booted),
            on_down=lambda reason: self.resync.down(reason),
        )
        self._db_link = AmiClient(ami_settings(config, secrets, "cc110-db"), on_up=self._db_up)
        self._guard_link = AmiClient(ami_settings(config, secrets, GUARD))
        self.lookups = Lookups(database)
        self.outbox = Outbox(journal, spool, told=lambda events: self.callbacks.hear(events))
        self.tables = Readers(database, journal.progress, all_tables())
        astdb = AstDb(self._db_link)
        self.mirror = MirrorReader(astdb, BlockTables(database), self.tables.reached)
        self._counter = PrankCounter(
            records=self.lookups,
            journal=journal,
            settled=self.tables.reached,
            clock=self._clock,
            policy=config.block_policy(),
        )
        book = RangeBook(database)
        self.ranges = RangeReader(astdb, book.ranges, self._clock)
        self.bus = mqtt_bus(config)
        followers: list[Reader] = [self.mirror, self.ranges, self._counter]
        if self.bus:
            followers.append(self.bus)
        self.effects = Readers(database, journal.progress, followers)
        self.verifications = Verifications(
            outbox=self.outbox,
            find_block=self.lookups.find_block,
            find_ranges=book.ranges,
            caught_up=self._tables_caught_up,
            notes=astdb,
        )
        self._archive = open_archive(config)
        self.calls = Calls(
            policy=config.policy(),
            clock=self._clock,
            outbox=self.outbox,
            control=AmiCallControl(self.link),
            recordings=self._archive,
            lift=self.verifications.lift,
        )
        keeping = keeping_of(config, database, journal, self.tables, self._archive)
        self.recordings = RecordingsPart(config, self._archive, self.calls, self.outbox, keeping)
        self.operators = Operators(self.outbox, self._clock)
        self._test_link = AmiClient(ami_settings(config, secrets, TEST))
        self.callbacks = callbacks_of(config, self.outbox, self.lookups, book, self._test_link)
        self.attendance = Attendance(
            self.outbox,
            self._clock,
            roster=lambda: self.operators.roster,
            live=lambda: self.calls.certain.values(),
            known=lambda: self.link.state is LinkState.LIVE,
        )
        self.desk = Desk(
            journal=journal,
            clock=self._clock,
            find_block=self.lookups.find_block,
            find_ranges=book.ranges,
            find_case=self.lookups.find_case,
            find_call=self.lookups.find_call,
            settled=self.tables.reached,
            press_close=self.calls.press_close,
            take_back=self.calls.take_back,
        )
        self.range_desk = range_desk(config, journal, book)
        self.imports = block_import(database, journal, self.tables)
        self._ban_file = BanFile(config.paths.pbx / "lib" / BANS_FILE, self._db_link)
        self.guard = Guard(
            outbox=self.outbox,
            clock=self._clock,
            policy=config.guard_policy(),
            bans=self._ban_file,
        )
        self._ban_desk = BanDesk(
            journal=journal, clock=self._clock, find=self.guard.find, lifted=self.guard.learn
        )
        watched = Watched(
            calls=self.calls,
            operators=self.operators,
            attendance=self.attendance,
            callbacks=self.callbacks,
            recorder=self.recordings.watch,
            mirror=self.mirror,
            outbox=self.outbox,
            links={"control": self.link, "blocklist": self._db_link, "synthetic": self._test_link},
            tables=self.tables,
            effects=self.effects,
            bus=self.bus.name if self.bus else None,
        )
        self.watch = WatchPart(config, watched, self._archive, database, journal.progress)
        self._site_desk = SiteDesk(journal=journal, clock=self._clock)
        self._go_by(config)
        self.shifts = shift_clock(
            config,
            self.outbox,
            self._desks,
            roster=lambda: self.operators.roster,
            known=lambda: self.link.state is LinkState.LIVE,
        )
        self.watch.shifts = self.shifts
        self.scripts = Scripts(
            config,
            clock=self._clock,
            known_of=self.lookups.known_of,
            callbacks=self.callbacks,
            shifts=self.shifts,
            not_played=self.watch.synthetic.not_played,
        )
        self._refill_wanted = asyncio.Event()
        self.resync = Resync(
            link=self.link,
            lists=AmiLists(self.link),
            lookups=self.lookups,
            catch_up=CatchUp(
                record=CelFile(config.paths.pbx / "log" / "cel-custom" / "cel.csv"),
                queues=QueueLog(config.paths.pbx / "log" / "queue_log"),
                known=self.lookups.calls_since,
                calls=self.calls,
                outbox=self.outbox,
            ),
            calls=self.calls,
            operators=self.operators,
            desks=lambda: self._desks,
            outbox=self.outbox,
            clock=self._clock,
        )

    def _go_by(self, config: Config) -> None:
        """What is the site's word and may change under way, in one step: no call sees half of it."""
        self._desks = AmiOperators(self.link, config.served)
        self.config = config

    async def take_site(self, generation: int | None = None) -> str:
        """Go by the site that the PBX has now; calls under way end as they began. Returns its id.

        Args:
            generation: the one that is live; it may have been read ahead.

        Raises:
            SiteNotTaken: it needs another start, or the site can't be read; nothing has changed.
            ConfigInvalid: it has errors; nothing has changed.
        """
        async with self._taking:
            site = await self._site_again.taken(generation)
            config = site.config
            if names_ := only_at_start(self.config, config):
                raise SiteNotTaken(f"only a start of the daemon takes up {', '.join(names_)}")
            self._go_by(config)
            self.calls.use(config.policy())
            self._counter.use(config.block_policy())
            self.guard.use(config.guard_policy())
            self.watch.use(config)
            self.callbacks.use(callback_rules(config))
            self.scripts.use(config, site.prompts)
            use_shifts(self.shifts, config, self._desks)
        if self.link.state is LinkState.LIVE:
            await self.resync.site_changed()
        _log.info("the site was read again", site=config.settings.site.id)
        return config.settings.site.id

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Run until `stop` is set. A part that dies ends the daemon, loudly; calls go on without it."""
        _log.info("daemon starts", site=self.config.settings.site.id)
        async with AsyncExitStack() as stack:
            begin = await stack.enter_async_context(background())
            begin("tables", self.tables.run())
            begin("outbox", self.outbox.run())
            await Patience(stop).until(self._caught_up(), "the journal can't be written")
            stack.push_async_callback(self.calls.aclose)
            await self._take_up()
            resumed = await resume_calls(self.lookups, self.calls, self.config.policy())
            _log.info("calls taken up from the journal", calls=resumed)
            stack.push_async_callback(self.resync.stop)
            await self._open_doors(stack)
            if self.bus:
                await start_at(self._database, self.bus.name, self._journal.progress.seq)
                begin("mqtt", self.bus.run())
            begin("effects", self.effects.run())
            self.scripts.begin(begin)
            begin("events", self._follow())
            begin("mirror", self._keep_mirror())
            begin("ami-db", self._db_link.run())
            begin("ami", self.link.run())
            begin("ami-guard", self._guard_link.run())
            begin("logins", self._follow_logins())
            begin("guard", self.guard.run())
            self.recordings.begin(begin)
            begin("attendance", self.attendance.run(await self.lookups.alarms()))
            begin("blocks-heard", follow(self._database, self._journal.progress, self._hear_block))
            begin("shifts", self.shifts.run(await self.lookups.shifts()))
            self.watch.begin(begin)
            begin("heartbeat", beat(self.watch.is_alive))
            begin("ready", self._tell_ready(on_ready))
            await stop.wait()
            tell_systemd("STOPPING=1")
            await self._settle()
        _log.info("daemon stopped")

    # --- the PBX's word -------------------------------------------------------------------------

    async def _take_up(self) -> None:
        """What the journal remembers, and since when nobody listened."""
        self.operators.resume(await self.lookups.operators())
        self.guard.resume(await self.lookups.bans())
        now, rules = self._clock.now(), self.config.callback_policy()
        self.callbacks.resume(await self.lookups.callbacks(now, rules))
        await self.resync.begin()

    async def _db_up(self, _: AmiMessage) -> None:
        """AstDB may have lost its newest entries, or all of them: make the list whole again."""
        self._refill_wanted.set()
        self.guard.see_phones(await self._ban_file.phones())
        self.guard.again()

    async def _keep_mirror(self) -> None:
        """Whom an operator unblocked meanwhile is not to be blocked again by a refill."""
        live, wanted = self._db_link.await_live, self._refill_wanted
        parts = (self.mirror, self.ranges)
        await keep(*parts, live, wanted, first=self.verifications.catch_up)

    def _more_doors(self) -> Mapping[str, Callable[..., Awaitable[str]]]:
        async def refill() -> str:
            await self.verifications.catch_up()
            await self.ranges.make_equal()
            return (await self.mirror.refill()).as_json()

        async def drift() -> str:
            return self.mirror.last.as_json() if self.mirror.last else "{}"

        return {
            "refill": refill,
            "drift": drift,
            "unattended": self.attendance.as_json,
            "shifts": self.shifts.as_json,
            "lift_ban": self._ban_desk.lift,
            "read_site": self._site_again.read_ahead,
            "take_site": self.take_site,
            "site_applied": self._site_desk.applied,
            "site_rolled_back": self._site_desk.rolled_back,
        }

    async def _caught_up(self) -> None:
        """What an earlier daemon left in the spool comes first: a live call's state is made of all of it."""
        await self.outbox.drained()
        await self._tables_caught_up()

    async def _tables_caught_up(self) -> None:
        await self.tables.reached(self._journal.progress.seq)

    async def _follow(self) -> None:
        async for message in self.link.events:
            self.watch.hear(message)
            for fact in call_facts(message):
                self.calls.hear(fact)
            for member in roster_facts(message, self.resync.wrapup_s):
                self.operators.submit(member)

    async def _follow_logins(self) -> None:
        async for message in self._guard_link.events:
            if fact := login_fact(message):
                self.guard.submit(fact)

    def _hear_block(self, recorded: Recorded) -> None:
        """Blocks are written to the journal by others than the outbox: whom nobody calls back any more."""
        if isinstance(recorded.event.data, NumberBlocked):
            self.callbacks.hear([recorded.event])

    # --- doors ----------------------------------------------------------------------------------

    async def _open_doors(self, stack: AsyncExitStack) -> None:
        control = ControlServer(
            control_socket(self.config),
            self.desk,
            ranges=self.range_desk,
            imports=self.imports,
            doors={
                **self._more_doors(),
                **self.recordings.doors(),
                **self.watch.doors(),
                **callback_doors(self.callbacks),
            },
        )
        await control.start()
        stack.push_async_callback(control.aclose)
        await self.scripts.open(stack)

    async def _tell_ready(self, on_ready: Callable[[], None]) -> None:
        await self.link.await_live()
        spare_the_collector()
        tell_systemd("READY=1")
        on_ready()

    async def _settle(self) -> None:
        """What was decided is written before we go."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                await self.outbox.drained()
        except TimeoutError:
            _log.error("stopped with events that wait in the spool", events=len(self.outbox))


async def run_daemon(
    config: Config,
    secrets: Secrets,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    reread: Reread | None = None,
) -> None:
    """The daemon alone, against a PBX that is there or will be; returns after `stop` is set.

    While the journal is away it waits, and the dialplan carries the calls.

    Raises:
        Cc110Error: it can't start: a port is taken, the journal is another process's.
    """
    let_the_pbx_go_first()
    with open_spool(config) as spool, suppress(StoppedWaiting):
        async with await_journal(config, Patience(stop).once_more) as (database, journal):
            daemon = Daemon(config, secrets, database, journal, spool, reread)
            await daemon.run(stop, on_ready)
