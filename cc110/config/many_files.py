"""The directory in one file or in many: ``directory.toml`` and every ``directory/*.toml``.

Lists such as ``[[unit]]`` may go on in any file; what there is once, such as ``[origin]``, stands in one.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cc110.config.layers import Source, read
from cc110.config.locate import Key, Later, line_of
from cc110.config.model import Paths
from cc110.config.problem import Problem

_LEFT_OUT: Final = -1
"""Stands for the second of what there may be once."""


def directory_files(paths: Paths) -> tuple[Path, ...]:
    """The files of the directory, in the order in which they are read; at least one."""
    more = tuple(sorted(paths.directory.with_suffix("").glob("*.toml")))
    return more if more and not paths.directory.exists() else (paths.directory, *more)


def read_directory(paths: Paths) -> tuple[Source | None, tuple[Problem, ...]]:
    """All files as one; None and the problems if one of them can't be used."""
    found = [read(path, paths.shown(path)) for path in directory_files(paths)]
    sources = [source for source, _ in found if source is not None]
    problems = [problem for _, its_problems in found for problem in its_problems]
    if problems:
        return None, tuple(problems)
    return joined(sources)


def joined(sources: Sequence[Source]) -> tuple[Source, tuple[Problem, ...]]:
    """Sources laid one after the other, each value with its own file and line."""
    data: dict[str, Any] = {}
    files: dict[Key, str] = {}
    parts: list[tuple[Source, Mapping[str, int]]] = []
    problems = []
    lines = Later(lambda: _lines_of(parts))
    for source in sources:
        offsets: dict[str, int] = {}
        for name, value in source.data.items():
            if isinstance(value, list) and isinstance(data.get(name, []), list):
                rows = data.setdefault(name, [])
                offsets[name] = len(rows)
                files |= {(name, len(rows) + at): source.file for at in range(len(value))}
                rows.extend(value)
            elif name in data:
                place = f"{files[name,]}:{line_of(_lines_of(parts), (name,))}"
                problems.append(source.problem((name,), f"`{name}` is in {place} already"))
                offsets[name] = _LEFT_OUT
            else:
                data[name], files[name,] = value, source.file
        parts.append((source, offsets))
    return Source(file=sources[0].file, data=data, lines=lines, files=files), tuple(problems)


def _lines_of(parts: Sequence[tuple[Source, Mapping[str, int]]]) -> Mapping[Key, int]:
    """The lines of all that was read so far."""
    return dict(pair for one in parts for pair in _moved(*one))


def _moved(source: Source, offsets: Mapping[str, int]) -> Iterator[tuple[Key, int]]:
    for key, line in source.lines.items():
        offset = offsets.get(str(key[0]), 0)
        if offset == _LEFT_OUT:
            continue
        if len(key) > 1 and isinstance(key[1], int):
            yield (key[0], key[1] + offset, *key[2:]), line
        elif not offset:
            yield key, line
