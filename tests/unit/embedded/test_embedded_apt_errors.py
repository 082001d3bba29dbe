"""What apt printed in real failures, and what it is taken for."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from cc110.pbx.embedded import errors
from cc110.pbx.embedded.apt_errors import translate, translate_os

MIRROR = "http://mirror.invalid/debian"
FETCH = f"E: Failed to fetch {MIRROR}/dists/forky/InRelease  "
SOME = "\nE: Some index files failed to download. They have been ignored, or old ones used instead."
UNSIGNED = f"\nE: The repository '{MIRROR} forky InRelease' is not signed."
SAID = [
    (f"{FETCH}Could not resolve 'mirror.invalid'{SOME}", errors.NoNetwork),
    (f"{FETCH}Temporary failure resolving 'mirror.invalid'{SOME}", errors.NoNetwork),
    (
        f"{FETCH}Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)"
        f"{SOME}",
        errors.NoNetwork,
    ),
    (
        f"{FETCH}Cannot initiate the connection (::1). - connect (101: Network is unreachable)",
        errors.NoNetwork,
    ),
    (f"{FETCH}Connection timed out [IP: 192.0.2.1 80]{SOME}", errors.NoNetwork),
    (f"{FETCH}400  Bad Request [IP: 203.0.113.80 80]{UNSIGNED}", errors.MirrorUnusable),
    (
        f"E: The repository '{MIRROR} forky Release' does not have a Release file.",
        errors.MirrorUnusable,
    ),
    (
        "W: GPG error: x forky InRelease: The following signatures couldn't be verified because the"
        f" public key is not available: NO_PUBKEY 6ED0E7B82643E131{UNSIGNED}",
        errors.SignatureFailed,
    ),
    (
        f"W: GPG error: x: gpgv, gpgv2 or gpgv1 required for verification{UNSIGNED}",
        errors.SignatureFailed,
    ),
    ("E: Unable to locate package asterisk", errors.PackageMissing),
    (f"{FETCH}Hash Sum mismatch\n   Hashes of expected file:", errors.DownloadDamaged),
    ("E: You don't have enough free space in /x/archives/.", errors.DiskFull),
    (
        f"E: Failed to fetch x  Error writing - write (28: No space left on device){UNSIGNED}",
        errors.DiskFull,
    ),
    (
        "E: Unable to mkstemp /x/GZPLTo - GetTempFile (13: Permission denied)",
        errors.CacheNotWritable,
    ),
]


@pytest.mark.parametrize(("output", "kind"), SAID)
def test_a_failure_of_apt_is_told_by_its_cause(
    output: str, kind: type[errors.PbxInstallError]
) -> None:
    """The first cause counts, not what apt concludes from it."""
    error = translate(output, mirror=MIRROR)

    assert type(error) is kind
    assert error.detail == output


@pytest.mark.parametrize(("output", "kind"), SAID)
def test_a_failure_of_apt_is_one_sentence(output: str, kind: type[errors.PbxInstallError]) -> None:
    """One line, ending with a full stop, with advice after a colon."""
    said = str(translate(output, mirror=MIRROR))

    assert re.fullmatch(r"[A-Z][^\n]+: [^\n]+\.", said)


def test_a_failure_nobody_foresaw_carries_apts_last_line() -> None:
    """Nothing is hidden behind a general message."""
    error = translate("W: first\nE: the moon is full.\n", mirror=MIRROR)

    assert str(error) == "apt-get failed: the moon is full."


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, errors.DiskFull),
        (errno.EDQUOT, errors.DiskFull),
        (errno.EROFS, errors.CacheNotWritable),
        (errno.EACCES, errors.CacheNotWritable),
        (errno.ENOTDIR, errors.PbxInstallError),
    ],
)
def test_a_failed_write_is_told_by_its_number(
    number: int, kind: type[errors.PbxInstallError]
) -> None:
    """The message names the place."""
    error = translate_os(OSError(number, "words"), place=Path("/cache/pbx"))

    assert type(error) is kind
    assert str(error).startswith("/cache/pbx ")


@pytest.mark.parametrize(
    "kind",
    [kind for kind in vars(errors).values() if isinstance(kind, type)],
)
def test_each_error_says_something_by_itself(kind: type[Exception]) -> None:
    """An error raised without words has its docstring, one sentence, as its message."""
    assert re.fullmatch(r"[^\n]+[.?]", str(kind()))
