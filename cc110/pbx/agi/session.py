"""One FastAGI session: commands with deadlines, replies in step, a hang-up noticed at once."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from cc110.pbx.agi.errors import AgiError, AgiRefused, AgiSilent, CallerHungUp
from cc110.pbx.agi.wire import Reply, command

COMMAND_S: Final = 3.0
"""How long Asterisk may take for a command that waits for nobody."""
PROMPT_S: Final = 60.0
"""The longest prompt."""
_MAX_PARAMETERS: Final = 32


class AgiSession:
    """What a handler does with its caller. One command at a time, from one task.

    Every command raises CallerHungUp when the caller is gone, AgiSilent when Asterisk does not answer
    within the command's deadline, AgiRefused when it does not know, allow or manage the command, and
    AgiInjection for what may not be sent. When the caller hangs up, the command under way raises at
    once, or the next one does; after that first time commands go to Asterisk again, which still takes
    those that need no live channel. The handler's task is cancelled soon after in any case.

    Attributes:
        env: what Asterisk said of the call (``agi_uniqueid``, ``agi_arg_1``, ...). Values may be forged
            by a caller as far as the dialplan passes them on; see `wire`.
        script: the name in ``agi://host/name``.
        parameters: what follows the name as ``?a=b&c=d``; the first value of each.
        is_hung_up: whether the caller is gone.
    """

    __slots__ = (
        "_cut", "_loop", "_open", "_told", "_write", "env", "is_hung_up", "parameters", "script",
    )  # fmt: skip

    def __init__(
        self,
        env: Mapping[str, str],
        write: Callable[[bytes], None],
        cut: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Speak through `write`; `cut` ends the connection for a reason.

        Raises:
            AgiError: the parameters after the script's name can not be read.
        """
        self.env = env
        self.script, self.parameters = _script(env)
        self.is_hung_up = False
        self._write = write
        self._cut = cut
        self._loop = asyncio.get_running_loop()
        self._open: deque[asyncio.Future[Reply]] = deque()
        self._told = False

    # --- what the call is -----------------------------------------------------------------------

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.env.get("agi_channel", "")

    @property
    def uniqueid(self) -> str:
        """The channel's unique id."""
        return self.env.get("agi_uniqueid", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the dialplan gave: ``AGI(agi://host/name,first,second)``."""
        count = sum(name.startswith("agi_arg_") for name in self.env)
        return tuple(self.env.get(f"agi_arg_{n}", "") for n in range(1, count + 1))

    # --- commands -------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer the call."""
        await self.ask("ANSWER")

    async def hang_up(self) -> None:
        """Hang the caller up."""
        await self.ask("HANGUP")

    async def stream_file(self, file: str, keys: str = "", *, deadline_s: float = PROMPT_S) -> str:
        """Play a file; return the key of `keys` that interrupted it, or nothing."""
        return _key(await self.ask("STREAM FILE", file, keys, deadline_s=deadline_s))

    async def get_option(
        self, file: str, keys: str, timeout_ms: int, *, deadline_s: float = PROMPT_S
    ) -> str:
        """Play a file, then wait that many milliseconds; return the key of `keys`, or nothing."""
        limit = deadline_s + timeout_ms / 1000
        return _key(await self.ask("GET OPTION", file, keys, str(timeout_ms), deadline_s=limit))

    async def get_data(
        self, file: str, timeout_ms: int, most: int, *, deadline_s: float = PROMPT_S
    ) -> str:
        """Play a file and collect up to `most` digits, each within that many milliseconds."""
        limit = deadline_s + most * timeout_ms / 1000
        words = ("GET DATA", file, str(timeout_ms), str(most))
        return (await self.ask(*words, deadline_s=limit)).result

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """Return the next key within that many milliseconds, or nothing."""
        limit = timeout_ms / 1000 + COMMAND_S
        return _key(await self.ask("WAIT FOR DIGIT", str(timeout_ms), deadline_s=limit))

    async def say_digits(self, digits: str, keys: str = "", *, deadline_s: float = PROMPT_S) -> str:
        """Say digits one by one; return the key of `keys` that interrupted, or nothing."""
        return _key(await self.ask("SAY DIGITS", digits, keys, deadline_s=deadline_s))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, or write a function such as ``TIMEOUT(absolute)``."""
        await self.ask("SET VARIABLE", name, value)

    async def get_variable(self, name: str) -> str | None:
        """Return a channel variable or function, or None when it is not set.

        Asterisk cuts it after 1023 bytes; `get_full_variable` has no such limit.
        """
        return _value(await self.ask("GET VARIABLE", name))

    async def get_full_variable(self, expression: str) -> str | None:
        """Return what an expression such as ``${CHANNEL(state)}`` comes to, or None.

        The expression is evaluated: nothing that a caller wrote may be part of it.
        """
        return _value(await self.ask("GET FULL VARIABLE", expression))

    async def database_get(self, family: str, key: str) -> str | None:
        """Return an entry of Asterisk's database, or None."""
        return _value(await self.ask("DATABASE GET", family, key))

    async def exec(self, application: str, *arguments: str, deadline_s: float = PROMPT_S) -> str:
        """Run a dialplan application and return its result."""
        words = ("EXEC", application, ",".join(arguments))
        reply = await self.ask(*words, deadline_s=deadline_s)
        if reply.result == "-2":
            raise AgiRefused(f"there is no application {application[:60]!r}")
        return reply.result

    async def verbose(self, text: str, level: int = 1) -> None:
        """Say something on Asterisk's console."""
        await self.ask("VERBOSE", text, str(level))

    async def ask(self, *words: str, deadline_s: float = COMMAND_S) -> Reply:
        """Send one command and return its reply, whose code is 200.

        Args:
            words: the command (``STREAM FILE``), then its arguments.
            deadline_s: seconds until Asterisk must have answered.
        """
        reply = await self._round_trip(words, deadline_s)
        if reply.code == 511 and self.is_hung_up:
            raise CallerHungUp
        if reply.code != 200:
            raise AgiRefused(f"{words[0]}: {reply.code} {reply.text[:200]}".strip())
        if reply.result == "-1":
            await self._explain(words[0])
        return reply

    async def _explain(self, verb: str) -> None:
        """Find out why a command failed: Asterisk says -1 for a missing prompt and a hang-up alike."""
        status = await self._round_trip(("CHANNEL STATUS",), COMMAND_S)
        if self.is_hung_up or status.code == 511:
            raise CallerHungUp
        raise AgiRefused(f"{verb}: Asterisk could not do it")

    async def _round_trip(self, words: tuple[str, ...], deadline_s: float) -> Reply:
        line = command(*words)
        if self.is_hung_up and not self._told:
            self._told = True
            raise CallerHungUp
        if self._open and not self._open[-1].done():
            raise RuntimeError("an AGI session takes one command at a time")
        reply: asyncio.Future[Reply] = self._loop.create_future()
        self._open.append(reply)
        self._write(line)
        silent = f"no answer to {words[0]} within {deadline_s:g} s"
        timer = self._loop.call_later(deadline_s, self._expire, reply, silent)
        try:
            return await reply
        finally:
            timer.cancel()

    def _expire(self, reply: asyncio.Future[Reply], reason: str) -> None:
        if not reply.done():
            reply.set_exception(AgiSilent(reason))
            self._cut(reason)

    # --- from the server ------------------------------------------------------------------------

    def on_reply(self, reply: Reply) -> None:
        """Give a reply to the oldest command without one; it may have been given up meanwhile."""
        if not self._open:
            self._cut("a reply that nobody asked for")
            return
        waiting = self._open.popleft()
        if not waiting.done():
            waiting.set_result(reply)

    def on_hangup(self) -> None:
        """Take note that the caller is gone, or the connection."""
        self.is_hung_up = True
        for waiting in self._open:
            if not waiting.done():
                self._told = True
                waiting.set_exception(CallerHungUp())


def _script(env: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return the script's name and parameters of ``agi_network_script: name?a=b``."""
    name, _, query = env.get("agi_network_script", "").partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise AgiError(f"parameters that can not be read: {error}") from error
    return name, dict(reversed(pairs))


def _key(reply: Reply) -> str:
    code = int(reply.result) if reply.result.isdecimal() and len(reply.result) < 4 else 0
    return chr(code) if 0 < code < 128 else ""


def _value(reply: Reply) -> str | None:
    return (reply.data or "") if reply.result == "1" else None
