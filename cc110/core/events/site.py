"""The PBX and its surroundings: strangers, the synthetic call, the link."""

from dataclasses import dataclass
from datetime import datetime

from cc110.core.events.base import EventData
from cc110.core.words import SyntheticFault, SyntheticStage


@dataclass(frozen=True, kw_only=True)
class AddressBanned(EventData):
    """Somebody at an address guessed passwords: no phone may log in from there for a while."""

    address: str
    """An IP address, or the network of an IPv6 subscriber such as ``2001:db8::/64``."""
    until: int
    """When it is over by itself, as Unix time."""
    failures: int
    """Refused log-ins that led to it."""
    times: int
    """Which ban of this address it is, from 1: each one is longer than the one before."""


@dataclass(frozen=True, kw_only=True)
class AddressBanLifted(EventData):
    """A ban was ended by hand."""

    address: str
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class SyntheticCallFailed(EventData):
    """An alarm: the PBX's own call to 110 did not come through. Told again when another stage breaks."""

    stage: SyntheticStage
    """The first stage that does not work."""
    reason: SyntheticFault
    detail: str = ""
    """Such as the prompt that is missing."""


@dataclass(frozen=True, kw_only=True)
class SyntheticCallPassed(EventData):
    """The PBX's own call to 110 came through: the first time since the daemon's start, or after an alarm."""

    seconds: float
    """From the order to the end of the talk."""


@dataclass(frozen=True, kw_only=True)
class SiteApplied(EventData):
    """A new configuration of the PBX is live, and was tried."""

    generation: int
    before: int
    """The generation that was live until then; 0 = none."""
    files: tuple[str, ...]
    """What changed, by the path in the PBX's configuration folder."""
    verified: bool
    """Whether a synthetic call came through it."""
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class SiteRolledBack(EventData):
    """An older configuration of the PBX is live again."""

    generation: int
    """The one that is live now."""
    before: int
    """The one that was taken back."""
    automatic: bool
    """True when the change itself did it, because it broke something."""
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class PbxLost(EventData):
    """The daemon has no link to the PBX. Calls go on without it."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PbxReadBack(EventData):
    """What the PBX wrote down while nobody listened is told up to a moment; the rest is still being read."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class PbxBack(EventData):
    """The link is back and the state is the PBX's again."""

    calls: int
    restarted: bool
    """True when the PBX itself had been restarted."""
