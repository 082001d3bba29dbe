"""What ``cc110 directory`` asks and does. Importing this brings pydantic and tomlkit in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from cc110.cli import sheet
from cc110.cli.placing import officers
from cc110.config import directory_edit
from cc110.config.directory import Operator, Unit
from cc110.config.directory_edit import Change, Judgement
from cc110.config.model import Config
from cc110.config.problem import Problem, errors_of, hint
from cc110.core.ids import PolresExt, UnitId
from cc110.ports import Cc110Error


class NoUnit(Cc110Error):
    """There is no such unit."""


@dataclass(frozen=True, kw_only=True)
class UnitView:
    """A unit with what is around it."""

    unit: Unit
    above: tuple[Unit, ...]
    """Its parent, the parent's parent, ..."""
    below: tuple[Unit, ...]
    operators: tuple[Operator, ...]
    texts: Mapping[str, str]
    """For people, by the names that the view gives them."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a sheet did, or would do."""

    rows: int
    new: int
    changed: int
    same: int
    changes: tuple[tuple[str, str], ...]
    """What changes, by the name of who it is about."""
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    """That were written."""


def listed(config: Config, *, kind: str | None, parent: str | None) -> tuple[Unit, ...]:
    """Units of a kind, below another.

    Raises:
        NoUnit: ``parent`` is none.
    """
    if parent is not None:
        _unit(config, parent)
    return tuple(
        unit
        for unit in config.directory.units
        if kind in {None, unit.kind} and parent in {None, unit.parent}
    )


def plain(unit: Unit) -> Mapping[str, Any]:
    """A unit as JSON, under the names of ``directory.toml``."""
    return unit.model_dump(mode="json")


def view(config: Config, code: str) -> UnitView:
    """One unit, by its code or an extension of it.

    Raises:
        NoUnit: there is none.
    """
    unit = config.polres(PolresExt(code)) or _unit(config, code)
    above: list[Unit] = []
    while (parent := (above[-1] if above else unit).parent) and (found := config.unit(parent)):
        above.append(found)
    below = config.below(unit.code)
    operators = tuple(one for one in config.directory.operators if one.unit == unit.code)
    texts = _texts(unit, above, below, operators)
    return UnitView(unit=unit, above=tuple(above), below=below, operators=operators, texts=texts)


def _unit(config: Config, code: str) -> Unit:
    found = config.unit(UnitId(code))
    if found is None:
        known = [unit.code for unit in config.directory.units]
        raise NoUnit(f"there is no unit `{code}` in this directory{hint(code, known).rstrip('?')}")
    return found


def _texts(
    unit: Unit, above: Sequence[Unit], below: Sequence[Unit], operators: Sequence[Operator]
) -> Mapping[str, str]:
    area = unit.area
    return {
        "name": unit.name,
        "kind": unit.kind.capitalize(),
        "above": ", ".join(one.name for one in above),
        "extension": unit.extension or "",
        "more_extensions": ", ".join(unit.more_extensions),
        "sip": unit.sip or "",
        "phone": unit.phone or "",
        "officers": officers(unit),
        "codes": ", ".join(area.codes),
        "regencies": ", ".join(area.regencies),
        "centre": "{}, {}".format(*area.centre) if area.centre else "",
        "geojson": area.geojson or "",
        "time_zone": unit.time_zone or "",
        "seats": str(unit.seats or ""),
        "neighbours": ", ".join(unit.neighbours),
        "operators": ", ".join(f"{one.id} {one.name}" for one in operators),
        "below": ", ".join(one.code for one in below),
    }


def view_json(found: UnitView) -> Mapping[str, Any]:
    """A unit as JSON with the codes around it."""
    return {
        **plain(found.unit),
        "above": [one.code for one in found.above],
        "below": [one.code for one in found.below],
        "operators": [one.id for one in found.operators],
    }


def export_to(file: TextIO, config: Config, *, operators: bool) -> None:
    """Write the sheet."""
    if operators:
        sheet.write_operators(file, config.directory.operators)
    else:
        sheet.write_units(file, config.directory.units)


def import_from(path: Path, config: Config, *, dry_run: bool) -> Imported:
    """Judge a sheet, and write it if it is good.

    Raises:
        BadList: it is no sheet.
        EditRefused, OSError: the directory could not be written.
    """
    found = sheet.read_sheet(path)
    known = directory_edit.entries(config.paths, found.table)
    changes = [
        Change(
            table=found.table,
            value=sheet.merged(found.table, known.get(row.name, {}), row.said),
            file=str(path),
            line=row.line,
        )
        for row in found.rows
    ]
    judged = directory_edit.judge(config.paths, changes)
    problems = (*found.problems, *errors_of(judged.problems))
    written: tuple[Path, ...] = ()
    if not problems and not dry_run:
        written = directory_edit.write(config.paths, judged)
    return Imported(
        rows=len(found.rows) + len(found.problems),
        new=len(judged.new),
        changed=len(judged.changed),
        same=judged.same,
        changes=_told(judged),
        problems=tuple(sorted(problems, key=lambda one: (one.file, one.line or 0))),
        files=tuple(config.paths.shown(one) for one in written),
    )


def _told(judged: Judgement) -> tuple[tuple[str, str], ...]:
    new = ((one.name, "new") for one in judged.new)
    changed = ((one.name, _difference(before, one.value)) for one, before in judged.changed)
    return (*new, *changed)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {_said(before, name)} -> {_said(after, name)}" for name in names)


def _said(row: Mapping[str, Any], name: str) -> str:
    return str(row[name]) if name in row else "nothing"


def import_json(found: Imported) -> Mapping[str, Any]:
    """What a sheet did, as JSON."""
    return {
        "rows": found.rows,
        "new": found.new,
        "changed": found.changed,
        "same": found.same,
        "changes": [{"name": name, "what": what} for name, what in found.changes],
        "files": list(found.files),
    }
