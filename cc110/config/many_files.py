"""The directory in one file or in many: ``directory.toml`` and every ``directory/*.toml``.

Lists such as ``[[unit]]`` may go on in any file; what there is once, such as ``[origin]``, stands in one.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cc110.config.layers import Source, read
from cc110.config.locate import Key
from cc110.config.model import Paths
from cc110.config.problem import Problem


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
    lines: dict[Key, int] = {}
    files: dict[Key, str] = {}
    problems = []
    for source in sources:
        offsets = {name: len(value) for name, value in data.items() if isinstance(value, list)}
        for name, value in source.data.items():
            if isinstance(value, list) and isinstance(data.get(name, []), list):
                data[name] = [*data.get(name, ()), *value]
                first = offsets.get(name, 0)
                files |= {(name, first + at): source.file for at in range(len(value))}
            elif name in data:
                place = f"{files.get((name,), source.file)}:{lines.get((name,), 1)}"
                problems.append(source.problem((name,), f"`{name}` is in {place} already"))
                offsets[name] = -1
            else:
                data[name], files[(name,)] = value, source.file
        lines |= _moved(source.lines, offsets)
    first_file = sources[0].file
    return Source(file=first_file, data=data, lines=lines, files=files), tuple(problems)


def _moved(lines: Mapping[Key, int], offsets: Mapping[str, int]) -> Iterable[tuple[Key, int]]:
    for key, line in lines.items():
        offset = offsets.get(str(key[0]), 0)
        match key:
            case _ if offset < 0:
                continue
            case (name, int(index), *rest):
                yield (name, index + offset, *rest), line
            case _ if not offset:
                yield key, line
            case _:
                continue
