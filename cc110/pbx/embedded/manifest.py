"""What was unpacked: the packages with their checksums and every file with its own."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cc110.pbx.embedded.apt import Deb
from cc110.pbx.embedded.errors import DamagedCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cc110.pbx.embedded.progress import Progress

FORMAT = 1
FILE = "manifest.json"
TREE = "root"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or symbolic link: its length in bytes and the SHA-256 of its content or target."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything in one unpacked tree; paths are relative to the tree."""

    bundle: str
    cpu: str
    suite: str
    debs: tuple[Deb, ...]
    files: Mapping[str, Entry]

    @property
    def sha256(self) -> str:
        """One checksum over every path, length and checksum."""
        lines = (f"{e.sha256} {e.size} {path}\n" for path, e in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def survey(tree: Path, progress: Progress) -> dict[str, Entry]:
    """Read every file of `tree` and return what it holds."""
    paths = sorted(_walk(str(tree)))
    progress.phase(f"Checking {len(paths)} files", len(paths))
    with ThreadPoolExecutor(2) as pool:
        found = {}
        for path, entry in zip(paths, pool.map(_read, paths), strict=True):
            found[os.path.relpath(path, tree)] = entry
            progress.advance()
    return found


def save(manifest: Manifest, place: Path) -> None:
    """Write the manifest into the directory `place`."""
    document = {
        "format": FORMAT,
        "bundle": manifest.bundle,
        "cpu": manifest.cpu,
        "suite": manifest.suite,
        "debs": [asdict(deb) for deb in manifest.debs],
        "files": {path: [e.size, e.sha256] for path, e in manifest.files.items()},
        "sha256": manifest.sha256,
    }
    (place / FILE).write_text(json.dumps(document, indent=0))


def load(place: Path) -> Manifest:
    """Read the manifest in `place`.

    Raises FileNotFoundError if there is none, DamagedCache if it is not what was written.
    """
    text = (place / FILE).read_text()
    try:
        document = json.loads(text)
        manifest = _parse(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{place / FILE} is damaged: run `cc110 pbx install` again."
        raise DamagedCache(msg, detail=str(error)) from error
    if document.get("sha256") != manifest.sha256:
        msg = f"{place / FILE} does not match its own checksum: run `cc110 pbx install` again."
        raise DamagedCache(msg)
    return manifest


def check_quickly(manifest: Manifest, place: Path) -> None:
    """Check that every file is there in its full length. Raises DamagedCache."""
    tree = f"{place}/{TREE}"
    for path, entry in manifest.files.items():
        if _size(f"{tree}/{path}") != entry.size:
            raise _damaged([f"{tree}/{path}"])


def check_fully(manifest: Manifest, place: Path, progress: Progress) -> None:
    """Check every file's content and that there are no others. Raises DamagedCache."""
    found = survey(place / TREE, progress)
    differing = [
        f"{place / TREE}/{path}"
        for path in sorted(found.keys() | manifest.files.keys())
        if found.get(path) != manifest.files.get(path)
    ]
    if differing:
        raise _damaged(differing)


def _damaged(paths: Sequence[str]) -> DamagedCache:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    msg = f"{paths[0]}{more} changed after unpacking: run `cc110 pbx install` again."
    return DamagedCache(msg, detail="\n".join(paths))


def _parse(document: Any) -> Manifest:
    if document["format"] != FORMAT:
        msg = f"format {document['format']} is not {FORMAT}"
        raise ValueError(msg)
    return Manifest(
        bundle=document["bundle"],
        cpu=document["cpu"],
        suite=document["suite"],
        debs=tuple(Deb(**deb) for deb in document["debs"]),
        files={p: Entry(size=e[0], sha256=e[1]) for p, e in document["files"].items()},
    )


def _walk(directory: str) -> Iterator[str]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            else:
                yield entry.path


def _read(path: str) -> Entry:
    file = Path(path)
    if file.is_symlink():
        target = os.fsencode(file.readlink())
        return Entry(size=len(target), sha256=hashlib.sha256(target).hexdigest())
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        return Entry(size=os.fstat(content.fileno()).st_size, sha256=digest)


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1
