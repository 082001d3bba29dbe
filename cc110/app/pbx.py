"""The embedded PBX, and everything in one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from cc110.app.generation import settle
from cc110.config.model import Config
from cc110.config.secrets import Secrets, ensure_secrets
from cc110.pbx.embedded.console import PbxStatus, require_stopped
from cc110.pbx.embedded.errors import PbxError
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.ports import Listen
from cc110.pbx.embedded.process import PbxProcess, PbxRun
from cc110.pbx.generations import ApplyUnderWay, Generations
from cc110.pbx.guard import BANS_FILE
from cc110.pbx.render import Folders

if TYPE_CHECKING:
    from cc110.app.rereading import Reread

_log = structlog.get_logger("pbx")
_MOST_DEATHS: Final = 5
_DEATHS_WITHIN_S: Final = 60.0


class KeptPbx:
    """A PBX that is started again when it dies. One that keeps dying is given up."""

    def __init__(self, installation: Installation, run: PbxRun) -> None:
        """Keep a PBX with this installation and configuration."""
        self._installation = installation
        self._run = run
        self._process: PbxProcess
        self._keeper: asyncio.Task[None] | None = None
        self.given_up = asyncio.Event()

    async def start(self) -> None:
        """Start it, and start keeping it.

        Raises:
            PbxError: it does not start; one sentence says why and what to do.
        """
        self._process = await PbxProcess.start(self._installation, self._run)
        self._keeper = asyncio.create_task(self._keep(), name="pbx-keeper")

    async def stop(self) -> None:
        """Stop keeping it, and stop it."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._process.stop()

    async def status(self) -> PbxStatus:
        """What it says of itself."""
        return await self._process.status()

    async def console(self, command: str, *, limit: float = 10.0) -> str:
        """What it prints for a console command, within `limit` seconds."""
        return await self._process.console(command, limit=limit)

    async def _keep(self) -> None:
        deaths = deque[float](maxlen=_MOST_DEATHS)
        now = asyncio.get_running_loop().time
        while not self.given_up.is_set():
            code = await self._process.wait()
            _log.error("the PBX ended by itself; it is started again", exit_code=code)
            deaths.append(now())
            if len(deaths) == _MOST_DEATHS and now() - deaths[0] < _DEATHS_WITHIN_S:
                self.given_up.set()
                return
            _forget_what_was_cut_off(self._run.etc_dir.parent)
            try:
                self._process = await PbxProcess.start(self._installation, self._run)
            except PbxError as error:
                _log.error("the PBX does not start again", error=str(error))
                self.given_up.set()


def _forget_what_was_cut_off(pbx: Path) -> None:
    """A PBX that died within a change comes back with what was live before, unless somebody still sees to it."""
    generations = Generations(pbx)
    if generations.unfinished is None:
        return
    with suppress(ApplyUnderWay), generations.alone():
        generations.take_back()


@asynccontextmanager
async def embedded_pbx(
    config: Config,
    secrets: Secrets,
    installation: Installation,
    *,
    tied: bool = True,
    as_is: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> AsyncIterator[KeptPbx]:
    """The embedded PBX; stopped when the block is left.

    Args:
        config: the site.
        secrets: its passwords.
        installation: the Asterisk that will run.
        tied: the PBX ends with this process, however that happens.
        as_is: start with the configuration that was live, whatever the site's files say.
        meanwhile: done in a thread while the PBX, which has its configuration, starts.

    Raises:
        PbxError: it does not start; one sentence says why and what to do.
        RenderRefused, ConfigInvalid: its configuration can't be written.
    """
    pbx = KeptPbx(installation, prepare_pbx(config, secrets, installation, tied=tied, as_is=as_is))
    ready = asyncio.create_task(asyncio.to_thread(meanwhile), name="pbx-meanwhile")
    try:
        await pbx.start()
    except BaseException:
        await asyncio.gather(ready, return_exceptions=True)
        raise
    try:
        await ready
        yield pbx
    finally:
        await pbx.stop()


def prepare_pbx(
    config: Config,
    secrets: Secrets,
    installation: Installation,
    *,
    tied: bool,
    as_is: bool = False,
) -> PbxRun:
    """Write the PBX's configuration and make its folders.

    Args:
        config: the site.
        secrets: its passwords.
        installation: the Asterisk that will run.
        tied: the PBX ends with this process, however that happens.
        as_is: start with the configuration that was live, whatever the site's files say.

    Raises:
        AlreadyRunning: one runs here; what it reads stays as it is.
        ApplyUnderWay, RenderRefused, ConfigInvalid: it can't be written.
    """
    folders = Folders.under(config.paths.pbx, modules=installation.modules_dir)
    if config.settings.sip.phones == "tls":
        from cc110.app.certificate import ensure_certificate  # a tenth of a second: cryptography

        ensure_certificate(config)
    if not folders.etc.is_mount():
        require_stopped(folders.run)
    settle(config, secrets, folders, installation_data=installation.data_dir, as_is=as_is)
    # A PBX that runs without the daemon would keep its bans for ever; the daemon writes those that hold.
    (folders.varlib / BANS_FILE).unlink(missing_ok=True)
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
            *_phones_listen(config),
        ),
        tied=tied,
    )


def _phones_listen(config: Config) -> tuple[Listen, ...]:
    sip = config.settings.sip
    if sip.phones != "tls":
        return ()
    return (Listen(proto="tcp", host=sip.host, port=sip.tls_port, setting="sip.tls_port"),)


async def run_all(
    config: Config,
    *,
    installation: Installation | None,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    reread: "Reread | None" = None,
    as_is: bool = False,
) -> None:
    """PBX (that of `installation`; None: somebody else's) and daemon; everything is down again when it returns.

    Raises:
        Cc110Error: something can't start; one sentence says why.
    """
    secrets = ensure_secrets(config)

    def begin() -> None:
        """The daemon's modules, and the site that the PBX goes by."""
        nonlocal config
        import_module("cc110.app.daemon")
        config = reread() if reread else config

    async with AsyncExitStack() as stack:
        if installation:
            pbx = await stack.enter_async_context(
                embedded_pbx(config, secrets, installation, as_is=as_is, meanwhile=begin)
            )
            watch = asyncio.create_task(_stop_with(pbx, stop), name="pbx-watch")
            stack.callback(watch.cancel)
        from cc110.app.daemon import run_daemon

        await run_daemon(config, secrets, stop=stop, on_ready=on_ready, reread=reread)


async def _stop_with(pbx: KeptPbx, stop: asyncio.Event) -> None:
    await pbx.given_up.wait()
    stop.set()
