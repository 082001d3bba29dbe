"""FastAGI as bytes: the environment block, replies, and commands. No I/O, bounded memory.

Values in the environment may carry what a caller sent. Asterisk does not escape them, so a line break in one
would look like further lines: the first value of a name wins, and names are taken as they come.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cc110.pbx.agi.errors import AgiInjection, AgiProtocolError

ENV_BYTES: Final = 16 * 1024
ENV_LINES: Final = 64
REPLY_BYTES: Final = 16 * 1024
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_RESULT: Final = re.compile(r"result=(-?\d*)(?: \((.*)\))?")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What Asterisk says of the call when it connects."""

    values: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to one command."""

    code: int
    result: str = ""
    data: str = ""


@dataclass(frozen=True, kw_only=True)
class Hangup:
    """Out of band: the caller is gone. The command under way still gets its reply."""


Message = Environment | Reply | Hangup


class AgiWire:
    """Bytes in, messages out, wherever the bytes are split."""

    def __init__(self) -> None:
        """Begin with the environment block."""
        self._bytes = bytearray()
        self._env: dict[str, str] | None = {}
        self._lines = 0
        self._usage = False

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes and give the messages that are complete.

        Raises:
            AgiProtocolError: too much, or not AGI; the session is over.
        """
        self._bytes += data
        while (end := self._bytes.find(b"\n")) >= 0:
            line = self._bytes[:end].rstrip(b"\r").decode(errors="replace")
            del self._bytes[: end + 1]
            message = self._in_env(line, end) if self._env is not None else self._reply(line)
            if message:
                yield message
        limit = ENV_BYTES if self._env is not None else REPLY_BYTES
        if len(self._bytes) > limit:
            raise AgiProtocolError(f"a line of more than {limit} bytes")

    def _in_env(self, line: str, size: int) -> Message | None:
        assert self._env is not None
        if not line:
            values, self._env = self._env, None
            if not values:
                raise AgiProtocolError("no environment")
            return Environment(values=values)
        self._lines += 1
        if self._lines > ENV_LINES or size > ENV_BYTES:
            raise AgiProtocolError("an environment of more than 64 lines or 16 KiB")
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_"):
            if self._lines == 1:
                raise AgiProtocolError("not an AGI environment")
            return None
        self._env.setdefault(name, value.strip())
        return None

    def _reply(self, line: str) -> Message | None:
        if line == "HANGUP":
            return Hangup()
        if self._usage:  # 520-... several lines ... 520 End of proper usage.
            self._usage = not line.startswith("520 ")
            return None if self._usage else Reply(code=520)
        code, rest = line[:3], line[3:]
        if not code.isdigit():
            return None
        if code == "520" and rest.startswith("-"):
            self._usage = True
            return None
        found = _RESULT.search(rest)
        result, data = (found.group(1), found.group(2) or "") if found else ("", rest.strip())
        return Reply(code=int(code), result=result, data=data)


def command(*words: str) -> bytes:
    r"""One command line; every word after the command's own is quoted, ``"`` and ``\`` escaped.

    Raises:
        AgiInjection: a word holds a control character; a line break would begin another command.
    """
    for word in words:
        if _CONTROL.search(word):
            raise AgiInjection(f"a control character in {word!r}")
    verb, *arguments = words
    quoted = ('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in arguments)
    return " ".join((verb, *quoted)).encode() + b"\n"
