"""The machine: Python, packages, processor, tools, the unpacked PBX, disks."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from re import match
from typing import Final

from cc110.cli.health.finding import Finding, fail, ok, split, warn
from cc110.config.model import Paths
from cc110.pbx.embedded.apt_config import KEYRINGS
from cc110.pbx.embedded.errors import NotInstalled, PbxError
from cc110.pbx.embedded.install import find, verify
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.machine import this_cpu
from cc110.pbx.embedded.progress import NoProgress

OLDEST: Final = (3, 11)
_TOOLS: Final = ("apt-get", "dpkg-deb", "tar")
_GIGABYTE: Final = 1_000_000_000
_SCARCE_GB: Final = 10.0
_EMPTY_GB: Final = 1.0
_HOUR_GB: Final = 8000 * 2 * 3600 / _GIGABYTE
"""One hour of a recorded call: 8000 samples of 16 bits a second."""


def look_at_machine(paths: Paths) -> Iterator[Finding]:
    """Every finding about the machine."""
    yield python(sys.version_info[:3])
    yield packages()
    installation = _installation(paths.cache)
    yield from unpacking(installation)
    yield pbx(installation, paths.cache)
    yield writable(paths.home)
    yield disk(paths.recordings)


def python(version: tuple[int, ...]) -> Finding:
    """Whether this Python will do."""
    text = ".".join(map(str, version))
    if version[:2] >= OLDEST:
        return ok("Python", text)
    wanted = ".".join(map(str, OLDEST))
    return fail("Python", f"{text}, and {wanted} is needed", f"install Python {wanted} or later")


def packages() -> Finding:
    """Whether every package that cc110 names is installed."""
    try:
        names = [_name(one) for one in metadata.requires("cc110") or () if "extra ==" not in one]
    except metadata.PackageNotFoundError:
        return warn("Packages", "cc110 itself is not installed", "run `make run` in the checkout")
    missing = [name for name in names if not _is_there(name)]
    if missing:
        return fail("Packages", f"missing: {', '.join(missing)}", "run `make run` in the checkout")
    return ok("Packages", f"all {len(names)} are installed")


def unpacking(found: Installation | PbxError) -> Iterator[Finding]:
    """Whether the PBX could be unpacked here; it matters only as long as there is none."""
    needed = fail if isinstance(found, PbxError) else warn
    try:
        yield ok("Processor", this_cpu().debian)
    except PbxError as error:
        yield needed("Processor", *split(str(error)))
    missing = [name for name in _TOOLS if shutil.which(name) is None]
    missing += [] if any(file.is_file() for file in KEYRINGS) else ["debian-archive-keyring"]
    if missing:
        advice = "install them, or Asterisk 22.10.1 or later, or use docker/"
        yield needed("Unpacking tools", f"missing: {', '.join(missing)}", advice)
    else:
        yield ok("Unpacking tools", "apt-get, dpkg-deb, tar and Debian's keys are here")


def pbx(found: Installation | PbxError, cache: Path) -> Finding:
    """Whether Asterisk is there and is what was unpacked, byte by byte."""
    if isinstance(found, NotInstalled):
        return warn("Asterisk", "not unpacked yet", "`cc110 run` or `cc110 pbx install` does it")
    if isinstance(found, PbxError):
        return fail("Asterisk", *split(str(found)))
    if found.origin == "embedded" and (damage := verify(cache, NoProgress())):
        return fail("Asterisk", *split(str(damage[0])))
    place = "of this machine" if found.origin == "system" else f"in {cache}, every file verified"
    return ok("Asterisk", f"{found.version}, {place}")


def writable(home: Path) -> Finding:
    """Whether cc110 may write where it writes."""
    there = _nearest(home)
    if os.access(there, os.W_OK | os.X_OK):
        return ok("CC110_HOME", str(home))
    return fail("CC110_HOME", f"{there} can't be written", "set CC110_HOME to a folder of your own")


def disk(recordings: Path) -> Finding:
    """Whether there is room for recordings."""
    free = shutil.disk_usage(_nearest(recordings)).free / _GIGABYTE
    said = f"{free:.1f} GB free, about {free / _HOUR_GB:,.0f} hours of calls"
    advice = f"free some space, or put `folder` in [recordings] on another disk than {recordings}"
    if free < _EMPTY_GB:
        return fail("Recordings disk", said, advice)
    return (
        warn("Recordings disk", said, advice) if free < _SCARCE_GB else ok("Recordings disk", said)
    )


def _installation(cache: Path) -> Installation | PbxError:
    try:
        return find(cache)
    except PbxError as error:
        return error


def _name(requirement: str) -> str:
    found = match(r"[A-Za-z0-9._-]+", requirement)
    return found[0] if found else requirement


def _is_there(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _nearest(path: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    return next(one for one in (path, *path.parents) if one.is_dir())
