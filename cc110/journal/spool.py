"""Events that wait for the journal, in files of this machine: the end of the process loses none.

A *part* is what one process wrote, in two files of equal size: when one is full and the other has
been taken in by the journal, they change places. Their room is reserved when they are made, so a
full disk does not take it away. A file holds *frames* from its beginning on::

    length of the text (4 bytes)   CRC-32 of number and text (4)   number (8)   text

Numbers go up by one within a part. A file ends at the first frame that is cut short, damaged or not
next in number: what stands behind it is older and in the journal. No part is ever written by another
process than its own, so no number is ever given twice; an earlier process's parts are read, then
removed.
"""

import errno
import fcntl
import os
import secrets
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, Self

import structlog

from cc110.core.events import Event
from cc110.journal.codec import UnknownEvent, decode, draft, line_of
from cc110.journal.lock import JournalInUse
from cc110.ports import Owed, SpoolFull, SpoolMark

_log = structlog.get_logger("spool")
_HEAD: Final = struct.Struct("<IIQ")
_LONGEST: Final = 1 << 20
"""Bytes of one event; the longest that a PBX can make us write has some ten thousand."""
_SUFFIX: Final = ".spool"
_UNREADABLE: Final = "unreadable.jsonl"


class SpoolFile:
    """One file of frames; written and read in order. Not for two threads at once."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it: its part's name, a hyphen, and 0 or 1. There is no room in it yet."""
        self.path = path
        self.part = path.stem.rpartition("-")[0]
        self.last = 0
        """The number of the last frame."""
        self._next = 1
        self._size = 0
        self._read_at = self._write_at = 0
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @classmethod
    def left_behind(cls, path: Path) -> Self:
        """A file of an earlier process, as far as it is whole."""
        file = cls(path)
        first = None
        for number, _, end in file._frames(0, None):
            first = first or number
            file.last, file._write_at = number, end
        file._next = first or 1
        return file

    def __len__(self) -> int:
        """Frames that are not settled."""
        return self.last - self._next + 1

    @property
    def used(self) -> int:
        """Bytes of all frames."""
        return self._write_at

    def reserve(self, size: int) -> None:
        """Give it room for so many bytes, which the disk sets aside.

        Raises:
            OSError: the disk has less; it is written all the same, as far as the disk lets us.
        """
        self._size = size
        if size:
            os.posix_fallocate(self._descriptor, 0, size)

    def write(self, texts: Sequence[bytes]) -> bool:
        """Put texts behind the others, all or none; False = they have no room.

        Raises:
            OSError: the disk refuses.
        """
        frames = b"".join(_frame(self.last + n, text) for n, text in enumerate(texts, 1))
        if self._write_at + len(frames) > self._size:
            return False
        if os.pwrite(self._descriptor, frames, self._write_at) != len(frames):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._write_at += len(frames)
        self.last += len(texts)
        return True

    def to_disk(self) -> None:
        """Return when a power loss can't take what was written."""
        os.fdatasync(self._descriptor)

    def texts(self, most: int) -> list[tuple[int, bytes]]:
        """The next frames that are not settled, with their numbers."""
        frames = islice(self._frames(self._read_at, self._next), min(most, len(self)))
        return [(number, text) for number, text, _ in frames]

    def settle(self, number: int) -> None:
        """Everything up to this number is done with; when all is, it is written from its beginning."""
        if number >= self.last:
            self.begin_after(self.last)
            return
        passed = max(0, number + 1 - self._next)
        for settled, _, end in islice(self._frames(self._read_at, self._next), passed):
            self._next, self._read_at = settled + 1, end

    def begin_after(self, number: int) -> None:
        """Write from the beginning again; the next frame has the number after this one."""
        self._read_at = self._write_at = 0
        self.last, self._next = number, number + 1

    def close(self) -> None:
        """Give back the room that was not used. The file stays: somebody may have a mark of its part."""
        os.ftruncate(self._descriptor, self._write_at)
        os.close(self._descriptor)

    def remove(self) -> None:
        """Remove it; that is certain once its folder is on the disk."""
        os.close(self._descriptor)
        self.path.unlink(missing_ok=True)

    def _frames(self, at: int, number: int | None) -> Iterator[tuple[int, bytes, int]]:
        """Number, text and end of each, as far as they are whole and follow each other."""
        while head := os.pread(self._descriptor, _HEAD.size, at):
            if len(head) < _HEAD.size:
                return
            length, check, found = _HEAD.unpack(head)
            if not 0 < length <= _LONGEST or number not in (None, found):
                return
            text = os.pread(self._descriptor, length, at + _HEAD.size)
            if len(text) < length or check != _check(found, text):
                return
            at, number = at + _HEAD.size + length, found + 1
            yield found, text, at


