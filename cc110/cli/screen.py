"""What commands print: tables and views for people, plain columns for pipes, JSON for programs."""

import dataclasses
import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from cc110.cli.spoken import harmless

if TYPE_CHECKING:
    from rich.console import Console

GAP: Final = 2
_NARROWEST: Final = 60


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table."""

    heading: str
    right: bool = False
    rank: int = 0
    """On a narrow screen the column of the highest rank goes first; 0 stays."""


@dataclass(frozen=True)
class Cell:
    """A text with a style, as rich writes it."""

    text: str
    style: str = ""


Row = Sequence[Cell | str]


class Screen:
    """Standard output. Colours, boxes and widths belong to a terminal; a pipe gets plain text."""

    def __init__(self) -> None:
        """Look at standard output once."""
        self.is_terminal = sys.stdout.isatty()

    @cached_property
    def console(self) -> "Console":
        """The terminal, with the colours that it and ``NO_COLOR`` allow."""
        from rich.console import Console

        return Console(highlight=False, markup=False)

    @property
    def width(self) -> int:
        """The terminal's columns."""
        return max(_NARROWEST, shutil.get_terminal_size().columns)

    def say(self, text: str, style: str = "") -> None:
        """One line, never cut."""
        if self.is_terminal and style:
            self.console.print(harmless(text), style=style, soft_wrap=True)
        else:
            print(harmless(text), flush=True)

    def table(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Rows under headings; on a terminal as many columns as fit."""
        cells = [[_cell(cell) for cell in row] for row in rows]
        if self.is_terminal:
            self._grid(*_fitting(columns, cells, self.width))
        else:
            _print_plainly(columns, cells)

    def view(self, facts: Iterable[tuple[str, Cell | str]]) -> None:
        """One thing: a line for each fact, those without a value left out."""
        lines = [(name, _cell(value)) for name, value in facts if _cell(value).text]
        longest = max((len(name) for name, _ in lines), default=0)
        for name, cell in lines:
            if self.is_terminal:
                self._fact(name.ljust(longest + GAP), cell)
            else:
                print(f"{name.ljust(longest + GAP)}{cell.text}", flush=True)

    def _fact(self, name: str, cell: Cell) -> None:
        from rich.text import Text

        self.console.print(Text.assemble((name, "dim"), (cell.text, cell.style)), soft_wrap=True)

    def _grid(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for column in columns:
            justify: Any = "right" if column.right else "left"
            table.add_column(column.heading, justify=justify, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell.text, style=cell.style) for cell in row))
        self.console.print(table)


def print_json(value: object) -> None:
    """One JSON document in one line."""
    print(json.dumps(value, ensure_ascii=False, default=_encodable), flush=True)


def note(text: str) -> None:
    """A word beside the output, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _encodable(value: object) -> Mapping[str, Any] | str:
    """Times as the journal writes them: UTC, milliseconds, ``Z``."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")


def _cell(value: Cell | str) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return Cell(harmless(cell.text), cell.style)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[int]:
    lengths = [[len(column.heading) for column in columns]]
    lengths += [[len(cell.text) for cell in row] for row in rows]
    return [max(column) for column in zip(*lengths, strict=True)]


def _fitting(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int
) -> tuple[Sequence[Column], Sequence[Sequence[Cell]]]:
    """Without the columns that can go, until the rest fits."""
    while sum(_widths(columns, rows)) + GAP * len(columns) > width:
        ranks = [column.rank for column in columns]
        if not any(ranks):
            break
        gone = ranks.index(max(ranks))
        columns = [*columns[:gone], *columns[gone + 1 :]]
        rows = [[*row[:gone], *row[gone + 1 :]] for row in rows]
    return columns, rows


def _print_plainly(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    widths = _widths(columns, rows)
    heading = [Cell(column.heading) for column in columns]
    for row in (heading, *rows):
        texts = (
            cell.text.rjust(width) if column.right else cell.text.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        print((" " * GAP).join(texts).rstrip(), flush=True)
