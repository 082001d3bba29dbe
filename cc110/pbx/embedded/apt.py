"""A private apt: Debian's own downloader and signature check, away from the machine's packages.

Its package database is empty, so every dependency down to the C library is fetched, and nothing
here touches or depends on what is installed. Proxy and credential settings of the machine's own
apt still apply, as do `http_proxy` and the like (apt.conf(5), sources.list(5)).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote

from cc110.pbx.embedded.apt_config import DebianSource, options, write_config
from cc110.pbx.embedded.apt_errors import disk_full, translate
from cc110.pbx.embedded.bundles import MEGABYTE
from cc110.pbx.embedded.children import ended
from cc110.pbx.embedded.errors import AptMissing, DownloadDamaged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cc110.pbx.embedded.machine import Cpu
    from cc110.pbx.embedded.progress import Progress

_PLANNED = re.compile(r"'[^']+' (?P<file>\S+) (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]+)")
_STATUS = re.compile(r"dlstatus:\d+:(?P<percent>[\d.]+):")


@dataclass(frozen=True, kw_only=True)
class Deb:
    """One package file, as the signed index describes it. `size` is in bytes."""

    file: str
    size: int
    sha256: str

    @property
    def package(self) -> str:
        """The package's name."""
        return self.file.split("_")[0]

    @property
    def version(self) -> str:
        """The package's Debian version."""
        return unquote(self.file.split("_")[1])


class PrivateApt:
    """apt-get with lists, archives and package database of its own under `home`."""

    def __init__(self, home: Path, source: DebianSource, cpu: Cpu, *, lock: int) -> None:
        """Write the configuration under `home`.

        The open file `lock` is inherited by every apt-get, so that a lock on it lasts until the
        last of them has ended, even when this process is killed.
        Raises AptMissing, KeyringMissing or MirrorUnusable.
        """
        _require_programs("apt-get", "dpkg-deb", "tar")
        write_config(home, source, cpu)
        self.archives = home / "archives"
        self._home = home
        self._source = source
        self._lock = lock

    def update(self, progress: Progress) -> None:
        """Fetch the suite's index and check its signature. Raises PbxInstallError."""
        progress.phase(f"Reading the package list of Debian {self._source.suite}", 100)
        # A mirror that does not answer is tried twice, which takes about half a minute.
        once_more = "--option=Acquire::Retries=1"
        self._run([once_more, "update", "--error-on=any"], _share(progress, 100))

    def plan(self, packages: Sequence[str]) -> tuple[Deb, ...]:
        """Return all that `packages` need, themselves included, by the index at hand.

        Raises PackageMissing or another PbxInstallError.
        """
        with tempfile.TemporaryDirectory(dir=self._home) as empty:
            # apt leaves out what its archive directory already has.
            nowhere = f"Dir::Cache::archives={empty}"
            lines = self._run(["-o", nowhere, "-qq", "--print-uris", "install", *packages])
        found = filter(None, map(_PLANNED.match, lines.splitlines()))
        return tuple(
            Deb(file=hit["file"], size=int(hit["size"]), sha256=hit["sha256"]) for hit in found
        )

    def missing(self, debs: Sequence[Deb]) -> tuple[Deb, ...]:
        """Return those of `debs` that are not in the archives as the index describes them."""
        return tuple(deb for deb in debs if not _is_whole(self.archives / deb.file, deb))

    def download(self, packages: Sequence[str], debs: Sequence[Deb], progress: Progress) -> None:
        """Fetch what is missing of `debs` into the archives. Raises PbxInstallError."""
        missing = self.missing(debs)
        if not missing:
            return
        for deb in missing:
            # apt takes a file of the right length for the right file.
            (self.archives / deb.file).unlink(missing_ok=True)
        size = sum(deb.size for deb in missing)
        progress.phase(f"Downloading {len(missing)} packages, {size / MEGABYTE:.0f} MB", size)
        self._run(["--download-only", "install", *packages], _share(progress, size))
        if damaged := self.missing(missing):
            msg = f"{damaged[0].file} differs from its signed checksum: use another mirror."
            raise DownloadDamaged(msg)

    def _run(self, arguments: Sequence[str], report: Callable[[float], None] | None = None) -> str:
        """Run apt-get and return what it printed."""
        with self._file() as out, self._file() as err:
            code = self._follow(arguments, out, err, report)
            out.seek(0)
            err.seek(0)
            if not code:
                return out.read()
            said = err.read() or out.read()
        # On a full disk apt may blame the mirror for a file that it could not write itself.
        raise disk_full(self._home, said) or translate(said, mirror=self._source.mirror)

    def _file(self) -> IO[str]:
        return tempfile.TemporaryFile("w+", dir=self._home)

    def _follow(
        self,
        arguments: Sequence[str],
        out: IO[str],
        err: IO[str],
        report: Callable[[float], None] | None,
    ) -> int:
        """Run apt-get, pass its progress on, and return its exit code."""
        reading, writing = os.pipe()
        command = ["apt-get", *options(self._home), f"--option=APT::Status-Fd={writing}"]
        with os.fdopen(reading) as status:
            try:
                process = subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    pass_fds=(writing, self._lock),
                    env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
                )
            finally:
                os.close(writing)
            with ended(process):
                for line in status:
                    _report(line, report)
                return process.wait()


def _require_programs(*names: str) -> None:
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        msg = (
            f"This machine has no {' and no '.join(missing)}, which unpacking the PBX takes: "
            "use Debian, install Asterisk 22.10.1 or later, or use docker/."
        )
        raise AptMissing(msg)


def _share(progress: Progress, total: int) -> Callable[[float], None]:
    """Return a function that takes apt's percentage and advances a phase of `total` units."""
    done = 0

    def report(percent: float) -> None:
        nonlocal done
        now = int(total * percent / 100)
        # The percentage falls when apt learns of another file to fetch.
        if now > done:
            progress.advance(now - done)
            done = now

    return report


def _report(line: str, report: Callable[[float], None] | None) -> None:
    if report and (status := _STATUS.match(line)):
        report(float(status["percent"]))


def _is_whole(file: Path, deb: Deb) -> bool:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == deb.sha256
    except FileNotFoundError:
        return False
