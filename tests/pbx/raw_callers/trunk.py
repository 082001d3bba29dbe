"""A trunk that sends INVITEs exactly as they are written, and acknowledges what refuses them."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from ...control_room import TRUNK, ControlRoom
from ...phones.timing import limit

SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


@dataclass
class Answer:
    """What came back for one INVITE."""

    sent: float
    codes: list[int] = field(default_factory=list)
    finished: asyncio.Future[float] = field(default_factory=asyncio.Future)

    async def seconds(self) -> float:
        """From the INVITE to its final response. Raises TimeoutError."""
        async with asyncio.timeout(limit(5)):
            return await self.finished - self.sent


class RawTrunk(asyncio.DatagramProtocol):
    """One UDP socket; every call is told from the others by its Call-ID."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._answers: dict[str, tuple[Answer, str]] = {}
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = transport

    def invite(
        self,
        *,
        asserted: str | None,
        said: str = "<sip:anonymous@x>",
        to: str = "110",
        content: tuple[str, str] = ("application/sdp", SDP),
        **more: str,
    ) -> Answer:
        """Send one; ``asserted`` and ``said`` are whole header values, sent as they are.

        ``content`` is the body's type and the body.
        """
        number = len(self._answers) + 1
        call_id = f"raw-{number}-{id(self)}"
        uri = f"sip:{to}@{self._target[0]}:{self._target[1]}"
        port = self._transport.get_extra_info("sockname")[1]
        common = (
            f"Via: SIP/2.0/UDP {TRUNK}:{port};branch=z9hG4bK{call_id}\r\n"
            f"From: {said};tag={number}\r\nCall-ID: {call_id}\r\nMax-Forwards: 70\r\n"
        )
        lines = {"P-Asserted-Identity": asserted, **more}
        given = "".join(
            f"{name}: {value}\r\n" for name, value in lines.items() if value is not None
        )
        answer = Answer(sent=time.monotonic())
        self._answers[call_id] = (answer, f"ACK {uri} SIP/2.0\r\n{common}CSeq: 1 ACK\r\n")
        self._send(
            f"INVITE {uri} SIP/2.0\r\n{common}To: <{uri}>\r\nCSeq: 1 INVITE\r\n"
            f"Contact: <sip:raw@{TRUNK}:{port}>\r\n{given}"
            f"Content-Type: {content[0]}\r\n"
            f"Content-Length: {len(content[1].encode())}\r\n\r\n{content[1]}"
        )
        return answer

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A response; a refusal is acknowledged (RFC 3261, 17.1.1.3)."""
        now, text = time.monotonic(), data.decode(errors="replace")
        status, call = re.match(r"SIP/2.0 (\d+)", text), re.search(r"(?im)^Call-ID: *(\S+)", text)
        if status is None or call is None or call[1] not in self._answers:
            return
        answer, ack = self._answers[call[1]]
        answer.codes.append(int(status[1]))
        if answer.codes[-1] < 200:
            return
        to = re.search(r"(?im)^To:.*$", text)
        self._send(f"{ack}{to[0].strip() if to else ''}\r\nContent-Length: 0\r\n\r\n")
        if not answer.finished.done():
            answer.finished.set_result(now)

    def _send(self, text: str) -> None:
        self._transport.sendto(text.encode(), self._target)


@asynccontextmanager
async def raw_trunk(room: ControlRoom) -> AsyncIterator[RawTrunk]:
    """A trunk at the trunk's address."""
    sip = room.config.settings.sip
    loop = asyncio.get_running_loop()
    transport, trunk = await loop.create_datagram_endpoint(
        lambda: RawTrunk((sip.host, sip.port)), local_addr=(TRUNK, 0)
    )
    try:
        yield trunk
    finally:
        transport.close()
