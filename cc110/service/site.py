"""What is journaled when somebody changes the PBX's configuration: who, why, and what became of it."""

from collections.abc import Sequence

from cc110.core.events import Event, SiteApplied, SiteRolledBack
from cc110.ports import Clock, Journal


class SiteDesk:
    """The doer's word; the change itself is made beside the daemon, so that it never waits for the journal."""

    def __init__(self, *, journal: Journal, clock: Clock) -> None:
        """Write to this journal."""
        self._journal = journal
        self._clock = clock

    async def applied(
        self,
        generation: int,
        *,
        before: int,
        files: Sequence[str],
        verified: bool,
        reason: str,
        by: str,
    ) -> str:
        """A new configuration is live; returns its number.

        Raises:
            JournalUnavailable: it is live, and not written down.
        """
        data = SiteApplied(
            generation=int(generation),
            before=int(before),
            files=tuple(str(name) for name in files),
            verified=bool(verified),
            reason=str(reason),
            by=str(by),
        )
        await self._journal.append([Event(at=self._clock.now(), data=data)])
        return str(generation)

    async def rolled_back(
        self, generation: int, *, before: int, automatic: bool, reason: str, by: str
    ) -> str:
        """An older configuration is live again; returns its number.

        Raises:
            JournalUnavailable: it is live, and not written down.
        """
        data = SiteRolledBack(
            generation=int(generation),
            before=int(before),
            automatic=bool(automatic),
            reason=str(reason),
            by=str(by),
        )
        await self._journal.append([Event(at=self._clock.now(), data=data)])
        return str(generation)
