"""The recordings folder, as the service sees it: one thing at a time, in threads."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from cc110.core.ids import CallId
from cc110.ports import Erased, NotSealed, Sealed
from cc110.recordings.erase import erase
from cc110.recordings.folder import TEST, RecordingsFolder
from cc110.recordings.manifest import Manifest
from cc110.recordings.seal import Keys, Reached, Sealer
from cc110.recordings.wav import seconds_of, wav_layout

P = ParamSpec("P")
T = TypeVar("T")

_ABANDONED_S: Final = 120.0
"""A file without a row that nobody wrote to for so long is nobody's business but ours."""
_DAY: Final = "[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"
_NAME: Final = re.compile(r"[0-9]{8}-[0-9A-Za-z-]{1,80}")


class Archive:
    """Implements ``ports.Recordings``. A slow disk holds up no call."""

    def __init__(
        self, root: Path, keys: Keys = lambda: None, *, reached: Reached = lambda _: None
    ) -> None:
        """Keep the recordings below this folder.

        Args:
            root: the recordings folder; need not exist yet.
            keys: the site's keys, asked for each time; None = not encrypted.
            reached: told after each step of finalising and erasing.
        """
        self._root = root
        self._folder = RecordingsFolder(root)
        self._sealer = Sealer(
            folder=self._folder, manifest=Manifest(root), keys=keys, reached=reached
        )
        self._turn = asyncio.Lock()

    async def finalise(self, call_id: CallId, path: str) -> Sealed:
        """As `ports.Recordings.finalise`."""
        return await self._one(_finalised, self._sealer, call_id, path)

    async def erase(self, call_id: CallId, path: str, *, by: str, reason: str) -> Erased:
        """As `ports.Recordings.erase`."""
        return await self._one(_erased, self._sealer, call_id, path, by, reason)

    async def sizes(self, paths: Sequence[str]) -> Sequence[int]:
        """As `ports.Recordings.sizes`."""
        return await asyncio.to_thread(lambda: [_size(self._root / path) for path in paths])

    async def free_bytes(self) -> int:
        """As `ports.Recordings.free_bytes`."""
        return await asyncio.to_thread(_free, self._root)

    async def unsealed(self, *, days: int | None) -> Sequence[tuple[CallId, str]]:
        """As `ports.Recordings.unsealed`."""
        return await self._one(lambda: list(self._unsealed(days)))

    def _unsealed(self, days: int | None) -> Iterator[tuple[CallId, str]]:
        folders = sorted(self._root.glob(_DAY), reverse=True)
        for folder in islice(folders, days):
            for file in sorted(folder.glob("*.wav")):
                path = str(file.relative_to(self._root))
                if _is_abandoned(file) and not self._sealer.manifest.find(file.stem, path):
                    yield CallId(file.stem), path

    async def test_seconds(self, path: str) -> float | None:
        """As `ports.SyntheticRecordings.test_seconds`. The recorder says how long a file is when it closes it."""
        return await asyncio.to_thread(_closed_seconds, self._folder, path)

    async def discard_tests(self) -> None:
        """As `ports.SyntheticRecordings.discard_tests`."""
        await asyncio.to_thread(self._discard_tests)

    def _discard_tests(self) -> None:
        for folder in islice(sorted(self._root.glob(_DAY), reverse=True), 2):
            for file in folder.glob(f"{TEST}*.wav"):
                with suppress(OSError):
                    file.unlink()

    async def _one(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One writer, so that each row of the manifest has the one before it."""
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)


def _finalised(sealer: Sealer, call_id: str, path: str) -> Sealed:
    try:
        return sealer.seal(call_id, path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(error.strerror or str(error)) from error
    except OSError as error:
        raise NotSealed(f"it is not sealed: {error.strerror or error}") from error


def _erased(sealer: Sealer, call_id: str, path: str, by: str, reason: str) -> Erased:
    try:
        return erase(sealer, call_id, path, by=by, reason=reason)
    except (OSError, ValueError) as error:
        raise NotSealed(f"{path} is not erased: {error}") from error


def _closed_seconds(folder: RecordingsFolder, path: str) -> float | None:
    try:
        with os.fdopen(folder.open(path), "rb") as file:
            layout = wav_layout(file, os.fstat(file.fileno()).st_size)
            return seconds_of(layout, layout.said) if layout.is_closed else None
    except (OSError, ValueError):
        return None


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return -1


def _free(folder: Path) -> int:
    try:
        about = os.statvfs(folder)
    except OSError:
        return -1
    return about.f_bavail * about.f_frsize


def _is_abandoned(file: Path) -> bool:
    try:
        about = file.lstat()
    except OSError:
        return False
    is_old = time.time() - about.st_mtime > _ABANDONED_S
    return is_old and bool(_NAME.fullmatch(file.stem))
