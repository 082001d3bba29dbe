"""The directory as CSV for a spreadsheet: a row for each unit, or for each operator.

| column | is |
|---|---|
| ``code``, ``name``, ``kind``, ``parent``, ``extension``, ``sip``, ``phone`` | text, as in ``directory.toml`` |
| ``more_extensions``, ``neighbours``, ``area_codes``, ``regencies`` | several with ``;`` between them |
| ``spkt``, ``kapolsek``, ``kapolres``, ``padal`` | officers: ``Aiptu Contoh <+6280000000302>``, several with ``;`` |
| ``lat``, ``lon`` | degrees; a decimal comma is understood |
| ``geojson``, ``time_zone``, ``seats`` | as in ``directory.toml`` |

Operators have ``id``, ``unit`` and ``name``. A column that is missing says nothing; an empty cell takes the
value away. Cells that a spreadsheet could run are written with a ``'`` before them (``csv_list``).
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO, get_args

from cc110.cli.csv_list import BadList, bare, delimiter, safe
from cc110.config.directory import Operator, Role, Unit
from cc110.config.problem import Problem, hint

_ROLES: Final[tuple[Role, ...]] = get_args(Role)
_TEXTS: Final = ("code", "name", "kind", "parent", "extension", "sip", "phone", "time_zone")
_LISTS: Final = ("more_extensions", "neighbours")
_AREA_LISTS: Final = {"area_codes": "codes", "regencies": "regencies"}
UNIT_COLUMNS: Final = (
    "code", "name", "kind", "parent", "extension", "more_extensions", "sip", "phone", *_ROLES,
    "area_codes", "regencies", "lat", "lon", "geojson", "time_zone", "seats", "neighbours",
)  # fmt: skip
OPERATOR_COLUMNS: Final = ("id", "unit", "name")
_OFFICER: Final = re.compile(r"([^<>]*?)\s*(?:<\s*([^<>]*?)\s*>)?")
_NUMBER: Final = re.compile(r"-?[0-9]+\.[0-9]+")
"""A spreadsheet shows it and runs nothing."""
_BETWEEN: Final = "; "

Raw = dict[str, Any]
"""A unit or operator as TOML has it."""


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """A row of a sheet."""

    line: int
    said: Mapping[str, str]
    """By column, in its own columns' words, blanks around them taken off."""

    @property
    def name(self) -> str:
        """What the row is about: a unit's code or an operator's id."""
        return self.said.get("code") or self.said.get("id") or ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file as far as it could be read."""

    table: str
    """``unit`` or ``operator``."""
    rows: tuple[SheetRow, ...]
    problems: tuple[Problem, ...]
    """Rows that are none, with their lines."""


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file: UTF-8, with a comma, semicolon or tabulator between the columns.

    Raises:
        BadList: it can't be read, or its header is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _sheet(file, str(path))
    except OSError as error:
        raise BadList(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise BadList(f"{path} is not UTF-8: save it as `CSV UTF-8`") from None


def _sheet(file: TextIO, shown: str) -> Sheet:
    first = file.readline()
    file.seek(0)
    cells = _cells(file, delimiter(first))
    table, columns = _header(next(cells, (1, [])), shown)
    rows: list[SheetRow] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for line, row in cells:
        found = _row(line, row, columns, "code" if table == "unit" else "id")
        if isinstance(found, SheetRow) and found.name in lines:
            found = f"`{found.name}` is in line {lines[found.name]} already"
        if isinstance(found, str):
            problems.append(Problem(file=shown, line=line, message=found))
        else:
            lines[found.name] = line
            rows.append(found)
    return Sheet(table=table, rows=tuple(rows), problems=tuple(problems))


def _cells(file: TextIO, between: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row that is not blank, with its first line; a text for one that is no CSV."""
    rows = csv.reader(file, delimiter=between, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, str(error)
            continue
        if any(cell.strip() for cell in row):
            yield line, row


def _header(first: tuple[int, list[str] | str], shown: str) -> tuple[str, Sequence[str]]:
    names = [cell.strip().lower() for cell in first[1]] if isinstance(first[1], list) else []
    table = "operator" if "id" in names else "unit"
    known = OPERATOR_COLUMNS if table == "operator" else UNIT_COLUMNS
    if not {"id", "code"} & set(names):
        raise BadList(f"{shown}: the first line has no column `code` (units) or `id` (operators)")
    for name in names:
        if name not in known:
            raise BadList(f"{shown}: there is no column `{name}` for a {table}{hint(name, known)}")
        if names.count(name) > 1:
            raise BadList(f"{shown}: the column `{name}` comes twice")
    return table, names


def _row(line: int, row: list[str] | str, columns: Sequence[str], key: str) -> SheetRow | str:
    if isinstance(row, str):
        return row
    if len(row) != len(columns):
        return f"{len(row)} columns instead of {len(columns)}"
    said = {name: bare(cell).strip() for name, cell in zip(columns, row, strict=True)}
    return SheetRow(line=line, said=said) if said[key] else f"the row has no `{key}`"


def merged(table: str, before: Mapping[str, Any], said: Mapping[str, str]) -> Raw:
    """A unit or operator with what a row says of it; what it does not speak of stays."""
    if table == "operator":
        return {**before, **said}
    found = {**before, **{name: said[name] for name in _TEXTS if name in said}}
    found |= {name: _several(said[name]) for name in _LISTS if name in said}
    if "seats" in said:
        found["seats"] = _whole(said["seats"])
    if set(_ROLES) & said.keys():
        found["officers"] = _officers(before.get("officers", ()), said)
    found["area"] = _area(before.get("area", {}), said)
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}


