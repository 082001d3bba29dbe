"""The manager interface's bytes, without a socket: bytes to messages and an action to bytes.

Incoming bytes come from Asterisk but carry what callers wrote, so nothing in them raises: what can
not be understood is left out up to the next blank line and counted. Asterisk does not escape a
caller's number, which comes before the Uniqueid of its event: a line break in it could give the
event another call's Uniqueid, so an event with two of those is left out as well. (A forged blank
line can not be told from a real one; only the PBX's own configuration keeps it out.) A line ends at CR LF. The blank
line that ends a message may be a bare LF, which real releases have sent (asterisk issue 761).

Outgoing lines are refused here when Asterisk would read them otherwise than they were meant. It
takes a line of at most 1024 bytes with its end; it reads the rest of a longer one as a message of
its own (seen with 22.10.1), which makes an over-long value as dangerous as a line break.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cc110.pbx.ami.errors import AmiInjection
from cc110.pbx.ami.message import AmiMessage

AmiAction = Mapping[str, str | int | Sequence[str | int]] | Sequence[tuple[str, str | int]]
"""An action's headers: by name (a sequence of values repeats the header), or as pairs in order."""

BANNER: Final = "Asterisk Call Manager/"
MAX_OUT_LINE: Final = 1024
MAX_OUT_HEADERS: Final = 100

_BLANK_LINE: Final = re.compile(rb"\r\n\r?\n")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_BANNER: Final = 256
_ONCE_ONLY: Final = frozenset({"event", "actionid", "channel", "uniqueid", "linkedid"})


@dataclass(frozen=True, kw_only=True)
class WireLimits:
    """What one incoming message may measure; a larger one is left out and counted."""

    line: int = 32_768
    message: int = 262_144
    headers: int = 1_000


@dataclass(kw_only=True)
class WireCounts:
    """What came in. Everything but `messages` and `bytes` should stay at zero.

    Attributes:
        bytes: bytes received.
        messages: messages handed on.
        junk: blocks that begin with neither ``Event`` nor ``Response``; not handed on.
        oversize: messages beyond a limit; not handed on.
        bad_lines: lines without a colon, left out of their message.
        bad_text: messages whose bytes were not UTF-8; handed on with U+FFFD in the gaps.
        forged: messages in which a header that says what or whom they are about came twice; not
            handed on. Somebody wrote a line break into a caller's number.
        line_feeds: messages with a bare line feed in a value; handed on, the value as it came.
    """

    bytes: int = 0
    messages: int = 0
    junk: int = 0
    oversize: int = 0
    bad_lines: int = 0
    bad_text: int = 0
    forged: int = 0
    line_feeds: int = 0

    @property
    def odd(self) -> int:
        """How many messages were not as they should be."""
        left_out = self.junk + self.oversize + self.forged
        return left_out + self.bad_lines + self.bad_text + self.line_feeds


