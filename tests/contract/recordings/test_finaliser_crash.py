"""The finaliser is killed at every step, as a process of its own (R4)."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cc110.core.ids import CallId
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import Cipher, cipher_from, make_key
from cc110.recordings.export import export
from cc110.recordings.manifest import Row, lines, manifest_of, row_of
from cc110.recordings.verify import verify
from tests.unit.recordings.made import call, path_of, record, unclosed

PROGRAM = Path(__file__).with_name("step_by_step.py")
SEALING = ("closed", "hashed", "encrypted", "renamed", "listed", "sealed")
ERASING = ("erasing", "removed", "erased")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A recordings folder."""
    return tmp_path / "recordings"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The site's key."""
    make_key(tmp_path / "recordings.key")
    return tmp_path / "recordings.key"


def killed(root: Path, key: Path | str, what: str, steps: dict[str, CallId]) -> list[str]:
    """Do it to each call, with that step as the last one; the steps that were come to."""
    wanted = [f"{step}={call_id}" for step, call_id in steps.items()]
    words = [sys.executable, str(PROGRAM), str(root), str(key), what, *wanted]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def killed_pbx(file: Path) -> bytes:
    """A recording that nobody closed, a minute ago; what it is when it is mended."""
    whole = record(file, 0.5)
    file.write_bytes(unclosed(whole))
    os.utime(file, (time.time() - 60, time.time() - 60))
    return whole


def rows(root: Path) -> list[Row]:
    """What the month's manifest says, line by line."""
    return [row_of(line) for line in lines(manifest_of(root, "2026/08"))]


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_r4_a_finaliser_killed_at_any_step_goes_on_where_it_was(
    root: Path, key: Path, encrypted: bool
) -> None:
    """One row for each call, the hashes verify, the chain is whole, and nothing else lies around."""
    given = key if encrypted else ""
    steps = [one for one in SEALING if encrypted or one not in ("encrypted", "renamed")]
    calls = {step: call(number) for number, step in enumerate(steps)}
    audio = {call_id: killed_pbx(root / path_of(call_id)) for call_id in calls.values()}
    assert steps == killed(root, given, "seal", calls)
    keys = (lambda: cipher_from(key)) if encrypted else _no_key
    archive = Archive(root, keys)
    for call_id, whole in audio.items():
        await archive.finalise(call_id, path_of(call_id))
        target = root.parent / f"{call_id}.out"
        export(root, call_id, path_of(call_id), target, keys)
        assert target.read_bytes() == whole
    assert sorted(audio) == sorted(row.entry.call_id for row in rows(root))
    assert [] == list(verify(root, {}))
    suffix = ".wav.enc" if encrypted else ".wav"
    left = {f"{call_id}{suffix}" for call_id in audio}
    assert left == {file.name for file in (root / "2026/08/17").iterdir()}


async def test_r4_an_erasure_killed_at_any_step_is_finished(root: Path, key: Path) -> None:
    """The proof is there once, and the recording in no form."""
    calls = {step: call(number) for number, step in enumerate(ERASING)}
    for call_id in calls.values():
        record(root / path_of(call_id), 0.2)
        await Archive(root, lambda: cipher_from(key)).finalise(call_id, path_of(call_id))
    assert list(ERASING) == killed(root, key, "erase", calls)
    archive = Archive(root, lambda: cipher_from(key))
    for number in range(len(ERASING)):
        await archive.erase(call(number), path_of(call(number)), by="other", reason="other")
    assert [] == list((root / "2026/08/17").iterdir())
    assert [] == list(verify(root, {}))
    kinds = [row.entry.kind for row in rows(root)]
    assert {"stored": 3, "erasing": 3, "erased": 3} == {one: kinds.count(one) for one in kinds}


def _no_key() -> Cipher | None:
    return None
