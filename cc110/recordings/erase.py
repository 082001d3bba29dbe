"""The end of a recording, with a proof: what it was, who had it erased, when and why.

The intention is in the manifest before the file goes, and the deed after it has gone.
"""

import os
from contextlib import suppress
from dataclasses import replace
from typing import Final

from cc110.ports import Erased
from cc110.recordings.cipher import SUFFIX
from cc110.recordings.disk import sync_folder
from cc110.recordings.manifest import Entry, Kind, Row
from cc110.recordings.seal import Sealer, now_text

_HEADER: Final = 256
"""Covers what an encrypted file begins with: without its own key, the rest is noise."""
_LONGEST: Final = 500


def erase(sealer: Sealer, call_id: str, path: str, *, by: str, reason: str) -> Erased:
    """All steps, or those that are left.

    Raises:
        OSError, ValueError, StillOpen: it could not be done, or not all of it.
    """
    row = _listed(sealer, call_id, path)
    if row.entry.kind == "stored":
        row = _add(sealer, row.entry, "erasing", by=by, reason=reason)
    sealer.reached("erasing")
    if row.entry.kind == "erasing":
        _remove(sealer, path)
        sealer.reached("removed")
        row = _add(sealer, row.entry, "erased", by=row.entry.by, reason=row.entry.reason)
    sealer.reached("erased")
    return Erased(sha256=row.entry.audio_sha256, row=row.hash)


def _listed(sealer: Sealer, call_id: str, path: str) -> Row:
    """Its newest row; a recording of a version without manifest gets one now."""
    row = sealer.manifest.find(call_id, path)
    if row is None:
        sealer.seal(call_id, path)
        row = sealer.manifest.find(call_id, path)
    assert row
    return row


def _add(sealer: Sealer, entry: Entry, kind: Kind, *, by: str, reason: str) -> Row:
    said = replace(entry, kind=kind, by=by[:_LONGEST], reason=reason[:_LONGEST])
    return sealer.manifest.add(said, now_text())


def _remove(sealer: Sealer, path: str) -> None:
    """Both forms: a crash may have left the plain file beside the encrypted one."""
    with suppress(FileNotFoundError):
        descriptor = sealer.folder.open(path + SUFFIX, os.O_WRONLY)
        try:
            os.pwrite(descriptor, bytes(_HEADER), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    for name in (path, path + SUFFIX):
        (sealer.folder.root / name).unlink(missing_ok=True)
    sync_folder((sealer.folder.root / path).parent)
