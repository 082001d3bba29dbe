"""Numbers from a list: what one row of it does to the blocklist.

A row may leave things unsaid. What it says is compared with the block that is in force: a list that
was imported before changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.blocking import FOREVER, Block, BlockRefused, is_blocked, require
from cc110.core.events import NumberBlocked
from cc110.core.ids import Number
from cc110.core.numbers import is_number
from cc110.core.words import BlockCause

MOST_TEXT = 500
"""The most characters of a reason, a note or an owner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One row of a list; None = it does not say."""

    number: Number
    until: int | None = None
    """Expiry as Unix time; 0 = for ever."""
    reason: str | None = None
    note: str | None = None
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unsaid:
    """What holds where a row says nothing."""

    until: int
    reason: str


def take_over(
    existing: Block | None, row: Listed, unsaid: Unsaid, *, by: str, now: datetime
) -> NumberBlocked | None:
    """The block that a row makes; None when all it says holds already, or its time is over.

    Raises:
        BlockRefused: the row or its doer can't be recorded.
    """
    _require(row, unsaid, by)
    if existing and not is_blocked(existing.until, now):
        existing = None
    until = row.until
    if until is None:
        until = existing.until if existing else unsaid.until
    if (existing and _says_nothing_new(existing, row)) or not is_blocked(until, now):
        return None
    return NumberBlocked(
        number=row.number,
        until=until,
        reason=row.reason or unsaid.reason,
        by=by,
        cause=BlockCause.IMPORTED,
        note=row.note or "",
        owner=row.owner or "",
    )


def _says_nothing_new(existing: Block, row: Listed) -> bool:
    pairs = (
        (row.until, existing.until),
        (row.reason, existing.reason),
        (row.note, existing.note),
        (row.owner, existing.owner),
    )
    return all(said is None or said == held for said, held in pairs)


def _require(row: Listed, unsaid: Unsaid, by: str) -> None:
    if not is_number(row.number):
        raise BlockRefused(f"{row.number}: not a full telephone number")
    if min(unsaid.until, row.until or 0) < FOREVER:
        raise BlockRefused(f"{row.number}: no time; give Unix time, or 0 for ever")
    if max(len(row.reason or ""), len(row.note or ""), len(row.owner or "")) > MOST_TEXT:
        raise BlockRefused(f"{row.number}: a text of more than {MOST_TEXT} characters")
    require(row.reason or unsaid.reason, by)