def _area(before: Mapping[str, Any], said: Mapping[str, str]) -> Raw:
    found: Raw = {**before}
    for column, name in _AREA_LISTS.items():
        if column in said:
            found[name] = _several(said[column])
    if "area_codes" in said:
        found["codes"] = [_with_zero(code) for code in found["codes"]]
    if {"lat", "lon"} <= said.keys():
        point = [_degrees(said[name]) for name in ("lat", "lon")]
        found["centre"] = point if any(one != "" for one in point) else []
    if "geojson" in said:
        found["geojson"] = said["geojson"]
    return {name: value for name, value in found.items() if value not in ("", [])}


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _with_zero(code: str) -> str:
    """A spreadsheet makes 61 of 061; every area code begins with 0."""
    return f"0{code}" if code.isascii() and code.isdigit() and not code.startswith("0") else code


def _whole(cell: str) -> int | str:
    return int(cell) if cell.isascii() and cell.isdigit() else cell


def _degrees(cell: str) -> float | str:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell


def _officers(before: Sequence[Mapping[str, Any]], said: Mapping[str, str]) -> list[Raw]:
    found: list[Raw] = []
    for role in _ROLES:
        if role in said:
            found += [_officer(role, part) for part in _several(said[role])]
        else:
            found += [dict(officer) for officer in before if officer["role"] == role]
    in_order = sorted(before, key=lambda officer: _ROLES.index(officer["role"]))
    return [dict(officer) for officer in before] if in_order == found else found


def _officer(role: Role, part: str) -> Raw:
    read = _OFFICER.fullmatch(part)
    if read is None:
        return {"role": role, "name": part}
    phone = {"phone": read[2]} if read[2] else {}
    return {"role": role, "name": read[1], **phone}


def write_units(file: TextIO, units: Sequence[Unit]) -> None:
    """Header and rows of units."""
    _write(file, UNIT_COLUMNS, (_unit_cells(unit) for unit in units))


def write_operators(file: TextIO, operators: Sequence[Operator]) -> None:
    """Header and rows of operators."""
    _write(file, OPERATOR_COLUMNS, ((one.id, one.unit, one.name) for one in operators))


def _write(file: TextIO, columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell if _NUMBER.fullmatch(cell) else safe(cell) for cell in row])


def _unit_cells(unit: Unit) -> tuple[str, ...]:
    area = unit.area
    lat, lon = (f"{one!r}" for one in area.centre) if area.centre else ("", "")
    said: dict[str, object] = {
        **{name: getattr(unit, name) for name in (*_TEXTS, "seats")},
        **{name: _BETWEEN.join(getattr(unit, name)) for name in _LISTS},
        **{column: _BETWEEN.join(getattr(area, name)) for column, name in _AREA_LISTS.items()},
        **{role: _names(unit, role) for role in _ROLES},
        "lat": lat,
        "lon": lon,
        "geojson": area.geojson,
    }
    return tuple("" if said[name] is None else str(said[name]) for name in UNIT_COLUMNS)


def _names(unit: Unit, role: Role) -> str:
    found = (officer for officer in unit.officers if officer.role == role)
    return _BETWEEN.join(
        f"{officer.name} <{officer.phone}>" if officer.phone else officer.name for officer in found
    )
