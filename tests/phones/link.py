"""The owner's end of the pipe to a phone's process."""

import asyncio
import itertools
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .timing import DEFAULT_LIMIT_S, limit

_LINE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes in one line: a recording of 50 minutes."""


class PhoneError(Exception):
    """A phone refused a command."""


class PhoneDied(ConnectionError):
    """A phone's process is gone."""


class PhoneLink:
    """A running phone process: commands go in, replies and events come out."""

    def __init__(
        self, name: str, process: Process, on_event: Callable[[dict[str, Any]], None]
    ) -> None:
        self.pid = process.pid
        self._name = name
        self._process = process
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Any]] = {0: asyncio.Future()}
        self._reader = asyncio.create_task(self._read(), name=f"phone {name}")

    @classmethod
    async def start(
        cls, name: str, settings: dict[str, Any], on_event: Callable[[dict[str, Any]], None]
    ) -> "PhoneLink":
        """Start the process and wait until its SIP port is open.

        Raises:
            PhoneError: it could not start; the port may be taken.
        """
        process = await asyncio.create_subprocess_exec(
            *_command(), stdin=PIPE, stdout=PIPE, limit=_LINE_LIMIT, start_new_session=True
        )
        link = cls(name, process, on_event)
        link._write({**settings, "name": name, "owner": os.getpid()})
        try:
            await link._reply(0, "start", DEFAULT_LIMIT_S * 2)
        except BaseException:
            await link.kill()
            raise
        return link

    async def ask(self, do: str, *, timeout: float = DEFAULT_LIMIT_S, **arguments: Any) -> Any:
        """Send a command and wait for its reply.

        Raises:
            PhoneError: the phone refused it.
            PhoneDied: the phone is gone.
            TimeoutError: no reply came within ``timeout`` seconds (stretched).
        """
        if self._reader.done():
            raise PhoneDied(f"phone {self._name} is gone, so it cannot {do}")
        number = next(self._numbers)
        self._replies[number] = asyncio.Future()
        self._write({"id": number, "do": do, **arguments})
        return await self._reply(number, do, timeout)

    async def kill(self) -> None:
        """End the process at once, without a BYE, and wait until it is gone."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reader

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _reply(self, number: int, do: str, timeout: float) -> Any:
        try:
            return await asyncio.wait_for(self._replies[number], limit(timeout))
        except TimeoutError:
            raise TimeoutError(f"phone {self._name} did not answer to {do}") from None
        finally:
            self._replies.pop(number, None)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            message = json.loads(line)
            if "reply" in message:
                self._settle(message)
            else:
                self._on_event(message)
        for future in self._replies.values():
            if not future.done():
                future.set_exception(PhoneDied(f"phone {self._name} died"))

    def _settle(self, message: dict[str, Any]) -> None:
        future = self._replies.get(message["reply"])
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(PhoneError(f"phone {self._name}: {message['error']}"))
        else:
            future.set_result(message["result"])


def _command() -> list[str]:
    """Start the phone by its own package name, whatever the tests' folder is called here.

    ``-I`` keeps the user's own Python settings out.
    """
    assert __package__
    root = Path(__file__).resolve().parents[len(__package__.split("."))]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); "
        f"from {__package__}.phone_process import main; main()"
    )
    return [sys.executable, "-I", "-c", program]
