"""What the shell needs from outside, and the errors that adapters may raise."""

from array import array
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cc110.core.events import Event, Recorded
from cc110.core.guarding import Source
from cc110.core.ids import AgentId, CallId, ChannelId, Number, QueueName
from cc110.core.verification import Passed

_MOST_ODD: Final = 1000
_MOST_DIGITS: Final = 18


class Cc110Error(Exception):
    """cc110 could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().split("\n")[0])


class PbxUnavailable(Cc110Error):
    """The PBX does not answer; is it running?"""


class PbxRefused(Cc110Error):
    """The PBX refused the request."""


class ChannelGone(PbxRefused):
    """The caller's channel is gone."""


class JournalUnavailable(Cc110Error):
    """The journal can't be written."""


class JournalUncertain(JournalUnavailable):
    """The journal broke while it was written: nobody knows yet whether it was."""


class BanList(Protocol):
    """The PBX's list of addresses from which no phone may log in."""

    async def apply(self, banned: Iterable[Source]) -> None:
        """Make exactly these sources banned.

        Raises:
            PbxUnavailable, PbxRefused: the PBX has them not, or not all.
        """
        ...


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolMark:
    """How far the journal has taken in a part of the spool."""

    part: str
    """The part's name, never used again for another."""
    number: int
    """The last entry."""
    gone: tuple[str, ...] = ()
    """Parts that are removed for good: nobody will ask for them again."""


class Journal(Protocol):
    """The one record of everything; events are appended once, by one writer, in order."""

    async def append(
        self, events: Sequence[Event], *, mark: SpoolMark | None = None
    ) -> tuple[Recorded, ...]:
        """Append durably and return what was recorded; the mark is set with it or not at all.

        With a mark that is there already, or is passed, the events are there as well: nothing is done, and
        nothing returned. So an append with a mark may be tried again after any error.

        Raises:
            JournalUncertain: nobody knows whether it was written.
            JournalUnavailable: nothing of the batch was written.
        """
        ...

    async def marked(self, part: str) -> int:
        """The last mark that was set for a part of the spool; 0 = none.

        Raises:
            JournalUnavailable: it can't be read.
        """
        ...

    def read(self, *, after: int = 0, call_id: str | None = None) -> AsyncIterator[Recorded]:
        """Recorded events with ``seq > after``, in order."""
        ...


class SpoolFull(Cc110Error):
    """The spool is as large as it may be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """The next events that the journal is owed, in order."""

    events: Sequence[Event]
    mark: SpoolMark
    """Goes into the journal together with them."""


class Spool(Protocol):
    """Where events wait for the journal, so that the end of the process loses none. All methods block."""

    def write(self, events: Sequence[Event], *, to_disk: bool) -> None:
        """Take events, all or none; what is taken outlives this process.

        Args:
            events: in the order in which they are to be journaled.
            to_disk: return only when a power loss can't take them either.

        Raises:
            SpoolFull: there is no room; nothing of them was taken.
            OSError: the disk refuses; nothing of them was taken.
        """
        ...

    def to_disk(self) -> None:
        """Return when a power loss can take nothing that was taken so far.

        Raises:
            OSError: the disk refuses.
        """
        ...

    def owed(self, most: int) -> Owed | None:
        """The next that the journal has not confirmed; None = nothing.

        Raises:
            OSError: the disk refuses.
        """
        ...

    def settle(self, mark: SpoolMark) -> None:
        """The journal has everything up to here.

        Raises:
            OSError: the disk refuses.
        """
        ...

    def left(self) -> Sequence[str]:
        """The parts that an earlier process left behind, oldest first."""
        ...

    def __len__(self) -> int:
        """How many events the journal is owed."""
        ...


class CallControl(Protocol):
    """What the core's effects need from the PBX."""

    async def rescue(self, channel: ChannelId, queue: QueueName) -> None:
        """Bring a caller's channel to the front of a queue.

        Raises:
            PbxUnavailable: no link; nothing will be sent later.
            ChannelGone: there is no such caller any more.
            PbxRefused: the PBX said no.
        """
        ...


class SyntheticCaller(Protocol):
    """Whoever makes synthetic calls."""

    async def call(self, order: str) -> None:
        """Begin one; its two sides tell what becomes of it, the calling side by the order's name.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: the PBX said no.
        """
        ...

    async def hang_up(self) -> None:
        """End every synthetic call; it is no error when there is none.

        Raises:
            PbxUnavailable: no link.
        """
        ...


class SyntheticRecordings(Protocol):
    """The recordings of synthetic calls: in the folder of all others, and never kept."""

    async def test_seconds(self, path: str) -> float | None:
        """Length of one; None = there is none that can be read, or it is still being written."""
        ...

    async def discard_tests(self) -> None:
        """Remove those that are closed, also what an earlier daemon left behind."""
        ...


