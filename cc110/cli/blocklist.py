"""``cc110 blocklist``: which numbers are rejected, by whose word and until when."""

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.block_view import both, show_block, state
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Column, Row, Screen, note, print_json
from cc110.cli.times import length, moment
from cc110.cli.words import Pair, pick
from cc110.core.blocking import FOREVER
from cc110.core.counting import counted
from cc110.core.ids import Number
from cc110.core.numbers import normalise
from cc110.core.words import BlockCause, Language
from cc110.journal.rows import BlockRow
from cc110.ports import Cc110Error

app = group(
    "Blocked numbers: add, remove, show and list.",
    "cc110 blocklist add 0812-3456-7890 --reason 'prank calls'",
    "cc110 blocklist list",
)

NumberIn = Annotated[
    str,
    typer.Argument(metavar="NUMBER", help="A number in any usual form, such as 0812-3456-7890."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is written down with it.")]
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("NOMOR", "NUMBER"), 0),
    (("BERLAKU", "IN FORCE"), 0),
    (("SEJAK", "SINCE"), 2),
    (("OLEH", "BY"), 3),
    (("DITOLAK", "REJECTED"), 1),
    (("ALASAN", "REASON"), 0),
)


class NotOnTheList(Cc110Error):
    """The number was never blocked."""


class NoNumber(Cc110Error):
    """The number identifies nobody."""


@app.command(
    "add",
    epilog=example(
        "cc110 blocklist add 0812-3456-7890 --reason 'prank calls' --for 30d",
        "cc110 blocklist add +6281234567890 --reason 'court order' --forever",
    ),
)
def add(
    ctx: typer.Context,
    number: NumberIn,
    *,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="Until this time: 2026-12-31 or 2026-12-31T18:00.")
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", help="For so long: 12h, 30d, 2w; else as long as the site's settings say."
        ),
    ] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Until it is removed.")] = False,
    note: Annotated[str, typer.Option(help="What else is to be known of it.")] = "",
    owner: Annotated[
        str, typer.Option(help="Who answers for it, such as a unit, if it is not who does it.")
    ] = "",
    by: By,
    json: Json = False,
) -> None:
    """Reject calls from a number, before any operator hears them."""
    from cc110.cli.blocking import block, earlier_blocks

    said = invocation(ctx)
    quiet_logs(said)
    form = identified(number)
    config = said.config()
    usual = config.block_policy().length(earlier_blocks(config, form))
    end = end_of(until, for_, forever=forever, usual=usual, tz=config.time_zone)
    in_pbx = asyncio.run(
        block(config, form, until=end, reason=reason, by=by, note=note, owner=owner)
    )
    if json:
        print_json({"number": form, "until": end, "in_pbx": in_pbx})
        return
    lasting = spoken.until_text(end, config.time_zone, Language.ENGLISH)
    Screen().say(f"{both(form)} is blocked {lasting}. {mirrored(in_pbx)}")


@app.command(
    "remove",
    epilog=example("cc110 blocklist remove 0812-3456-7890 --reason 'verified by operator'"),
)
def remove(
    ctx: typer.Context, number: NumberIn, *, reason: Reason, by: By, json: Json = False
) -> None:
    """Take a number off the blocklist."""
    from cc110.cli.blocking import unblock

    said = invocation(ctx)
    quiet_logs(said)
    form = identified(number)
    in_pbx = asyncio.run(unblock(said.config(), form, reason=reason, by=by))
    if json:
        print_json({"number": form, "in_pbx": in_pbx})
    else:
        Screen().say(f"{both(form)} is not blocked any more. {mirrored(in_pbx)}")


