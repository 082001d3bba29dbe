"""The recordings folder and the length of what is in it."""

import os
import struct
import wave
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc110.recordings.folder import PathRefused, RecordingsFolder

pytestmark = pytest.mark.asyncio

PATH = "2026/08/17/call.wav"
RATE = 8000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A recordings folder with a day's folder in it."""
    (tmp_path / "recordings" / PATH).parent.mkdir(parents=True)
    return tmp_path / "recordings"


@pytest.fixture
def folder(root: Path) -> RecordingsFolder:
    """The folder as the service sees it."""
    return RecordingsFolder(root)


def record(file: Path, seconds: float) -> bytes:
    """A closed recording as the PBX writes it: 8 kHz, 16 bit, mono."""
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"\x01\x00" * int(seconds * RATE))
    return file.read_bytes()


def unclosed(whole: bytes) -> bytes:
    """The same file when its writer was killed: both lengths are still 0."""
    return whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:]


def open_files() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_closed_recordings_length_is_told(root: Path, folder: RecordingsFolder) -> None:
    """Header and file agree."""
    record(root / PATH, 2.5)

    assert 2.5 == await folder.seconds(PATH)


async def test_a_killed_pbx_leaves_a_recording_of_full_length(
    root: Path, folder: RecordingsFolder
) -> None:
    """With lengths of 0 in the header, the file's size tells."""
    (root / PATH).write_bytes(unclosed(record(root / PATH, 2.5)))

    assert 2.5 == await folder.seconds(PATH)


async def test_a_header_that_promises_more_than_there_is_does_not_count(
    root: Path, folder: RecordingsFolder
) -> None:
    """A file cut off on a full disk is as long as what is there."""
    (root / PATH).write_bytes(record(root / PATH, 10.0)[: 44 + RATE * 2])

    assert 1.0 == await folder.seconds(PATH)


async def test_what_follows_the_audio_is_no_audio(root: Path, folder: RecordingsFolder) -> None:
    """Chunks before and after the data are passed over, with their padding."""
    whole = record(root / PATH, 1.0)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    (root / PATH).write_bytes(whole[:12] + odd + whole[12:] + odd)

    assert 1.0 == await folder.seconds(PATH)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda whole: b"", "ends within its header"),
        (lambda whole: whole[:30], "ends within its header"),
        (lambda whole: whole[:44], "nothing but a header"),
        (lambda whole: unclosed(whole)[:44], "nothing but a header"),
        (lambda whole: b"ID3" + whole, "not a WAV file"),
        (lambda whole: whole[:8] + b"AVI " + whole[12:], "not a WAV file"),
        (lambda whole: whole[:12] + whole[36:], "without a format"),
        (lambda whole: whole[:28] + bytes(4) + whole[32:], "without a format"),
        (lambda whole: whole[:12] + (b"junk" + bytes(4)) * 100, "without audio"),
    ],
)
async def test_what_is_no_recording_is_refused(
    root: Path, folder: RecordingsFolder, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    """A header alone, an empty file, another format: each with its reason."""
    (root / PATH).write_bytes(spoil(record(root / PATH, 1.0)))

    with pytest.raises(ValueError, match=reason):
        await folder.seconds(PATH)


@settings(max_examples=200)
@given(junk=st.binary(max_size=200), keep=st.integers(0, 60))
async def test_no_file_content_ends_in_anything_but_a_length_or_a_value_error(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, keep: int
) -> None:
    """Damaged files never crash, never give a negative or endless length."""
    root = tmp_path_factory.mktemp("junk")
    whole = record(root / "a.wav", 0.01)
    (root / "a.wav").write_bytes(whole[:keep] + junk)

    try:
        seconds = await RecordingsFolder(root).seconds("a.wav")
    except ValueError:
        return
    assert 0 < seconds <= 260


async def test_a_recording_that_is_not_there_is_told_apart(folder: RecordingsFolder) -> None:
    """No file and no folder give the same, usual error."""
    with pytest.raises(FileNotFoundError):
        await folder.seconds(PATH)
    with pytest.raises(FileNotFoundError):
        await folder.seconds("1999/01/01/call.wav")


@pytest.mark.parametrize(
    "path",
    ["../secret.wav", "2026/../../secret.wav", "2026/08/../../../secret.wav", "", ".", "a\0b.wav"],
)
async def test_a_path_that_leaves_the_folder_is_refused(
    root: Path, folder: RecordingsFolder, path: str
) -> None:
    """What lies beside the folder can't even be measured."""
    record(root.parent / "secret.wav", 1.0)

    with pytest.raises(PathRefused):
        await folder.seconds(path)


async def test_an_absolute_path_is_refused(root: Path, folder: RecordingsFolder) -> None:
    """Also when it names a file in the folder."""
    record(root / PATH, 1.0)

    with pytest.raises(PathRefused):
        await folder.seconds(str(root / PATH))


async def test_a_link_in_a_files_place_is_refused(root: Path, folder: RecordingsFolder) -> None:
    """A link could lead anywhere."""
    record(root.parent / "secret.wav", 1.0)
    (root / PATH).symlink_to(root.parent / "secret.wav")

    with pytest.raises(PathRefused, match="symbolic link"):
        await folder.seconds(PATH)


async def test_a_link_in_a_folders_place_is_refused(root: Path, folder: RecordingsFolder) -> None:
    """Neither the last step nor one on the way may be a link."""
    record(root.parent / "secret.wav", 1.0)
    (root / "2027").symlink_to(root.parent, target_is_directory=True)

    with pytest.raises(PathRefused, match="symbolic link"):
        await folder.seconds("2027/secret.wav")


async def test_the_folder_itself_may_be_a_link(root: Path) -> None:
    """Where the folder lies is the administrator's choice."""
    record(root / PATH, 1.0)
    (root.parent / "disk2").symlink_to(root)

    assert 1.0 == await RecordingsFolder(root.parent / "disk2").seconds(PATH)


async def test_neither_a_folder_nor_a_pipe_is_a_recording(
    root: Path, folder: RecordingsFolder
) -> None:
    """A pipe in a file's place doesn't hang the service."""
    os.mkfifo(root / PATH)
    for path in (PATH, "2026"):
        with pytest.raises(ValueError, match="not a file"):
            await folder.seconds(path)
    with pytest.raises(ValueError, match="Not a directory"):
        await folder.seconds(PATH + "/deeper.wav")


async def test_no_file_stays_open(root: Path, folder: RecordingsFolder) -> None:
    """Whatever comes out, the number of open files is as before."""
    record(root / PATH, 1.0)
    (root / "short.wav").write_bytes(b"RIFF")
    (root / "link.wav").symlink_to("short.wav")
    await folder.seconds(PATH)
    before = open_files()
    for path in (PATH, "short.wav", "link.wav", "2026", "none.wav", "none/none.wav"):
        with suppress(ValueError, FileNotFoundError):
            await folder.seconds(path)

    assert before == open_files()
