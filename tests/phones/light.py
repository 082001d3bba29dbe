"""Phones that only signal: dozens of them in one process, for races and load.

They speak SIP over UDP and press keys; there is no sound in them but the silence that a keyed digit needs. Who hears
whom is a matter of real phones (``phone.py``).
"""

import asyncio
import itertools
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .phone import SipAccount
from .sipmessage import SipMessage, answer_to, compose, digest
from .timing import limit

_SILENCE: Final = b"\xd5" * 160
_DIGIT_S: Final = 0.1
_AGAIN_S: Final = 1.0
_ALLOW: Final = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE")


@dataclass(eq=False)
class LightCall:
    """One call at one phone; times are ``time.monotonic()`` seconds."""

    phone: "LightPhone"
    id: str
    local: str
    remote: str
    target: str
    invite: SipMessage | None = None
    """The INVITE that came in; None for a call that was made here."""
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 0
    """How it was refused, if it was."""
    rang_at: float = field(default_factory=time.monotonic)
    over_at: float = 0.0
    media: tuple[str, int] | None = None
    _finger: asyncio.Lock = field(default_factory=asyncio.Lock)
    _cseq: Any = field(default_factory=lambda: itertools.count(1))
    _branch: str = ""

    @property
    def caller(self) -> str:
        """Digits of who calls, as the phone shows them."""
        found = re.search(r"sip:(\d+)@", self.remote)
        return found.group(1) if found else ""

    @property
    def live(self) -> bool:
        """It is not over."""
        return not self.over.is_set()

    def answer(self) -> None:
        """200 OK to the INVITE."""
        if self.invite and self.live and not self.talking.is_set():
            self.phone.respond(self.invite, "200 OK", sdp=True)
            self.talking.set()

    def refuse(self, status: str = "486 Busy Here") -> None:
        """Don't take it."""
        if self.invite and self.live and not self.talking.is_set():
            self.phone.respond(self.invite, status)
            self.end()

    async def hang_up(self) -> None:
        """BYE, CANCEL or a refusal, as it needs; returns when the other side agreed."""
        if not self.live:
            return
        if self.talking.is_set():
            self.end()
            await self.phone.ask(self, "BYE")
        elif self.invite:
            self.refuse()
        else:
            await self.phone.ask(self, "CANCEL")
            await asyncio.wait_for(self.over.wait(), limit(5))

    async def keys(self, keys: str) -> None:
        """Press keys, one after the other, for as long as the call lasts; a phone has one finger."""
        async with self._finger:
            for key in keys:
                if not self.live:
                    return
                body = f"Signal={key}\r\nDuration={round(_DIGIT_S * 1000)}\r\n"
                await asyncio.gather(
                    self.phone.ask(self, "INFO", body, "application/dtmf-relay"),
                    self.silence(_DIGIT_S + 0.04),
                )

    async def silence(self, seconds: float) -> None:
        """Packets without a sound: the PBX ends a digit by them, and sees that the phone lives."""
        end = time.monotonic() + seconds
        while self.live and time.monotonic() < end:
            if self.media:
                self.phone.rtp(self.media)
            await asyncio.sleep(0.02)

    def end(self) -> None:
        """It is over."""
        if self.live:
            self.over_at = time.monotonic()
            self.over.set()