@app.command("show", epilog=example("cc110 blocklist show 0812-3456-7890"))
def show(ctx: typer.Context, number: NumberIn, *, json: Json = False, lang: Lang = None) -> None:
    """Show a number's last block with its evidence, and what counts towards the next one."""
    from cc110.cli.records import asked
    from cc110.journal import queries
    from cc110.journal.ranges import read_ranges

    said = invocation(ctx, lang)
    form = identified(number)
    config = said.config()
    row = asked(config, queries.get_block, form)
    pranks = asked(config, queries.list_pranks, form)
    known = asked(config, read_ranges)
    in_range = known.blocking(form, datetime.now(UTC))
    if row is None and not pranks and not in_range and form not in known.exempt:
        raise NotOnTheList(f"{both(form)} was never blocked, and no call of it was a prank")
    counts = counted(
        pranks,
        since=row.counts_since if row else None,
        now=datetime.now(UTC),
        policy=config.block_policy(),
    )
    if json:
        told = _as_json(row) if row else {"number": form}
        range_ = in_range.span.prefix if in_range else None
        print_json({**told, "counted": counts, "range": range_, "exempt": form in known.exempt})
        return
    show_block(form, row, counts, config, said.lang, in_range, known.exempt.get(form))


@app.command(
    "list",
    epilog=example(
        "cc110 blocklist list --cause threshold",
        "cc110 blocklist list --all --json",
        "cc110 blocklist list --limit 100 --after 0812-3456-7890",
    ),
)
def list_blocks(
    ctx: typer.Context,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Blocks that were lifted or have expired as well.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most numbers; all if nothing is said.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="Go on after this number, the last of the page before.")
    ] = None,
    cause: Annotated[
        BlockCause | None, typer.Option(help="Only those that came onto the list like this.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Only those that this one made.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only those of this owner.")] = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List blocked numbers, in the order of their digits."""
    from cc110.cli import records

    said = invocation(ctx, lang)
    config = said.config()
    wanted = {"cause": cause, "by": by, "owner": owner}
    pages = records.block_pages(
        config,
        in_force_at=None if every else datetime.now(UTC),
        after=identified(after) if after else None,
        limit=limit,
        **{name: value for name, value in wanted.items() if value is not None},
    )
    if json:
        for row in (row for page in pages for row in page):
            print_json(_as_json(row))
        return
    rows = [row for page in pages for row in page]
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(row, said.lang, config.time_zone) for row in rows])
    if not rows:
        note(pick(("Tidak ada nomor yang diblokir.", "No number is blocked."), said.lang))


def identified(text: str) -> Number:
    """The number that somebody typed; raises NoNumber."""
    if form := normalise(text):
        return form
    raise NoNumber(
        f"{spoken.harmless(text)} identifies nobody; give a full number such as 0812-3456-7890"
    )


def end_of(
    until: str | None, for_: str | None, *, forever: bool, usual: timedelta, tz: tzinfo
) -> int:
    """When a block ends, as Unix time; wrong usage if several ends are said or it is over."""
    if sum(map(bool, (until, for_, forever))) > 1:
        raise typer.BadParameter("say one of --until, --for and --forever")
    if forever:
        return FOREVER
    now = datetime.now(UTC)
    try:
        end = moment(until, tz) if until else now + (length(for_) if for_ else usual)
    except (ValueError, OverflowError) as fault:
        raise typer.BadParameter(str(fault)) from None
    if end <= now:
        raise typer.BadParameter(f"{until} is over already")
    return int(end.timestamp())


def mirrored(in_pbx: bool) -> str:
    """Whether the PBX has a change already, as a sentence."""
    if in_pbx:
        return "The PBX knows it."
    return "It is written down; the PBX gets it as soon as the daemon has a link to it."


def _row(row: BlockRow, lang: Language, tz: tzinfo) -> Row:
    return (
        spoken.number_text(row.number),
        state(row, lang, tz),
        spoken.minute_text(row.blocked_at, tz, lang),
        row.by,
        f"{row.rejections}x",
        row.reason,
    )


def _as_json(row: BlockRow) -> dict[str, object]:
    import dataclasses

    fields = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
    return {**fields, "in_force": row.in_force(datetime.now(UTC))}
