"""One FastAGI session: commands with deadlines, replies in step, a hang-up noticed at once."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from cc110.pbx.agi.errors import AgiRefused, AgiSilent, CallerHungUp
from cc110.pbx.agi.wire import Reply, command

COMMAND_S: Final = 3.0
"""How long Asterisk may take for a command that waits for nobody."""
PROMPT_S: Final = 60.0
"""The longest prompt."""
_SAID: Final = 200
"""How much of Asterisk's words goes into an error."""


class AgiSession:
    """What a handler does with its caller. One command at a time.

    Every command raises CallerHungUp when the caller is gone, AgiSilent when Asterisk does not answer
    within the command's deadline, AgiRefused when it does not know, allow or manage the command, and
    AgiInjection for what may not be sent. A command that is given up before its reply has come, by its
    deadline or by cancelling it, ends the session: the late reply would be taken for the next one's.

    Attributes:
        env: what Asterisk said of the call (``agi_uniqueid``, ``agi_arg_1``, ...).
        is_over: the caller or the connection is gone; every further command raises CallerHungUp.
    """

    def __init__(
        self, env: Mapping[str, str], write: Callable[[bytes], None], cut: Callable[[str], None]
    ) -> None:
        """Speak through `write`; `cut` ends the connection for a reason."""
        self.env = env
        self.is_over = False
        self._write = write
        self._cut = cut
        self._waiting: asyncio.Future[Reply] | None = None

    # --- commands -------------------------------------------------------------------------------

    async def stream_file(self, file: str, keys: str = "", *, deadline_s: float = PROMPT_S) -> str:
        """Play a file; return the key of `keys` that interrupted it, or nothing.

        Raises:
            AgiRefused: there is no such file: Asterisk says so by having played nothing (res/res_agi.c).
        """
        reply = await self.ask("STREAM FILE", file, keys, deadline_s=deadline_s)
        if (reply.result, reply.endpos) == ("0", "0"):
            raise AgiRefused(f"STREAM FILE: nothing was played of {file[:_SAID]}")
        return _key(reply)

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """Return the next key within that many milliseconds, or nothing."""
        limit = timeout_ms / 1000 + COMMAND_S
        return _key(await self.ask("WAIT FOR DIGIT", str(timeout_ms), deadline_s=limit))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, or write a function such as ``TIMEOUT(absolute)``."""
        await self.ask("SET VARIABLE", name, value)

    async def get_variable(self, name: str) -> str:
        """Return a channel variable's or function's value, or nothing."""
        return (await self.ask("GET VARIABLE", name)).data

    async def ask(self, *words: str, deadline_s: float = COMMAND_S) -> Reply:
        """Send one command and return its reply, whose code is 200.

        Args:
            words: the command (``STREAM FILE``), then its arguments.
            deadline_s: seconds until Asterisk must have answered.
        """
        reply = await self._round_trip(words, deadline_s)
        if reply.code == 511:
            raise CallerHungUp
        if reply.code != 200:
            raise AgiRefused(f"{words[0]}: {reply.code} {reply.data[:_SAID]}")
        if reply.result == "-1":
            await self._explain(words[0])
        return reply

    async def _explain(self, verb: str) -> None:
        """Find out why a command failed: Asterisk says -1 for a missing prompt and a hang-up alike.

        Before it takes another command it notices the hang-up and says so.
        """
        await self._round_trip(("CHANNEL STATUS",), COMMAND_S)
        raise AgiRefused(f"{verb}: Asterisk could not do it")

    async def _round_trip(self, words: tuple[str, ...], deadline_s: float) -> Reply:
        line = command(*words)
        if self.is_over:
            raise CallerHungUp
        if self._waiting:
            raise RuntimeError("an AGI session takes one command at a time")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting = reply
        self._write(line)
        try:
            async with asyncio.timeout(deadline_s):
                return await reply
        except TimeoutError as error:
            raise AgiSilent(f"no answer to {words[0]} in {deadline_s:g} s") from error
        finally:
            self._waiting = None
            if reply.cancelled():
                self._cut(f"{words[0]} was given up")

    # --- from the connection --------------------------------------------------------------------

    def on_reply(self, reply: Reply) -> None:
        """Give a reply to the command that waits for it. Asterisk sends no other."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(reply)
        elif not self.is_over:
            self._cut("a reply that nobody asked for")

    def on_hangup(self) -> None:
        """Take note that the caller is gone, or the connection."""
        self.is_over = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(CallerHungUp())


def _key(reply: Reply) -> str:
    code = int(reply.result) if reply.result.isdecimal() and len(reply.result) < 4 else 0
    return chr(code) if 0 < code < 128 else ""
