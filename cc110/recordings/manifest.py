"""The manifest: one line for each recording that was stored or erased, each chained to the one before.

``YYYY/MM/manifest.jsonl`` lies beside the recordings of its month, so that a month can be copied
away and checked with nothing but itself. Lines are only ever added. A row's ``hash`` is the SHA-256
of the ``hash`` before it, a line feed, and the row's line without ``hash``; the first row of a
month goes on from the last row of the month before, as it was then.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from cc110.recordings.disk import sync_folder, write_all

NAME: Final = "manifest.jsonl"
START: Final = "0" * 64
_LONGEST: Final = 16 * 1024
_PIECE: Final = 64 * 1024
_MONTHS: Final = 3
_DAYS: Final = 3
"""Of how many the rows' places are kept in memory: the present ones, and what a purge works on."""

Kind = Literal["stored", "erasing", "erased"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a row says of a recording."""

    kind: Kind
    call_id: str
    path: str
    """Of the file as it is stored, below the recordings folder."""
    bytes: int
    """Of the file as it is stored."""
    sha256: str
    """Of the file as it is stored."""
    audio_sha256: str
    """Of the WAV file; the same unless it is stored encrypted."""
    seconds: float
    key: str = ""
    """Which key it is encrypted with; empty = it is not."""
    repaired: bool = False
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a manifest."""

    seq: int
    at: str
    entry: Entry
    prev: str
    hash: str


class RowDamaged(ValueError):
    """The line is no row, or not the one that was written."""


def month_of(path: str) -> str:
    """The month that a recording belongs to: ``2026/08``."""
    return path[:7]


def day_of(path: str) -> str:
    """The day that a recording belongs to: ``2026/08/17``."""
    return path[:10]


def manifest_of(root: Path, month: str) -> Path:
    """A month's manifest."""
    return root / month / NAME


def months(root: Path) -> list[str]:
    """Every month that has a manifest, the oldest first."""
    found = root.glob(f"[0-9][0-9][0-9][0-9]/[0-9][0-9]/{NAME}")
    return sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in found)


def lines(file: Path) -> Iterator[bytes]:
    """A manifest's whole lines; one that a crash cut off was never promised to anybody."""
    return (line for _, line in _placed(file))


def _placed(file: Path) -> Iterator[tuple[int, bytes]]:
    """Where each of them begins, and the line."""
    at = 0
    with file.open("rb") as manifest:
        while line := manifest.readline(_LONGEST):
            if line.endswith(b"\n"):
                yield at, line
            at += len(line)


def row_of(line: bytes) -> Row:
    """Read a line.

    Raises:
        RowDamaged: it is no row, or its hash is not its own.
    """
    try:
        said: dict[str, Any] = json.loads(line)
        hash_ = said.pop("hash")
        top = {name: said[name] for name in ("seq", "at", "prev")}
        entry = Entry(**{one.name: said[one.name] for one in fields(Entry)})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RowDamaged("it is no row of a manifest") from error
    if hash_ != _hash(said["prev"], said):
        raise RowDamaged("it was changed: its hash is another")
    return Row(**top, entry=entry, hash=hash_)


