"""FastAGI's bytes, without a socket: what Asterisk says, and the commands it is given.

Asterisk first sends an environment, lines of ``agi_name: value`` up to a blank one, then one reply for
each command, and ``HANGUP`` out of band (res/res_agi.c: setup_env, run_agi). Nothing raises here for
what comes in: a peer that sends too much, or something else, is `Broken`, once.

The environment's values carry what a caller sent, and Asterisk does not escape them: a line break in his
number would look like further lines, and a blank line would end the environment early. Asterisk writes
each name once and the dialplan's arguments last, so a name that comes twice, an argument before the last
other name, and a rest of an environment among the replies all tell a forgery, and break the session.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cc110.pbx.agi.errors import AgiInjection

ENV_BYTES: Final = 16 * 1024
ENV_LINES: Final = 64
REPLY_BYTES: Final = 16 * 1024
"""The longest reply; a usage text counts as one."""
HANGUPS: Final = 4
"""Asterisk says it twice."""
COMMAND_BYTES: Final = 2_000
"""Asterisk takes the rest of a longer line for a command of its own: after 8 KiB, before 22.6 after 2 KiB
(issue 1317)."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_DONE: Final = re.compile(
    r"200 result=(\S*)(?: \((.*)\))?(?: endpos=([0-9]+)| [a-z]+=.*)?", re.DOTALL
)
_NOT_DONE: Final = re.compile(r"([3-9][0-9]{2}) (.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What Asterisk says of the call when it connects."""

    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The answer to one command.

    Attributes:
        code: 200 done, 510 unknown, 511 not on a dead channel, 520 wrong usage.
        result: the text after ``result=``, often a number.
        data: the text in the brackets after it, or what is said instead of a result.
        endpos: how many samples were played, where the command plays something.
    """

    code: int
    result: str = ""
    data: str = ""
    endpos: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hangup:
    """Out of band: the caller is gone."""


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
        self._in_usage = False
        self._room = REPLY_BYTES
        self._hangups = 0
        self._broken = False

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take the next bytes, cut wherever the network cut them, and give what is complete.

        The messages are made one by one: who does not want the next one has no work with it.
        """
        searched = max(0, len(self._buffer) - 1)
        if not self._broken:
            self._buffer += data
        if self._in_env and (message := self._take_env(searched)):
            yield message
            searched = 0
        while not self._in_env and (end := self._buffer.find(b"\n", searched)) >= 0:
            line, searched = bytes(self._buffer[:end]), 0
            del self._buffer[: end + 1]
            if message := self._take_line(line):
                yield message
        if not self._in_env and len(self._buffer) > self._room:
            yield self._break("a line that is too long")

    def _break(self, reason: str) -> Broken:
        self._broken, self._in_env, self._room = True, False, 0
        self._buffer.clear()
        return Broken(reason=reason)

    # --- the environment ------------------------------------------------------------------------

    def _take_env(self, searched: int) -> Message | None:
        if not b"agi_".startswith(bytes(self._buffer[:4])):
            return self._break("no AGI environment")
        end = self._buffer.find(b"\n\n", searched)
        if (len(self._buffer) - 1 if end < 0 else end) > ENV_BYTES:
            return self._break("an environment that is too long")
        return self._read_env(end) if end >= 0 else None

    def _read_env(self, end: int) -> Message:
        lines = self._buffer[:end].decode("utf-8", "replace").split("\n")
        del self._buffer[: end + 2]
        self._in_env = False
        pairs = [line.partition(":") for line in lines]
        if len(lines) > ENV_LINES:
            return self._break("an environment of too many lines")
        if not all(colon and name.startswith("agi_") for name, colon, _ in pairs):
            return self._break("no AGI environment")
        if _is_forged([name for name, _, _ in pairs]):
            return self._break("a forged environment")
        return Environment(values={name: value.removeprefix(" ") for name, _, value in pairs})

    # --- replies --------------------------------------------------------------------------------

    def _take_line(self, line: bytes) -> Message | None:
        if len(line) > self._room:
            return self._break("a line that is too long")
        text = line.decode("utf-8", "replace")
        if text == "HANGUP":
            return self._hangup()
        return self._take_usage(text, len(line)) if self._in_usage else self._take_reply(text)

    def _hangup(self) -> Message:
        self._hangups += 1
        return Hangup() if self._hangups <= HANGUPS else self._break("one HANGUP after the other")

    def _take_reply(self, line: str) -> Message | None:
        if found := _DONE.fullmatch(line):
            return Reply(code=200, result=found[1], data=found[2] or "", endpos=found[3] or "")
        if line.startswith("520-"):
            self._in_usage = True
            return None
        if found := _NOT_DONE.fullmatch(line):
            return Reply(code=int(found[1]), data=found[2])
        return self._break("a line that is no reply, or a value with a line break")

    def _take_usage(self, line: str, size: int) -> Message | None:
        """Skip ``520-...`` up to ``520 End of proper usage.``."""
        self._room -= size + 1
        if not line.startswith("520 "):
            return None
        self._in_usage, self._room = False, REPLY_BYTES
        return Reply(code=520, data=line.removeprefix("520 "))


def _is_forged(names: list[str]) -> bool:
    others = [name for name in names if not name.startswith("agi_arg_")]
    return len(set(names)) != len(names) or names[: len(others)] != others


def command(*words: str) -> bytes:
    r"""Return a command's line: the first word (``SET VARIABLE``) as it is, the others quoted.

    Asterisk's own parser (parse_args) takes ``\"`` and ``\\`` inside quotes and has no sign for a line break.

    Raises:
        AgiInjection: a control character (a line break would begin another command), text that is not
            Unicode, or more than Asterisk reads at once.
    """
    verb, *arguments = words
    if any(map(_CONTROL.search, words)):
        raise AgiInjection(f"a control character in an argument of {verb!r}")
    try:
        line = " ".join([verb, *map(_quoted, arguments)]).encode() + b"\n"
    except UnicodeEncodeError as error:
        raise AgiInjection(f"an argument of {verb!r} is not Unicode text") from error
    if len(line) > COMMAND_BYTES:
        raise AgiInjection(f"{verb} makes a line of {len(line)} bytes, more than {COMMAND_BYTES}")
    return line


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
