"""Nobody writes events into the manager interface from outside (X2, X3; facts: forged AMI events are real)."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ...control_room import TRUNK, ControlRoom
from ...phones.phone import CallState
from ...phones.timing import limit
from ..blocking import blocked
from .strangers import asked, authorised, guess, request, target

FORGED = "%0d%0aX-Forged%3a%20yes%0d%0aEvent%3a%20Hangup%0d%0a%0d%0aEvent%3a%20FullyBooted"
"""As the From user of the facts: a header, an event's name, and a whole event."""
SENDER = "x%0aRemoteAddress%3aIPV4/TLS/192.0.2.1/1"
"""Fits into the 36 characters that Asterisk keeps of an unknown account's name."""
LOGIN = "%0a%0aEvent%3aSuccessfulAuth%0aService%3aPJSIP"
SECURITY = {
    "Event", "Privilege", "Timestamp", "EventTV", "Severity", "Service", "EventVersion", "AccountID",
    "SessionID", "SessionTV", "LocalAddress", "RemoteAddress", "UsingPassword", "Challenge", "Response",
    "ExpectedResponse", "Module",
}  # fmt: skip
"""Headers of the security events that the guard's account asks for."""


class Stream:
    """What one account reads, byte by byte."""

    def __init__(self) -> None:
        self.raw = b""

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Read on until cancelled."""
        while chunk := await reader.read(65536):
            self.raw += chunk

    async def holds(self, text: bytes) -> None:
        """Wait until that was read. Raises TimeoutError."""
        async with asyncio.timeout(limit(10)):
            while text not in self.raw:
                await asyncio.sleep(0.02)

    @property
    def messages(self) -> list[list[str]]:
        """The header names of each message, as any client takes them apart."""
        text = self.raw.decode("latin-1").replace("\r\n", "\n")
        whole = [part for part in text.split("\n\n") if part.strip()]
        return [[line.partition(":")[0] for line in part.split("\n")] for part in whole]


@asynccontextmanager
async def overheard(room: ControlRoom, account: str) -> AsyncIterator[Stream]:
    """Log in as one of the daemon's accounts and keep every byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", room.config.settings.ami.port)
    secret = room.secrets.ami[account].get_secret_value()
    writer.write(f"Action: Login\r\nUsername: {account}\r\nSecret: {secret}\r\n\r\n".encode())
    stream = Stream()
    reading = asyncio.create_task(stream.read(reader))
    try:
        await stream.holds(b"Authentication accepted")
        yield stream
    finally:
        reading.cancel()
        writer.close()
        await asyncio.gather(reading, return_exceptions=True)


def send(room: ControlRoom, source: str, *datagrams: bytes) -> None:
    """Send, and look at no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((source, 0))
        for one in datagrams:
            wire.sendto(one, target(room))


@pytest.mark.parametrize("user", [FORGED, SENDER, LOGIN])
async def test_x2_the_forged_from_of_the_facts_writes_no_event_by_the_trunk(
    room: ControlRoom, user: str
) -> None:
    """The call for 110 is served all the same, with an unidentified caller; a blocked one, whose From nobody has
    replaced when he is rejected, is no exception."""
    start = await room.last_seq()
    number = "6281200000779"
    async with blocked(room, number), overheard(room, "cc110") as stream:
        send(room, TRUNK, request(room, "INVITE", user, TRUNK, to="110"))
        arrived = await room.wait_event("CallArrived", after=start)
        await room.pbx.console("channel request hangup all")
        await room.wait_event("CallEnded", after=start)
        call = f"Call: {arrived.event.call_id}".encode()
        await stream.holds(call)
        asserted = ("P-Asserted-Identity", f"<sip:+{number}@x>")
        send(room, TRUNK, request(room, "INVITE", user, TRUNK, asserted, to="110"))
        await room.wait_event("CallRejected", after=start)
    assert arrived.event.data.number is None
    assert not re.search(rb"(?m)^X-Forged|^Event: ?SuccessfulAuth|^RemoteAddress", stream.raw)
    assert stream.raw.count(b"Event: FullyBooted") <= 1


@pytest.mark.parametrize("phone", ["1101", "7101"])
async def test_x2_nor_does_a_phone_that_is_logged_in(room: ControlRoom, phone: str) -> None:
    """Its From is what it likes; its identity is its account's."""
    source = "127.0.0.74"
    async with overheard(room, "cc110") as stream:
        for user in (FORGED, SENDER, LOGIN):
            challenge = await asked(room, request(room, "INVITE", phone, source, to="7102"), source)
            proof = authorised(
                room, challenge, phone, room.secrets.sip[phone].get_secret_value(), "INVITE", "7102"
            )
            invite = request(room, "INVITE", phone, source, proof, to="7102", cseq=2)
            said = invite.replace(
                b"Contact: ",
                f'P-Asserted-Identity: "{user}" <sip:{user}@x>\r\nContact: '.encode(),
                1,
            )
            said = re.sub(rb"(From: )<", rb'\1"' + user.encode() + rb'" <', said, count=1)
            send(room, source, said)
        await room.code(await room.phone("1102", "operator"), "*11")
        await stream.holds(b"QueueMemberAdded")
        await room.pbx.console("channel request hangup all")
    assert not re.search(rb"(?m)^X-Forged|^Event: ?SuccessfulAuth|^RemoteAddress", stream.raw)


