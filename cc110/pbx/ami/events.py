"""The events that wait for their reader, in the order in which they arrived."""

import asyncio
from collections import deque
from typing import Final, Self

from cc110.pbx.ami.message import AmiMessage

_BREATHER: Final = 64


class EventQueue:
    """A bounded queue that loses nothing it has accepted; read it with ``async for`` or `get`.

    The end of a link does not end the iteration: the next link's events follow. While the client
    resynchronises, events are kept back and handed on once the resync is done.
    """

    def __init__(self, size: int) -> None:
        """Hold at most `size` events."""
        self._size = size
        self._waiting: deque[AmiMessage] = deque()
        self._held = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._come = 0
        self._asked_for = 0
        self._asked = asyncio.Event()

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._waiting)

    def put(self, event: AmiMessage) -> bool:
        """Accept an event, or return False when the queue is full."""
        if len(self._waiting) >= self._size:
            self._room.clear()
            return False
        self._come += 1
        self._waiting.append(event)
        if not self._held:
            self._wake.set()
        return True

    def hold(self) -> None:
        """Keep events back until `release`."""
        self._held = True

    def release(self) -> None:
        """Hand the events on."""
        self._held = False
        if self._waiting:
            self._wake.set()

    async def get(self) -> AmiMessage:
        """Return the next event; waits for one."""
        self._asked_for += 1
        self._asked.set()
        if self._asked_for % _BREATHER == 0:
            await asyncio.sleep(0)  # a reader that is always behind must not starve the loop
        while self._held or not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        return self._pop()

    def _pop(self) -> AmiMessage:
        event = self._waiting.popleft()
        if len(self._waiting) <= self._size // 2:
            self._room.set()
        return event

    async def heard(self) -> None:
        """Return when the reader is done with every event that has come so far: it asks for one more."""
        come = self._come
        while self._asked_for <= come:
            self._asked.clear()
            await self._asked.wait()

    async def room(self) -> None:
        """Return at once, or, after an overflow, when half of the queue is free again."""
        await self._room.wait()

    def __aiter__(self) -> Self:
        """Iterate without end."""
        return self

    async def __anext__(self) -> AmiMessage:
        """Return the next event."""
        return await self.get()
