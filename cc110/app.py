"""The one place where things are wired together: real adapters into the service, and back down in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import structlog

from cc110.config.model import Config
from cc110.config.secrets import Secrets, ensure_secrets
from cc110.core.events import Event, PbxLost
from cc110.core.facts import MemberSeen
from cc110.core.ids import AgentId, Number
from cc110.core.words import Language
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.engine import Database
from cc110.journal.lookups import Lookups
from cc110.journal.readers import Readers
from cc110.journal.writer import JournalWriter
from cc110.pbx import names
from cc110.pbx.agi import AgiServer, AgiSession
from cc110.pbx.ami import AmiClient, AmiError, AmiMessage, AmiSettings, LinkState
from cc110.pbx.caller_line import AgiCallerLine
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.ports import Listen
from cc110.pbx.embedded.process import PbxProcess, PbxRun
from cc110.pbx.embedded.progress import Progress
from cc110.pbx.link import AmiCallControl, AmiLists, AmiOperators, AstDb
from cc110.pbx.prompts import read_prompts
from cc110.pbx.render import Folders, render
from cc110.pbx.translate import call_facts, roster_facts
from cc110.ports import PbxUnavailable
from cc110.recordings.folder import RecordingsFolder
from cc110.service.calls import Calls
from cc110.service.clock import SystemClock
from cc110.service.control import ControlClient, ControlServer
from cc110.service.heartbeat import beat, tell_systemd
from cc110.service.ivr import Ivr
from cc110.service.mirror import MirrorReader, refill
from cc110.service.outbox import Outbox
from cc110.service.reconcile import reconcile, resume_calls
from cc110.service.roster import Operators
from cc110.service.usecases import Desk

_log = structlog.get_logger("daemon")
_FRESH_S: Final = 120
"""A PBX that is up for less was restarted."""
_SETTLE_S: Final = 5.0
_KNOWN_S: Final = 0.05


@asynccontextmanager
async def _parts() -> AsyncIterator[Callable[[str, Coroutine[None, None, object]], None]]:
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


class Daemon:
    """Everything that runs while ``cc110 daemon`` does."""

    def __init__(
        self, config: Config, secrets: Secrets, database: Database, journal: JournalWriter
    ) -> None:
        """Wire it; nothing runs yet."""
        self.config = config
        self._journal = journal
        self._clock = SystemClock()
        self.link = AmiClient(
            ami_settings(config, secrets, "cc110"), on_up=self._up, on_down=self._down
        )
        self._db_link = AmiClient(ami_settings(config, secrets, "cc110-db"), on_up=self._db_up)
        self.lookups = Lookups(database)
        self.outbox = Outbox(journal)
        self._mirror = AstDb(self._db_link)
        tables = [CallsReader(), CasesReader(), BlocksReader()]
        self.tables = Readers(database, journal.progress, tables)
        self.mirror = Readers(database, journal.progress, [MirrorReader(self._mirror)])
        self.calls = Calls(
            policy=config.policy(),
            clock=self._clock,
            outbox=self.outbox,
            control=AmiCallControl(self.link),
            recordings=RecordingsFolder(config.paths.recordings),
        )
        self.operators = Operators(self.outbox, self._clock)
        self.desk = Desk(
            journal=journal,
            clock=self._clock,
            find_block=self.lookups.find_block,
            find_case=self.lookups.find_case,
        )
        self._lists = AmiLists(self.link)
        self._prompts, _ = read_prompts(config.paths.prompts / "prompts.toml")
        greeting = config.settings.greeting
        self._ivr = Ivr(
            self._clock,
            config.time_zone,
            with_menu=greeting.menu,
            wait_s=greeting.menu_wait_ms / 1000,
        )
        self._wrapup_s: Mapping[str, float] = {}
        self._refills: set[asyncio.Task[int]] = set()

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Run until `stop` is set. A part that dies ends the daemon, loudly; calls go on without it."""
        _log.info("daemon starts", site=self.config.settings.site.id)
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(_parts())
            parts("tables", self.tables.run())
            await self.tables.reached(self._journal.progress.seq)
            stack.push_async_callback(self.calls.aclose)
            resumed = await resume_calls(self.lookups, self.calls, self.config.policy())
            _log.info("calls taken up from the journal", calls=resumed)
            await self._open_doors(stack)
            parts("outbox", self.outbox.run())
            parts("mirror", self.mirror.run())
            parts("events", self._follow())
            parts("ami-db", self._db_link.run())
            parts("ami", self.link.run())
            parts("heartbeat", beat(self._alive))
            parts("ready", self._tell_ready(on_ready))
            await stop.wait()
            tell_systemd("STOPPING=1")
            await self._settle()
        _log.info("daemon stopped")

    # --- the PBX's word -------------------------------------------------------------------------

    async def _up(self, booted: AmiMessage) -> None:
        """The link is back: make our state the PBX's, then listen on."""
        restarted = int(booted.get("Uptime", "0") or 0) < _FRESH_S
        self._wrapup_s = await self._lists.wrapup_s()
        members = [it for it in await self._lists.members() if isinstance(it, MemberSeen)]
        self.operators.reconcile(members)
        reconcile(
            await self._lists.calls(), self.calls, self.outbox, self._clock, restarted=restarted
        )

    async def _down(self, reason: str) -> None:
        _log.warning("the PBX is out of reach; calls go on without the daemon", reason=reason)
        self.outbox.put([Event(at=self._clock.now(), data=PbxLost(reason=reason))])

    async def _db_up(self, _: AmiMessage) -> None:
        """AstDB may have lost its newest entries, or all of them: write the list again."""
        task = asyncio.create_task(refill(self._mirror, self.lookups.all_blocks))
        self._refills.add(task)
        task.add_done_callback(self._refilled)

    def _refilled(self, task: asyncio.Task[int]) -> None:
        self._refills.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("blocklist not written to the PBX", error=str(error))

    async def _follow(self) -> None:
        async for message in self.link.events:
            for fact in call_facts(message):
                self.calls.submit(fact)
            for member in roster_facts(message, self._wrapup_s):
                self.operators.submit(member)

    # --- doors ----------------------------------------------------------------------------------

    async def _open_doors(self, stack: AsyncExitStack) -> None:
        control = ControlServer(control_socket(self.config), self.desk)
        await control.start()
        stack.push_async_callback(control.aclose)
        agi = AgiServer(
            self.config.settings.agi.host,
            self.config.settings.agi.port,
            {names.AGI_IVR: self._greet},
        )
        await agi.start()
        stack.push_async_callback(agi.aclose)

    async def _greet(self, session: AgiSession) -> None:
        """One caller's greeting, on the FastAGI script ``ivr``."""
        line = AgiCallerLine(session, self._prompts, Language(self.config.settings.site.language))
        known = asyncio.create_task(self._known(line.number), name=f"known {line.call_id}")
        try:
            await self._ivr.greet(line, _in_time(known))
        finally:
            known.cancel()

    async def _known(self, number: Number | None) -> str:
        return await self.lookups.known_of(number) if number else ""

    async def _tell_ready(self, on_ready: Callable[[], None]) -> None:
        await self.link.await_live()
        tell_systemd("READY=1")
        on_ready()

    async def _alive(self) -> bool:
        """The loop turns; and when there is a link, the PBX answers on it."""
        if self.link.state is not LinkState.LIVE:
            return True
        try:
            return (await self.link.send({"Action": "Ping"})).ok
        except AmiError:
            return self.link.state is not LinkState.LIVE

    async def _settle(self) -> None:
        """What was decided is written before we go."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                await self.outbox.drained()
        except TimeoutError:
            _log.error("stopped with events that are not in the journal", events=len(self.outbox))


async def _in_time(known: asyncio.Task[str]) -> str:
    """What the journal knew while the caller listened; he never waits for it."""
    await asyncio.wait({known}, timeout=_KNOWN_S)
    return known.result() if known.done() and not known.cancelled() and not known.exception() else ""


@asynccontextmanager
async def _open_journal(config: Config) -> AsyncIterator[tuple[Database, JournalWriter]]:
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


async def run_daemon(
    config: Config, secrets: Secrets, *, stop: asyncio.Event, on_ready: Callable[[], None]
) -> None:
    """The daemon alone, against a PBX that is there or will be; returns after `stop` is set.

    Raises:
        Cc110Error: it can't start: a port is taken, the journal is another process's.
    """
    async with _open_journal(config) as (database, journal):
        await Daemon(config, secrets, database, journal).run(stop, on_ready)


@asynccontextmanager
async def embedded_pbx(
    config: Config, secrets: Secrets, *, progress: Progress, tied: bool = True
) -> AsyncIterator[PbxProcess]:
    """The embedded PBX, fetched and unpacked when it is not there yet; stopped when the block is left.

    Raises:
        PbxError: it can't be had or does not start; one sentence says why and what to do.
        RenderRefused, ConfigInvalid: its configuration can't be written.
    """
    installation = await asyncio.to_thread(install, config.paths.cache, progress=progress)
    pbx = await PbxProcess.start(installation, prepare_pbx(config, secrets, installation, tied=tied))
    try:
        yield pbx
    finally:
        await pbx.stop()


def prepare_pbx(
    config: Config, secrets: Secrets, installation: Installation, *, tied: bool
) -> PbxRun:
    """Write the PBX's configuration and make its folders.

    Args:
        config: the site.
        secrets: its passwords.
        installation: the Asterisk that will run.
        tied: the PBX ends with this process, however that happens.
    """
    folders = Folders.under(config.paths.pbx, modules=installation.modules_dir)
    render(config, secrets, folders=folders, installation_data=installation.data_dir)
    for needed in (folders.log / "cel-custom", folders.varlib / "keys", config.paths.recordings):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    sip, ami = config.settings.sip, config.settings.ami
    return PbxRun(
        etc_dir=folders.etc,
        run_dir=folders.run,
        log=folders.log / "console.log",
        listens=(
            Listen(proto="udp", host=sip.host, port=sip.port, setting="sip.port"),
            Listen(proto="tcp", host=ami.host, port=ami.port, setting="ami.port"),
        ),
        tied=tied,
    )


async def run_all(
    config: Config,
    *,
    external: bool,
    progress: Progress,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
) -> None:
    """PBX (embedded unless `external`) and daemon; everything is down again when it returns.

    Raises:
        Cc110Error: something can't start; one sentence says why.
    """
    secrets = ensure_secrets(config)
    async with AsyncExitStack() as stack:
        if not external:
            pbx = await stack.enter_async_context(
                embedded_pbx(config, secrets, progress=progress)
            )
            watch = asyncio.create_task(_stop_with(pbx, stop), name="pbx-watch")
            stack.callback(watch.cancel)
        await run_daemon(config, secrets, stop=stop, on_ready=on_ready)


async def _stop_with(pbx: PbxProcess, stop: asyncio.Event) -> None:
    code = await pbx.wait()
    _log.error("the PBX ended by itself", exit_code=code)
    stop.set()


class DeskPort(Protocol):
    """The use cases, wherever they are carried out."""

    async def block(self, number: str, *, until: int, reason: str, by: str) -> str:
        """As `service.usecases.Desk.block`."""
        ...

    async def unblock(self, number: str, *, reason: str, by: str) -> str:
        """As `service.usecases.Desk.unblock`."""
        ...

    async def close_case(self, case_id: str, *, by: str) -> str:
        """As `service.usecases.Desk.close_case`."""
        ...


@asynccontextmanager
async def open_desk(config: Config) -> AsyncIterator[DeskPort]:
    """The use cases: by the running daemon, or else on the journal itself.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    if control_socket(config).is_socket() and await _answers(control_socket(config)):
        yield ControlClient(control_socket(config))
        return
    async with _open_journal(config) as (database, journal), _parts() as parts:
        tables = Readers(
            database, journal.progress, [CallsReader(), CasesReader(), BlocksReader()]
        )
        parts("tables", tables.run())
        await tables.reached(journal.progress.seq)
        lookups = Lookups(database)
        yield Desk(
            journal=journal,
            clock=SystemClock(),
            find_block=lookups.find_block,
            find_case=lookups.find_case,
        )
        await tables.reached(journal.progress.seq)


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True


class OperatorDesk:
    """Log-in, log-out and pause of operators, over AMI."""

    def __init__(self, link: AmiClient, config: Config) -> None:
        """Act for the operators of the site's directory."""
        queues = {
            AgentId(one.id): config.queues_of(AgentId(one.id))
            for one in config.directory.operators
        }
        self._operators = AmiOperators(link, queues)
        self._lists = AmiLists(link)
        self.login = self._operators.login
        self.logout = self._operators.logout
        self.pause = self._operators.pause

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
    settings = replace(ami_settings(config, ensure_secrets(config), "cc110"), wants_events=False)
    link = AmiClient(settings)
    async with _parts() as parts:
        parts("ami", link.run())
        try:
            async with asyncio.timeout(patience_s):
                await link.await_live()
        except TimeoutError as error:
            raise PbxUnavailable(f"the PBX does not answer: {link.trouble}") from error
        yield OperatorDesk(link, config)
