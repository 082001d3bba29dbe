"""The embedded PBX for the commands of ``cc110 pbx``. Importing this brings everything in."""

from collections.abc import Sequence

from cc110.app import prepare_pbx
from cc110.cli.checking import checked
from cc110.cli.consoles import console_of
from cc110.cli.context import Invocation
from cc110.cli.serving import fetch_pbx, progress_bar
from cc110.config.model import Config
from cc110.config.secrets import ensure_secrets
from cc110.pbx.embedded.apt_config import DebianSource
from cc110.pbx.embedded.console import PbxStatus
from cc110.pbx.embedded.errors import NotInstalled, PbxNotRunning
from cc110.pbx.embedded.install import DEFAULT_SOURCE, find, install
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.process import PbxProcess
from cc110.pbx.embedded.stopping import stop_running


def fetch(
    config: Config, *, tools: Sequence[str], mirror: str | None, suite: str | None, use_system: bool
) -> Installation:
    """Asterisk and tools that run here, unpacked if need be.

    Raises:
        PbxInstallError: they can't be had.
    """
    source = DebianSource(
        mirror=mirror or DEFAULT_SOURCE.mirror, suite=suite or DEFAULT_SOURCE.suite
    )
    with progress_bar() as progress:
        return install(
            config.paths.cache,
            bundles=("asterisk", *tools),
            progress=progress,
            source=source,
            use_system=use_system,
        )


async def start_free(said: Invocation) -> PbxStatus:
    """Start the PBX so that it outlives us.

    Raises:
        ConfigInvalid, PbxError: it did not start.
    """
    config = checked(said)
    installation = fetch_pbx(config)
    run = prepare_pbx(config, ensure_secrets(config), installation, tied=False)
    pbx = await PbxProcess.start(installation, run)
    return await pbx.status()


def console_command(config: Config) -> list[str]:
    """What opens Asterisk's own console.

    Raises:
        NotInstalled, PbxNotRunning: there is none to open.
    """
    console = console_of(config)
    if console.pid() is None:
        raise PbxNotRunning
    return [*find(config.paths.cache).command, "-C", str(console.config), "-r"]


async def status_of(config: Config) -> PbxStatus:
    """What the PBX says of itself; one that is not there does not run.

    Raises:
        ConsoleTimeout: it hangs.
    """
    try:
        return await console_of(config).status()
    except (NotInstalled, PbxNotRunning):
        return PbxStatus(pid=None)


async def stop_pbx(config: Config) -> bool:
    """Stop this home's PBX; False if there is none."""
    try:
        return await stop_running(console_of(config))
    except (NotInstalled, PbxNotRunning):
        return False
