"""What is true at one moment, for the figures: filled by `cc110.app.watch`, written by `families`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cc110.core.synthetic import Result
from cc110.core.tally import QueueLook


@dataclass(frozen=True, kw_only=True)
class LinkLook:
    """One AMI link."""

    up: bool
    losses: int
    """Links that were lost since the daemon's start."""


@dataclass(frozen=True, kw_only=True)
class SyntheticLook:
    """The synthetic calls of this daemon."""

    last: Result | None = None
    passed: int = 0
    failed: int = 0
    passed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ShiftLook:
    """One unit's shift at this moment."""

    there: int
    missing: int
    off_shift: int
    empty: bool


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything that is a state and no total. Seconds, bytes, or how many."""

    site: str
    version: str
    calls_live: int = 0
    calls_unrecorded: int = 0
    disk_free: int = -1
    """-1 = nobody can say."""
    queues: Mapping[str, QueueLook] = field(default_factory=dict)
    unattended: frozenset[str] = frozenset()
    operators: Mapping[str, int] = field(default_factory=dict)
    shifts: Mapping[str, ShiftLook] = field(default_factory=dict)
    """By unit, of those that keep a roster."""
    roster_refused: bool = False
    """True while the directory's files are wrong, and shifts are those before."""
    callbacks_waiting: int = 0
    """People who hung up waiting and were not reached since."""
    links: Mapping[str, LinkLook] = field(default_factory=dict)
    event_lag_s: float = 0.0
    roundtrip_s: float = 0.0
    events_unheard: int = 0
    """AMI events that wait for the daemon."""
    journal_seq: int = 0
    journal_waiting: int = 0
    journal_lag_s: float = 0.0
    spooled: int = 0
    lost: int = 0
    readers: Mapping[str, int] = field(default_factory=dict)
    """How many events each reader of the journal is behind."""
    bus_lag: int | None = None
    """The same for the broker; None = the site has none."""
    drift: Mapping[str, int] | None = None
    """By kind, when the PBX's blocklist was compared last; None = never."""
    drift_at: datetime | None = None
    synthetic: SyntheticLook = field(default_factory=SyntheticLook)
    tasks: int = 0
    loop_lag_s: float = 0.0
