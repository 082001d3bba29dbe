"""SIP messages, as far as a phone without sound needs them (RFC 3261)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_QUOTED: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


@dataclass(frozen=True, kw_only=True)
class SipMessage:
    """One request or response."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @classmethod
    def read(cls, datagram: bytes) -> "SipMessage":
        """Read what came."""
        head, _, body = datagram.decode("latin-1").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        pairs = (line.partition(":")[::2] for line in lines)
        return cls(
            start=start, headers=tuple((n.strip().lower(), v.strip()) for n, v in pairs), body=body
        )

    @property
    def code(self) -> int:
        """A response's status; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """What is asked, or what a response answers."""
        return self["cseq"].split()[1]

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every line of that name."""
        return [value for key, value in self.headers if key == name]

    def uri(self, name: str) -> str:
        """The address in such a header."""
        found = re.search(r"<([^>]+)>", self[name])
        return found.group(1) if found else self[name].partition(";")[0]


def compose(
    start: str, headers: Iterable[tuple[str, str]], body: str = "", kind: str = ""
) -> bytes:
    """Write a message."""
    more = [("Content-Type", kind)] if kind else []
    lines = [f"{name}: {value}" for name, value in [*headers, *more]]
    length = f"Content-Length: {len(body)}"
    return "\r\n".join((start, *lines, length, "", body)).encode("latin-1")


def answer_to(request: SipMessage, status: str, *, tag: str) -> list[tuple[str, str]]:
    """The headers of a response."""
    to = request["to"] if "tag=" in request["to"] else f"{request['to']};tag={tag}"
    return [
        *(("Via", via) for via in request.all("via")),
        ("From", request["from"]),
        ("To", to if not status.startswith("100") else request["to"]),
        ("Call-ID", request["call-id"]),
        ("CSeq", request["cseq"]),
    ]


def digest(challenge: str, *, user: str, password: str, method: str, uri: str) -> str:
    """The Authorization header for a challenge (RFC 2617, MD5, qop=auth)."""
    said = {m[1]: m[2] or m[3] for m in _QUOTED.finditer(challenge)}
    one = _md5(f"{user}:{said['realm']}:{password}")
    two = _md5(f"{method}:{uri}")
    response = _md5(f"{one}:{said['nonce']}:00000001:light:auth:{two}")
    parts = (
        f'username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}"',
        f'response="{response}", algorithm=MD5, cnonce="light", qop=auth, nc=00000001',
    )
    opaque = f', opaque="{said["opaque"]}"' if "opaque" in said else ""
    return f"Digest {', '.join(parts)}{opaque}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
