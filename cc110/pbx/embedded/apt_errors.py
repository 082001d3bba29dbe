"""What apt and dpkg-deb say when they fail, turned into one sentence that says what to do."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING

from cc110.pbx.embedded.errors import (
    CacheNotWritable,
    DiskFull,
    DownloadDamaged,
    MirrorUnusable,
    NoNetwork,
    PackageMissing,
    PbxInstallError,
    SignatureFailed,
)

if TYPE_CHECKING:
    from pathlib import Path

# The first that matches decides. A full disk or an answer such as 404 also makes apt say "is not
# signed", so these come before the signature.
_CAUSES: tuple[tuple[str, type[PbxInstallError]], ...] = (
    (r"No space left on device|enough free space|Disk quota exceeded", DiskFull),
    (r"Permission denied|Read-only file system", CacheNotWritable),
    (r"Hash Sum mismatch|unexpected size|Hashes of", DownloadDamaged),
    (r"NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|signatures? (was|were|could|couldn)", SignatureFailed),
    (r"Clearsigned file isn't valid|NOSPLIT|does not have a Release file", MirrorUnusable),
    (r"\b[45]\d\d  [A-Z]|is not valid yet|Unable to find expected entry", MirrorUnusable),
    (r"[Rr]esolv|[Cc]ould not connect|[Cc]onnection (failed|timed out|refused)", NoNetwork),
    (r"Unable to connect|[Nn]etwork is unreachable|Read error|closed prematurely", NoNetwork),
    (r"is not signed|gpgv|sqv", SignatureFailed),
    (r"Unable to locate package|no installation candidate|unmet dependencies", PackageMissing),
)
_ADVICE: dict[type[PbxInstallError], str] = {
    NoNetwork: "The Debian mirror {mirror} cannot be reached ({said}): check the network, "
    "the proxy settings, or name another with `cc110 pbx install --mirror`.",
    MirrorUnusable: "The mirror {mirror} does not serve the Debian suite asked for ({said}): "
    "name another with `cc110 pbx install --mirror`.",
    SignatureFailed: "The archive at {mirror} is not signed with Debian's keys ({said}): "
    "name another mirror or renew the package debian-archive-keyring.",
    PackageMissing: "The Debian suite at {mirror} lacks a package ({said}): "
    "name another with `cc110 pbx install --suite`.",
    DownloadDamaged: "A package from {mirror} differs from its signed checksum ({said}): "
    "try again or name another with `cc110 pbx install --mirror`.",
}
_FULL = "{place} is full: free some space or set CC110_CACHE to a bigger disk."
_FEW_BYTES = 1_000_000
_FEW_FILES = 16


def translate(output: str, *, mirror: str) -> PbxInstallError:
    """Return the error that apt's `output`, in English, stands for."""
    for pattern, kind in _CAUSES:
        if found := re.search(pattern, output):
            said = _said(output, found.start())
            advice = _ADVICE.get(kind)
            return kind(advice and advice.format(mirror=mirror, said=said), detail=output)
    said = _said(output, len(output))
    return PbxInstallError(f"apt-get failed: {said or 'it gave no reason'}.", detail=output)


def disk_full(place: Path, output: str) -> DiskFull | None:
    """Return an error if the disk of `place` has no room left, for bytes or for files."""
    disk = os.statvfs(place)
    # Some disks have no limit of files and say 0. What apt gave back meanwhile is no room either.
    room_for_files = disk.f_favail >= _FEW_FILES or not disk.f_files
    if disk.f_bavail * disk.f_frsize >= _FEW_BYTES and room_for_files:
        return None
    return DiskFull(_FULL.format(place=place), detail=output)


def translate_os(error: OSError, *, place: Path) -> PbxInstallError:
    """Return the error that a failed write below `place` stands for."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(_FULL.format(place=place), detail=str(error))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        msg = f"{place} cannot be written: set CC110_CACHE to a directory of your own."
        return CacheNotWritable(msg, detail=str(error))
    return PbxInstallError(f"{place} cannot be used: {error.strerror or error}.", detail=str(error))


def _said(output: str, position: int) -> str:
    """Return the line around `position` without apt's marks and address."""
    start = output.rfind("\n", 0, position) + 1
    line = output[start:].split("\n", 1)[0] or output.strip().rsplit("\n", 1)[-1]
    return re.sub(r"^[EW]: (Failed to fetch \S+ +)?", "", line).strip().rstrip(".")
