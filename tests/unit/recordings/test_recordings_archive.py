"""From a closed file to a final recording: header, hash, manifest, encryption, proof of erasure."""

import errno
import hashlib
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from cc110.core.ids import CallId
from cc110.ports import NotSealed, StillOpen
from cc110.recordings import manifest as manifests
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import Cipher, KeyUnusable, Tampered, cipher_from, make_key
from cc110.recordings.export import NotExported, export
from cc110.recordings.manifest import NAME, START, lines, manifest_of, row_of
from cc110.recordings.verify import Fault, verify
from tests.unit.recordings.made import CALL, PATH, call, path_of, record, unclosed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A recordings folder."""
    return tmp_path / "recordings"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The site's key."""
    make_key(tmp_path / "recordings.key")
    return tmp_path / "recordings.key"


def grown_old(file: Path, seconds: float = 60) -> None:
    os.utime(file, (time.time() - seconds, time.time() - seconds))


def faults(
    root: Path, journaled: dict[str, tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """What `verify` says is wrong, and where."""
    return [(one.fault, one.path) for one in verify(root, journaled or {})]


async def three(root: Path) -> Archive:
    """Three final recordings."""
    archive = Archive(root)
    for number in range(3):
        record(root / path_of(call(number)), 0.3)
        await archive.finalise(call(number), path_of(call(number)))
    return archive


# --- finalising ---------------------------------------------------------------------------------


async def test_a_closed_recording_is_hashed_and_listed(root: Path) -> None:
    """The file stays where it is, byte by byte."""
    whole = record(root / PATH, 1.5)

    kept = await Archive(root).finalise(CALL, PATH)

    assert (1.5, hashlib.sha256(whole).hexdigest()) == (kept.seconds, kept.sha256)
    assert not kept.repaired
    assert whole == (root / PATH).read_bytes()
    (row,) = [row_of(line) for line in lines(root / "2026/08" / NAME)]
    assert (1, "stored", CALL, START) == (row.seq, row.entry.kind, row.entry.call_id, row.prev)


async def test_finalising_twice_is_finalising_once(root: Path) -> None:
    """A restart asks again."""
    record(root / PATH, 0.5)
    first = await Archive(root).finalise(CALL, PATH)

    assert first == await Archive(root).finalise(CALL, PATH)
    assert 1 == len(list(lines(root / "2026/08" / NAME)))


@pytest.mark.parametrize("said", [0, 4000, 10**9], ids=["never closed", "closed before", "cut off"])
async def test_r6_the_header_of_a_killed_pbx_is_mended(root: Path, said: int) -> None:
    """Length from the size of the file, also when an earlier recorder of the call had closed it."""
    whole = record(root / PATH, 1.0)
    (root / PATH).write_bytes(unclosed(whole, said) + b"\x07")
    grown_old(root / PATH)

    kept = await Archive(root).finalise(CALL, PATH)

    assert (1.0, True) == (kept.seconds, kept.repaired)
    assert whole[40:44] == (root / PATH).read_bytes()[40:44]


async def test_a_file_that_somebody_writes_to_is_left_alone(root: Path) -> None:
    """The PBX's buffer may hold two more seconds."""
    whole = record(root / PATH, 1.0)
    (root / PATH).write_bytes(unclosed(whole))

    with pytest.raises(StillOpen):
        await Archive(root).finalise(CALL, PATH)
    assert unclosed(whole) == (root / PATH).read_bytes()


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio at all", unclosed(bytes(44))])
async def test_what_is_no_recording_is_never_listed(root: Path, content: bytes) -> None:
    """Empty, cut within the header, something else."""
    record(root / PATH, 0.1)
    (root / PATH).write_bytes(content)
    grown_old(root / PATH)

    with pytest.raises(ValueError, match="WAV"):
        await Archive(root).finalise(CALL, PATH)
    assert not (root / "2026/08" / NAME).exists()


async def test_r2_a_full_disk_holds_a_recording_up_and_harms_no_row(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a row was written when the disk was full; with space again, the chain is whole."""
    archive = await three(root)
    record(root / PATH, 0.5)

    def full(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(manifests, "write_all", full)
        with pytest.raises(NotSealed, match="No space left"):
            await archive.finalise(CALL, PATH)
    await archive.finalise(CALL, PATH)

    assert [] == faults(root)
    assert 4 == len(list(lines(root / "2026/08" / NAME)))


async def test_what_was_left_over_is_found(root: Path) -> None:
    """Files of calls that nobody heard of; not those that are listed, fresh, or no recordings."""
    archive = await three(root)
    for name in (call(7), call(8), "notes"):
        record(root / path_of(name), 0.2)
        grown_old(root / path_of(name), 600)
    record(root / path_of(call(9)), 0.2)

    assert [call(7), call(8)] == [one for one, _ in await archive.unsealed(days=None)]


async def test_a_month_goes_on_from_the_month_before(root: Path) -> None:
    """Who takes a whole month away breaks the next one's chain."""
    await three(root)
    september = CallId("20260901-030405-000099-5f3a9c")
    path = f"2026/09/01/{september}.wav"
    record(root / path, 0.2)
    await Archive(root).finalise(september, path)
    assert [] == faults(root)

    manifest_of(root, "2026/08").unlink()

    assert (Fault.CHAIN, f"2026/09/{NAME}:1") in faults(root)


# --- tampering ----------------------------------------------------------------------------------


async def test_r5_a_flipped_byte_is_named(root: Path) -> None:
    """One bit of one sample."""
    await three(root)
    file = root / path_of(call(1))
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)

    assert [(Fault.CHANGED, path_of(call(1)))] == faults(root)


async def test_r5_a_deleted_file_is_named(root: Path) -> None:
    """Erasing without a proof."""
    await three(root)
    (root / path_of(call(2))).unlink()

    assert [(Fault.MISSING, path_of(call(2)))] == faults(root)


async def test_r5_an_edited_row_is_named_with_its_line(root: Path) -> None:
    """And only that one."""
    await three(root)
    manifest = manifest_of(root, "2026/08")
    text = manifest.read_text().splitlines(keepends=True)
    manifest.write_text(text[0] + text[1].replace('"seconds":0.3', '"seconds":9.3') + text[2])

    assert (Fault.ROW, f"2026/08/{NAME}:2") == faults(root)[0]


async def test_r5_a_row_that_was_taken_out_is_named(root: Path) -> None:
    """With its file, so that nothing but the chain tells of it."""
    await three(root)
    manifest = manifest_of(root, "2026/08")
    text = manifest.read_text().splitlines(keepends=True)
    manifest.write_text(text[0] + text[2])
    (root / path_of(call(1))).unlink()

    assert [(Fault.CHAIN, f"2026/08/{NAME}:2")] == faults(root)


async def test_r5_a_manifest_whose_end_was_cut_off_is_named_by_the_journal(root: Path) -> None:
    """The chain alone can't show that."""
    archive = await three(root)
    kept = await archive.finalise(call(2), path_of(call(2)))
    manifest = manifest_of(root, "2026/08")
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:2]))
    (root / path_of(call(2))).unlink()

    journaled = {str(call(2)): (path_of(call(2)), kept.sha256)}
    assert [(Fault.JOURNAL, path_of(call(2)))] == faults(root, journaled)


