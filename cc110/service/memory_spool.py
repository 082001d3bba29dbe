"""A spool without a disk, for tests and trials: the same promises as the real one but durability."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from cc110.core.events import Event
from cc110.ports import Owed, SpoolMark

_PART = "memory"


class MemorySpool:
    """Implements ``ports.Spool`` in memory."""

    def __init__(self) -> None:
        """Empty."""
        self._events: deque[Event] = deque()
        self._settled = 0

    def write(self, events: Sequence[Event], *, to_disk: bool) -> None:
        """Take events."""
        self._events.extend(events)

    def to_disk(self) -> None:
        """There is none."""

    def owed(self, most: int) -> Owed | None:
        """The next that the journal has not confirmed; None = nothing."""
        events = list(islice(self._events, most))
        mark = SpoolMark(part=_PART, number=self._settled + len(events))
        return Owed(events=events, mark=mark) if events else None

    def settle(self, mark: SpoolMark) -> None:
        """The journal has everything up to here."""
        while self._settled < mark.number:
            self._events.popleft()
            self._settled += 1

    def left(self) -> Sequence[str]:
        """Nothing outlives a process."""
        return ()

    def __len__(self) -> int:
        return len(self._events)
