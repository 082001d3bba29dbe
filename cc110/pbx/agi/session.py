"""One FastAGI session: commands with deadlines, replies in step, a hang-up noticed at once."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from cc110.pbx.agi.errors import AgiRefused, AgiSilent, CallerHungUp
from cc110.pbx.agi.wire import Hangup, Reply, command

COMMAND_S: Final = 2.0
"""How long Asterisk may take for a command that does not wait for anybody."""
PROMPT_S: Final = 60.0
"""The longest prompt."""


class AgiSession:
    """What a handler does with its caller. One command at a time.

    Every method raises CallerHungUp when the caller is gone, AgiSilent when Asterisk does not answer,
    AgiRefused when it does not know or allow the command, and AgiInjection for a control character.

    Attributes:
        env: what Asterisk said of the call (``agi_uniqueid``, ``agi_arg_1``, ...).
    """

    def __init__(self, env: Mapping[str, str], write: Callable[[bytes], None]) -> None:
        """Speak through `write`."""
        self.env = env
        self._write = write
        self._waiting: asyncio.Future[Reply] | None = None
        self._hung_up = False

    # --- commands -------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer the call."""
        await self.ask("ANSWER")

    async def stream_file(self, file: str, keys: str = "") -> str:
        """Play a file; returns the key of `keys` that interrupted it, or nothing."""
        return _key(await self.ask("STREAM FILE", file, keys, deadline_s=PROMPT_S))

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """The next key within that many milliseconds, or nothing."""
        limit = timeout_ms / 1000 + COMMAND_S
        return _key(await self.ask("WAIT FOR DIGIT", str(timeout_ms), deadline_s=limit))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, or write a function such as ``TIMEOUT(absolute)``."""
        await self.ask("SET VARIABLE", name, value)

    async def get_variable(self, name: str) -> str:
        """A channel variable's value, or nothing."""
        return (await self.ask("GET VARIABLE", name)).data

    async def exec(self, application: str, *arguments: str, deadline_s: float = PROMPT_S) -> str:
        """Run a dialplan application; returns its result."""
        joined = ",".join(arguments)
        return (await self.ask("EXEC", application, joined, deadline_s=deadline_s)).result

    async def verbose(self, text: str, level: int = 1) -> None:
        """Say something on Asterisk's console."""
        await self.ask("VERBOSE", text, str(level))

    async def ask(self, *words: str, deadline_s: float = COMMAND_S) -> Reply:
        """Send one command and return its reply."""
        if self._hung_up:
            raise CallerHungUp
        line = command(*words)
        self._waiting = asyncio.get_running_loop().create_future()
        self._write(line)
        try:
            async with asyncio.timeout(deadline_s):
                reply = await self._waiting
        except TimeoutError as error:
            raise AgiSilent(f"no answer to {words[0]} in {deadline_s:g} s") from error
        finally:
            self._waiting = None
        return self._checked(reply, words[0])

    def _checked(self, reply: Reply, verb: str) -> Reply:
        if self._hung_up or reply.code == 511 or (reply.code == 200 and reply.result == "-1"):
            raise CallerHungUp
        if reply.code != 200:
            raise AgiRefused(f"{verb}: {reply.code} {reply.data}".strip())
        return reply

    # --- from the server ------------------------------------------------------------------------

    def heard(self, message: Reply | Hangup) -> None:
        """Take a message; a reply that nobody waits for is dropped."""
        if isinstance(message, Hangup):
            self._hung_up = True
        elif self._waiting and not self._waiting.done():
            self._waiting.set_result(message)

    def lost(self) -> None:
        """The connection is gone."""
        self._hung_up = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(CallerHungUp())


def _key(reply: Reply) -> str:
    code = int(reply.result or 0)
    return chr(code) if 0 < code < 128 else ""
