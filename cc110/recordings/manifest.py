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
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from cc110.recordings.disk import sync_folder, write_all

NAME: Final = "manifest.jsonl"
START: Final = "0" * 64
_LONGEST: Final = 16 * 1024
_MONTHS: Final = 3
"""Months that are kept in memory: the present one, and what a purge works on."""

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


def manifest_of(root: Path, month: str) -> Path:
    """A month's manifest."""
    return root / month / NAME


def months(root: Path) -> list[str]:
    """Every month that has a manifest, the oldest first."""
    found = root.glob(f"[0-9][0-9][0-9][0-9]/[0-9][0-9]/{NAME}")
    return sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in found)


def lines(file: Path) -> Iterator[bytes]:
    """A manifest's whole lines; one that a crash cut off was never promised to anybody."""
    with file.open("rb") as manifest:
        while line := manifest.readline(_LONGEST):
            if line.endswith(b"\n"):
                yield line


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
    """One manifest in memory: its end, and the last row of each call."""

    def __init__(self, file: Path, prev: str) -> None:
        self.file = file
        self.seq = 0
        self.hash = prev
        self.end = 0
        self.newest: dict[str, Row] = {}
        if file.exists():
            for line in lines(file):
                self._take(line)

    def _take(self, line: bytes) -> None:
        """A damaged row is left to ``verify``; what follows goes on from the last sound one."""
        self.end += len(line)
        try:
            self.took(row_of(line))
        except RowDamaged:
            return

    def took(self, row: Row) -> None:
        self.seq, self.hash = row.seq, row.hash
        self.newest[row.entry.call_id] = row


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
        return self._month(month_of(path)).newest.get(call_id)

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
        month.end += len(line)
        row = Row(seq=month.seq + 1, at=at, entry=entry, prev=month.hash, hash=hash_)
        month.took(row)
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
