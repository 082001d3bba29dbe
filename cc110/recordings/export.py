"""A recording handed out: decrypted, held against its row in the manifest, into a new file."""

import os
from collections.abc import Iterator
from pathlib import Path

from cc110.ports import Cc110Error
from cc110.recordings.cipher import SUFFIX, KeyUnusable, Tampered
from cc110.recordings.disk import sync_folder
from cc110.recordings.folder import RecordingsFolder
from cc110.recordings.manifest import Manifest
from cc110.recordings.seal import Keys, pieces_of, write_new


class NotExported(Cc110Error):
    """The recording was not handed out."""


def export(root: Path, call_id: str, path: str, target: Path, keys: Keys) -> str:
    """Write a call's WAV file to `target`; returns its SHA-256 in hex.

    Raises:
        NotExported: there is none, it was changed, its key is missing, or the target is there already.
    """
    check_target(target)
    part = target.with_name(f".{target.name}.part")
    try:
        expected = _expected(root, call_id, path)
        sha256 = write_new(part, _audio(RecordingsFolder(root), path, keys))
        if expected and sha256 != expected:
            raise NotExported(f"{path} is not what the manifest has: `cc110 recordings verify`")
        os.link(part, target)
        sync_folder(target.parent)
        return sha256
    except Tampered as error:
        raise NotExported(f"{path} was changed: {error}") from error
    except FileNotFoundError as error:
        raise NotExported(f"{path} is not there") from error
    except (KeyUnusable, ValueError, OSError) as error:
        raise NotExported(f"{path} can't be handed out: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Refuse to write where something is, or where nothing can be.

    Raises:
        NotExported: the target is there already, or its folder is not.
    """
    if target.exists():
        raise NotExported(f"{target} is there already")
    if not target.parent.is_dir():
        raise NotExported(f"there is no folder {target.parent}")


def _expected(root: Path, call_id: str, path: str) -> str:
    row = Manifest(root).find(call_id, path)
    return row.entry.audio_sha256 if row else ""


def _audio(folder: RecordingsFolder, path: str, keys: Keys) -> Iterator[bytes]:
    """The plain file if there is one; else what the encrypted one holds."""
    try:
        descriptor = folder.open(path)
    except FileNotFoundError:
        yield from _decrypted(folder, path, keys)
        return
    with os.fdopen(descriptor, "rb") as file:
        yield from pieces_of(file)


def _decrypted(folder: RecordingsFolder, path: str, keys: Keys) -> Iterator[bytes]:
    with os.fdopen(folder.open(path + SUFFIX), "rb") as file:
        cipher = keys()
        if cipher is None:
            raise KeyUnusable("it is encrypted, and there is no key file")
        yield from cipher.decrypt(file)