def _hash(prev: str, said: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{prev}\n{_text(said)}".encode()).hexdigest()


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


class _Month:
    """One manifest: its end, and where the rows of the days are that somebody works on.

    Not the rows themselves: a month may have millions, and the daemon lives longer than that.
    """

    def __init__(self, file: Path, prev: str) -> None:
        self.file = file
        self.seq, self.hash = 0, prev
        self.end = 0
        """Behind the last whole line."""
        self._days: dict[str, dict[int, int]] = {}
        """By day, where each call's newest row begins; calls by hash, which is a third of their names' size."""
        if file.exists():
            self._find_the_end()

    def _find_the_end(self) -> None:
        """A damaged row is left to ``verify``; what follows goes on from the last sound one."""
        for at, line in _backwards(self.file):
            self.end = self.end or at + len(line)
            with suppress(RowDamaged):
                row = row_of(line)
                self.seq, self.hash = row.seq, row.hash
                return

    def find(self, call_id: str, day: str) -> Row | None:
        at = self._day(day).get(hash(call_id))
        if at is None:
            return None
        with self.file.open("rb") as manifest:
            manifest.seek(at)
            line = manifest.readline(_LONGEST)
        with suppress(RowDamaged):
            row = row_of(line)
            return row if row.entry.call_id == call_id else None
        return None

    def took(self, row: Row, line: bytes) -> None:
        day = self._days.get(day_of(row.entry.path))
        if day is not None:
            day[hash(row.entry.call_id)] = self.end
        self.seq, self.hash = row.seq, row.hash
        self.end += len(line)

    def _day(self, day: str) -> dict[int, int]:
        known = self._days.pop(day, None)
        if known is None:
            known = dict(self._rows_of(day))
        while len(self._days) >= _DAYS:
            self._days.pop(next(iter(self._days)))
        self._days[day] = known
        return known

    def _rows_of(self, day: str) -> Iterator[tuple[int, int]]:
        if not self.file.exists():
            return
        sign = f'"path":"{day}/'.encode()
        for at, line in _placed(self.file):
            if sign in line:
                with suppress(RowDamaged):
                    yield hash(row_of(line).entry.call_id), at


def _backwards(file: Path) -> Iterator[tuple[int, bytes]]:
    """Where each whole line begins, and the line, the last one first."""
    with file.open("rb") as manifest:
        at, rest = manifest.seek(0, os.SEEK_END), b""
        while at:
            step = min(at, _PIECE)
            at -= step
            manifest.seek(at)
            rest = manifest.read(step) + rest
            first = 0 if at == 0 else rest.find(b"\n") + 1
            if at and not first:
                continue
            whole = rest[first : rest.rfind(b"\n") + 1]
            end = at + first + len(whole)
            for line in reversed(whole.splitlines(keepends=True)):
                end -= len(line)
                yield end, line
            rest = rest[:first]


class Manifest:
    """The manifests of a recordings folder. One process writes: the one that writes the journal."""

    def __init__(self, root: Path) -> None:
        """Of this folder."""
        self._root = root
        self._months: dict[str, _Month] = {}

    def find(self, call_id: str, path: str) -> Row | None:
        """The last row of a call's recording.

        Raises:
            OSError: the manifest can't be read.
        """
        return self._month(month_of(path)).find(call_id, day_of(path))

    def add(self, entry: Entry, at: str) -> Row:
        """Add a row; it is on the disk when this returns.

        Raises:
            OSError: it could not be written; nothing was added.
        """
        month = self._month(month_of(entry.path))
        said = {"seq": month.seq + 1, "at": at, **asdict(entry), "prev": month.hash}
        hash_ = _hash(month.hash, said)
        line = (_text({**said, "hash": hash_}) + "\n").encode()
        try:
            _append(month.file, line, month.end)
        except OSError:
            self._months.pop(
                month_of(entry.path), None
            )  # look at what is there before the next row
            raise
        row = Row(seq=month.seq + 1, at=at, entry=entry, prev=month.hash, hash=hash_)
        month.took(row, line)
        return row

    def _month(self, month: str) -> _Month:
        known = self._months.pop(month, None) or self._read(month)
        while len(self._months) >= _MONTHS:
            self._months.pop(next(iter(self._months)))
        self._months[month] = known
        return known

    def _read(self, month: str) -> _Month:
        earlier = [one for one in months(self._root) if one < month]
        prev = last_hash(manifest_of(self._root, earlier[-1])) if earlier else START
        return _Month(manifest_of(self._root, month), prev)


def last_hash(file: Path) -> str:
    """The hash of a manifest's last sound row."""
    return _Month(file, START).hash


def _append(file: Path, line: bytes, end: int) -> None:
    """Behind the last whole line: what a crash or a full disk left of another is cut off."""
    is_new = not file.exists()
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    try:
        if b"\n" in os.pread(descriptor, _LONGEST, end):
            raise OSError(errno.EBUSY, "somebody else wrote into the manifest", str(file))
        os.ftruncate(descriptor, end)
        os.lseek(descriptor, end, os.SEEK_SET)
        write_all(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(file.parent)
