"""A second witness of what the PBX says, by an AMI client that cc110 does not use itself."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from .eventlog import EventLog
from .pyst import AmiMessage, GuardedManager
from .timing import DEFAULT_LIMIT_S, limit


class ActionFailed(Exception):
    """The PBX refused an action."""


@dataclass(frozen=True, kw_only=True)
class AmiEvent:
    """An AMI event; ``at`` is when it was read, in ``time.monotonic()`` seconds."""

    at: float
    name: str
    headers: dict[str, str]

    def __getitem__(self, header: str) -> str:
        return self.headers[header]

    def get(self, header: str, default: str = "") -> str:
        """The header's value, or ``default``."""
        return self.headers.get(header, default)


class Observer:
    """Collects every AMI event into ``log`` from a thread of its own."""

    def __init__(self) -> None:
        self.log: EventLog[AmiEvent] = EventLog("observer")
        self._ids = itertools.count(1)
        self._manager = GuardedManager(self._happened, limit_s=limit())

    @classmethod
    async def connect(cls, *, port: int, user: str, secret: str, host: str = "127.0.0.1") -> Self:
        """Connect and log in.

        Raises:
            ActionFailed: the account is wrong.
            asterisk.manager.ManagerSocketException: nobody listens there.
        """
        observer = cls()
        await asyncio.to_thread(observer._manager.connect, host, port)
        try:
            await observer.action("Login", Username=user, Secret=secret)
        except BaseException:
            await observer.close()
            raise
        return observer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Log off; fine to call twice."""
        await asyncio.to_thread(self._manager.close)
        self.log.close("the observer is closed")

    def _happened(self, message: AmiMessage) -> None:
        at = time.monotonic()
        self.log.append(AmiEvent(at=at, name=message["Event"], headers=message.headers))

    def mark(self) -> int:
        """The present end of the log, to wait for what comes ``after`` it."""
        return len(self.log)

    def events(self, name: str, *, after: int = 0) -> tuple[AmiEvent, ...]:
        """All events of that name from ``after`` on."""
        return tuple(e for e in self.log.since(after) if e.name == name)

    async def wait_for(
        self,
        name: str,
        predicate: Callable[[AmiEvent], bool] = lambda _: True,
        *,
        after: int = 0,
        timeout: float = DEFAULT_LIMIT_S,
    ) -> AmiEvent:
        """Wait for the first event of that name that fits, already there or still to come.

        Raises:
            TimeoutError: ``timeout`` seconds (stretched) went by.
        """
        return await self.log.wait_for(
            lambda e: e.name == name and predicate(e), name, after=after, timeout=timeout
        )

    async def wait_for_several(
        self,
        name: str,
        count: int,
        predicate: Callable[[AmiEvent], bool] = lambda _: True,
        *,
        after: int = 0,
        timeout: float = DEFAULT_LIMIT_S,
    ) -> tuple[AmiEvent, ...]:
        """Wait until ``count`` events of that name that fit are there. Raises TimeoutError."""

        def found() -> tuple[AmiEvent, ...]:
            return tuple(e for e in self.events(name, after=after) if predicate(e))

        what = f"{count} {name}"
        await self.log.wait_for(lambda _: len(found()) >= count, what, after=after, timeout=timeout)
        return found()[:count]

    async def action(self, name: str, **headers: str | list[str]) -> AmiMessage:
        """Run an action and return its response.

        Raises:
            ActionFailed: the PBX refused it.
            TimeoutError: no response came.
        """
        answer = await asyncio.to_thread(self._manager.act, {"Action": name, **headers})
        if answer.get("Response") == "Error":
            raise ActionFailed(f"{name}: {answer.get('Message')}")
        return answer

    async def command(self, line: str) -> str:
        """What the PBX's console prints for ``line``."""
        return (await self.action("Command", Command=line)).get("Output")

    async def listing(
        self, name: str, end: str, **headers: str | list[str]
    ) -> tuple[AmiEvent, ...]:
        """Run an action that answers with a list of events; ``end`` is the name of the last one."""
        number = f"observer-{next(self._ids)}"
        position = self.mark()

        def ours(event: AmiEvent) -> bool:
            return event.get("ActionID") == number

        await self.action(name, ActionID=number, **headers)
        await self.wait_for(end, ours, after=position)
        return tuple(e for e in self.log.since(position) if ours(e) and e.name != end)

    async def channels(self) -> tuple[AmiEvent, ...]:
        """The channels that exist now (CoreShowChannels)."""
        return await self.listing("CoreShowChannels", "CoreShowChannelsComplete")

    async def queue_status(self, queue: str) -> tuple[AmiEvent, ...]:
        """QueueParams, QueueMember and QueueEntry events of one queue."""
        return await self.listing("QueueStatus", "QueueStatusComplete", Queue=queue)
