"""A whole cc110 for tests and the demo: embedded PBX, daemon in a process of its own, real phones.

Everything is on free ports of the loopback and in a folder of its own, and gone when it is closed.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, except_, select

from cc110 import app
from cc110.app.pbx import KeptPbx
from cc110.config.load import load
from cc110.config.model import Config
from cc110.config.secrets import Secrets, ensure_secrets
from cc110.core.events import Recorded
from cc110.journal.schema import events
from cc110.journal.store import read_tip
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress
from cc110.ports import JournalUnavailable

from .cache import cache
from .freeze import freeze
from .journal_reader import JournalReader
from .phones.observer import Observer
from .phones.phone import CallHandle, CallState, Phone, SipAccount
from .phones.timing import limit
from .phones.tones import TONES
from .warm import WarmProcess, start_warm

TRUNK: Final = "127.0.0.2"
_POLL_S: Final = 0.02
DAEMON_COMMAND: Final = (sys.executable, "-m", "cc110.cli.main", "daemon")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now on any address, neither for TCP nor UDP, below the range the system gives to others."""
    first = 20000 + os.getpid() % 300 * 40
    found = list(islice((port for port in range(first, 32000) if _is_free(port)), count))
    if len(found) < count:
        raise OSError("no free port")
    return found


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True


