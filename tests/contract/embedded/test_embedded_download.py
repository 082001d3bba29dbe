"""Debian's own archive: fetched, unpacked and run for real."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.apt_config import DebianSource
from cc110.pbx.embedded.bundles import SIPP
from cc110.pbx.embedded.install import install, verify
from cc110.pbx.embedded.machine import this_cpu
from cc110.pbx.embedded.progress import NoProgress
from cc110.pbx.embedded.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.pbx


@pytest.mark.slow
def test_sipp_from_debian_runs_from_a_fresh_cache(tmp_path: Path) -> None:
    """Signature, download and unpacking work with the real archive, in less than 120 s."""
    before = time.monotonic()
    store = Store(tmp_path, DebianSource(), this_cpu())
    store.ensure([SIPP], NoProgress())
    said = subprocess.run([*store.command(SIPP), "-v"], capture_output=True, check=False).stdout

    assert b"SIPp v3." in said
    assert verify(tmp_path, NoProgress()) == ()
    assert time.monotonic() - before < 120


def test_all_bundles_run_together(cache: Path, tmp_path: Path) -> None:
    """Asterisk, SIPp and espeak-ng with its Indonesian voice."""
    bundles = ("asterisk", "sipp", "espeak-ng")
    found = install(cache, bundles=bundles, progress=NoProgress())
    speech = tmp_path / "speech.wav"
    saying = [*found.tool("espeak-ng"), "-v", "id", "-w", str(speech), "selamat pagi"]
    subprocess.run(saying, check=True)

    assert speech.stat().st_size > 10_000
    assert (found.modules_dir / "res_pjsip.so").is_file()
