"""What somebody wants of a running PBX's configuration, what became of it, and why it may not be done."""

from dataclasses import dataclass
from typing import Final

from cc110.ports import Cc110Error

_NAMED: Final = 3


class NeedsStart(Cc110Error):
    """Only a start takes that up."""


class WouldHarm(Cc110Error):
    """Somebody is where the change is."""


class TakenBack(Cc110Error):
    """It was live for a moment, broke something, and is not live any more."""


class NothingLive(Cc110Error):
    """This PBX was never started with a configuration of ours."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants, and who he is."""

    by: str
    reason: str
    when_idle: bool = False
    """Wait until nobody would be harmed."""
    unverified: bool = False
    """Without the synthetic call."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of it."""

    generation: int
    """The one that is live now."""
    before: int
    changed: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """What the PBX was told."""
    live_s: float = 0.0
    """Seconds from the beginning until the change was live."""
    verified_s: float | None = None
    """Seconds until a synthetic call had come through; None = none was made."""
    notes: tuple[str, ...] = ()


def summary(changed: tuple[str, ...]) -> str:
    """A reason for who gives none: what changes."""
    more = len(changed) - _NAMED
    return ", ".join(changed[:_NAMED]) + (f" and {more} more" if more > 0 else "")
