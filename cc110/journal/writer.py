"""The one writer of the journal: a task that puts all that is waiting into one transaction.

An append is acknowledged when its transaction is on the disk. While the database is locked, full
or gone, the writer tries again and again; an append whose deadline passes meanwhile gets
``JournalUnavailable`` and nothing of it will be written later. One that is inside a running
transaction is not given up until that transaction's end is known: a truth that is late is better
than a record that both is and is not there. Its end may be known only later, when the connection
broke in a commit: the next transaction looks at the chain's end, where the events are or are not.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Self

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cc110.core.events import Event, Recorded
from cc110.journal.chain import NOISE_BITS, Link, Tip, extend
from cc110.journal.codec import Draft, draft
from cc110.journal.engine import Database, ask, cause
from cc110.journal.progress import Progress
from cc110.journal.store import read_mark, read_page, read_tip, write_links, write_mark
from cc110.ports import JournalUnavailable, JournalUncertain, SpoolMark

log = structlog.get_logger(__name__)

BATCH_EVENTS = 1000
"""Most events in one transaction."""
PAGE_EVENTS = 500
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5)


class _Waiting:
    """An append that is not settled yet."""

    def __init__(self, drafts: Sequence[Draft], mark: SpoolMark | None) -> None:
        self.drafts = drafts
        self.mark = mark
        self.was_sent = False
        self.outcome: asyncio.Future[tuple[Recorded, ...]] = (
            asyncio.get_running_loop().create_future()
        )
        self.in_transaction = False
        self.late = False

    def give_up(self, reason: str) -> None:
        """The deadline has come: fail now, or as soon as the running transaction has."""
        self.late = True
        if not self.in_transaction and not self.outcome.done():
            self.outcome.set_exception(self._refusal(reason))

    def settle(self, recorded: tuple[Recorded, ...]) -> None:
        """It is durable; a caller who has gone is not told."""
        if not self.outcome.done():
            self.outcome.set_result(recorded)

    def _refusal(self, reason: str) -> JournalUnavailable:
        if self.was_sent:
            return JournalUncertain(f"it is not known whether the journal has it: {reason}")
        return JournalUnavailable(f"the journal can't be written: {reason}")


class _Sent(NamedTuple):
    """What a transaction is about."""

    waiting: list[_Waiting]
    links: list[Link]


class JournalWriter:
    """The journal in a database; implements ``ports.Journal``. For one event loop.

    ``progress`` moves after each commit. ``unknown`` counts rows that ``read`` skipped because
    another version of cc110 wrote them.
    """

    def __init__(
        self, database: Database, tip: Tip, *, site: str, deadline_s: float, queue_size: int
    ) -> None:
        self.progress = Progress(tip.seq)
        self.unknown = 0
        self._database = database
        self._tip: Tip | None = tip
        self._site = site
        self._deadline_s = deadline_s
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(queue_size)
        self._trouble = "it is too slow"
        self._failures = 0
        self._doubtful: _Sent | None = None
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="journal-writer")

    @classmethod
    async def open(
        cls, database: Database, *, site: str, deadline_s: float = 5.0, queue_size: int = 10_000
    ) -> Self:
        """Start the writer at the end of the chain.

        Args:
            database: opened for writing; stays the caller's to close, after the writer.
            site: goes into every event.
            deadline_s: seconds until an append that can't be written fails.
            queue_size: most appends that wait; more wait for a place until their deadline.

        Raises:
            JournalUnavailable: the end of the chain can't be read.
        """
        tip = await ask(database.reads, read_tip)
        return cls(database, tip, site=site, deadline_s=deadline_s, queue_size=queue_size)

    async def append(
        self, events: Sequence[Event], *, mark: SpoolMark | None = None
    ) -> tuple[Recorded, ...]:
        """Append in order, all or nothing and the mark with it, and return when it is durable.

        A caller that is cancelled while it waits may or may not have written.

        Raises:
            JournalUncertain: the connection broke in the commit, and is not back yet.
            JournalUnavailable: nothing of the batch was written, and nothing will be.
            ValueError: an event is not fit to be recorded.
        """
        drafts = [draft(event) for event in events]
        if not drafts:
            return ()
        waiting = _Waiting(drafts, mark)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._deadline_s
        await self._enqueue(waiting, deadline)
        timer = loop.call_at(deadline, lambda: waiting.give_up(self._trouble))
        try:
            return await waiting.outcome
        finally:
            timer.cancel()

    async def marked(self, part: str) -> int:
        """The last mark that was set for a part of the spool; 0 = none.

        Raises:
            JournalUnavailable: it can't be read.
        """
        return await ask(self._database.reads, read_mark, part)

    async def read(self, *, after: int = 0, call_id: str | None = None) -> AsyncIterator[Recorded]:
        """Recorded events with ``seq > after``, in order; events of other versions are skipped.

        Raises:
            JournalUnavailable: the database can't be read.
        """
        more = True
        while more:
            page = await ask(
                self._database.reads, read_page, after=after, limit=PAGE_EVENTS, call_id=call_id
            )
            self.unknown += len(page.unknown)
            for recorded in page.events:
                yield recorded
            after, more = page.last_seq, page.full

    async def aclose(self) -> None:
        """Write what is waiting, or fail it at its deadline, and stop. Twice is no error."""
        if not self._closing:
            self._closing = True
            await self._queue.put(None)
        await self._task

    async def _enqueue(self, waiting: _Waiting, deadline: float) -> None:
        if self._closing:
            raise JournalUnavailable("the journal is being closed")
        try:
            async with asyncio.timeout_at(deadline):
                await self._queue.put(waiting)
        except TimeoutError:
            raise JournalUnavailable(f"too many appends are waiting: {self._trouble}") from None

    async def _run(self) -> None:
        going = True
        while going:
            batch, going = self._gather(await self._queue.get())
            while batch:
                batch = await self._attempt(batch)
        while not self._queue.empty():
            if late := self._queue.get_nowait():
                late.give_up("it is being closed")

    def _gather(self, first: _Waiting | None) -> tuple[list[_Waiting], bool]:
        """Everything that waits, up to a transaction's size; False = that was the last."""
        batch: list[_Waiting] = []
        size = 0
        waiting = first
        while waiting is not None:
            batch.append(waiting)
            size += len(waiting.drafts)
            if size >= BATCH_EVENTS or self._queue.empty():
                return batch, True
            waiting = self._queue.get_nowait()
        return batch, False

    async def _attempt(self, batch: list[_Waiting]) -> list[_Waiting]:
        """Try one transaction; what comes back is to be tried again."""
        live = [waiting for waiting in batch if not waiting.outcome.done()]
        if not live:
            self._doubtful = None
            return []
        for waiting in live:
            waiting.in_transaction = True
        try:
            sent = await self._commit(live)
        # Whatever it is, the writer lives on: those who wait have their deadline.
        except Exception as error:
            await self._failed(live, error)
            return live
        self._settle(sent)
        return []

    async def _commit(self, live: list[_Waiting]) -> _Sent:
        """In doubt is what was sent, until the commit's end is known."""
        async with self._database.appending() as connection:
            self._doubtful = sent = await connection.run_sync(self._insert, live)
        self._doubtful = None
        return sent

    def _insert(self, connection: Connection, live: list[_Waiting]) -> _Sent:
        """Append all, unless the transaction before did although its commit broke."""
        tip = self._tip or read_tip(connection)
        sent, self._doubtful = self._doubtful, None
        if sent and sent.links and tip == sent.links[-1].tip:
            return sent
        for waiting in live:
            if waiting.mark and read_mark(connection, waiting.mark.part) >= waiting.mark.number:
                waiting.drafts = ()
        links = self._place(tip, [draft for waiting in live for draft in waiting.drafts])
        if links:
            write_links(connection, links)
        for waiting in live:
            if waiting.mark and waiting.drafts:
                write_mark(connection, waiting.mark)
        return _Sent(live, links)

    def _place(self, tip: Tip, drafts: list[Draft]) -> list[Link]:
        now_ms, noise = time.time_ns() // 1_000_000, secrets.randbits(NOISE_BITS)
        return extend(tip, self._site, drafts, now_ms=now_ms, noise=noise)

    def _settle(self, sent: _Sent) -> None:
        if self._failures:
            log.info("journal_written_again", failures=self._failures)
        self._failures = 0
        self._trouble = "it is too slow"
        places = iter(sent.links)
        for waiting in sent.waiting:
            waiting.settle(tuple(_recorded(next(places), draft) for draft in waiting.drafts))
        if sent.links:
            self._tip = sent.links[-1].tip
            self.progress.reach(self._tip.seq)

    async def _failed(self, live: list[_Waiting], error: Exception) -> None:
        """Nothing was written, or nobody knows.

        The chain's end is read anew: the file may be another one next time.
        """
        self._tip = None
        self._trouble = cause(error)
        if self._failures == 0:
            foreseen = isinstance(error, SQLAlchemyError | OSError | JournalUnavailable)
            detail = None if foreseen else error
            log.error("journal_unavailable", reason=self._trouble, exc_info=detail)
        for waiting in live:
            waiting.in_transaction, waiting.was_sent = False, self._doubtful is not None
            if waiting.late:
                waiting.give_up(self._trouble)
        pause = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._failures += 1
        await asyncio.sleep(pause)


def _recorded(link: Link, draft: Draft) -> Recorded:
    line = link.line
    return Recorded(id=line.id, seq=line.seq, site=line.site, event=draft.event)