async def test_x2_no_stranger_writes_into_the_guard_s_events(room: ControlRoom) -> None:
    """From users and digest fields with line breaks: each event has Asterisk's own headers, once each."""
    start = await room.last_seq()
    source = "127.0.0.75"
    digest = (
        'Digest realm="asterisk", nonce="{0}", opaque="{0}", username="{0}", uri="sip:x{0}", '
        'response="{0}", algorithm=MD5, cnonce="{0}", qop=auth, nc=00000001'
    )
    fields = (
        FORGED,
        SENDER,
        LOGIN,
        "a\rEvent: Q",
        "a\r\n Event: Q",
        "a\nEvent: Q",
        "a\\\nE: 1",
        "\0",
    )
    async with overheard(room, "cc110-guard") as stream:
        for n, text in enumerate(fields):
            proof = ("Authorization", digest.format(text))
            for user in (FORGED, SENDER, LOGIN, "1101"):
                send(room, source, request(room, "REGISTER", user, source, proof))
                send(room, source, request(room, "INVITE", user, source, to="110"))
            await guess(room, f"127.0.0.{80 + n}", 1)
        await guess(room, "127.0.0.76", 5)
        banned = await room.wait_event(
            "AddressBanned", after=start, where=lambda data: data.address == "127.0.0.76"
        )
        await stream.holds(b"127.0.0.76/")
    events = [names for names in stream.messages if names[0] == "Event"]
    assert len(events) > len(fields)
    for names in events:
        assert len(names) == len(set(names))
        assert set(names) <= SECURITY
    told = [
        one.event.data.address
        for one in await room.events(after=start)
        if one.event.type == "AddressBanned"
    ]
    assert "192.0.2.1" not in told
    assert banned.event.data.failures == 5


async def test_x3_a_line_break_in_a_dialled_extension_finds_nothing(room: ControlRoom) -> None:
    """Exact extensions only: neither the trunk nor a phone gets such bytes into an event."""
    phone = await room.phone("1101", "operator")
    sip = room.config.settings.sip
    async with overheard(room, "cc110") as stream:
        for user in (f"110{FORGED}", "110%0d%0aX-Forged%3a%20yes", "7101%0aX-Forged%3a1"):
            send(room, TRUNK, request(room, "INVITE", "0812", TRUNK, to=user))
            call = await phone.dial(f"sip:{user}@{sip.host}:{sip.port}")
            assert (await call.wait_for(CallState.DISCONNECTED)).code >= 400
        await room.code(phone, "*11")
        await stream.holds(b"QueueMemberAdded")
    assert b"X-Forged" not in stream.raw
    # A phone has its BYE some milliseconds before the PBX is through with its channel.
    async with asyncio.timeout(limit(5)):
        while await room.observer.channels():
            await asyncio.sleep(0.05)
