"""What every event data has in common."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class EventData:
    """What an event says beyond its envelope."""

    v: ClassVar[int] = 1
