"""A real SIP phone in a process of its own: PJSIP without a sound card, speaking its own tone."""

import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from .calls import CallEnded, CallHandle, Listening
from .eventlog import EventLog, LogClosed
from .events import CallState, EventKind, Headers, Media, PhoneEvent
from .link import PhoneDied, PhoneError, PhoneLink
from .timing import DEFAULT_LIMIT_S

LOGS_VARIABLE: Final = "CC110_TEST_PHONE_LOGS"
"""A folder into which every phone writes all its SIP messages, to find out what went wrong."""
DEFAULT_RTP: Final = (15500, 15699)


class RegistrationFailed(Exception):
    """The registrar refused the phone."""


@dataclass(frozen=True, kw_only=True)
class SipAccount:
    """An extension and where it registers; the transport is "udp", "tcp" or "tls" (with SRTP)."""

    user: str
    password: str
    registrar_host: str = "127.0.0.1"
    registrar_port: int = 5060
    transport: str = "udp"
    trusted: str = ""
    """Certificate file, for "tls"."""

    @property
    def registrar(self) -> str:
        """Host and port."""
        return f"{self.registrar_host}:{self.registrar_port}"


class Phone:
    """One phone. With an account it is an extension, without one it is a trunk's far end.

    Start it with ``Phone.start`` and end it with ``stop`` or as a context manager. It belongs to
    the event loop and the thread that started it and dies with that thread.
    """

    def __init__(self, name: str, tone_hz: int, account: SipAccount | None, host: str) -> None:
        self.name = name
        self.tone_hz = tone_hz
        self.account = account
        self.host = host
        self.log: EventLog[PhoneEvent] = EventLog(f"phone {name}")
        self._taken: set[int] = set()
        self._link: PhoneLink

    @classmethod
    async def start(
        cls,
        name: str,
        tone_hz: int,
        *,
        bind: tuple[str, int] = ("127.0.0.1", 0),
        rtp_ports: tuple[int, int] = DEFAULT_RTP,
        account: SipAccount | None = None,
        register: bool = True,
        auto_answer: float | None = None,
        honour_answer_after: bool = False,
        rings: bool = True,
        codecs: tuple[str, ...] = ("PCMA", "PCMU"),
        transport: str = "udp",
        srtp: bool = True,
    ) -> Self:
        """Start a phone and, if it has an account, register it.

        Args:
            name: what it is called in logs and error messages.
            tone_hz: what it says all the time, 0 for nothing; see ``tones.TONES``.
            bind: address and SIP port; 0 lets the system choose.
            rtp_ports: first and last RTP port; phones may share a range.
            account: the extension, or None for a trunk.
            register: whether an extension registers at once.
            auto_answer: seconds after which it answers by itself, None for never.
            honour_answer_after: whether ``answer-after`` in Call-Info or Alert-Info is obeyed.
            rings: whether it sends 180 by itself.
            codecs: what it offers, best first, by PJSIP's names.
            transport: "udp" or "tcp", for a phone without an account.
            srtp: whether a phone over TLS takes and offers encrypted media, and nothing else.

        Raises:
            PhoneError: it could not start; the port may be taken.
            RegistrationFailed: the registrar refused it.
        """
        phone = cls(name, tone_hz, account, bind[0])
        settings = {
            "tone_hz": tone_hz,
            "host": bind[0],
            "port": bind[1],
            "rtp_first": rtp_ports[0],
            "rtp_last": rtp_ports[1],
            "transport": account.transport if account else transport,
            "user": account.user if account else name,
            "password": account.password if account else "",
            "registrar": account.registrar if account else "",
            "auto_answer_s": auto_answer,
            "honour_answer_after": honour_answer_after,
            "rings": rings,
            "codecs": codecs,
            "log": _log_file(name),
            "srtp": srtp,
            "trusted": account.trusted if account else "",
        }
        phone._link = await PhoneLink.start(name, settings, phone._happened)
        try:
            if account and register:
                await phone.register()
        except BaseException:
            await phone.kill()
            raise
        return phone

    def __repr__(self) -> str:
        return f"<phone {self.name}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """The phone's process."""
        return self._link.pid

    def _happened(self, message: Mapping[str, Any]) -> None:
        self.log.append(PhoneEvent.read(self.name, message))

    def events(self) -> AsyncIterator[PhoneEvent]:
        """All events from the phone's start on, as they come, until the phone is gone."""
        return self.log.stream()

    @property
    def calls(self) -> tuple[CallHandle, ...]:
        """All calls so far, oldest first."""
        numbers = dict.fromkeys(e.call for e in self.log.since() if e.call)
        return tuple(self._handle(number) for number in numbers)

    @property
    def call(self) -> CallHandle:
        """The one call that is not over. Raises LookupError unless there is exactly one."""
        live = [call for call in self.calls if call.live]
        if len(live) != 1:
            raise LookupError(f"phone {self.name} has {len(live)} live calls")
        return live[0]

    def _handle(self, number: int) -> CallHandle:
        return CallHandle(self._link, self.log, number)

    async def register(self) -> None:
        """Register and wait for the registrar's word. Raises RegistrationFailed."""
        position = len(self.log)
        await self._link.ask("register", active=True)
        await self.wait_registered(after=position)

    async def wait_registered(
        self, *, after: int = 0, timeout: float = DEFAULT_LIMIT_S
    ) -> PhoneEvent:
        """Wait until the registrar has answered. Raises RegistrationFailed or TimeoutError."""
        event = await self.log.wait_for(
            lambda e: e.kind is EventKind.REGISTRATION,
            "word from the registrar",
            after=after,
            timeout=timeout,
        )
        if event.text != "active":
            raise RegistrationFailed(f"{self.name}: {event.code} {event.reason}")
        return event

    async def unregister(self) -> None:
        """Take the registration back and wait until the registrar has agreed."""
        position = len(self.log)
        await self._link.ask("register", active=False)
        await self.log.wait_for(
            lambda e: e.kind is EventKind.REGISTRATION and e.text == "inactive",
            "end of the registration",
            after=position,
        )

    async def dial(
        self,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        from_user: str | None = None,
        from_name: str | None = None,
    ) -> CallHandle:
        """Call ``target``: a SIP URI, or an extension of the registrar's.

        ``from_user`` and ``from_name`` replace what From says, as a trunk does for each caller.
        Returns as soon as the INVITE is out.

        Raises:
            PhoneError: PJSIP cannot read the URI.
        """
        local = ""
        if from_user is not None or from_name is not None:
            user = from_user or (self.account.user if self.account else self.name)
            name = f'"{from_name}" ' if from_name else ""
            local = f"{name}<sip:{user}@{self.host}>"
        extra = [[name, value] for name, value in (headers or {}).items()]
        number = await self._link.ask("dial", uri=self._uri(target), extra=extra, local_uri=local)
        return self._handle(number)

    def _uri(self, target: str) -> str:
        if ":" in target:
            return target
        if self.account is None:
            raise ValueError(f"{self.name} has no registrar, so {target} needs to be a SIP URI")
        kind = self.account.transport
        suffix = "" if kind == "udp" else f";transport={kind}"
        return f"sip:{target}@{self.account.registrar}{suffix}"

    async def incoming(self, *, timeout: float = DEFAULT_LIMIT_S) -> CallHandle:
        """The next call that comes in and that this method has not returned before."""
        event = await self.log.wait_for(
            lambda e: (
                e.kind is EventKind.STATE
                and e.text == CallState.INCOMING
                and e.call not in self._taken
            ),
            "incoming call",
            timeout=timeout,
        )
        self._taken.add(event.call)
        return self._handle(event.call)

    async def stop(self) -> None:
        """Hang up, take the registration back and end the process; fine to call twice."""
        with contextlib.suppress(PhoneDied, TimeoutError):
            await self._link.ask("quit")
        await self.kill()

    async def kill(self) -> None:
        """End the process with SIGKILL, as when a phone loses its power: no BYE, no CANCEL."""
        await self._link.kill()
        self.log.close("the phone is gone")


def _log_file(name: str) -> str:
    folder = os.environ.get(LOGS_VARIABLE)
    if not folder:
        return ""
    for n in itertools.count(1):
        if not (path := Path(folder) / f"{name}-{n}.log").exists():
            path.touch()
            return str(path)
    raise AssertionError("unreachable")


__all__ = [
    "CallEnded",
    "CallHandle",
    "CallState",
    "EventKind",
    "Headers",
    "Listening",
    "LogClosed",
    "Media",
    "Phone",
    "PhoneDied",
    "PhoneError",
    "PhoneEvent",
    "RegistrationFailed",
    "SipAccount",
]