class AmiWire:
    """One connection's incoming bytes, cut into messages. Never raises; memory is bounded.

    Attributes:
        banner: the greeting line without its end; None until it came, empty when the peer's first
            256 bytes held none.
        counts: what came in; may be shared by the connections of one client.
    """

    def __init__(
        self, *, limits: WireLimits | None = None, counts: WireCounts | None = None
    ) -> None:
        """Start at the first byte of a connection."""
        self.banner: str | None = None
        self.counts = counts or WireCounts()
        self._limits = limits or WireLimits()
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self._last: tuple[bytes, AmiMessage | None] = (b"", None)

    def feed(self, data: bytes) -> list[AmiMessage]:
        """Take the next bytes, cut wherever the network cut them, and return what is complete."""
        self.counts.bytes += len(data)
        self._buffer += data
        if self.banner is None:
            self._take_banner()
        if self.banner is None:
            return []
        found = [message for block in self._blocks() if (message := self._message(block))]
        self.counts.messages += len(found)
        return found

    def _take_banner(self) -> None:
        end = self._buffer.find(b"\n", 0, _LONGEST_BANNER)
        if end >= 0:
            self.banner = self._buffer[:end].decode("utf-8", "replace").strip()
            del self._buffer[: end + 1]
        elif len(self._buffer) >= _LONGEST_BANNER:
            self.banner = ""

    def _blocks(self) -> Iterator[bytes]:
        """Yield each block that a blank line ends; keep what is incomplete, up to the limit."""
        start = 0
        while blank := _BLANK_LINE.search(self._buffer, max(start, self._searched)):
            block, skipped = bytes(self._buffer[start : blank.start()]), self._skipping
            start, self._skipping = blank.end(), False
            if not skipped:
                yield block
        del self._buffer[:start]
        self._bound()

    def _bound(self) -> None:
        if len(self._buffer) > self._limits.message + 3:
            self.counts.oversize += not self._skipping
            self._skipping = True
        if self._skipping:
            del self._buffer[:-3]
        self._searched = max(0, len(self._buffer) - 3)

    def _message(self, block: bytes) -> AmiMessage | None:
        """Read a block; the answers to many like actions are the same bytes, read but once."""
        if block == self._last[0] and self._last[1]:
            return self._last[1]
        odd = self.counts.odd
        message = self._new_message(block)
        self._last = (block, message if self.counts.odd == odd else None)
        return message

    def _new_message(self, block: bytes) -> AmiMessage | None:
        if len(block) > self._limits.message:
            self.counts.oversize += 1
            return None
        text = self._text(block.lstrip(b"\r\n"))
        lines = text.split("\r\n")
        if len(lines) > self._limits.headers or self._has_long_line(text, lines):
            self.counts.oversize += 1
            return None
        if not text.startswith(("Event:", "Response:")):
            self.counts.junk += bool(text)
            return None
        return self._read(text, lines)

    def _text(self, block: bytes) -> str:
        try:
            return block.decode()
        except UnicodeDecodeError:
            self.counts.bad_text += 1
            return block.decode("utf-8", "replace")

    def _has_long_line(self, text: str, lines: Sequence[str]) -> bool:
        return len(text) > self._limits.line and max(map(len, lines)) > self._limits.line

    def _read(self, text: str, lines: Sequence[str]) -> AmiMessage | None:
        parts = [line.partition(":") for line in lines]
        headers = tuple([(key, value.removeprefix(" ")) for key, colon, value in parts if colon])
        self.counts.bad_lines += len(lines) - len(headers)
        message = AmiMessage(headers)
        if message.repeats(_ONCE_ONLY):
            self.counts.forged += 1
            return None
        # One at the end divides nothing: Asterisk's own "No Contacts found" has it.
        self.counts.line_feeds += text.removesuffix("\n").count("\n") >= len(lines)
        return message


def pairs_of(action: AmiAction) -> list[tuple[str, str]]:
    """Return an action's headers as pairs; a sequence of values repeats the header's name."""
    pairs: list[tuple[str, str]] = []
    for key, value in action.items() if isinstance(action, Mapping) else action:
        values = [value] if isinstance(value, str | int) else value
        pairs.extend((key, str(one)) for one in values)
    return pairs


def encode(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return an action's bytes, its closing blank line included.

    Raises:
        AmiInjection: a control character in a name or value, a name that is none, a line of more
            than 1024 bytes with its end, more than 100 headers, or Action or ActionID given twice.
    """
    if len(pairs) > MAX_OUT_HEADERS:
        raise AmiInjection(f"an action has at most {MAX_OUT_HEADERS} headers, not {len(pairs)}")
    names = [key.lower() for key, _ in pairs]
    if names.count("action") != 1 or names.count("actionid") > 1:
        raise AmiInjection("an action has one Action header and at most one ActionID")
    return b"".join([_line(key, value) for key, value in pairs]) + b"\r\n"


def encode_many(
    common: Sequence[tuple[str, str]], varying: Iterable[Sequence[tuple[str, str]]]
) -> bytes:
    """Return the bytes of many actions that begin alike.

    Raises:
        AmiInjection: as in `encode`.
    """
    head = encode(common)[:-2]
    names = {key.lower() for key, _ in common} | {"action", "actionid"}
    actions: list[bytes] = []
    for pairs in varying:
        if len(pairs) + len(common) > MAX_OUT_HEADERS or any(k.lower() in names for k, _ in pairs):
            raise AmiInjection("too many headers, or one of those that all have")
        actions += [head, *[_line(key, value) for key, value in pairs], b"\r\n"]
    return b"".join(actions)


def _line(key: str, value: str) -> bytes:
    if not _NAME.fullmatch(key):
        raise AmiInjection(f"{key[:60]!r} is no header name")
    if _CONTROL.search(value):
        raise AmiInjection(f"a control character in the value of {key}")
    try:
        line = f"{key}: {value}\r\n".encode()
    except UnicodeEncodeError as error:
        raise AmiInjection(f"the value of {key} is not Unicode text") from error
    if len(line) > MAX_OUT_LINE:
        raise AmiInjection(f"{key} makes a line of {len(line)} bytes, more than {MAX_OUT_LINE}")
    return line