class LightPhone(asyncio.DatagramProtocol):
    """One phone, with any number of calls."""

    def __init__(self, name: str, registrar: tuple[str, int], account: SipAccount | None) -> None:
        self.name = name
        self.account = account
        self.registrar = registrar
        self.calls: dict[str, LightCall] = {}
        self.incoming: asyncio.Queue[LightCall] = asyncio.Queue()
        self.on_call: Callable[[LightCall], None] = self.incoming.put_nowait
        """What is done with a call that comes in; it rings already."""
        self._answers: dict[tuple[str, str], bytes] = {}
        self._asked: dict[tuple[str, str], asyncio.Future[SipMessage]] = {}
        self._numbers = itertools.count(1)
        self._rtp_packets = itertools.count(1)
        self._transport: Any = None
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    @classmethod
    async def start(
        cls,
        name: str,
        *,
        registrar: tuple[str, int],
        account: SipAccount | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> Self:
        """Open it and, with an account, register it."""
        loop = asyncio.get_running_loop()
        phone = cls(name, registrar, account)
        await loop.create_datagram_endpoint(lambda: phone, local_addr=(host, port))
        phone._rtp.bind((host, 0))
        if account:
            await phone.register()
        return phone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def close(self) -> None:
        """As when the power goes: nothing is said."""
        for call in self.calls.values():
            call.end()
        self._transport.close()
        self._rtp.close()

    @property
    def live(self) -> list[LightCall]:
        """The calls that are not over."""
        return [call for call in self.calls.values() if call.live]

    async def register(self, expires: int = 3600) -> None:
        """Register, or with 0 take it back. Raises PermissionError."""
        assert self.account
        host, port = self.registrar
        call = self._call(f"<sip:{self.name}@{host}>", f"sip:{host}:{port}")
        more = [("Expires", str(expires))]
        answer = await self.ask(call, "REGISTER", more=more)
        if answer and answer.code == 401:
            proof = digest(
                answer["www-authenticate"],
                user=self.name,
                password=self.account.password,
                method="REGISTER",
                uri=call.target,
            )
            answer = await self.ask(call, "REGISTER", more=[*more, ("Authorization", proof)])
        del self.calls[call.id]
        if not answer or answer.code != 200:
            raise PermissionError(answer.start if answer else "no answer")

    async def dial(self, extension: str, number: str) -> LightCall:
        """Call an extension with an asserted number; returns when it was answered or refused."""
        host, port = self.registrar
        uri = f"sip:{extension}@{host}:{port}"
        call = self._call(f"<{uri}>", uri)
        asserted = [("P-Asserted-Identity", f"<sip:+{number}@{self.host}>")]
        answer = await self.ask(call, "INVITE", self._sdp(), "application/sdp", more=asserted)
        assert answer
        call.remote = answer["to"]
        if answer.code == 200:
            call.target, call.media = answer.uri("contact"), _media(answer)
            call.talking.set()
            self._send(self._request(call, "ACK"))
        else:
            call.code = answer.code
            call.end()
        return call

    # --- messages ---------------------------------------------------------------------------------

    async def ask(
        self,
        call: LightCall,
        method: str,
        body: str = "",
        kind: str = "",
        *,
        more: list[tuple[str, str]] | None = None,
    ) -> SipMessage | None:
        """Send a request until its final answer comes, or a key's call is over. Raises TimeoutError."""
        data = self._request(call, method, body, kind, more=more)
        key = call.id, f"{SipMessage.read(data)['cseq']}"
        answered = self._asked.setdefault(key, asyncio.get_running_loop().create_future())
        async with asyncio.timeout(limit(10)):
            while not answered.done() and (call.live or method != "INFO"):
                self._send(data)
                await asyncio.wait([answered], timeout=_AGAIN_S)
        del self._asked[key]
        return answered.result() if answered.done() else None

    def respond(self, request: SipMessage, status: str, *, sdp: bool = False) -> None:
        """Answer a request; told again, it gets the same answer."""
        headers = answer_to(request, status, tag=f"{self.name}-{request['call-id'][:12]}")
        headers += [("Contact", self._contact), _ALLOW]
        body = self._sdp() if sdp else ""
        data = compose(f"SIP/2.0 {status}", headers, body, "application/sdp" if sdp else "")
        self._answers[request["call-id"], request["cseq"]] = data
        self._send(data)

    def rtp(self, to: tuple[str, int]) -> None:
        """One packet of silence."""
        number = next(self._rtp_packets)
        head = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * 160 & 0xFFFFFFFF, 110)
        self._rtp.sendto(head + _SILENCE, to)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Something came."""
        if not data.strip():
            return
        message = SipMessage.read(data)
        if message.code:
            self._answered(message)
        elif again := self._answers.get((message["call-id"], message["cseq"])):
            self._send(again)
        else:
            self._requested(message)

    def error_received(self, exc: Exception) -> None:
        """The other side's port is closed: whoever waits for an answer finds out."""

    def _answered(self, message: SipMessage) -> None:
        asked = self._asked.get((message["call-id"], message["cseq"]))
        call = self.calls.get(message["call-id"])
        if message.code < 200 or call is None:
            return
        if asked and not asked.done():
            asked.set_result(message)
        if message.method == "INVITE" and message.code >= 300:
            self._send(self._request(call, "ACK"))

    def _requested(self, message: SipMessage) -> None:
        call = self.calls.get(message["call-id"])
        match message.method:
            case "ACK":
                pass
            case "INVITE" if call is None:
                self._rings(message)
            case "INVITE":
                self.respond(message, "200 OK", sdp=True)
            case "CANCEL":
                self.respond(message, "200 OK")
                if call and call.invite and not call.talking.is_set() and call.live:
                    self.respond(call.invite, "487 Request Terminated")
                    call.end()
            case "BYE":
                self.respond(message, "200 OK")
                if call:
                    call.end()
            case _:
                self.respond(message, "200 OK")

    def _rings(self, message: SipMessage) -> None:
        tag = f"{self.name}-{message['call-id'][:12]}"
        call = LightCall(
            phone=self,
            id=message["call-id"],
            local=f"{message['to']};tag={tag}",
            remote=message["from"],
            target=message.uri("contact"),
            invite=message,
            media=_media(message),
        )
        self.calls[call.id] = call
        self.respond(message, "180 Ringing")
        self.on_call(call)

    def _call(self, remote: str, target: str) -> LightCall:
        number = next(self._numbers)
        call = LightCall(
            phone=self,
            id=f"light-{self.name}-{number}-{self.port}",
            local=f"<sip:{self.name}@{self.host}:{self.port}>;tag={number}",
            remote=remote,
            target=target,
        )
        self.calls[call.id] = call
        return call

    @property
    def _contact(self) -> str:
        return f"<sip:{self.name}@{self.host}:{self.port}>"

    def _sdp(self) -> str:
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {self._rtp.getsockname()[1]} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )

    def _request(
        self,
        call: LightCall,
        method: str,
        body: str = "",
        kind: str = "",
        *,
        more: list[tuple[str, str]] | None = None,
    ) -> bytes:
        """An ACK or CANCEL belongs to the call's INVITE and has its number and branch."""
        same = method in ("ACK", "CANCEL")
        number = 1 if same else next(call._cseq)
        if not same:
            call._branch = f"z9hG4bK{call.id}-{number}"
        branch = f"z9hG4bK{call.id}-1" if same else call._branch
        headers = [
            ("Via", f"SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport"),
            ("From", call.local),
            ("To", call.remote),
            ("Call-ID", call.id),
            ("CSeq", f"{number} {method}"),
            ("Contact", self._contact),
            ("Max-Forwards", "70"),
            _ALLOW,
            *(more or ()),
        ]
        return compose(f"{method} {call.target} SIP/2.0", headers, body, kind)

    def _send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, self.registrar)


def _media(message: SipMessage) -> tuple[str, int] | None:
    host = re.search(r"^c=IN IP4 (\S+)", message.body, re.M)
    port = re.search(r"^m=audio (\d+)", message.body, re.M)
    return (host.group(1), int(port.group(1))) if host and port else None
