"""``cc110 directory``: units and operators, read, and changed with a spreadsheet."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import Json, JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Screen, note, print_json
from cc110.cli.spoken import NOTHING
from cc110.cli.whole_file import written
from cc110.cli.words import Pair, pick
from cc110.core.words import Language
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.cli.units import Imported, UnitView
    from cc110.config.directory import Unit

app = group(
    "Units and operators of the site: list, show, to and from a spreadsheet.",
    "cc110 directory list --kind polres",
    "cc110 directory export units.csv",
)

_KINDS: Final = ("mabes", "polda", "polres", "polsek")
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("KODE", "CODE"), 0),
    (("NAMA", "NAME"), 1),
    (("JENIS", "KIND"), 3),
    (("ATASAN", "PARENT"), 2),
    (("DIHUBUNGI", "REACHED AT"), 0),
)
_FACTS: Final[tuple[tuple[str, Pair], ...]] = (
    ("name", ("nama", "name")),
    ("kind", ("jenis", "kind")),
    ("above", ("atasan", "above")),
    ("extension", ("ekstensi", "extension")),
    ("more_extensions", ("ekstensi lain", "more extensions")),
    ("sip", ("SIP", "SIP")),
    ("phone", ("telepon", "phone")),
    ("officers", ("petugas", "officers")),
    ("codes", ("kode area", "area codes")),
    ("regencies", ("wilayah", "regencies")),
    ("centre", ("titik tengah", "centre")),
    ("geojson", ("batas", "border")),
    ("time_zone", ("zona waktu", "time zone")),
    ("seats", ("kursi", "seats")),
    ("neighbours", ("tetangga", "neighbours")),
    ("operators", ("operator", "operators")),
    ("below", ("bawahan", "below")),
)


class BadRows(Cc110Error):
    """The sheet has rows that can't be taken."""


class NotWritten(Cc110Error):
    """The file can't be written."""


@app.command(
    "list",
    epilog=example(
        "cc110 directory list --kind polres --parent polda-sumut", "cc110 directory list --json"
    ),
)
def list_units(
    ctx: typer.Context,
    *,
    kind: Annotated[
        str | None, typer.Option(help="Only mabes, polda, polres or polsek.", show_default=False)
    ] = None,
    parent: Annotated[
        str | None, typer.Option(help="Only units right below this one.", show_default=False)
    ] = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List units, as the directory has them."""
    from cc110.cli import units

    if kind is not None and kind not in _KINDS:
        raise typer.BadParameter(f"must be one of {', '.join(_KINDS)}", param_hint="--kind")
    said = invocation(ctx, lang)
    found = units.listed(said.config(), kind=kind, parent=parent)
    if json:
        for unit in found:
            print_json(units.plain(unit))
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(unit) for unit in found])


def _row(unit: "Unit") -> tuple[str, ...]:
    reached = unit.extension or unit.phone or unit.sip or NOTHING
    return unit.code, unit.name, unit.kind, unit.parent or NOTHING, reached


@app.command("show", epilog=example("cc110 directory show polres-medan"))
def show_unit(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="A unit's code, or an extension.")],
    *,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Show one unit: how it is reached, its officers (SPKT, Kapolsek), what it is responsible for."""
    from cc110.cli import units

    said = invocation(ctx, lang)
    view = units.view(said.config(), code)
    if json:
        print_json(units.view_json(view))
    else:
        Screen().view(_facts(view, said.lang))


def _facts(view: "UnitView", lang: Language) -> Iterator[tuple[str, Cell | str]]:
    yield pick(("kode", "code"), lang), Cell(view.unit.code, "bold")
    for name, words in _FACTS:
        yield pick(words, lang), view.texts.get(name, "")


@app.command(
    "export",
    epilog=example(
        "cc110 directory export units.csv", "cc110 directory export --operators operators.csv"
    ),
)
def export(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where to; standard output if none is given."),
    ] = None,
    *,
    operators: Annotated[bool, typer.Option("--operators", help="Operators, not units.")] = False,
) -> None:
    """Write units, or operators, as CSV for a spreadsheet; `import` takes it back."""
    from cc110.cli import units

    config = invocation(ctx).config()
    if file is None:
        with suppress(BrokenPipeError):
            units.export_to(sys.stdout, config, operators=operators)
        return
    try:
        with written(file) as out:
            units.export_to(out, config, operators=operators)
    except OSError as error:
        raise NotWritten(f"{file} can't be written: {error.strerror}") from error
    count = len(config.directory.operators if operators else config.directory.units)
    note(f"{count} {'operators' if operators else 'units'} in {file}.")


@app.command(
    "import",
    epilog=example(
        "cc110 directory import units.csv --dry-run", "cc110 directory import units.csv"
    ),
)
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", help="CSV with a column `code` (units) or `id` (operators)."
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, write nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Change and add units or operators from a spreadsheet.

    The whole directory is checked with the new rows first; with one bad row nothing changes. What
    the sheet does not name stays, so nothing is ever removed: delete a unit in the file itself.
    """
    from cc110.cli import units

    found = units.import_from(file, invocation(ctx).config(), dry_run=dry_run)
    if found.problems:
        for problem in found.problems:
            print_json(problem) if json else note(str(problem))
        raise BadRows(f"{_count(found)}, so nothing has changed; correct them and try again")
    if json:
        print_json(units.import_json(found))
        return
    for name, what in found.changes:
        Screen().say(f"{name}: {what}")
    done = "would be" if dry_run else "were"
    Screen().say(
        f"{found.new} {done} added, {found.changed} {done} changed, {found.same} as they are."
    )


def _count(found: "Imported") -> str:
    bad = len(found.problems)
    return f"{bad} problem{'' if bad == 1 else 's'} in {found.rows} rows"
