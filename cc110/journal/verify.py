"""Proves that nobody changed the journal after it was written."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from cc110.journal.chain import Link, Tip, fault
from cc110.journal.engine import ask
from cc110.journal.store import read_links, read_tip
from cc110.ports import JournalUnavailable

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


async def verify(
    engine: AsyncEngine, *, start: Tip | None = None, on_page: Callable[[int], None] | None = None
) -> Verification:
    """Walk the hash chain from its beginning, or from a tip that was noted before.

    The event of that tip has to be there as it was: an end that was cut off, even one that was replaced by
    another with an unbroken chain, is caught by it.

    Args:
        engine: given by ``reading``.
        start: noted earlier, and kept where nobody who can change the journal can change it.
        on_page: told from time to time up to which seq the chain holds.

    Raises:
        JournalUnavailable: the database can't be read.
    """
    tip = start or Tip()
    if tip.seq and (reason := await _missing(engine, tip)):
        return Verification(tip=Tip(), bad=BadRow(seq=tip.seq, reason=reason))
    while True:
        try:
            links = await ask(engine, read_links, after=tip.seq, limit=_PAGE)
        except JournalUnavailable as error:
            return await _one_by_one(engine, tip, error)
        for link in links:
            if reason := _fault(tip, link):
                return Verification(tip=tip, bad=BadRow(seq=tip.seq + 1, reason=reason))
            tip = link.tip
        if not links:
            return Verification(tip=tip, bad=None)
        if on_page:
            on_page(tip.seq)


async def _missing(engine: AsyncEngine, noted: Tip) -> str | None:
    """What is wrong with the place of a noted tip; None = it is as it was."""
    links = await ask(engine, read_links, after=noted.seq - 1, limit=1)
    if not links:
        end = await ask(engine, read_tip)
        return (
            f"it was noted as an event, and the journal ends at seq {end.seq}: its end was cut off"
        )
    before = Tip(seq=noted.seq - 1, id="", hash=links[0].prev_hash)
    if reason := _fault(before, links[0]):
        return reason
    return None if links[0].tip == noted else "it is not the event that was noted"


async def _one_by_one(engine: AsyncEngine, tip: Tip, error: JournalUnavailable) -> Verification:
    """A page can't be read: is it one row of it, or the whole database?

    Raises:
        JournalUnavailable: the whole.
    """
    await ask(engine, read_tip)
    for _ in range(_PAGE):
        try:
            links = await ask(engine, read_links, after=tip.seq, limit=1)
        except JournalUnavailable as bad:
            return Verification(tip=tip, bad=BadRow(seq=tip.seq + 1, reason=f"{bad}"))
        for link in links:
            if reason := _fault(tip, link):
                return Verification(tip=tip, bad=BadRow(seq=tip.seq + 1, reason=reason))
            tip = link.tip
    raise error


def _fault(tip: Tip, link: Link) -> str | None:
    """As ``chain.fault``; SQLite lets anybody put anything into a column."""
    try:
        return fault(tip, link)
    except (TypeError, ValueError) as error:
        return f"it can't be read: {error}"
