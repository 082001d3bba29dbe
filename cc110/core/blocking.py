"""The blocklist: who is blocked until when, and by whose word (SOP S2 VIII).

A block always names its reason and its doer, and is only ever of an identified number: an
unidentified caller is never blocked. A time is Unix time in seconds; 0 = for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cc110.core.events import Event, NumberBlocked, NumberUnblocked
from cc110.core.ids import Number
from cc110.core.numbers import is_number

FOREVER = 0


class BlockRefused(ValueError):
    """The blocklist can't be changed like that."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One entry of the blocklist."""

    number: Number
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    since: datetime
    note: str = ""
    owner: str = ""


def is_blocked(entry_until: int | None, now: datetime) -> bool:
    """True when an entry with that expiry blocks now; None = there is no entry."""
    if entry_until is None:
        return False
    return entry_until == FOREVER or now.timestamp() < entry_until


def block(
    existing: Block | None,
    number: Number | None,
    *,
    until: int,
    reason: str,
    by: str,
    note: str = "",
    owner: str = "",
) -> NumberBlocked | None:
    """Block a number by hand; None when it is blocked until that very time already.

    Raises:
        BlockRefused: the number identifies nobody, the time is none, or nobody gives a reason.
    """
    if number is None or not is_number(number):
        raise BlockRefused(f"{number or 'an unidentified caller'}: not a full telephone number")
    if until < FOREVER:
        raise BlockRefused(f"{until} is no time; give Unix time, or 0 for ever")
    require(reason, by)
    if existing and existing.until == until:
        return None
    return NumberBlocked(number=number, until=until, reason=reason, by=by, note=note, owner=owner)


def unblock(existing: Block | None, *, reason: str, by: str) -> NumberUnblocked | None:
    """Take a number off the blocklist; None when it is not on it.

    Raises:
        BlockRefused: nobody gives a reason.
    """
    require(reason, by)
    return NumberUnblocked(number=existing.number, reason=reason, by=by) if existing else None


def require(reason: str, by: str) -> None:
    """Nothing is changed for no reason or by nobody.

    Raises:
        BlockRefused: one of them is missing.
    """
    if not reason.strip():
        raise BlockRefused("a change of the blocklist needs a reason")
    if not by.strip():
        raise BlockRefused("a change of the blocklist needs the name of who makes it")


def block_of(told: NumberBlocked, at: datetime) -> Block:
    """The entry that an event of that time makes."""
    return Block(
        number=told.number,
        until=told.until,
        reason=told.reason,
        by=told.by,
        since=at,
        note=told.note,
        owner=told.owner,
    )


def fold(journaled: Iterable[Event]) -> dict[Number, Block]:
    """The blocklist that the journal tells of, expired entries included; skips other events."""
    blocks: dict[Number, Block] = {}
    for event in journaled:
        match event.data:
            case NumberBlocked() as told:
                blocks[told.number] = block_of(told, event.at)
            case NumberUnblocked(number=number):
                blocks.pop(number, None)
            case _:
                pass
    return blocks
