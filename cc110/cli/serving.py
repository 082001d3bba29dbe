"""Running until told to stop. Importing this brings everything in."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvloop

from cc110.app import run_all
from cc110.cli.checking import (
    checked,
    last_applied,
    site_again,
    tell_if_edited,
    tell_of_borders,
)
from cc110.cli.context import Invocation
from cc110.cli.failing import REFUSED
from cc110.cli.screen import note
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid
from cc110.config.secrets import ensure_secrets
from cc110.log import set_up
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.progress import BarProgress, PlainProgress, Progress
from cc110.ports import Cc110Error

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedEarly(Cc110Error):
    """It was stopped before it was ready."""


class EndedByItself(Cc110Error):
    """The PBX keeps ending by itself: see pbx/log/console.log in CC110_HOME."""


Body = Callable[[asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]
"""Something that runs until an event is set, and says when it is ready."""


def serve_all(said: Invocation, *, external: bool) -> None:
    """PBX and daemon.

    Raises:
        Cc110Error: it could not start, or it ended without being told to.
    """
    config, as_is = _site(said, external=external)
    _logs(said, config)
    installation = None if external else fetch_pbx(config)

    async def body(stop: asyncio.Event, on_ready: Callable[[], None]) -> None:

        def ready() -> None:
            on_ready()
            if not as_is:
                asyncio.get_running_loop().run_in_executor(None, tell_of_borders, config)

        await run_all(
            config,
            installation=installation,
            stop=stop,
            on_ready=ready,
            reread=lambda: site_again(said),
            as_is=as_is,
        )

    _serve(body, _welcome(config))
    note("cc110 has stopped.")


def serve_daemon(said: Invocation) -> None:
    """The daemon alone.

    Raises:
        Cc110Error: it could not start, or it ended without being told to.
    """
    from cc110.app import run_daemon  # `serve_all` brings it in while the PBX boots

    config = last_applied(said) or checked(said)
    tell_if_edited(said)
    _logs(said, config)
    secrets = ensure_secrets(config)

    async def body(stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        await run_daemon(
            config, secrets, stop=stop, on_ready=on_ready, reread=lambda: site_again(said)
        )

    ami = config.settings.ami
    _serve(body, f"cc110 ready: the daemon, with the PBX at {ami.host}:{ami.port}")


def fetch_pbx(config: Config) -> Installation:
    """The PBX's programs, unpacked if they are not there yet; a signal ends that with all that it started.

    Raises:
        PbxInstallError: it can't be had.
        StoppedEarly: a signal came.
    """
    with _interruptible(), progress_bar() as progress:
        return install(config.paths.cache, progress=progress)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress on standard error: a bar on a terminal, a line for each phase elsewhere."""
    if not sys.stderr.isatty():
        yield PlainProgress(sys.stderr)
        return
    with BarProgress(sys.stderr) as bars:
        yield bars


@contextmanager
def _interruptible() -> Iterator[None]:
    """Every signal that stops us as an exception here, so that what is under way is cleaned up."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise StoppedEarly

    before = {number: signal.signal(number, interrupt) for number in _heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heeded() -> list[signal.Signals]:
    """The signals that stop us; under nohup a lost terminal is none of them."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [one for one in _SIGNALS if one is not signal.SIGHUP or not ignored]


def _site(said: Invocation, *, external: bool) -> tuple[Config, bool]:
    """The site to start with, and whether it is not the files' but the one that was live before.

    A start amidst somebody's edit is no reason to be without 110.

    Raises:
        ConfigInvalid: there is an error, and nothing was live before.
    """
    try:
        return checked(said, borders=False), False
    except ConfigInvalid as fault:
        last = None if external else last_applied(said)
        if last is None:
            raise
        for problem in fault.problems:
            note(str(problem))
        note("cc110: the site's files have errors: what was live before is started.")
        return last, True


def _logs(said: Invocation, config: Config) -> None:
    log = config.settings.log
    set_up("debug" if said.verbose else log.level, log.format)


def _serve(body: Body, welcome: str) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(body, welcome))


async def _until_told(body: Body, welcome: str) -> None:
    """Run the body; the first signal stops it in good order, the second ends everything."""
    stop = asyncio.Event()
    signals = 0
    was_ready = False

    def on_ready() -> None:
        nonlocal was_ready
        if not was_ready and not stop.is_set():
            was_ready = True
            print(welcome, flush=True)

    def told() -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            # The PBX hangs on a pipe of ours: it ends when we do, whatever else hangs.
            os._exit(REFUSED)
        note("Stopping; a second Ctrl-C ends it at once.")
        stop.set()

    for number in _heeded():
        asyncio.get_running_loop().add_signal_handler(number, told)
    await body(stop, on_ready)
    _judge(told_to=signals > 0, was_ready=was_ready)


def _judge(*, told_to: bool, was_ready: bool) -> None:
    if not told_to:
        raise EndedByItself
    if not was_ready:
        raise StoppedEarly


def _welcome(config: Config) -> str:
    """How to place a first call; its first words are a promise to scripts."""
    sip, directory = config.settings.sip, config.directory
    operator = next((one.id for one in directory.operators), "1101")
    at = f"{sip.host}:{sip.port}"
    calls = [f"sip:{one.dialled[0]}@{at} from {one.addresses[0]}" for one in directory.trunks[:1]]
    lines = [
        "; call ".join([f"cc110 ready: SIP at {at}", *calls]),
        f"  operator  `cc110 agents account {operator}` has a softphone's settings; dial *11 on it",
        "  caller    any SIP device at the trunk's address, without registration",
        "  watch     `cc110 calls follow`",
        "  stop      Ctrl-C",
    ]
    return "\n".join(lines)
