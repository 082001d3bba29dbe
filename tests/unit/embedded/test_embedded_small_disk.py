"""Disks that are full or that no program may run from: real ones, mounted for one test."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.embedded.test_embedded_faults import installer

if TYPE_CHECKING:
    from tests.unit.embedded.conftest import Lab

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def may_mount() -> bool:
    """Whether this user may mount a disk in a name space of its own."""
    trial = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(trial, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not may_mount(), reason="this user may not mount anything")


def on_disk(lab: Lab, options: str) -> str:
    """Install onto a new disk with these mount options; return what was said on standard error."""
    lab.cache.mkdir()
    script = 'cache=$1; shift; mount -t tmpfs -o "$0" none "$cache" && exec "$@"'
    command = [*NAMESPACE, "sh", "-c", script, options, str(lab.cache), *installer(lab)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@needs_mount
def test_a_small_disk_is_refused_before_anything_is_fetched(lab: Lab) -> None:
    """A disk of 50 MB cannot take an Asterisk."""
    said = on_disk(lab, "size=50m")

    assert "DiskFull" in said
    assert "MB free and 600 MB are needed" in said
    assert lab.mirror.asked == []


@needs_mount
@needs_mount
def test_a_disk_mounted_noexec_is_said(lab: Lab) -> None:
    """What was unpacked there could never run."""
    said = on_disk(lab, "size=700m,noexec")

    assert "CacheNotExecutable" in said
    assert "noexec" in said


@needs_mount
@pytest.mark.parametrize("inodes", [5, 13, 14, 15, 16, 17, 25, 33, 40])
def test_a_disk_that_fills_up_meanwhile_is_said(lab: Lab, inodes: int) -> None:
    """Another program may take the space at any moment: here files run out at several."""
    said = on_disk(lab, f"size=700m,nr_inodes={inodes}")

    assert "DiskFull" in said
    assert "CC110_CACHE" in said
