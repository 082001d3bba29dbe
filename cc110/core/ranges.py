"""Blocks of whole ranges: numbers that begin alike, only by hand, and only by the word of two people.

A range is a prefix, and the number of digits that its numbers have if that is said. One number of it may be
exempt: it was verified by an operator, or taken off by hand. A range that is confirmed anew is a newer
word: it blocks also whom an older word had exempted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from cc110.core.blocking import FOREVER, BlockRefused, is_blocked, require
from cc110.core.events import (
    Event,
    NumberExempted,
    RangeBlocked,
    RangeBlockProposed,
    RangeUnblocked,
)
from cc110.core.ids import Number
from cc110.core.numbers import COUNTRY, MAX_DIGITS, SEPARATORS

MIN_PREFIX: Final = 4
MOST_PREFIXES: Final = 20
"""A range from one number to another that needs more prefixes than this is said in parts."""
TOLD_BY: Final = (RangeBlockProposed, RangeBlocked, RangeUnblocked, NumberExempted)
"""The events that this is folded from."""


@dataclass(frozen=True, kw_only=True, order=True)
class Span:
    """Which numbers: all that begin with the prefix and have so many digits, 0 = any number of them."""

    prefix: str
    digits: int = 0

    def holds(self, number: str) -> bool:
        """True when the number is one of them."""
        return number.startswith(self.prefix) and self.digits in (0, len(number))


@dataclass(frozen=True, kw_only=True)
class RangeBlock:
    """A range that is blocked, or that somebody proposed to block."""

    span: Span
    until: int
    """Expiry as Unix time; 0 = for ever."""
    reason: str
    by: str
    since: datetime
    """When it was confirmed, or proposed."""
    confirmed_by: str = ""
    """Empty: it waits for the second person, and blocks nobody."""
    note: str = ""

    def in_force(self, now: datetime) -> bool:
        """True when it blocks."""
        return bool(self.confirmed_by) and is_blocked(self.until, now)


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """All that the journal tells of ranges, by prefix."""

    blocked: Mapping[str, RangeBlock] = field(default_factory=dict)
    proposed: Mapping[str, RangeBlock] = field(default_factory=dict)
    exempt: Mapping[Number, NumberExempted] = field(default_factory=dict)
    ever: frozenset[str] = frozenset()
    """Every prefix that was ever blocked."""
    freed: frozenset[Number] = frozenset()
    """Every number that was ever exempt."""

    def blocking(self, number: Number, now: datetime) -> RangeBlock | None:
        """The range that blocks a number, the longest prefix first; None = none does."""
        if number in self.exempt:
            return None
        fitting = (it for it in self.blocked.values() if it.span.holds(number) and it.in_force(now))
        return max(fitting, key=lambda it: len(it.span.prefix), default=None)

    def in_force(self, now: datetime) -> Iterator[RangeBlock]:
        """The ranges that block, by prefix."""
        return (it for _, it in sorted(self.blocked.items()) if it.in_force(now))


def fold(journaled: Iterable[Event]) -> Ranges:
    """What the journal tells of ranges; skips other events."""
    found = Ranges()
    for event in journaled:
        found = _told(found, event)
    return found


def _told(known: Ranges, event: Event) -> Ranges:
    match event.data:
        case RangeBlockProposed() as told:
            return replace(known, proposed={**known.proposed, told.prefix: _block(told, event.at)})
        case RangeBlocked() as told:
            return _confirmed(known, told, event.at)
        case RangeUnblocked(prefix=prefix):
            waiting, blocked = _without(known.proposed, prefix), _without(known.blocked, prefix)
            return replace(known, proposed=waiting, blocked=blocked)
        case NumberExempted(number=number) as told:
            exempt = {**known.exempt, number: told}
            return replace(known, exempt=exempt, freed=known.freed | {number})
        case _:
            return known


def _confirmed(known: Ranges, told: RangeBlocked, at: datetime) -> Ranges:
    block = _block(told, at, confirmed_by=told.confirmed_by)
    return replace(
        known,
        blocked={**known.blocked, told.prefix: block},
        proposed=_without(known.proposed, told.prefix),
        exempt={n: it for n, it in known.exempt.items() if not block.span.holds(n)},
        ever=known.ever | {told.prefix},
    )


def _block(
    told: RangeBlockProposed | RangeBlocked, at: datetime, *, confirmed_by: str = ""
) -> RangeBlock:
    return RangeBlock(
        span=Span(prefix=told.prefix, digits=told.digits),
        until=told.until,
        reason=told.reason,
        by=told.by,
        since=at,
        confirmed_by=confirmed_by,
        note=told.note,
    )


def _without(blocks: Mapping[str, RangeBlock], prefix: str) -> dict[str, RangeBlock]:
    return {key: it for key, it in blocks.items() if key != prefix}


# --- what people may do -------------------------------------------------------------------------


def propose(
    span: Span, *, until: int, reason: str, by: str, least_digits: int, note: str = ""
) -> RangeBlockProposed:
    """Ask to block a range.

    Args:
        span: which numbers.
        until: expiry as Unix time; 0 = for ever.
        reason: why.
        by: who asks.
        least_digits: the shortest prefix that the site allows, country code included.
        note: what else is to be known.

    Raises:
        BlockRefused: the range is too wide, or reason, doer or time is missing.
    """
    if not (span.prefix.isascii() and span.prefix.isdigit() and len(span.prefix) <= MAX_DIGITS):
        raise BlockRefused(f"{span.prefix!r} is no beginning of a number")
    if len(span.prefix) < least_digits:
        raise BlockRefused(
            f"{span.prefix} would block too many numbers: "
            f"a range needs {least_digits} digits or more, country code included"
        )
    if span.digits and not len(span.prefix) <= span.digits <= MAX_DIGITS:
        raise BlockRefused(f"no number of {span.digits} digits begins with {span.prefix}")
    if until < FOREVER:
        raise BlockRefused(f"{until} is no time; give Unix time, or 0 for ever")
    require(reason, by)
    return RangeBlockProposed(
        prefix=span.prefix, digits=span.digits, until=until, reason=reason, by=by, note=note
    )


def confirm(known: Ranges, prefix: str, *, by: str, now: datetime) -> RangeBlocked:
    """The second person's word.

    Raises:
        BlockRefused: nothing waits for it, it is over, or it is the first person's own.
    """
    waiting = known.proposed.get(prefix)
    if waiting is None:
        raise BlockRefused(f"nobody proposed to block {prefix}")
    require(waiting.reason, by)
    if _same(by, waiting.by):
        raise BlockRefused(f"{by} proposed it: a second person has to confirm")
    if not is_blocked(waiting.until, now):
        raise BlockRefused(f"the block of {prefix} that {waiting.by} proposed is over already")
    return RangeBlocked(
        prefix=prefix,
        digits=waiting.span.digits,
        until=waiting.until,
        reason=waiting.reason,
        by=waiting.by,
        confirmed_by=by,
        note=waiting.note,
    )


def lift(known: Ranges, prefix: str, *, reason: str, by: str) -> RangeUnblocked:
    """End the block of a range, or refuse its proposal: one person is enough for that.

    Raises:
        BlockRefused: it is neither blocked nor proposed, or reason or doer is missing.
    """
    require(reason, by)
    if prefix not in known.blocked and prefix not in known.proposed:
        raise BlockRefused(f"the range {prefix} is neither blocked nor proposed")
    return RangeUnblocked(prefix=prefix, reason=reason, by=by)


def exempt(
    known: Ranges, number: Number, *, reason: str, by: str, now: datetime
) -> NumberExempted | None:
    """Take one number out of the range that blocks it; None when none does.

    Raises:
        BlockRefused: nobody gives a reason.
    """
    require(reason, by)
    found = known.blocking(number, now)
    if found is None:
        return None
    return NumberExempted(number=number, prefix=found.span.prefix, reason=reason, by=by)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


# --- how a range is said --------------------------------------------------------------------------


def spans_of(text: str) -> tuple[Span, ...]:
    """The ranges that somebody typed: a beginning such as ``0812-3456-7``, or ``FIRST..LAST``.

    Raises:
        BlockRefused: it is neither, or needs more than twenty prefixes.
    """
    first, dots, last = text.partition("..")
    if not dots:
        return (Span(prefix=_digits(first)),)
    low, high = _digits(first), _digits(last)
    if len(low) != len(high) or low > high:
        raise BlockRefused(
            f"{text} is no range: both ends need the same length, the lower one first"
        )
    spans = tuple(_cover(low, high))
    if len(spans) > MOST_PREFIXES:
        raise BlockRefused(
            f"{text} needs {len(spans)} prefixes, more than {MOST_PREFIXES}: say it in parts"
        )
    return spans


def _digits(text: str) -> str:
    """With country code, as `core.numbers` does it for whole numbers."""
    plain = text.strip().translate(str.maketrans("", "", SEPARATORS))
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or len(digits) < MIN_PREFIX:
        raise BlockRefused(f"{text.strip()!r} is no beginning of a number, such as 0812-3456-7")
    if digits != plain:
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if digits.startswith("0"):
        return COUNTRY + digits[1:]
    return COUNTRY + digits if digits.startswith("8") else digits


def _cover(low: str, high: str) -> Iterator[Span]:
    """The fewest prefixes that hold the numbers from low to high, and no other of that length."""
    length, at, end = len(low), int(low), int(high)
    while at <= end:
        size = 1
        while (
            at % (size * 10) == 0 and at + size * 10 - 1 <= end and size * 10 < 10 ** (length - 1)
        ):
            size *= 10
        zeros = len(str(size)) - 1
        prefix = str(at).zfill(length)[: length - zeros]
        yield Span(prefix=prefix, digits=length)
        at += size
