"""The files in which the PBX writes down what happens, read from a moment on in flat memory.

A file is rotated by renaming (``cel.csv``, then ``cel.csv.1``, ``cel.csv.2``, ...). It may be damaged
anywhere, torn at its end, and of any size: only what was written since the wanted moment is read.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

BLOCK: Final = 256 * 1024
_LONGEST: Final = 64 * 1024
"""A longer line is none of the PBX's."""

TimeOf = Callable[[str], datetime | None]
"""When a line was written; None = it is damaged."""


def lines_since(path: Path, since: datetime, time_of: TimeOf) -> Iterator[str]:
    """Complete lines, from somewhat before a moment on, in the order in which they were written.

    Raises:
        OSError: a file is there and can't be read.
    """
    files = list(_until_old_enough(path, since, time_of))
    for file, start in reversed(files):
        yield from _lines(file, start)


def begins_at(path: Path, time_of: TimeOf) -> datetime | None:
    """When the oldest line was written that is there."""
    oldest = [path, *_rotated(path)][-1]
    if not oldest.exists():
        return None
    return next((at for line in _lines(oldest, 0) if (at := time_of(line))), None)


def last_before(path: Path, moment: datetime, time_of: TimeOf) -> datetime | None:
    """When the PBX wrote its last line before a moment; None = there is none."""
    for file in (path, *_rotated(path)):
        for start in _blocks_backwards(file):
            times = (time_of(line) for line in _some_lines(file, start))
            before = [at for at in times if at and at < moment]
            if before:
                return max(before)
    return None


def _rotated(path: Path) -> Iterator[Path]:
    number = 1
    while (older := path.with_name(f"{path.name}.{number}")).exists():
        yield older
        number += 1


def _until_old_enough(path: Path, since: datetime, time_of: TimeOf) -> Iterator[tuple[Path, int]]:
    """The newest file first, each with where to begin in it."""
    for file in (path, *_rotated(path)):
        if not file.exists():
            continue
        start, old_enough = _start(file, since, time_of)
        yield file, start
        if old_enough:
            return


def _start(file: Path, since: datetime, time_of: TimeOf) -> tuple[int, bool]:
    """Where to begin in a file, and whether what stands before it is older than wanted."""
    for start in _blocks_backwards(file):
        times = (time_of(line) for line in _some_lines(file, start))
        first = next((at for at in times if at), None)
        if first is not None and first < since:
            return start, True
    return 0, False


def _blocks_backwards(file: Path) -> Iterator[int]:
    try:
        end = file.stat().st_size
    except FileNotFoundError:
        return
    while end > 0:
        end = max(0, end - BLOCK)
        yield end


def _some_lines(file: Path, start: int) -> Iterator[str]:
    """The lines that begin in the block at a place."""
    with file.open("rb") as opened:
        _seek_line(opened, start)
        while opened.tell() < start + BLOCK and (line := _line(opened)) is not None:
            yield line


def _lines(file: Path, start: int) -> Iterator[str]:
    with file.open("rb") as opened:
        _seek_line(opened, start)
        while (line := _line(opened)) is not None:
            yield line


def _seek_line(opened: BinaryIO, start: int) -> None:
    """To the first line that begins at or after a place."""
    opened.seek(max(0, start - 1))
    while start and (part := opened.readline(_LONGEST)) and not part.endswith(b"\n"):
        pass


def _line(opened: BinaryIO) -> str | None:
    """The next complete line; one that has no end yet is none, and a too long one is empty."""
    line = opened.readline(_LONGEST)
    whole = line
    while line and not line.endswith(b"\n"):
        line, whole = opened.readline(_LONGEST), b"\n"
        if not line:
            return None
    return whole.decode("utf-8", "replace").rstrip("\n") if whole else None
