"""Writing into the directory's files: what people wrote around a value stays as it is.

Changed values are replaced where they stand, new units and operators come after the last of their kind.
What is written is read again before any file is replaced: it must say exactly what was meant.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.items import AoT, Array, InlineTable, Item

from cc110.config.layers import Source, read_text
from cc110.config.load import directory_faults
from cc110.config.locate import locate
from cc110.config.many_files import directory_files, joined, read_directory
from cc110.config.model import Paths
from cc110.config.problem import Problem
from cc110.ports import Cc110Error

NAMED_BY: Final = {"unit": "code", "operator": "id"}
Raw = Mapping[str, Any]


class EditRefused(Cc110Error):
    """The files could not be written so that they say what was meant; none was changed."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A unit or operator as it shall be, and where that was said."""

    table: str
    value: Raw
    file: str
    line: int

    @property
    def name(self) -> str:
        """The unit's code or the operator's id."""
        return str(self.value[NAMED_BY[self.table]])


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What changes would do."""

    new: tuple[Change, ...]
    changed: tuple[tuple[Change, Raw], ...]
    """Each with the value before."""
    same: int
    problems: tuple[Problem, ...]
    """Of the whole directory with the changes; a changed row's at the place that says it."""


def entries(paths: Paths, table: str) -> Mapping[str, Raw]:
    """Units or operators as the files have them, by code or id."""
    source, _ = read_directory(paths)
    rows = source.data.get(table, ()) if source else ()
    return {row[NAMED_BY[table]]: row for row in rows}


def judge(paths: Paths, changes: Sequence[Change]) -> Judgement:
    """What the directory would be with the changes; nothing is written."""
    source, _ = read_directory(paths)
    if source is None:
        raise EditRefused("the directory can't be read")
    at_of = {table: _places(source, table) for table in NAMED_BY}
    new, changed = [], []
    for change in changes:
        at = at_of[change.table].get(change.name)
        if at is None:
            new.append(change)
        elif (before := source.data[change.table][at]) != change.value:
            changed.append((change, before))
    faults = directory_faults(_with(source, new, [(one, at_of) for one, _ in changed]))
    return Judgement(
        new=tuple(new),
        changed=tuple(changed),
        same=len(changes) - len(new) - len(changed),
        problems=faults.problems,
    )


def _places(source: Source, table: str) -> Mapping[str, int]:
    name = NAMED_BY[table]
    return {row[name]: at for at, row in enumerate(source.data.get(table, ()))}


def _with(
    source: Source,
    new: Iterable[Change],
    changed: Iterable[tuple[Change, Mapping[str, Mapping[str, int]]]],
) -> Source:
    """The directory's values with the changes, each change at its own place."""
    data = {**source.data, **{table: [*source.data.get(table, ())] for table in NAMED_BY}}
    lines, files = dict(source.lines), dict(source.files)
    placed = [(change, at_of[change.table][change.name]) for change, at_of in changed]
    for change in new:
        placed.append((change, len(data[change.table])))
        data[change.table].append(change.value)
    mine = {(change.table, at) for change, at in placed}
    lines = {key: line for key, line in lines.items() if key[:2] not in mine}
    for change, at in placed:
        data[change.table][at] = change.value
        lines[change.table, at] = change.line
        files[change.table, at] = change.file
    data = {name: value for name, value in data.items() if value or name not in NAMED_BY}
    return replace(source, data=data, lines=lines, files=files)


