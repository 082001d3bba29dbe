"""The site's files and the running PBX. Importing this brings much in."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cc110.app.applying import Applying
from cc110.app.orders import Order, Outcome
from cc110.cli.checking import checked, last_applied, tell_of_borders
from cc110.cli.consoles import console_of
from cc110.cli.context import Invocation
from cc110.config.model import Config
from cc110.config.secrets import ensure_secrets
from cc110.pbx.difference import difference, masked
from cc110.pbx.embedded.errors import NotInstalled, PbxNotRunning
from cc110.pbx.embedded.install import find
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.generations import Generations
from cc110.pbx.render import Folders, configuration, sync_files

_USUAL_MODULES: Final = Path("/usr/lib/asterisk/modules")
Say = Callable[[str], None]


def rendered(said: Invocation) -> Mapping[str, str]:
    """Every text that the PBX would get, passwords hidden.

    Raises:
        ConfigInvalid: the site has errors.
    """
    config = checked(said)
    files = configuration(config, ensure_secrets(config), folders_of(config))
    return {
        str(name): "\n".join(masked(line) for line in file.content.decode().splitlines())
        for name, file in sorted(files.items())
    }


def write_rendered(said: Invocation, folder: Path) -> Sequence[str]:
    """The same into a folder, with passwords; the files that changed there.

    Raises:
        ConfigInvalid: the site has errors.
        RenderRefused: the folder is somebody else's.
    """
    config = checked(said)
    files = configuration(config, ensure_secrets(config), folders_of(config))
    done = sync_files(folder, files)
    return [str(path.relative_to(folder)) for path in (*done.changed, *done.removed)]


async def differences(said: Invocation, *, loaded: bool) -> tuple[list[str], tuple[str, ...]]:
    """A unified diff of the live configuration and the site's; and what the PBX has loaded otherwise.

    Raises:
        ConfigInvalid: the site has errors.
    """
    applying = _applying(checked(said), said)
    before, after = applying.difference()
    strays = await applying.strays(before) if loaded else ()
    return list(difference(before, after)), strays


async def apply(
    said: Invocation,
    *,
    reason: str,
    by: str,
    dry_run: bool,
    when_idle: bool,
    unverified: bool,
    say: Say,
) -> Outcome:
    """As ``Applying.apply``, after ``cc110 check``.

    Raises:
        ConfigInvalid: the site has errors; nothing has happened.
    """
    config = checked(said, borders=False)
    applying = _applying(config, said, say)
    order = Order(by=by, reason=reason, when_idle=when_idle, unverified=unverified)
    outcome = await applying.apply(order, dry_run=dry_run)
    tell_of_borders(config)
    return outcome


async def roll_back(
    said: Invocation,
    generation: int | None,
    *,
    reason: str,
    by: str,
    when_idle: bool,
    unverified: bool,
    say: Say,
) -> Outcome:
    """As ``Applying.roll_back``, whatever the site's files say now."""
    applying = _applying(last_applied(said) or checked(said), said, say)
    order = Order(by=by, reason=reason, when_idle=when_idle, unverified=unverified)
    return await applying.roll_back(order, generation)


def kept(pbx: Path) -> list[dict[str, Any]]:
    """The generations, the newest first."""
    generations = Generations(pbx)
    live = generations.live
    found = [generations.about(number) for number in reversed(generations.numbers)]
    return [{**vars(about), "live": about.number == live} for about in found]


def _applying(config: Config, said: Invocation, say: Say = lambda _: None) -> Applying:
    found = _installed(config)
    try:
        console = console_of(config, found) if found else None
    except PbxNotRunning:
        console = None
    return Applying(
        config=config,
        secrets=ensure_secrets(config),
        folders=_folders(config, found),
        console=console,
        environ=said.environ,
        say=say,
    )


def folders_of(config: Config) -> Folders:
    """Where this home's PBX keeps its things."""
    return _folders(config, _installed(config))


def _folders(config: Config, found: Installation | None) -> Folders:
    modules = found.modules_dir if found else _USUAL_MODULES
    return Folders.under(config.paths.pbx, modules=modules)


def _installed(config: Config) -> Installation | None:
    try:
        return find(config.paths.cache)
    except NotInstalled:
        return None
