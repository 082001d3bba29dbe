"""The finaliser is killed at every step, as a process of its own (R4)."""

import os
import signal
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


def killed(root: Path, key: Path | str, step: str, what: str, call_id: CallId) -> bool:
    """Run it with that step as its last one; True when it came so far."""
    words = [sys.executable, str(PROGRAM), str(root), str(key), step, what, call_id]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == -signal.SIGKILL


def old(file: Path) -> None:
    """Nobody has written to it for a minute."""
    os.utime(file, (time.time() - 60, time.time() - 60))


def rows(root: Path) -> list[Row]:
    """What the month's manifest says, line by line."""
    return [row_of(line) for line in lines(manifest_of(root, "2026/08"))]


def cut_off(root: Path) -> None:
    """What a crash in the middle of a write leaves behind the last row."""
    manifest = manifest_of(root, "2026/08")
    if manifest.exists():
        with manifest.open("ab") as file:
            file.write(b'{"seq":99,"at":"20')


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_r4_a_finaliser_killed_at_any_step_goes_on_where_it_was(
    root: Path, key: Path, encrypted: bool
) -> None:
    """One row for each call, the hashes verify, the chain is whole, and nothing else lies around."""
    given = key if encrypted else ""
    steps = [one for one in SEALING if encrypted or one not in ("encrypted", "renamed")]
    audio = {}
    for number, step in enumerate(steps):
        file = root / path_of(call(number))
        audio[call(number)] = record(file, 0.5)
        file.write_bytes(unclosed(audio[call(number)]))
        old(file)
        assert killed(root, given, step, "seal", call(number))
        cut_off(root)
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
    for number, step in enumerate(ERASING):
        record(root / path_of(call(number)), 0.2)
        await Archive(root, lambda: cipher_from(key)).finalise(call(number), path_of(call(number)))
        assert killed(root, key, step, "erase", call(number))
        cut_off(root)
    archive = Archive(root, lambda: cipher_from(key))
    for number in range(len(ERASING)):
        await archive.erase(call(number), path_of(call(number)), by="other", reason="other")
    assert [] == list((root / "2026/08/17").iterdir())
    assert [] == list(verify(root, {}))
    kinds = [row.entry.kind for row in rows(root)]
    assert {"stored": 3, "erasing": 3, "erased": 3} == {one: kinds.count(one) for one in kinds}


def _no_key() -> Cipher | None:
    return None
