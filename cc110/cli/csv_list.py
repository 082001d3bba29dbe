"""The blocklist as CSV: what a row says, and how it is written so that a spreadsheet runs nothing.

| column | is |
|---|---|
| ``number`` | a number in any usual form; the only one that must be there |
| ``until`` | ``2026-12-31T17:00:00Z``, a day, Unix time, or ``forever`` |
| ``reason``, ``note``, ``owner`` | text |
| ``lifted`` | a time: the block was lifted then, so the row blocks nobody |

A text that a spreadsheet could take for a formula gets a ``'`` before it, as does one that begins
with a ``'`` before such a sign; reading takes it away again (OWASP, "CSV injection").
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final, TextIO

from cc110.cli.times import moment
from cc110.core.blocking import FOREVER
from cc110.core.importing import MOST_TEXT, Listed
from cc110.core.numbers import normalise
from cc110.ports import Cc110Error

COLUMNS: Final = ("number", "until", "reason", "note", "owner")
LIFTED: Final = "lifted"
_FOREVER: Final = "forever"
_STEERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_LAST: Final = 253_402_300_799
"""The end of the year 9999."""


class BadList(Cc110Error):
    """The file is no list of numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRow:
    """A row that can't be taken, and why."""

    line: int
    reason: str


Read = tuple[int, Listed | BadRow | None]
"""A row's line in the file, and what it is; None = a block that was lifted or is over."""


def read_list(path: Path, tz: tzinfo, now: datetime) -> Iterator[Read]:
    """Every row of a file, in order; blank lines are passed over.

    Args:
        path: UTF-8, with a comma, semicolon or tabulator between the columns.
        tz: of times that don't say theirs.
        now: blocks that end before are over.

    Raises:
        BadList: it can't be read, or its header is none.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from _rows(file, tz, now)
    except OSError as error:
        raise BadList(f"{path} can't be read: {error.strerror}") from error


def _rows(file: TextIO, tz: tzinfo, now: datetime) -> Iterator[Read]:
    first = file.readline()
    file.seek(0)
    rows = csv.reader(file, delimiter=delimiter(first), strict=True)
    columns: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, BadRow(line=line, reason=str(error))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if columns is None:
            columns, is_header = _header(row)
            if is_header:
                continue
        yield line, _row(line, row, columns, tz, now)


def delimiter(first: str) -> str:
    """What stands between columns: the one that the first line has most of."""
    return max(",;\t", key=first.count)


def _header(row: list[str]) -> tuple[list[str], bool]:
    names = [cell.strip().lower() for cell in row]
    known = {*COLUMNS, LIFTED}
    if "number" not in names:
        if len(row) == 1:
            return ["number"], False
        raise BadList(f"the first line has no column `number`; known are {', '.join(COLUMNS)}")
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise BadList(f"the header has a column that is not known or comes twice: {unknown}")
    return names, True


def _row(
    line: int, row: list[str], columns: list[str], tz: tzinfo, now: datetime
) -> Listed | BadRow | None:
    if len(row) != len(columns):
        return BadRow(line=line, reason=f"{len(row)} columns instead of {len(columns)}")
    said = dict(zip(columns, row, strict=True))
    try:
        return _listed(said, tz, now)
    except ValueError as error:
        return BadRow(line=line, reason=str(error))


def _listed(said: dict[str, str], tz: tzinfo, now: datetime) -> Listed | None:
    number = normalise(said["number"].strip().removeprefix("'"))
    if number is None:
        raise ValueError(f"{said['number'][:40]!r} identifies nobody")
    until = _until(said.get("until", "").strip(), tz)
    texts = {name: _text(name, said.get(name)) for name in ("reason", "note", "owner")}
    if texts["reason"] is not None and not texts["reason"].strip():
        texts["reason"] = None
    if said.get(LIFTED, "").strip() or (until and until <= now.timestamp()):
        return None
    return Listed(number=number, until=until, **texts)


@lru_cache(maxsize=1024)
def _until(text: str, tz: tzinfo) -> int | None:
    """Unix time, 0 = for ever; None = nothing is said."""
    if not text:
        return None
    if text.lower() == _FOREVER:
        return FOREVER
    is_unix = text.isascii() and text.isdigit()
    end = int(text) if is_unix else int(moment(text, tz).timestamp())
    if not 0 <= end <= _LAST:
        raise ValueError(f"{text!r} is no time; write 2026-12-31, Unix time, or forever")
    return end


def _text(name: str, cell: str | None) -> str | None:
    if cell is None:
        return None
    text = bare(cell)
    if len(text) > MOST_TEXT:
        raise ValueError(f"{name} has {len(text)} characters, {MOST_TEXT} are the most")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{name} is not UTF-8") from None
    return text


def write_list(file: TextIO, rows: Iterable[tuple[str, ...]], *, with_lifted: bool) -> int:
    """Write header and rows (texts of ``COLUMNS``, and of ``lifted`` if wanted); how many."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow((*COLUMNS, LIFTED) if with_lifted else COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        count += 1
    return count


def bare(cell: str) -> str:
    """A cell without the sign that kept a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_STEERS) else cell


def safe(text: str) -> str:
    """A text as a cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_STEERS) else text


def until_cell(until: int) -> str:
    """The end of a block as a cell."""
    if until == FOREVER:
        return _FOREVER
    if until > _LAST:
        return str(until)
    return datetime.fromtimestamp(until, UTC).isoformat().replace("+00:00", "Z")