async def test_r5_a_row_that_was_made_anew_with_its_file_is_named_by_the_journal(
    root: Path,
) -> None:
    """Who can write the folder can make a manifest of his own; the journal has the hash."""
    archive = await three(root)
    kept = await archive.finalise(call(0), path_of(call(0)))
    manifest_of(root, "2026/08").unlink()
    record(root / path_of(call(0)), 0.2)
    for number in range(3):
        await Archive(root).finalise(call(number), path_of(call(number)))

    journaled = {str(call(0)): (path_of(call(0)), kept.sha256)}
    assert [(Fault.JOURNAL, path_of(call(0)))] == faults(root, journaled)


# --- encryption ---------------------------------------------------------------------------------


async def test_an_encrypted_recording_plays_after_it_was_handed_out(
    root: Path, key: Path, tmp_path: Path
) -> None:
    """Nothing of it is readable on the disk, and verifying needs no key."""
    whole = record(root / PATH, 20)
    await Archive(root, lambda: cipher_from(key)).finalise(CALL, PATH)

    assert not (root / PATH).exists()
    assert whole[1000:1100] not in (root / f"{PATH}.enc").read_bytes()
    export(root, CALL, PATH, tmp_path / "out.wav", lambda: cipher_from(key))
    assert whole == (tmp_path / "out.wav").read_bytes()
    assert 0o600 == (tmp_path / "out.wav").stat().st_mode & 0o777
    assert [] == faults(root)


@pytest.mark.parametrize("place", [3, 12, 40, 100, 70_000, -1])
def test_a_bit_that_was_changed_is_found(tmp_path: Path, key: Path, place: int) -> None:
    """In the header, in the wrapped key, in any chunk."""
    record(tmp_path / "call.wav", 10)
    with (tmp_path / "call.wav").open("rb") as plain:
        file = bytearray(b"".join(cipher_from(key).encrypt(plain)))
    file[place] ^= 4
    (tmp_path / "call.enc").write_bytes(file)

    with pytest.raises((Tampered, KeyUnusable)), (tmp_path / "call.enc").open("rb") as changed:
        list(cipher_from(key).decrypt(changed))


@pytest.mark.parametrize("cut", ["end", "chunk", "swapped"])
def test_chunks_that_are_missing_or_moved_are_found(tmp_path: Path, key: Path, cut: str) -> None:
    """Cut off at the border of a chunk, taken out, exchanged."""
    record(tmp_path / "call.wav", 20)
    with (tmp_path / "call.wav").open("rb") as plain:
        header, *chunks = cipher_from(key).encrypt(plain)
    told = {
        "end": chunks[:-1],
        "chunk": [chunks[0], *chunks[2:]],
        "swapped": [chunks[1], chunks[0], *chunks[2:]],
    }
    (tmp_path / "call.enc").write_bytes(header + b"".join(told[cut]))

    with pytest.raises(Tampered), (tmp_path / "call.enc").open("rb") as changed:
        list(cipher_from(key).decrypt(changed))