def write(paths: Paths, judged: Judgement) -> tuple[Path, ...]:
    """Write what was judged; returns the files that changed.

    Raises:
        EditRefused: the result would not be what was meant; no file was changed.
        OSError: a file can't be written; those before it are.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in directory_files(paths)}
    shown = {paths.shown(path): path for path in texts}
    source, _ = read_directory(paths)
    if source is None:
        raise EditRefused("the directory can't be read")
    fresh = dict(texts)
    for file, changes in _by_file(source, judged).items():
        fresh[shown[file]] = _edited(texts[shown[file]], changes)
    _prove(paths, fresh, source, judged)
    changed = tuple(path for path, text in fresh.items() if text != texts[path])
    for path in changed:
        _replace(path, fresh[path])
    return changed


def _by_file(source: Source, judged: Judgement) -> Mapping[str, Sequence[Change]]:
    """A change belongs where the entry stands; a new one where its unit's others are, else in the last file
    with any of its kind."""
    found: dict[str, list[Change]] = {}
    homes: dict[tuple[str, str], str] = {}
    for table in NAMED_BY:
        for at, row in enumerate(source.data.get(table, ())):
            file = source.place((table, at))[0]
            homes[table, row[NAMED_BY[table]]] = file
            homes[table, f"below {_above(table, row)}"] = file
            homes[table, ""] = file
    for change, _ in judged.changed:
        found.setdefault(homes[change.table, change.name], []).append(change)
    for change in judged.new:
        below = homes.get((change.table, f"below {_above(change.table, change.value)}"))
        home = below or homes.get((change.table, "")) or source.file
        found.setdefault(home, []).append(change)
    return found


def _above(table: str, row: Raw) -> object:
    return row.get("parent" if table == "unit" else "unit")


def _edited(text: str, changes: Sequence[Change]) -> str:
    document = tomlkit.parse(text)
    new = []
    for change in changes:
        rows = document.get(change.table)
        row = _row_of(rows, change) if isinstance(rows, AoT) else None
        if row is None:
            new.append(change)
        else:
            _update(row, change.value)
    text = tomlkit.dumps(document)
    for table in NAMED_BY:
        text = _inserted(text, table, [change.value for change in new if change.table == table])
    return text


def _row_of(rows: AoT, change: Change) -> Any:
    name = NAMED_BY[change.table]
    return next((row for row in rows if row.get(name) == change.name), None)


def _update(there: Any, wanted: Raw) -> None:
    """In place, and only what differs, so that comments and forms of writing stay."""
    for name in [name for name in there if name not in wanted]:
        del there[name]
    for name, value in wanted.items():
        if name not in there:
            there[name] = _item(value)
        elif isinstance(value, Mapping):
            _update(there[name], value)
        elif there[name] != value:
            there[name] = _item(value)


def _item(value: object) -> Item:
    match value:
        case Mapping():
            table: InlineTable = tomlkit.inline_table()
            for name, inner in value.items():
                table[name] = _item(inner)
            return table
        case list() | tuple():
            array: Array = tomlkit.array()
            for inner in value:
                array.append(_item(inner))
            return array
        case _:
            return tomlkit.item(value)


def _inserted(text: str, table: str, rows: Sequence[Raw]) -> str:
    """New entries after the last of their kind, before the comments of what follows."""
    if not rows:
        return text
    lines = text.splitlines()
    at = _end_of(lines, max((n for key, n in locate(text).items() if key[0] == table), default=0))
    blocks = (
        [
            "",
            f"[[{table}]]",
            *(f"{name} = {_item(value).as_string()}" for name, value in row.items()),
        ]
        for row in rows
    )
    more = [line for block in blocks for line in block]
    return "\n".join((*lines[:at], *more, *lines[at:])) + "\n"


def _end_of(lines: Sequence[str], last: int) -> int:
    """A value may go on after the line of its last element."""
    if not last:
        return len(lines)
    while last < len(lines) and lines[last].strip() and lines[last].lstrip()[0] not in "#[":
        last += 1
    return last


def _prove(paths: Paths, fresh: Mapping[Path, str], source: Source, judged: Judgement) -> None:
    sources = [read_text(text, paths.shown(path)) for path, text in fresh.items()]
    readable = [found for found, _ in sources if found is not None]
    if len(readable) != len(sources):
        raise EditRefused("the new text would be no TOML: change the files by hand")
    found, _ = joined(readable)
    wanted = {**source.data, **{table: [*source.data.get(table, ())] for table in NAMED_BY}}
    for change in (*judged.new, *(change for change, _ in judged.changed)):
        rows = [row for row in wanted[change.table] if row[NAMED_BY[change.table]] != change.name]
        wanted[change.table] = [*rows, change.value]
    if _by_name(found.data) != _by_name(wanted):
        raise EditRefused("the new text would not say what was meant: change the files by hand")


def _by_name(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Entries by their names, whose order is free."""
    named = {
        table: {row[name]: row for row in data.get(table, ())} for table, name in NAMED_BY.items()
    }
    return {**data, **named}


def _replace(path: Path, text: str) -> None:
    """The whole new file or the old one, also when the power goes."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
