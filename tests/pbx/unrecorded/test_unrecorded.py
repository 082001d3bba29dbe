"""The disk for recordings is full, or can't be written: calls go on, and each is flagged while it lives.

Requirements R2 and R3. The recordings are on a small file system of their own, which needs root.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cc110.recordings.verify import Fault, verify

from ...control_room import ControlRoom, open_room
from ..hearing import in_talk
from ..scene import all_over, dial, talk
from ..story import Story

pytestmark = pytest.mark.timeout(90)
FLAGGED_S = 5.0
DISK_MB = 16


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A file system of 16 MB, or a skipped test."""
    folder = Path(tempfile.mkdtemp(prefix="cc110-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "cc110-test", str(folder)]
    try:
        tried = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        tried = subprocess.CompletedProcess(words, 1, "", "there is no mount command")
    if tried.returncode:
        folder.rmdir()
        pytest.skip(f"no small file system could be mounted here: {tried.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def own_room(disk: Path) -> AsyncIterator[ControlRoom]:
    """A control room that records onto the small file system."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    quick = {"queue__wrap_up_s": 0, "blocklist__way_out": "reject"}
    try:
        async with open_room(home, **quick, recordings__folder=disk) as room:
            yield room
    finally:
        shutil.rmtree(home)


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


async def test_r2_a_call_on_a_full_disk_goes_on_is_flagged_and_recorded_again(
    own_room: ControlRoom, disk: Path
) -> None:
    """Space comes back: so does the recording, by itself, and what it lacks is told."""
    scene = await talk(own_room)
    await scene.call.heard(2.5)

    ballast = fill(disk)
    full_at = time.monotonic()
    stalled = await scene.story.told("RecordingStalled", timeout=FLAGGED_S)
    flagged_s = time.monotonic() - full_at
    print(f"flagged after {flagged_s:.1f} s")
    assert "the disk is full" == stalled.reason
    assert "LIVE CALL IS NOT RECORDED" in own_room.daemon.said()
    assert await in_talk(caller=scene.call, operator=scene.desk)
    await scene.call.heard(1.5)  # so that more is lacking than a packet or two

    ballast.unlink()
    resumed = await scene.story.told("RecordingResumed")
    assert 0 < resumed.stalled_s < FLAGGED_S
    await scene.call.hangup()
    await all_over(scene.desk)
    final = await scene.story.told("RecordingFinalised", timeout=8)
    assert final.missing_s > 0
    log = own_room.config.paths.pbx / "log" / "messages.log"
    assert log.stat().st_size < 1024 * 1024


async def test_r3_a_call_without_a_recorder_goes_on_and_is_flagged(
    own_room: ControlRoom, disk: Path
) -> None:
    """The folder can't be made: a file is in its place. The next call is recorded as if nothing had been."""
    years = [one for one in disk.iterdir() if one.name.isdigit()]
    for year in years:
        year.rename(disk / f"away-{year.name}")
        year.write_text("in the way")
    story = await Story.begin(own_room, "6280000000111")
    caller = await own_room.caller()
    began = time.monotonic()
    call = await dial(own_room, caller, "6280000000111")
    stalled = await story.told("RecordingStalled", timeout=FLAGGED_S)
    print(f"flagged {time.monotonic() - began:.1f} s after the caller dialled")
    assert "there is no file" == stalled.reason
    await call.hangup()
    await story.told("RecordingMissing", timeout=6)

    for year in years:
        year.unlink()
        (disk / f"away-{year.name}").rename(year)
    again = await Story.begin(own_room, "6280000000112")
    call = await dial(own_room, caller, "6280000000112")
    await call.heard(1.0)
    await call.hangup()
    final = await again.told("RecordingFinalised", timeout=6)
    assert 0 == final.missing_s
    assert [] == [one for one in verify(disk, {}) if one.fault is not Fault.NOT_LISTED]
