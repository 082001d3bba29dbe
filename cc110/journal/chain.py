"""How events get their place: seq, id and the hash of the one before.

Pure; the writer brings time and noise.

The hash of an event is SHA-256 over the hash before it (64 hex digits; zeros before the first
event), a line feed and the event's line as ``codec`` writes it. Whoever changes, removes or
inserts a row breaks the chain from there on; whoever cuts off the end can be caught by a tip that
was noted elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ulid import ULID

from cc110.journal.codec import Draft, Line, line_of

NOISE_BITS: Final = 80
"""Of a ULID, below its time."""
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, as the ULID specification has it."""
_TWO_DIGITS: Final = tuple(first + second for first in _DIGITS for second in _DIGITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tip:
    """The last event of a journal."""

    seq: int = 0
    id: str = "0" * 26
    hash: str = "0" * 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A line in its place in the chain."""

    line: Line
    prev_hash: str
    hash: str

    @property
    def tip(self) -> Tip:
        """This link as the end of the chain."""
        return Tip(seq=self.line.seq, id=self.line.id, hash=self.hash)


def extend(tip: Tip, site: str, drafts: Sequence[Draft], *, now_ms: int, noise: int) -> list[Link]:
    """Give each draft its place after the tip.

    Args:
        tip: the last link so far.
        site: goes into every line.
        drafts: in the order in which they are to stand.
        now_ms: Unix time in milliseconds, for the ids.
        noise: 80 random bits for the first id. Each of the others is the next one, as the ULID specification has
            it for ids of one millisecond.
    """
    links: list[Link] = []
    first, hash_ = _above(ulid_value(tip.id), now_ms, noise), tip.hash
    for place, draft in enumerate(drafts):
        line = line_of(ulid_text(first + place), tip.seq + 1 + place, site, draft)
        before, hash_ = hash_, hash_of(hash_, line)
        links.append(Link(line=line, prev_hash=before, hash=hash_))
    return links


def hash_of(prev_hash: str, line: Line) -> str:
    """The hash that a line must have after the given one, as 64 hex digits."""
    return sha256(f"{prev_hash}\n{line.json()}".encode()).hexdigest()


def _above(last: int, now_ms: int, noise: int) -> int:
    """A ULID above the last one, even when the clock was set back or several fall into one millisecond."""
    return max(now_ms << NOISE_BITS | noise, last + 1)


def ulid_value(text: str) -> int:
    """A ULID's 128 bits.

    Raises:
        ValueError: it is none.
    """
    return int(ULID.from_str(text))


def ulid_text(value: int) -> str:
    """A ULID's 128 bits as its 26 characters."""
    return _first_digits(value >> 20) + _TWO_DIGITS[value >> 10 & 1023] + _TWO_DIGITS[value & 1023]


@lru_cache(maxsize=16)
def _first_digits(value: int) -> str:
    """All but the last four: the same in many ids that follow each other, and an import makes a million of them."""
    return "".join([_TWO_DIGITS[value >> shift & 1023] for shift in range(100, -1, -10)])


def fault(tip: Tip, link: Link) -> str | None:
    """What is wrong with a link that should stand next after the tip; None when all is well."""
    line = link.line
    if line.seq != tip.seq + 1:
        return f"seq {tip.seq + 1} is missing"
    if line.id <= tip.id:
        return "its id is not above the one before"
    if link.prev_hash != tip.hash:
        return "it does not continue the event before it"
    if link.hash != hash_of(tip.hash, line):
        return "it was changed after it was recorded"
    return None
