"""The Polda of a caller's place in degrees, while he waits for the answer. The dialplan goes on without us."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from cc110.core.origin import Placed, middle
from cc110.core.places import Point

_log = structlog.get_logger("place")

Find = Callable[[Point], Placed | None]


class PlaceLine(Protocol):
    """A caller with a place: what is needed of a FastAGI session."""

    points: str
    """As the dialplan hands them on: ``-6.2615 106.8106:500``."""

    async def tell(self, placed: Placed) -> None:
        """The place's Polda, its queue last: only that counts."""
        ...


class Locator:
    """Finds places once the map is read, which takes a moment; until then nobody is found."""

    def __init__(self, read_map: Callable[[], Find]) -> None:
        """Read the map by `read_map`, in a thread."""
        self._read_map = read_map
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._find: Find | None = None

    def read_again(self) -> None:
        """The site has changed; the old map is used until the new one is read."""
        self._wanted.set()

    async def run(self) -> None:
        """Read the map when it is wanted. What is wrong with it costs no call: then nobody is found."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                self._find = await asyncio.to_thread(self._read_map)
            except Exception:
                self._find = None
                _log.exception("the map can't be read; places in degrees decide nothing")

    async def answer(self, line: PlaceLine) -> None:
        """Tell where it is, or nothing."""
        point = middle(line.points)
        if self._find and point and (placed := self._find(point)):
            await line.tell(placed)
