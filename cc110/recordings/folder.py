"""The recordings folder: files are opened below it and nowhere else."""

import asyncio
import os
import stat
from pathlib import Path, PurePosixPath

from cc110.recordings.wav import wav_seconds

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

TEST = "test-"
"""How the files of synthetic calls begin: they are no calls' recordings, and no manifest has them."""


class PathRefused(ValueError):
    """The path does not stay below the recordings folder."""


class RecordingsFolder:
    """Opens and measures recordings. File access is in threads: a slow disk holds up no call."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def seconds(self, path: str) -> float:
        """Length of a closed recording in seconds.

        Args:
            path: below the folder, such as ``2026/08/17/<call_id>.wav``.

        Raises:
            FileNotFoundError: there is none.
            PathRefused: it is absolute, climbs with ``..``, or passes a symbolic link.
            ValueError: it can't be read, is not a WAV file, or holds no audio.
        """
        return await asyncio.to_thread(self.measure, path)

    def measure(self, path: str) -> float:
        """The same in the thread that asks."""
        try:
            return _measured(self.open(path))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ValueError(f"it can't be read: {error.strerror}") from error

    def open(self, path: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of a file.

        Opens step by step, following no link, so that nobody can swap one in between check and use.

        Raises:
            PathRefused: it is absolute, climbs with ``..``, or passes a symbolic link.
            OSError: it can't be opened.
        """
        *folders, name = _steps(path)
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                above, here = here, _open_below(here, folder, _FOLDER)
                os.close(above)
            return _open_below(here, name, flags | _FILE)
        finally:
            os.close(here)


def _measured(descriptor: int) -> float:
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("it is not a file")
        with open(descriptor, "rb", closefd=False) as file:
            return wav_seconds(file, about.st_size)
    finally:
        os.close(descriptor)


def _open_below(folder: int, name: str, flags: int) -> int:
    """Open one step.

    Raises:
        PathRefused: it is a symbolic link.
        OSError: it can't be opened.
    """
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError:
        if _is_link(folder, name):
            raise PathRefused(f"{name} is a symbolic link") from None
        raise


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _steps(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise PathRefused(f"{path!r} does not stay below the recordings folder")
    return pure.parts
