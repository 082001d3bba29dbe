"""What becomes of a call before anybody answers it, without calling: the dialplan's own rules, for ``cc110 explain``.

A property test makes the same calls on a real PBX and compares (``tests/pbx/explain``). Files of the dialplan:
``intake.conf``, ``number.conf``, ``ranges.conf``, ``verify.conf``, ``origin.conf``, ``greeting.conf``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from cc110.core.greeting import greeting_keys
from cc110.core.ids import Number, UnitId
from cc110.core.menu import PRIORITIES
from cc110.core.numbers import normalise
from cc110.core.origin import Origin, Origins, Placed, desk_of, origin_of
from cc110.core.verification import PRIORITY as VERIFY_PRIORITY
from cc110.core.words import MenuChoice, NumberSource

_LONGEST_ENTRY: Final = 11
"""Digits of an expiry; anything longer is none (``cc110-block-lasts``)."""
_MOST_LENGTHS: Final = 15


class Fate(StrEnum):
    """What becomes of a call at the intake."""

    UNKNOWN = "unknown"
    """No trunk dials that: SIP 404."""
    REJECTED = "rejected"
    """Blocked: SIP 403, never answered."""
    OFFERED = "offered"
    """Blocked, and told of the way out: pressing 1 lets him in, anything else is SIP 403."""
    LET_IN = "let-in"
    """Answered, recorded, greeted, queued."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the PBX's list says of one number, as it stands there."""

    entry: str | None = None
    """``cc110-block/<number>``."""
    lengths: str = ""
    """``cc110-range/lengths``."""
    ranges: Mapping[str, str] = field(default_factory=dict)
    """``cc110-range/<prefix>``, as far as the number begins like it."""
    exempt: bool = False


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """The block that a number is under."""

    until: int
    """Unix time; 0 = for ever."""
    range: str = ""
    """The range's prefix; empty for a block of its own."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a trunk says of a call."""

    dialled: str
    trunk: str
    """The PBX's name of it, such as ``trunk-demo``."""
    asserted: str | None = None
    """The number in P-Asserted-Identity."""
    claimed: str = ""
    """The number in From."""
    place: Placed | None = None


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What becomes of a call."""

    fate: Fate
    number: Number | None = None
    source: NumberSource = NumberSource.NONE
    block: Blocked | None = None
    origin: Origin | None = None
    """None: it never gets to a Polda."""
    desk: UnitId | None = None
    """The Polres or Polsek whose desk is his own, where the climb rings desks."""
    greeting: tuple[str, ...] = ()
    """The prompts that he hears from the daemon."""
    priority: int | None = None
    """In the queue, if he presses nothing."""

    @property
    def priorities(self) -> Mapping[MenuChoice, int]:
        """In the queue, by what he chooses in the menu."""
        return PRIORITIES if self.fate is Fate.LET_IN else {}


def foresee(
    said: Said,
    *,
    known: Collection[str],
    origins: Origins,
    listed: Listed,
    way_out: Literal["reject", "verify"],
    menu: bool,
    local: datetime,
) -> Foreseen:
    """What becomes of a call.

    Args:
        said: what the trunk says.
        known: what may be dialled.
        origins: the site's evidence.
        listed: what stands in the PBX's list of the caller's number (`number_of`).
        way_out: what becomes of blocked callers.
        menu: whether there is one.
        local: when, in the site's own zone.
    """
    if said.dialled not in known:
        return Foreseen(fate=Fate.UNKNOWN)
    number, source = number_of(said)
    block = block_of(number, listed, local)
    if block and way_out == "reject":
        return Foreseen(fate=Fate.REJECTED, number=number, source=source, block=block)
    origin = origin_of(
        origins, number=number, dialled=said.dialled, trunk=said.trunk, place=said.place
    )
    return Foreseen(
        fate=Fate.OFFERED if block else Fate.LET_IN,
        number=number,
        source=source,
        block=block,
        origin=origin,
        desk=desk_of(origins, trunk=said.trunk, place=said.place),
        greeting=("notice-recorded",) if block else greeting_keys(local, menu=menu),
        priority=VERIFY_PRIORITY if block else PRIORITIES[MenuChoice.EMERGENCY],
    )


def number_of(said: Said) -> tuple[Number | None, NumberSource]:
    """The caller's number, and who vouches for it: the trunk's word, else what From claims."""
    if number := normalise(said.asserted or ""):
        return number, NumberSource.ASSERTED
    if number := normalise(said.claimed):
        return number, NumberSource.CLAIMED
    return None, NumberSource.NONE


def block_of(number: Number | None, listed: Listed, now: datetime) -> Blocked | None:
    """The block that is in force; what can't be read blocks nobody."""
    if number is None:
        return None
    until = lasts(listed.entry or "", now)
    return _range_of(number, listed, now) if until is None else Blocked(until=until)


def _range_of(number: Number, listed: Listed, now: datetime) -> Blocked | None:
    lengths = "".join(char for char in listed.lengths if char in "0123456789:").split(":")
    for text in lengths[:_MOST_LENGTHS]:
        if not text:
            return None
        prefix = number[: int(text)]
        entry = listed.ranges.get(prefix) if len(number) >= int(text) else None
        if entry is None:
            continue
        expiry, _, digits = entry.partition(":")
        until = lasts(expiry, now)
        if until is not None and digits.partition(":")[0] in {"0", str(len(number))}:
            return None if listed.exempt else Blocked(until=until, range=prefix)
    return None


def lasts(entry: str, now: datetime) -> int | None:
    """The expiry of an entry that blocks; None when it does not."""
    if not (1 <= len(entry) <= _LONGEST_ENTRY and entry.isascii() and entry.isdigit()):
        return None
    until = int(entry)
    return until if entry == "0" or until > int(now.timestamp()) else None
