"""A journal without a disk, for tests and trials: the same promises as the real one but
durability.
"""

import secrets
import time
from collections.abc import AsyncIterator, Sequence

from cc110.core.events import Event, Recorded
from cc110.journal.chain import NOISE_BITS, Link, Tip, extend
from cc110.journal.codec import draft
from cc110.journal.progress import Progress
from cc110.journal.store import page_of
from cc110.ports import JournalUnavailable, SpoolMark


class MemoryJournal:
    """Implements ``ports.Journal`` in memory.

    ``trouble`` makes each append fail with that reason until it is ``None`` again.
    """

    def __init__(self, *, site: str = "sample") -> None:
        self.progress = Progress()
        self.trouble: str | None = None
        self._site = site
        self._links: list[Link] = []
        self._marks: dict[str, int] = {}

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """Everything that was appended so far."""
        return page_of([link.line for link in self._links], after=0, limit=0).events

    async def append(
        self, events: Sequence[Event], *, mark: SpoolMark | None = None
    ) -> tuple[Recorded, ...]:
        """Append in order, all or nothing.

        Raises:
            JournalUnavailable: ``trouble`` is set; nothing was written.
            ValueError: an event is not fit to be recorded.
        """
        drafts = [draft(event) for event in events]
        if self.trouble is not None:
            raise JournalUnavailable(f"the journal can't be written: {self.trouble}")
        if mark is not None and self._marks.get(mark.part, 0) >= mark.number:
            return ()
        now_ms, noise = time.time_ns() // 1_000_000, secrets.randbits(NOISE_BITS)
        tip = self._links[-1].tip if self._links else Tip()
        links = extend(tip, self._site, drafts, now_ms=now_ms, noise=noise)
        self._links += links
        if mark is not None and links:
            self._marks[mark.part] = mark.number
            for part in mark.gone:
                self._marks.pop(part, None)
        if links:
            self.progress.reach(links[-1].line.seq)
        return page_of([link.line for link in links], after=0, limit=0).events

    async def marked(self, part: str) -> int:
        """The last mark that was set for a part of the spool; 0 = none."""
        return self._marks.get(part, 0)

    async def read(self, *, after: int = 0, call_id: str | None = None) -> AsyncIterator[Recorded]:
        """Recorded events with ``seq > after``, in order."""
        for recorded in self.recorded:
            if recorded.seq > after and call_id in (None, recorded.event.call_id):
                yield recorded
