"""FastAGI's bytes, without a socket: what Asterisk says, and the commands it is given.

Asterisk first sends an environment, lines of ``agi_name: value`` up to a blank one, then one reply for
each command, and ``HANGUP`` out of band (res/res_agi.c: setup_env, run_agi). Nothing raises here for
what comes in: a peer that sends too much, or something else, is `Broken`, once.

Values of the environment carry what a caller sent and are not escaped. Of a name that comes more than
once the first value wins and unknown names are kept; but a caller's number stands before the dialplan's
arguments, so a line break in it could set those first. Asterisk writes its names once each and the
arguments last: an environment that does otherwise says so in `forged`, and the server refuses it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cc110.pbx.agi.errors import AgiInjection

ENV_BYTES: Final = 16 * 1024
ENV_LINES: Final = 64
REPLY_BYTES: Final = 16 * 1024
COMMAND_BYTES: Final = 8_000
"""Asterisk reads 8 KiB of a command and takes the rest for a command of its own (issue 1317)."""
COMMAND_WORDS: Final = 100

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LINE: Final = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT: Final = re.compile(r"result=(\S*)(?: \((.*)\))?(?: endpos=(\d+))?.*", re.DOTALL)
_ARGUMENT: Final = re.compile(r"agi_arg_\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What Asterisk says of the call when it connects.

    Attributes:
        values: the first value of each name.
        forged: a name came twice, or an argument before Asterisk's own names had ended.
    """

    values: Mapping[str, str]
    forged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The answer to one command.

    Attributes:
        code: 200 done, 510 unknown, 511 not on a dead channel, 520 wrong usage.
        result: the text after ``result=``, often a number.
        data: the text in the brackets after it; None without brackets.
        endpos: how far a prompt was played, in samples.
        text: the whole line, or the usage text.
    """

    code: int
    result: str = ""
    data: str | None = None
    endpos: int | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hangup:
    """Out of band: the caller is gone. The command under way still gets its reply."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The peer broke a rule; nothing after this is read."""

    reason: str


Message = Environment | Reply | Hangup | Broken


_USUAL: Final = {
    f"200 result={digit}": Reply(code=200, result=digit, text=f"result={digit}") for digit in "01"
}


class AgiWire:
    """One connection's incoming bytes, cut into messages. Never raises; memory is bounded."""

    def __init__(self) -> None:
        """Start at the environment's first byte."""
        self._buffer = bytearray()
        self._in_env = True
        self._usage: list[str] | None = None
        self._usage_bytes = 0
        self._broken = False

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes, cut wherever the network cut them, and return what is complete."""
        if self._broken:
            return []
        searched = max(0, len(self._buffer) - 1)
        self._buffer += data
        env = self._take_env(searched) if self._in_env else None
        found: list[Message] = [env] if env else []
        return found if self._in_env or self._broken else found + self._take_lines()

    def _break(self, reason: str) -> Broken:
        self._broken = True
        self._buffer.clear()
        return Broken(reason=reason)

    # --- the environment ------------------------------------------------------------------------

    def _take_env(self, searched: int) -> Message | None:
        if not b"agi_".startswith(bytes(self._buffer[:4])):
            return self._break("no AGI environment")
        end = self._buffer.find(b"\n\n", searched)
        if (len(self._buffer) - 1 if end < 0 else end) > ENV_BYTES:
            return self._break("an environment that is too long")
        return None if end < 0 else self._read_env(end)

    def _read_env(self, end: int) -> Message:
        lines = self._buffer[:end].decode("utf-8", "replace").split("\n")
        del self._buffer[: end + 2]
        self._in_env = False
        if len(lines) > ENV_LINES:
            return self._break("an environment of too many lines")
        pairs = [line.partition(":") for line in lines]
        values = {name: value.removeprefix(" ") for name, _, value in reversed(pairs)}
        return Environment(values=values, forged=_is_forged([name for name, _, _ in pairs]))

    # --- replies --------------------------------------------------------------------------------

    def _take_lines(self) -> list[Message]:
        found: list[Message] = []
        start = 0
        while not self._broken and (end := self._buffer.find(b"\n", start)) >= 0:
            line, start = self._buffer[start:end], end + 1
            message = self._take_line(line)
            found += [message] if message else []
        del self._buffer[:start]
        if len(self._buffer) > REPLY_BYTES:
            found.append(self._break("a line without end"))
        return found

    def _take_line(self, line: bytearray) -> Message | None:
        if len(line) > REPLY_BYTES:
            return self._break("a line that is too long")
        text = line.decode("utf-8", "replace")
        return self._take_reply(text) if self._usage is None else self._take_usage(text)

    def _take_reply(self, line: str) -> Message | None:
        if line in _USUAL:
            return _USUAL[line]
        if line == "HANGUP":
            return Hangup()
        found = _LINE.fullmatch(line)
        if found is None:
            return self._break("a line that is no reply")
        code, more, text = found.groups()
        if more == "-" and code != "520":
            return self._break("a line that is no reply")
        if more == "-":
            self._usage, self._usage_bytes = [], 0
            return None
        return None if code == "100" else self._reply(int(code), text)

    def _reply(self, code: int, text: str) -> Message:
        found = _RESULT.fullmatch(text)
        if found is None:
            return Reply(code=code, text=text)
        result, data, endpos = found.groups()
        if data is None and text.startswith(f"result={result} ("):
            return self._break("a value with a line break")
        position = int(endpos) if endpos and len(endpos) < 19 else None
        return Reply(code=code, result=result, data=data, endpos=position, text=text)

    def _take_usage(self, line: str) -> Message | None:
        """Collect ``520-...`` up to ``520 End of proper usage.``."""
        assert self._usage is not None
        if line.startswith("520 "):
            lines, self._usage = self._usage, None
            return Reply(code=520, text="\n".join(lines))
        self._usage.append(line)
        self._usage_bytes += len(line) + 1
        too_long = self._usage_bytes > REPLY_BYTES
        return self._break("a usage text that is too long") if too_long else None


def _is_forged(names: list[str]) -> bool:
    ours = [name for name in names if not _ARGUMENT.fullmatch(name)]
    return len(set(names)) != len(names) or names[: len(ours)] != ours


def command(*words: str) -> bytes:
    r"""Return a command's line: the first word (``SET VARIABLE``) as it is, the others quoted.

    Asterisk's own parser takes ``\"`` and ``\\`` inside of quotes and has no sign for a line break.

    Raises:
        AgiInjection: a control character (a line break would begin another command), text that is not
            Unicode, or more than Asterisk reads at once.
    """
    verb, *arguments = words
    if len(words) > COMMAND_WORDS:
        raise AgiInjection(f"a command of {len(words)} words")
    for word in words:
        if _CONTROL.search(word):
            raise AgiInjection(f"a control character in {word[:60]!r}")
    text = " ".join([verb, *map(_quoted, arguments)])
    try:
        line = text.encode() + b"\n"
    except UnicodeEncodeError as error:
        raise AgiInjection(f"no Unicode text in {verb}") from error
    if len(line) > COMMAND_BYTES:
        raise AgiInjection(f"{verb} makes a line of {len(line)} bytes, more than {COMMAND_BYTES}")
    return line


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
