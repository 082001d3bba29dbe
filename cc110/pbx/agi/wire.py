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


class AgiWire:
    """One connection's incoming bytes, cut into messages. Never raises; memory is bounded."""

    def __init__(self) -> None:
        """Start at the environment's first byte."""
        self._buffer = bytearray()
        self._in_env = True
        self._env: list[tuple[str, str]] = []
        self._env_bytes = 0
        self._usage: list[str] | None = None
        self._usage_bytes = 0
        self._broken = False

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes, cut wherever the network cut them, and return what is complete."""
        if self._broken:
            return []
        self._buffer += data
        found: list[Message] = []
        start = 0
        while not self._broken and (end := self._buffer.find(b"\n", start)) >= 0:
            message = self._take(bytes(self._buffer[start:end]))
            start = end + 1
            found += [message] if message else []
        del self._buffer[:start]
        if not self._broken and len(self._buffer) > self._most_of_a_line():
            found.append(self._break("a line without end"))
        return found

    def _most_of_a_line(self) -> int:
        return ENV_BYTES - self._env_bytes if self._in_env else REPLY_BYTES

    def _break(self, reason: str) -> Broken:
        self._broken = True
        self._buffer.clear()
        return Broken(reason=reason)

    def _take(self, line: bytes) -> Message | None:
        if len(line) > self._most_of_a_line():
            return self._break("a line that is too long")
        text = line.decode("utf-8", "replace").removesuffix("\r")
        if self._in_env:
            return self._take_env(text, len(line) + 1)
        return self._take_usage(text) if self._usage is not None else self._take_reply(text)

    # --- the environment ------------------------------------------------------------------------

    def _take_env(self, line: str, size: int) -> Message | None:
        if not line:
            return self._end_env()
        self._env_bytes += size
        if len(self._env) >= ENV_LINES:
            return self._break("an environment that is too long")
        name, _, value = line.partition(":")
        self._env.append((name, value.removeprefix(" ")))
        return None if self._env[0][0].startswith("agi_") else self._break("no AGI environment")

    def _end_env(self) -> Message:
        self._in_env = False
        if not self._env:
            return self._break("an empty environment")
        values = dict(reversed(self._env))
        return Environment(values=values, forged=_is_forged([name for name, _ in self._env]))

    # --- replies --------------------------------------------------------------------------------

    def _take_reply(self, line: str) -> Message | None:
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
