"""``cc110 blocklist history`` and ``verify``: who did what, and whether all places agree."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.blocklist import identified
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import Json, JsonLines, Lang, example
from cc110.cli.screen import Column, Row, Screen, note, print_json
from cc110.cli.times import past
from cc110.cli.words import Pair, pick
from cc110.core import events as e
from cc110.core.words import Language
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from datetime import tzinfo

    from cc110.cli.verifying import Compared
    from cc110.journal.history import Step

HISTORY_EXAMPLE: Final = example(
    "cc110 blocklist history", "cc110 blocklist history 0812-3456-7890 --since 30d --json"
)
VERIFY_EXAMPLE: Final = example("cc110 blocklist verify", "cc110 blocklist verify --repair")
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("WAKTU", "TIME"), 0),
    (("NOMOR", "NUMBER"), 0),
    (("APA", "WHAT"), 0),
    (("OLEH", "BY"), 0),
    (("DITOLAK", "REJECTED"), 1),
    (("ALASAN", "REASON"), 0),
)


class Differs(Cc110Error):
    """The places do not agree."""


def history(
    ctx: typer.Context,
    number: Annotated[
        str | None, typer.Argument(metavar="[NUMBER]", help="Of one number; else of all.")
    ] = None,
    *,
    since: Annotated[
        str | None, typer.Option(help="From this time on, or so long ago: 2026-08-17, 12h, 30d.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most lines.")] = 50,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """Who blocked, lifted, withdrew or verified what, when and why; the newest first."""
    from cc110.cli.records import asked
    from cc110.journal.history import list_steps

    said = invocation(ctx, lang)
    config = said.config()
    try:
        start = past(since, config.time_zone, datetime.now(UTC)) if since else None
    except (ValueError, OverflowError) as fault:
        raise typer.BadParameter(str(fault)) from None
    form = identified(number) if number else None
    steps = asked(config, list_steps, number=form, since=start, limit=limit)
    if json:
        for step in steps:
            print_json(_as_json(step))
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(step, said.lang, config.time_zone) for step in steps])
    if not steps:
        note(pick(("Tidak ada catatan.", "Nothing was recorded."), said.lang))


def verify(
    ctx: typer.Context,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Write the PBX's list anew from the journal.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare journal, tables and PBX; exit code 1 when they differ.

    A change that comes while it compares may show as a difference: do it again then.
    """
    from cc110.app import refill_pbx
    from cc110.cli.verifying import compare

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    if repair:
        asyncio.run(refill_pbx(config))
    found = compare(config)
    if json:
        print_json({**vars(found), "equal": found.equal})
    else:
        _tell(found)
    if not found.equal:
        counts = {**found.counts, "ranges": len(found.ranges)}
        differing = ", ".join(f"{place}: {n}" for place, n in counts.items() if n)
        raise Differs(f"they differ from the journal ({differing}); --repair writes the PBX anew")


def _tell(found: "Compared") -> None:
    screen = Screen()
    for place, named in found.named.items():
        for one in named:
            here, there = (_end(until) for until in (one.journal, one.there))
            screen.say(f"{place}: {one.number} is {there}, and {here} in the journal")
        if found.counts[place] > len(named):
            screen.say(f"{place}: ... and {found.counts[place] - len(named)} more")
    for key in found.ranges:
        screen.say(f"pbx: the entry of {key} is not what the journal says of ranges")
    if found.pbx_trouble:
        note(f"The PBX was not compared: {found.pbx_trouble}")
    with_pbx = "tables" if found.pbx_trouble else "tables and PBX"
    if found.equal:
        screen.say(f"{found.numbers} numbers in force; {with_pbx} have what the journal has.")


def _end(until: int | str | None) -> str:
    match until:
        case None:
            return "not blocked"
        case 0:
            return "blocked for ever"
        case int():
            return f"blocked until {datetime.fromtimestamp(until, UTC):%Y-%m-%dT%H:%MZ}"
        case str():
            return "no entry that means anything"


def _as_json(step: "Step") -> dict[str, object]:
    one = step.recorded
    return {
        "seq": one.seq,
        "at": one.event.at,
        "type": one.event.type,
        "number": step.number,
        "call_id": one.event.call_id,
        "rejections": step.rejections,
        "data": one.event.data,
    }


def _row(step: "Step", lang: Language, tz: "tzinfo") -> Row:
    what, by, reason = _told(step.recorded.event.data, lang, tz)
    return (
        spoken.moment_text(step.recorded.event.at, tz, lang),
        spoken.number_text(step.number),
        what,
        by,
        f"{step.rejections}x",
        reason,
    )


def _told(data: e.Data, lang: Language, tz: "tzinfo") -> tuple[str, str, str]:
    """What, by whom, why."""
    match data:
        case e.NumberBlocked(until=until, cause=cause):
            word = pick(("diblokir", "blocked"), lang)
            return f"{word} {spoken.until_text(until, tz, lang)} ({cause})", data.by, data.reason
        case e.NumberUnblocked():
            return pick(("dicabut", "lifted"), lang), data.by, data.reason
        case e.NumberExempted(prefix=prefix):
            word = pick(("dikecualikan dari", "exempt from"), lang)
            return f"{word} {prefix}...", data.by, data.reason
        case e.VerdictWithdrawn():
            word = pick(("putusan ditarik", "verdict withdrawn"), lang)
            return f"{word} ({data.verdict})", data.by, data.reason
        case e.BlockVerificationAsked():
            return pick(("minta verifikasi", "asked for verification"), lang), "", ""
        case e.BlockVerificationRefused(agent=agent):
            return pick(("verifikasi ditolak", "verification refused"), lang), agent, ""
        case _:
            return type(data).__name__, "", ""
