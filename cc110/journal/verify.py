"""Proves that nobody changed the journal after it was written."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from cc110.journal.chain import Tip, fault
from cc110.journal.engine import ask
from cc110.journal.store import read_links

_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """The first place where the chain does not hold."""

    seq: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a walk along the chain found."""

    tip: Tip
    """The last event that is proved good.

    Noted elsewhere, it also proves that no end was cut off.
    """
    bad: BadRow | None

    @property
    def ok(self) -> bool:
        """True when every row holds."""
        return self.bad is None


async def verify(engine: AsyncEngine, *, start: Tip | None = None) -> Verification:
    """Walk the hash chain from its beginning, or from a tip that was verified before.

    Raises:
        JournalUnavailable: the database can't be read.
    """
    tip = start or Tip()
    while links := await ask(engine, read_links, after=tip.seq, limit=_PAGE):
        for link in links:
            if reason := fault(tip, link):
                return Verification(tip=tip, bad=BadRow(seq=tip.seq + 1, reason=reason))
            tip = link.tip
    return Verification(tip=tip, bad=None)
