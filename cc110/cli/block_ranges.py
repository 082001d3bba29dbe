"""``cc110 blocklist range``: numbers that begin alike, blocked by hand and by the word of two people."""

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.blocklist import Reason, end_of, mirrored
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick
from cc110.core.ranges import RangeBlock, Ranges
from cc110.core.words import Language

app = group(
    "Ranges of numbers: add, confirm by a second person, remove and list.",
    "cc110 blocklist range add 0812-3456-7 --reason 'call robot'",
    "cc110 blocklist range confirm 0812-3456-7 --by 'Kanit Contoh'",
)
RangeIn = Annotated[
    str,
    typer.Argument(
        metavar="RANGE", help="How the numbers begin, such as 0812-3456-7, or FIRST..LAST."
    ),
]
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("AWALAN", "PREFIX"), 0),
    (("DIGIT", "DIGITS"), 2),
    (("BERLAKU", "IN FORCE"), 0),
    (("DIUSULKAN", "PROPOSED BY"), 0),
    (("DISETUJUI", "CONFIRMED BY"), 0),
    (("DIKECUALIKAN", "EXEMPT"), 1),
    (("ALASAN", "REASON"), 0),
)


@app.command(
    "add",
    epilog=example(
        "cc110 blocklist range add 0812-3456-7 --reason 'call robot' --for 7d",
        "cc110 blocklist range add 0812-3456-7000..0812-3456-7499 --reason robot",
    ),
)
def add(
    ctx: typer.Context,
    range_: RangeIn,
    *,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="Until this time: 2026-12-31 or 2026-12-31T18:00.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="For so long: 12h, 30d, 2w; else as a first block.")
    ] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Until it is removed.")] = False,
    note_: Annotated[str, typer.Option("--note", help="What else is to be known of it.")] = "",
    by: By,
    json: Json = False,
) -> None:
    """Propose to block a range. It blocks nobody until a second person confirms it."""
    from cc110.cli.blocking import change_range

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    usual = config.block_policy().length(0)
    end = end_of(until, for_, forever=forever, usual=usual, tz=config.time_zone)
    prefixes, _ = asyncio.run(
        change_range(
            config, lambda desk: desk.propose(range_, until=end, reason=reason, by=by, note=note_)
        )
    )
    if json:
        print_json({"prefixes": prefixes.split(), "until": end})
        return
    lasting = spoken.until_text(end, config.time_zone, Language.ENGLISH)
    Screen().say(
        f"Proposed to block {_all_of(prefixes)} {lasting}. It blocks nobody until somebody else than "
        f"{spoken.harmless(by)} confirms it: cc110 blocklist range confirm {spoken.harmless(range_)}"
    )


@app.command(
    "confirm", epilog=example("cc110 blocklist range confirm 0812-3456-7 --by 'Kanit Contoh'")
)
def confirm(ctx: typer.Context, range_: RangeIn, *, by: By, json: Json = False) -> None:
    """Confirm a proposed range as a second person: from now on it is blocked."""
    from cc110.cli.blocking import change_range

    said = invocation(ctx)
    quiet_logs(said)
    prefixes, in_pbx = asyncio.run(
        change_range(said.config(), lambda desk: desk.confirm(range_, by=by))
    )
    if json:
        print_json({"prefixes": prefixes.split(), "in_pbx": in_pbx})
    else:
        Screen().say(f"Blocked: {_all_of(prefixes)}. {mirrored(in_pbx)}")


@app.command(
    "remove", epilog=example("cc110 blocklist range remove 0812-3456-7 --reason 'robot is gone'")
)
def remove(
    ctx: typer.Context, range_: RangeIn, *, reason: Reason, by: By, json: Json = False
) -> None:
    """Lift the block of a range, or refuse its proposal."""
    from cc110.cli.blocking import change_range

    said = invocation(ctx)
    quiet_logs(said)
    prefixes, in_pbx = asyncio.run(
        change_range(said.config(), lambda desk: desk.lift(range_, reason=reason, by=by))
    )
    if json:
        print_json({"prefixes": prefixes.split(), "in_pbx": in_pbx})
    else:
        Screen().say(f"Not blocked any more: {_all_of(prefixes)}. {mirrored(in_pbx)}")


@app.command(
    "list", epilog=example("cc110 blocklist range list", "cc110 blocklist range list --json")
)
def list_ranges(ctx: typer.Context, *, json: JsonLines = False, lang: Lang = None) -> None:
    """List blocked and proposed ranges, with the numbers that are exempt."""
    from cc110.cli.records import asked
    from cc110.journal.ranges import read_ranges

    said = invocation(ctx, lang)
    config = said.config()
    known, now = asked(config, read_ranges), datetime.now(UTC)
    blocks = list(_all(known))
    if json:
        for block in blocks:
            print_json(_as_json(block, known, now))
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(
        columns, [_row(block, known, now, config.time_zone, said.lang) for block in blocks]
    )
    if not blocks:
        note(pick(("Tidak ada rentang yang diblokir.", "No range is blocked."), said.lang))


def _all(known: Ranges) -> Iterator[RangeBlock]:
    """The proposals last: they wait for somebody."""
    for blocks in (known.blocked, known.proposed):
        yield from (block for _, block in sorted(blocks.items()))


def _exempt(block: RangeBlock, known: Ranges) -> list[str]:
    return sorted(number for number in known.exempt if block.span.holds(number))


def _as_json(block: RangeBlock, known: Ranges, now: datetime) -> dict[str, object]:
    told = {field.name: getattr(block, field.name) for field in dataclasses.fields(block)}
    del told["span"]
    return {
        "prefix": block.span.prefix,
        "digits": block.span.digits,
        **told,
        "in_force": block.in_force(now),
        "exempt": _exempt(block, known),
    }


def _row(block: RangeBlock, known: Ranges, now: datetime, tz: tzinfo, lang: Language) -> Row:
    return (
        block.span.prefix,
        str(block.span.digits) if block.span.digits else spoken.NOTHING,
        _state(block, now, tz, lang),
        block.by,
        block.confirmed_by or spoken.NOTHING,
        str(len(_exempt(block, known))),
        block.reason,
    )


def _state(block: RangeBlock, now: datetime, tz: tzinfo, lang: Language) -> str:
    if not block.confirmed_by:
        return pick(("menunggu orang kedua", "waits for a second person"), lang)
    if not block.in_force(now):
        return pick(("berakhir", "expired"), lang)
    return spoken.until_text(block.until, tz, lang)


def _all_of(prefixes: str) -> str:
    return f"numbers that begin with {', '.join(prefixes.split())}"
