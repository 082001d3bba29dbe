"""Those who do not belong: they register with guessed passwords, or in another's name."""

import asyncio
import itertools
import socket
from typing import Final

from ...control_room import ControlRoom
from ...phones.sipmessage import SipMessage, compose, digest
from ...phones.timing import limit

SPARED: Final = "127.0.0.77"
"""The site's settings name it as never to be banned."""
GOOD: Final = ""
_COUNT: Final = itertools.count(1)


def target(room: ControlRoom) -> tuple[str, int]:
    """Where the PBX listens for SIP."""
    sip = room.config.settings.sip
    return (sip.host, sip.port)


def request(
    room: ControlRoom,
    method: str,
    user: str,
    source: str,
    *more: tuple[str, str],
    to: str = "",
    cseq: int = 1,
    call_id: str = "",
    body: str = "",
    kind: str = "",
) -> bytes:
    """A request of a phone at `source` that calls itself `user`."""
    host, port = target(room)
    number = next(_COUNT)
    uri = f"sip:{to}@{host}:{port}" if to else f"sip:{host}:{port}"
    headers = [
        ("Via", f"SIP/2.0/UDP {source}:5999;rport;branch=z9hG4bKstranger{number}"),
        ("From", f"<sip:{user}@{host}>;tag=s{number}"),
        ("To", f"<sip:{to or user}@{host}>"),
        ("Call-ID", call_id or f"stranger-{number}"),
        ("CSeq", f"{cseq} {method}"),
        ("Max-Forwards", "70"),
        ("Contact", f"<sip:{user}@{source}:5999>"),
        *more,
    ]
    return compose(f"{method} {uri} SIP/2.0", headers, body, kind)


async def asked(room: ControlRoom, datagram: bytes, source: str) -> SipMessage:
    """Its final answer; what the PBX asks meanwhile is not answered. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setblocking(False)
        wire.bind((source, 0))
        wire.connect(target(room))
        await loop.sock_sendall(wire, datagram)
        async with asyncio.timeout(limit(5)):
            while (answer := SipMessage.read(await loop.sock_recv(wire, 65536))).code < 200:
                pass
    return answer


def authorised(
    room: ControlRoom, challenge: SipMessage, user: str, password: str, method: str, to: str = ""
) -> tuple[str, str]:
    """The header that answers a 401."""
    host, port = target(room)
    uri = f"sip:{to}@{host}:{port}" if to else f"sip:{host}:{port}"
    said = challenge["www-authenticate"]
    return ("Authorization", digest(said, user=user, password=password, method=method, uri=uri))


async def log_in(room: ControlRoom, user: str, source: str, password: str = GOOD) -> int:
    """Register with a password, the right one by default; the code of the PBX's last answer."""
    known = room.secrets.sip.get(user)
    right = known.get_secret_value() if known else "none"
    call_id = f"register-{next(_COUNT)}"
    more = ("Expires", "60")
    first = request(room, "REGISTER", user, source, more, call_id=call_id)
    challenge = await asked(room, first, source)
    if challenge.code != 401:
        return challenge.code
    proof = authorised(room, challenge, user, password or right, "REGISTER")
    again = request(room, "REGISTER", user, source, more, proof, cseq=2, call_id=call_id)
    return (await asked(room, again, source)).code


async def guess(room: ControlRoom, source: str, times: int, user: str = "1101") -> None:
    """Register so often with a wrong password."""
    for n in range(times):
        await log_in(room, user, source, f"wrong{n}")


def forge(
    room: ControlRoom, victim: str, times: int, user: str = "1101", *, via: str = "UDP"
) -> None:
    """So many wrong passwords as if from `victim`; whoever forges an address never sees an answer.

    `via` is what the message says of its transport, true or not.
    """
    host, port = target(room)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((victim, 0))
        for n in range(times):
            said = 'Digest realm="asterisk", nonce="1795794805/56805d3b66cab505a6aa7e3cf19aaffd", '
            said += f'opaque="1", username="{user}", uri="sip:{host}:{port}", response="{n:032x}", '
            said += 'algorithm=MD5, cnonce="c", qop=auth, nc=00000001'
            one = request(room, "REGISTER", user, victim, ("Authorization", said))
            wire.sendto(one.replace(b"SIP/2.0/UDP", f"SIP/2.0/{via}".encode()), (host, port))