class Entries:
    """What the PBX's copy of the blocklist holds: a million entries in some twenty megabytes."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.numbers = array("q")
        self.untils = array("q")
        self.odd: list[str] = []
        """Keys that are no numbers, or whose value is no time; the first thousand."""

    def add(self, key: str, value: str) -> None:
        """Take one entry as it came."""
        if _is_plain(key) and _is_plain(value):
            self.numbers.append(int(key))
            self.untils.append(int(value))
        elif len(self.odd) < _MOST_ODD:
            self.odd.append(key)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.odd)


def _is_plain(text: str) -> bool:
    """True when nothing is lost by writing it as a number."""
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return plain and (text == "0" or not text.startswith("0"))


class BlockMirror(Protocol):
    """The PBX's own copy of the blocklist (AstDB family ``cc110-block``)."""

    async def put(self, number: Number, until: int) -> None:
        """Write one entry; ``until`` is Unix time, 0 = for ever."""
        ...

    async def delete(self, number: Number) -> None:
        """Remove one entry; it is no error when there is none."""
        ...

    async def put_all(self, entries: Sequence[tuple[Number, int]]) -> None:
        """Write many entries."""
        ...

    async def delete_all(self, numbers: Sequence[str]) -> None:
        """Remove many entries; it is no error when there is none."""
        ...

    async def entries(self) -> Entries:
        """All that is there."""
        ...

    async def get(self, number: Number) -> str | None:
        """One entry as it is there; None = there is none."""
        ...


class RangeMirror(Protocol):
    """The PBX's own copy of blocked ranges and of numbers exempt from them.

    AstDB families ``cc110-range`` and ``cc110-exempt``. Each may raise PbxUnavailable or PbxRefused.
    """

    async def get_range(self, key: str) -> str | None:
        """The entry of a prefix, or of ``lengths``; None = there is none."""
        ...

    async def put_range(self, key: str, value: str | None) -> None:
        """Write an entry; None removes it."""
        ...

    async def get_exempt(self, number: str) -> str | None:
        """The entry of a number; None = there is none."""
        ...

    async def put_exempt(self, number: str, value: str | None) -> None:
        """Write an entry; None removes it."""
        ...


class VerifiedNotes(Protocol):
    """What the dialplan noted of each ``*76`` (AstDB family ``cc110-verified``)."""

    async def verified(self) -> Sequence[Passed]:
        """Every note that can be read."""
        ...

    async def forget(self, number: Number, call_id: CallId) -> None:
        """Remove a number's note if it is of that call; it is no error when there is none."""
        ...


class Operators(Protocol):
    """Log-in, log-out and pause of operators at their queues."""

    async def login(self, agent: AgentId) -> None:
        """Add the operator to the queues of his unit."""
        ...

    async def logout(self, agent: AgentId) -> None:
        """Remove the operator from all queues."""
        ...

    async def pause(self, agent: AgentId, *, paused: bool, reason: str) -> None:
        """Pause or un-pause the operator in all queues."""
        ...


class StillOpen(Cc110Error):
    """The recording is still being written."""


class NotSealed(Cc110Error):
    """The recording is there, but it could not be entered in the manifest."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A recording that is whole, hashed and in the manifest."""

    seconds: float
    sha256: str
    """Of the WAV file, in hex."""
    repaired: bool = False
    """True when the PBX had not closed it, and its header was written anew."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """The proof that a recording is gone."""

    sha256: str
    """Of the WAV file, in hex."""
    row: str
    """Hash of the manifest's row."""


class Recordings(Protocol):
    """The recordings folder. Paths are below it."""

    async def finalise(self, call_id: CallId, path: str) -> Sealed:
        """Make a closed recording final: repaired if need be, hashed, in the manifest, encrypted if the
        site wants that. Doing it twice is doing it once.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is not a readable WAV file.
            StillOpen: ask again a little later.
            NotSealed: disk full, folder unwritable, key unusable: ask again when that is mended.
        """
        ...

    async def sizes(self, paths: Sequence[str]) -> Sequence[int]:
        """Bytes of each file; -1 = there is none, or it can't be looked at."""
        ...

    async def free_bytes(self) -> int:
        """What the disk has left for recordings; -1 = nobody can say."""
        ...

    async def unsealed(self, *, days: int | None) -> Sequence[tuple[CallId, str]]:
        """Recordings without a row in the manifest that nobody writes to any more.

        Args:
            days: of so many days, the newest; None = of all.
        """
        ...

    async def erase(self, call_id: CallId, path: str, *, by: str, reason: str) -> Erased:
        """Erase a recording and prove it. Doing it twice is doing it once.

        Raises:
            NotSealed: it could not be done, or not all of it: do it again.
        """
        ...