class SpoolFolder:
    """The spool of one daemon; implements ``ports.Spool``. For any thread."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        """Take the folder, find what was left in it, and reserve room.

        Raises:
            JournalInUse: another process has it.
            OSError: it can't be written.
        """
        self._folder = folder
        self._guard = threading.Lock()
        self._lock = _taken(folder)
        self._gone: list[str] = []
        self._most_bytes = most_bytes
        self._old = self._find()
        self._now, self._other = (SpoolFile(path) for path in self._new_part())
        self._reserve()
        self._remove_old()

    def write(self, events: Sequence[Event], *, to_disk: bool) -> None:
        """Take events, all or none; what is taken outlives this process.

        One that is not fit to be recorded is told in the log, and left out.

        Raises:
            SpoolFull: there is no room; nothing of them was taken.
            OSError: the disk refuses; nothing of them was taken.
        """
        texts = [text for event in events if (text := _text(event))]
        with self._guard:
            if not self._now.write(texts) and not self._swap().write(texts):
                raise SpoolFull
            if to_disk:
                self._now.to_disk()

    def to_disk(self) -> None:
        """Return when a power loss can take nothing that was taken so far.

        Raises:
            OSError: the disk refuses.
        """
        with self._guard:
            for file in (self._other, self._now):
                file.to_disk()

    def owed(self, most: int) -> Owed | None:
        """The next that the journal has not confirmed; None = nothing.

        Raises:
            OSError: the disk refuses.
        """
        with self._guard:
            for file in self._files():
                if texts := file.texts(most):
                    mark = SpoolMark(part=file.part, number=texts[-1][0], gone=tuple(self._gone))
                    return Owed(events=list(self._events(texts)), mark=mark)
        return None

    def settle(self, mark: SpoolMark) -> None:
        """The journal has everything up to here.

        Raises:
            OSError: the disk refuses.
        """
        with self._guard:
            self._gone = [part for part in self._gone if part not in mark.gone]
            for file in self._files():
                if file.part == mark.part:
                    file.settle(mark.number)
            self._remove_old()

    def left(self) -> Sequence[str]:
        """The parts that an earlier process left behind, oldest first."""
        with self._guard:
            return list(dict.fromkeys(file.part for file in self._old))

    def close(self) -> None:
        """Let go of the folder; what is owed stays in it."""
        with self._guard:
            for file in self._files():
                file.close()
            os.close(self._lock)

    def __len__(self) -> int:
        return sum(len(file) for file in self._files())

    def _files(self) -> Iterator[SpoolFile]:
        """Oldest first."""
        yield from self._old
        yield self._other
        yield self._now

    def _swap(self) -> SpoolFile:
        """When one file is full the other is written, if the journal has all of it."""
        if not len(self._other):
            self._other.begin_after(self._now.last)
            self._now, self._other = self._other, self._now
        return self._now

    def _find(self) -> tuple[SpoolFile, ...]:
        """What is there, in the order in which it was written."""
        paths = sorted(self._folder.glob(f"{8 * '[0-9]'}-*-[01]{_SUFFIX}"))
        files = [SpoolFile.left_behind(path) for path in paths]
        return tuple(sorted(files, key=lambda file: (file.part, file.last)))

    def _new_part(self) -> Iterator[Path]:
        order = 1 + max((int(file.part.partition("-")[0]) for file in self._old), default=0)
        name = f"{order:08d}-{secrets.token_hex(8)}"
        return (self._folder / f"{name}-{half}{_SUFFIX}" for half in (0, 1))

    def _reserve(self) -> None:
        """What old parts leave of the whole is ours."""
        half = max(0, self._most_bytes - sum(file.used for file in self._old)) // 2
        try:
            for file in (self._now, self._other):
                file.reserve(half)
        except OSError as error:
            _log.error(
                "no room is reserved for the spool", folder=str(self._folder), error=str(error)
            )

    def _remove_old(self) -> None:
        """Parts that are wholly in the journal. Only when that is on the disk are their marks forgotten."""
        done = [file for file in self._old if not len(file)]
        if not done:
            return
        self._old = tuple(file for file in self._old if file not in done)
        for file in done:
            file.remove()
        os.fsync(self._lock)
        kept = {file.part for file in self._files()}
        self._gone += sorted({file.part for file in done} - kept)
        self._reserve()

    def _events(self, texts: Sequence[tuple[int, bytes]]) -> Iterator[Event]:
        for _, text in texts:
            try:
                yield decode(text).event
            except UnknownEvent as error:
                self._set_aside(text, str(error))

    def _set_aside(self, text: bytes, reason: str) -> None:
        """Another version of cc110 wrote it: nothing that we could append, nothing to throw away."""
        _log.error("spooled event set aside", file=_UNREADABLE, reason=reason)
        with (self._folder / _UNREADABLE).open("ab") as file:
            file.write(text + b"\n")


def _taken(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise JournalInUse(f"{folder} is already written by another process") from None
    return descriptor


def _text(event: Event) -> bytes:
    """A line without a place in the journal."""
    try:
        return line_of("", 0, "", draft(event)).json().encode()
    except ValueError as error:
        _log.error("event not fit to be recorded", type=event.type, error=str(error))
        return b""


def _frame(number: int, text: bytes) -> bytes:
    return _HEAD.pack(len(text), _check(number, text), number) + text


def _check(number: int, text: bytes) -> int:
    return zlib.crc32(text, zlib.crc32(number.to_bytes(8, "little")))