async def test_an_older_key_still_opens_what_it_closed(
    root: Path, key: Path, tmp_path: Path
) -> None:
    """A new key is put in front of the old one."""
    whole = record(root / PATH, 1)
    await Archive(root, lambda: cipher_from(key)).finalise(CALL, PATH)
    key.write_text(f"{'ab' * 32}\n{key.read_text()}")

    export(root, CALL, PATH, tmp_path / "out.wav", lambda: cipher_from(key))
    assert whole == (tmp_path / "out.wav").read_bytes()
    key.write_text(f"{'ab' * 32}\n")
    with pytest.raises(NotExported, match="not in the key file"):
        export(root, CALL, PATH, tmp_path / "again.wav", lambda: cipher_from(key))


def test_a_key_that_others_can_read_is_no_key(key: Path) -> None:
    """Mode 0600, and 64 hex digits."""
    assert 0o600 == key.stat().st_mode & 0o777
    key.chmod(0o640)
    with pytest.raises(KeyUnusable, match="others may read"):
        cipher_from(key)
    key.chmod(0o600)
    key.write_text("secret\n")
    with pytest.raises(KeyUnusable, match="64 hex digits"):
        cipher_from(key)


async def test_without_its_key_a_recording_waits_as_it_is(root: Path, tmp_path: Path) -> None:
    """Neither lost nor left unencrypted in the manifest."""
    whole = record(root / PATH, 0.5)

    with pytest.raises(NotSealed, match="can't be opened"):
        await Archive(root, lambda: cipher_from(tmp_path / "none")).finalise(CALL, PATH)
    assert whole == (root / PATH).read_bytes()


async def test_an_hour_is_encrypted_in_little_memory(root: Path, key: Path, tmp_path: Path) -> None:
    """57 MB of audio."""
    head = record(root / PATH, 0.1)[:44]
    (root / PATH).write_bytes(unclosed(head))
    with (root / PATH).open("ab") as file:
        file.truncate(44 + 3600 * 16_000)
    grown_old(root / PATH)
    tracemalloc.start()
    await Archive(root, lambda: cipher_from(key)).finalise(CALL, PATH)
    export(root, CALL, PATH, tmp_path / "out.wav", lambda: cipher_from(key))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 8 * 1024 * 1024


def test_each_file_has_a_key_of_its_own(tmp_path: Path, key: Path) -> None:
    """The same recording encrypted twice has nothing in common behind the key's name."""
    record(tmp_path / "call.wav", 1)
    cipher: Cipher = cipher_from(key)
    with (tmp_path / "call.wav").open("rb") as one, (tmp_path / "call.wav").open("rb") as other:
        first, second = b"".join(cipher.encrypt(one)), b"".join(cipher.encrypt(other))

    assert first[:16] == second[:16]
    assert not {first[i : i + 16] for i in range(16, 4000, 16)} & {
        second[i : i + 16] for i in range(16, 4000, 16)
    }


# --- the end ------------------------------------------------------------------------------------


async def test_r7_an_erased_recording_leaves_a_proof(root: Path) -> None:
    """What it was, who, when and why; and `verify` knows that it is rightly gone."""
    archive = await three(root)
    proof = await archive.erase(call(1), path_of(call(1)), by="Padal Contoh", reason="sample")

    assert not (root / path_of(call(1))).exists()
    *_, last = [row_of(line) for line in lines(manifest_of(root, "2026/08"))]
    assert ("erased", "Padal Contoh", proof.row) == (last.entry.kind, last.entry.by, last.hash)
    assert proof.sha256 == last.entry.audio_sha256
    assert [] == faults(root)
    with pytest.raises(FileNotFoundError):
        await archive.finalise(call(1), path_of(call(1)))


async def test_r7_an_erased_recording_that_is_there_again_is_named(root: Path) -> None:
    """A copy that somebody put back."""
    archive = await three(root)
    copy = (root / path_of(call(1))).read_bytes()
    await archive.erase(call(1), path_of(call(1)), by="sample", reason="sample")
    (root / path_of(call(1))).write_bytes(copy)

    assert [(Fault.NOT_ERASED, path_of(call(1)))] == faults(root)


async def test_nothing_is_handed_out_that_was_changed(root: Path, tmp_path: Path) -> None:
    """Nor over a file that is there."""
    await three(root)
    with (root / path_of(call(0))).open("r+b") as file:
        file.seek(900)
        file.write(b"\xff")

    with pytest.raises(NotExported, match="not what the manifest has"):
        export(root, call(0), path_of(call(0)), tmp_path / "out.wav", lambda: None)
    (tmp_path / "there.wav").write_text("mine")
    with pytest.raises(NotExported, match="there already"):
        export(root, call(1), path_of(call(1)), tmp_path / "there.wav", lambda: None)
    assert {"recordings", "there.wav"} == {one.name for one in tmp_path.iterdir()}
