"""The journal as tests read it: again and again while they wait, so each look takes only what is new."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from cc110.core.events import Recorded
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.ports import JournalUnavailable

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE: Final = 100_000


class JournalReader:
    """One connection kept open, and the events that were read; anew when the database is another one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open = AsyncExitStack()
        self._engine: AsyncEngine | None = None
        self._which: tuple[int, int] | None = None
        self._events: list[Recorded] = []
        self._turn = asyncio.Lock()

    async def ask(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """One query.

        Raises:
            JournalUnavailable: there is no journal, or it can't be read.
        """
        engine = await self._current()
        try:
            return await ask(engine, query, *args, **kwargs)
        except JournalUnavailable:
            await self.close()
            raise

    async def events(self, *, after: int = 0) -> Sequence[Recorded]:
        """Everything that is written so far, from behind that number on."""
        async with self._turn:
            await self._current()
            last = self._events[-1].seq if self._events else 0
            page = await self.ask(queries.events_after, last, limit=_AT_ONCE)
            self._events += page.events
        return self._events[bisect_right(self._events, after, key=lambda one: one.seq) :]

    async def close(self) -> None:
        """Nothing is open or known any more."""
        self._engine, self._which, self._events = None, None, []
        await self._open.aclose()

    async def _current(self) -> AsyncEngine:
        which = _identity(self._url)
        if self._engine is None or which != self._which:
            await self.close()
            self._engine = await self._open.enter_async_context(reading(self._url))
            self._which = which
        return self._engine


def _identity(url: str) -> tuple[int, int] | None:
    """The file, for one that was put in its place is another journal; None for a server's, or no file."""
    database = make_url(url).database
    if not url.startswith("sqlite") or not database or not (path := Path(database)).is_file():
        return None
    return path.stat().st_dev, path.stat().st_ino