async def start_cold(environ: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start `cc110 daemon` as people do; what it logs is added to `log`."""
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            *DAEMON_COMMAND,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            start_new_session=True,  # as under systemd
        )


class DaemonProcess:
    """The daemon, as a process that a test may kill, hang and start again."""

    def __init__(self, environ: Mapping[str, str], log: Path, *, warm: bool = True) -> None:
        self._environ = dict(environ)
        self._log = log
        self._warm = warm
        self._process: asyncio.subprocess.Process | WarmProcess | None = None

    @property
    def environ(self) -> Mapping[str, str]:
        """Its environment: for commands about the same site."""
        return self._environ

    @property
    def pid(self) -> int:
        """Its process id; raises LookupError when it does not run."""
        if self._process is None or self._process.returncode is not None:
            raise LookupError("the daemon does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self, *, timeout: float = 15, **environ: str) -> None:
        """Start it, with these variables besides its own, and wait until it says that it is ready."""
        environment = self._environ | environ
        if self._warm:
            self._process = await start_warm("daemon", environ=environment, log=self._log)
        else:
            self._process = await start_cold(environment, self._log)
        assert self._process.stdout
        try:
            async with asyncio.timeout(limit(timeout)):
                while b"ready" not in (line := await self._process.stdout.readline()):
                    if not line:
                        raise RuntimeError(f"the daemon did not start:\n{self.said()[-3000:]}")
        except TimeoutError:
            await self.kill()
            raise RuntimeError(f"the daemon is not ready:\n{self.said()[-3000:]}") from None

    def said(self) -> str:
        """Everything it has logged."""
        return self._log.read_text(errors="replace")

    def hang(self) -> None:
        """SIGSTOP: its sockets stay open, nothing answers."""
        freeze(self.pid)

    def go_on(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL, at once."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and wait until it has gone."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        if how is not signal.SIGKILL:
            self._process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(limit(15)):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@dataclass
class ControlRoom:
    """PBX, daemon, and those who call and answer."""

    config: Config
    secrets: Secrets
    pbx: KeptPbx
    daemon: DaemonProcess
    observer: Observer
    phone_rtp: tuple[int, int]
    journal: JournalReader
    _phones: list[Phone] = field(default_factory=list)
    _given_up: set[str] = field(default_factory=set)

    # --- people ---------------------------------------------------------------------------------

    def account(self, extension: str) -> SipAccount:
        """The account of an operator or a Polres."""
        sip = self.config.settings.sip
        password = self.secrets.sip[extension].get_secret_value()
        tls = sip.phones == "tls"
        return SipAccount(
            user=extension,
            password=password,
            registrar_host=sip.host,
            registrar_port=sip.tls_port if tls else sip.port,
            transport=sip.phones,
            trusted=str(self.config.phones_certificate[0]) if tls else "",
        )

    async def phone(self, extension: str, tone: str, **settings: Any) -> Phone:
        """A registered phone of an operator or a Polres."""
        phone = await Phone.start(
            extension,
            TONES[tone],
            account=self.account(extension),
            rtp_ports=self.phone_rtp,
            **settings,
        )
        self._phones.append(phone)
        return phone

    async def operator(
        self, extension: str = "1101", tone: str = "operator", **settings: Any
    ) -> Phone:
        """An operator's phone, registered and logged in."""
        phone = await self.phone(extension, tone, **settings)
        await self.code(phone, "*11")
        return phone

    async def polres(self, extension: str = "7101", tone: str = "polres", **settings: Any) -> Phone:
        """A Polres's phone."""
        return await self.phone(extension, tone, **settings)

    async def caller(self, tone: str = "caller") -> Phone:
        """Somebody with a telephone, behind the trunk."""
        phone = await Phone.start(tone, TONES[tone], bind=(TRUNK, 0), rtp_ports=self.phone_rtp)
        self._phones.append(phone)
        return phone

    async def code(self, phone: Phone, code: str) -> None:
        """Dial a code outside of a call and wait until it has been confirmed."""
        call = await phone.dial(code)
        await call.wait_for(CallState.DISCONNECTED)

    async def dial_110(
        self, caller: Phone, number: str = "+6280000000110", dialled: str = "110"
    ) -> CallHandle:
        """Call 110 through the trunk, with the number asserted by the trunk."""
        sip = self.config.settings.sip
        headers = {"P-Asserted-Identity": f"<sip:{number}@{TRUNK}>"}
        return await caller.dial(f"sip:{dialled}@{sip.host}:{sip.port}", headers=headers)

    async def everyone_home(self) -> None:
        """All phones stop; all operators are logged out."""
        phones, self._phones = self._phones, []
        await asyncio.gather(*(phone.stop() for phone in phones))
        for queue in self.config.queues:
            for member in await self.observer.queue_status(queue):
                if member.get("Event") == "QueueMember" and member["Membership"] == "dynamic":
                    who = member["StateInterface"]
                    await self.observer.action("QueueRemove", Queue=queue, Interface=who)

    async def watch_again(self) -> None:
        """A new observer, after the PBX was started again."""
        await self.observer.close()
        self.observer = await _observe(self.config, self.secrets)

    async def leave(self) -> None:
        """Everyone goes home, the observer last."""
        await self.everyone_home()
        await self.journal.close()
        await self.observer.close()

    # --- what is written ------------------------------------------------------------------------

    @property
    def recordings(self) -> Path:
        """The recordings folder."""
        return self.config.paths.recordings

    async def events(self, *, after: int = 0) -> Sequence[Recorded]:
        """The journal's events."""
        return await self.journal.events(after=after)

    async def last_seq(self) -> int:
        """The journal's newest event's number, 0 for none."""
        try:
            return (await self.journal.ask(read_tip)).seq
        except JournalUnavailable:
            return 0

    async def accounted(self, *, timeout: float = 10) -> None:
        """Wait until every call in the journal has ended, with its recording found or missed.

        Raises:
            TimeoutError: some have not; the message names them. They are not waited for again, so that
                what one test left over fails one test.
        """
        end = time.monotonic() + limit(timeout)
        while open_calls := set(await self.journal.ask(_unaccounted)) - self._given_up:
            if time.monotonic() > end:
                self._given_up |= open_calls
                told = "\n".join(
                    f"  {one.seq} {one.event.at:%H:%M:%S.%f} {one.event.type} {one.event.data}"
                    for one in await self.events()
                    if one.event.call_id in open_calls
                )
                raise TimeoutError(f"not accounted for: {', '.join(open_calls)}\n{told}")
            await asyncio.sleep(_POLL_S)

    async def wait_event(
        self,
        kind: str,
        *,
        after: int = 0,
        timeout: float = 10,
        where: Callable[[Any], bool] = lambda _: True,
    ) -> Recorded:
        """Wait for an event in the journal; an error lists what came instead."""
        end = time.monotonic() + limit(timeout)
        while True:
            found = await self.events(after=after)
            for one in found:
                if one.event.type == kind and where(one.event.data):
                    return one
            if time.monotonic() > end:
                came = ", ".join(one.event.type for one in found)
                raise TimeoutError(f"no {kind} in {timeout} s; there came: {came or 'nothing'}")
            await asyncio.sleep(_POLL_S)


def _unaccounted(connection: Connection) -> Sequence[str]:
    """A call that was too short for its recorder to start ends without a word on a recording."""
    of = select(events.c.call_id).where
    arrived, over = of(events.c.type == "CallArrived"), of(events.c.type == "CallEnded")
    recorded = of(events.c.type == "RecordingStarted")
    settled = of(events.c.type.in_(("RecordingFinalised", "RecordingMissing")))
    going_on = connection.scalars(except_(arrived, over)).all()
    unsettled = connection.scalars(except_(recorded, settled)).all()
    return [call for call in dict.fromkeys([*going_on, *unsettled]) if call]


async def _observe(config: Config, secrets: Secrets) -> Observer:
    secret = secrets.ami["cc110"].get_secret_value()
    return await Observer.connect(port=config.settings.ami.port, user="cc110", secret=secret)


@asynccontextmanager
async def open_room(
    home: Path,
    *,
    daemon: bool = True,
    warm: bool = True,
    cache: Path | None = None,
    site: Path | None = None,
    **settings: object,
) -> AsyncIterator[ControlRoom]:
    """A running control room in `home`; closed to the last process when the block is left.

    Args:
        home: CC110_HOME; short, because a Unix socket's path may have 107 bytes.
        daemon: False starts the PBX alone.
        warm: whether the daemon's modules are read before (see `warm`); False for measurements.
        cache: where the PBX is unpacked; the checkout's own by default.
        site: the site's data; the demo site by default.
        settings: dotted names with `__` for the dot, such as `transfer__ring_s=3`.
    """
    environ = environ_of(home, cache, settings)
    if site:
        environ["CC110_SITE"] = str(site)
    config = load(environ=environ)
    secrets = ensure_secrets(config)
    async with AsyncExitStack() as stack:
        programs = await asyncio.to_thread(install, config.paths.cache, progress=NoProgress())
        pbx = await stack.enter_async_context(app.embedded_pbx(config, secrets, programs))
        process = DaemonProcess({**os.environ, **environ}, home / "daemon.log", warm=warm)
        stack.push_async_callback(process.stop)
        if daemon:
            await process.start()
        first = int(environ["CC110_SIP__RTP_LAST"]) + 1
        room = ControlRoom(
            config=config,
            secrets=secrets,
            pbx=pbx,
            daemon=process,
            observer=await _observe(config, secrets),
            phone_rtp=(first, first + 199),
            journal=JournalReader(config.journal_url.get_secret_value()),
        )
        stack.push_async_callback(room.leave)
        yield room


def environ_of(home: Path, kept: Path | None, settings: Mapping[str, object]) -> dict[str, str]:
    """Variables of a room of its own in `home`: free ports, and settings such as ``transfer__ring_s``."""
    sip, ami, agi, tls, metrics = free_ports(5)
    rtp = 32000 + os.getpid() % 40 * 800
    given = {f"CC110_{name.upper()}": str(value) for name, value in settings.items()}
    return {
        "CC110_HOME": str(home),
        "CC110_CACHE": str(kept or cache()),
        "CC110_SIP__PORT": str(sip),
        "CC110_SIP__TLS_PORT": str(tls),
        "CC110_AMI__PORT": str(ami),
        "CC110_AGI__PORT": str(agi),
        "CC110_WATCH__METRICS_PORT": str(metrics),
        "CC110_SIP__RTP_FIRST": str(rtp),
        "CC110_SIP__RTP_LAST": str(rtp + 598),
        "CC110_LOG__FORMAT": "json",
        **given,
    }
