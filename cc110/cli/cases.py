"""``cc110 cases``: what calls are about, and whose work it is."""

import asyncio
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick
from cc110.core.words import Language
from cc110.journal.rows import CaseRow

if TYPE_CHECKING:
    from cc110.config.model import Config

app = group("Cases: list, show and close.", "cc110 cases list --open", "cc110 cases show K-17-4821")

Case = Annotated[
    str, typer.Argument(metavar="ID", help="A case's id, or its short id such as K-17-4821.")
]
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("DIBUKA", "OPENED"), 0),
    (("KASUS", "CASE"), 0),
    (("NOMOR", "NUMBER"), 0),
    (("PEMILIK", "OWNER"), 0),
    (("OLEH", "BY"), 2),
    (("DITUTUP", "CLOSED"), 1),
)
_OPEN: Final[Pair] = ("terbuka", "open")


@app.command(
    "list", epilog=example("cc110 cases list --open", "cc110 cases list --owner polres:7101 --json")
)
def list_cases(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    open_only: Annotated[bool, typer.Option("--open", help="Only cases that are open.")] = False,
    owner: Annotated[
        str | None, typer.Option(help="Only cases of this queue, or of polres:EXTENSION.")
    ] = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List cases, the newest first."""
    from cc110.cli.records import asked
    from cc110.journal import queries

    said = invocation(ctx, lang)
    config = said.config()
    rows = asked(config, queries.list_cases, limit=limit, open_only=open_only, owner=owner)
    if json:
        for row in rows:
            print_json(row)
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(row, said.lang, config.time_zone) for row in rows])
    if not rows:
        note(pick(("Tidak ada kasus.", "There are no cases."), said.lang))


@app.command("show", epilog=example("cc110 cases show K-17-4821"))
def show_case(ctx: typer.Context, case: Case, *, json: Json = False, lang: Lang = None) -> None:
    """Show one case and what happened to it."""
    from cc110.cli import records
    from cc110.cli.feed import show_lines

    said = invocation(ctx, lang)
    config = said.config()
    found, events = records.asked(config, records.case_story, case)
    if json:
        print_json(found)
        return
    screen = Screen()
    facts = _facts(found, said.lang, config.time_zone)
    screen.view((pick(name, said.lang), value) for name, value in facts)
    screen.say("")
    show_lines(screen, events, said.lang, config.time_zone, case_id=found.case_id)


@app.command("close", epilog=example("cc110 cases close K-17-4821 --by 'Padal Contoh'"))
def close_case(ctx: typer.Context, case: Case, *, by: By, json: Json = False) -> None:
    """Close a case. Closing twice is closing once."""
    from cc110.cli import records

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    case_id = records.asked(config, records.case_id, case)
    asyncio.run(_close(config, case_id, by))
    if json:
        print_json({"case_id": case_id, "closed": True, "by": by})
    else:
        Screen().say(f"{case_id} is closed.")


async def _close(config: "Config", case_id: str, by: str) -> None:
    from cc110.app import open_desk

    async with open_desk(config) as desk:
        await desk.close_case(case_id, by=by)


def owner_text(owner: str | None) -> str:
    """A queue's name, or ``Polres 7101``."""
    return (owner or spoken.NOTHING).replace("polres:", "Polres ")


def _row(row: CaseRow, lang: Language, tz: tzinfo) -> Row:
    is_open = Cell(pick(_OPEN, lang), "yellow")
    return (
        spoken.minute_text(row.opened_at, tz, lang),
        spoken.short_case(row.case_id),
        spoken.number_text(row.number) if row.number else spoken.NOTHING,
        owner_text(row.owner),
        row.opened_by or spoken.NOTHING,
        is_open if row.is_open else spoken.minute_text(row.closed_at, tz, lang),
    )


def _facts(case: CaseRow, lang: Language, tz: tzinfo) -> Iterator[tuple[Pair, Cell | str]]:
    yield ("Kasus", "Case"), Cell(case.case_id, "bold")
    yield ("Panggilan", "Call"), case.call_id or ""
    yield ("Nomor", "Number"), spoken.number_text(case.number) if case.number else ""
    yield ("Dibuka", "Opened"), spoken.moment_text(case.opened_at, tz, lang)
    yield ("Dibuka oleh", "Opened by"), case.opened_by or ""
    yield ("Pemilik", "Owner"), owner_text(case.owner)
    if case.is_open:
        yield ("Keadaan", "State"), Cell(pick(_OPEN, lang), "yellow")
    else:
        yield ("Ditutup", "Closed"), spoken.moment_text(case.closed_at, tz, lang)
        yield ("Ditutup oleh", "Closed by"), case.closed_by or ""
