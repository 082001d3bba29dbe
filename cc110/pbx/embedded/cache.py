"""Where unpacked programs lie: one directory each, complete or not there at all.

Below `<cache>/pbx`: `asterisk-amd64/` and the like, each with its manifest, its tree `root/` and a
starter in `bin/`; `apt/` with the packages fetched, so that nothing is fetched twice and a damaged
tree can be unpacked again without a network; `.partial-*` while an installation is under way.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cc110.pbx.embedded.bundles import MEGABYTE
from cc110.pbx.embedded.errors import CacheInUse, DiskFull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cc110.pbx.embedded.progress import Progress

_PARTIAL = ".partial-"


@contextmanager
def locked(home: Path, progress: Progress) -> Iterator[int]:
    """Hold the one lock on the cache `home`; yield its open file. Says so when it has to wait."""
    home.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
            progress.phase(f"Waiting for another installation to end (process {holder})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield lock
    finally:
        os.close(lock)


@contextmanager
def partial(home: Path) -> Iterator[Path]:
    """Make a directory to unpack into, and remove whatever is left of it. Needs the lock."""
    place = home / f"{_PARTIAL}{secrets.token_hex(4)}"
    place.mkdir()
    try:
        yield place
    finally:
        sweep(home)


def sweep(home: Path) -> None:
    """Remove what installations that were killed have left. Needs the lock."""
    for left in home.glob(f"{_PARTIAL}*"):
        shutil.rmtree(left)


def publish(finished: Path, place: Path) -> None:
    """Put the directory `finished` at `place`, instead of what may be there. Needs the lock.

    After a power cut there is either all of it or nothing.
    """
    subprocess.run(["sync", "--file-system", str(finished)], check=True)
    if place.exists():
        place.rename(place.with_name(f"{_PARTIAL}{secrets.token_hex(4)}"))
    finished.rename(place)
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def require_space(home: Path, needed: int) -> None:
    """Raise DiskFull unless `needed` bytes are free for this user in `home`."""
    free = shutil.disk_usage(home).free
    if free < needed:
        msg = (
            f"{home} has {free // MEGABYTE} MB free and {needed // MEGABYTE} MB are needed: "
            "free some space or set CC110_CACHE to a bigger disk."
        )
        raise DiskFull(msg)


def require_idle(home: Path) -> None:
    """Raise CacheInUse if a program, as far as this user can see, runs from `home`."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "exe").readlink().is_relative_to(home.resolve()):
                msg = f"Process {process.name} still runs from {home}: stop it first."
                raise CacheInUse(msg)
