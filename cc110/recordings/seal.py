"""From a file that the PBX has closed to a recording that is final.

The file stays where the PBX wrote it: nothing has to be moved, and a recording of which nobody heard
is found in its place. What makes it final is its row in the manifest. Each step may be the last one
before a crash: it changes nothing that the same step would not find or do again.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from cc110.ports import Sealed, StillOpen
from cc110.recordings.cipher import SUFFIX, Cipher
from cc110.recordings.disk import sync_folder, write_all
from cc110.recordings.folder import RecordingsFolder
from cc110.recordings.manifest import Entry, Manifest, Row
from cc110.recordings.wav import repair, wav_layout

SETTLED_S: Final = 2.5
"""The PBX writes every two seconds: a file that is older than this and not closed has lost its writer."""
_PIECE: Final = 1024 * 1024

Reached = Callable[[str], None]
"""Told after each step, by its name: where a crash may be tried."""
Keys = Callable[[], Cipher | None]
"""The site's keys, looked up when they are needed; None = recordings are not encrypted."""


@dataclass(frozen=True, kw_only=True)
class Sealer:
    """Makes recordings final."""

    folder: RecordingsFolder
    manifest: Manifest
    keys: Keys = lambda: None
    reached: Reached = lambda _: None

    def seal(self, call_id: str, path: str) -> Sealed:
        """All steps, or those that are left.

        Raises:
            FileNotFoundError, ValueError, StillOpen: as `ports.Recordings.finalise`.
            OSError: disk full, folder unwritable, key unusable.
        """
        row = self.manifest.find(call_id, path)
        if row and row.entry.kind != "stored":
            raise FileNotFoundError("it was erased")
        row = row or self._store(call_id, path)
        self._leave_one(path, row)
        entry = row.entry
        return Sealed(seconds=entry.seconds, sha256=entry.audio_sha256, repaired=entry.repaired)

    def _store(self, call_id: str, path: str) -> Row:
        repaired = self._close(path)
        self.reached("closed")
        seconds = self.folder.measure(path)
        audio = file_hash(self.folder, path)
        self.reached("hashed")
        cipher = self.keys()
        kept, sha256 = (path, audio) if cipher is None else self._encrypt(path, cipher)
        entry = Entry(
            kind="stored",
            call_id=call_id,
            path=kept,
            bytes=(self.folder.root / kept).stat().st_size,
            sha256=sha256,
            audio_sha256=audio,
            seconds=round(seconds, 3),
            key=cipher.key_name if cipher else "",
            repaired=repaired,
        )
        sync_folder((self.folder.root / path).parent)
        row = self.manifest.add(entry, now_text())
        self.reached("listed")
        return row

    def _close(self, path: str) -> bool:
        """Whole on the disk, and its header true. Returns whether that had to be written anew."""
        with os.fdopen(self.folder.open(path), "rb") as file:
            about = os.fstat(file.fileno())
            found = wav_layout(file, about.st_size)
            os.fsync(file.fileno())
        if found.is_closed or not found.there:
            return False
        if 0 <= time.time() - about.st_mtime < SETTLED_S:
            raise StillOpen
        descriptor = self.folder.open(path, os.O_RDWR)
        try:
            repair(descriptor, found)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def _encrypt(self, path: str, cipher: Cipher) -> tuple[str, str]:
        """Beside the plain file, which goes when the manifest has the encrypted one."""
        kept = path + SUFFIX
        target = self.folder.root / kept
        part = target.with_name(f".{target.name}.part")
        with os.fdopen(self.folder.open(path), "rb") as plain:
            sha256 = write_new(part, cipher.encrypt(plain))
        self.reached("encrypted")
        part.replace(target)
        self.reached("renamed")
        return kept, sha256

    def _leave_one(self, path: str, row: Row) -> None:
        """Where there is an encrypted file, the plain one goes."""
        plain = self.folder.root / path
        if row.entry.path != path and plain.exists():
            plain.unlink()
            sync_folder(plain.parent)
        self.reached("sealed")


def now_text() -> str:
    """Now, as the journal writes times."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_new(file: Path, pieces: Iterable[bytes]) -> str:
    """Write a file for its owner alone, on the disk when this returns; its SHA-256 in hex."""
    digest = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    try:
        for piece in pieces:
            digest.update(piece)
            write_all(descriptor, piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return digest.hexdigest()


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """A file, piece by piece."""
    while piece := file.read(_PIECE):
        yield piece


def file_hash(folder: RecordingsFolder, path: str) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with os.fdopen(folder.open(path), "rb") as file:
        for piece in pieces_of(file):
            digest.update(piece)
    return digest.hexdigest()
