"""``cc110 calls``: the calls that the journal knows."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.context import Invocation, invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Row, Screen, note, print_json
from cc110.cli.times import moment, past
from cc110.cli.words import Pair, pick, word
from cc110.core.ids import Number
from cc110.core.numbers import normalise
from cc110.core.words import Language
from cc110.journal.rows import CallRow, CallStory, Outcome
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.config.model import Config

app = group("Calls: list, show and follow.", "cc110 calls list --since 1h", "cc110 calls follow")

Call = Annotated[str, typer.Argument(metavar="ID", help="A call's id, or its short id.")]
Since = Annotated[
    str | None, typer.Option(help="From when on: a time, or how long ago (10m, 2h, 7d).")
]
_GOOD: Final = (Outcome.ANSWERED, Outcome.TRANSFERRED)
_COLUMNS: Final[tuple[tuple[Pair, bool, int], ...]] = (
    (("WAKTU", "TIME"), False, 0),
    (("PANGGILAN", "CALL"), False, 0),
    (("NOMOR", "NUMBER"), False, 0),
    (("ANTREAN", "QUEUE"), False, 3),
    (("OPERATOR", "OPERATOR"), False, 1),
    (("POLRES", "POLRES"), False, 4),
    (("PENILAIAN", "VERDICT"), False, 2),
    (("TUNGGU", "WAITED"), True, 6),
    (("LAMA", "LENGTH"), True, 5),
    (("HASIL", "OUTCOME"), False, 0),
)


@app.command(
    "list",
    epilog=example(
        "cc110 calls list --since 1h --outcome abandoned",
        "cc110 calls list --number 0812-3456-7890 --json",
    ),
)
def list_calls(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    since: Since = None,
    until: Annotated[
        str | None, typer.Option(help="Only calls that came before this time.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="Only this caller, in any usual form.")] = None,
    queue: Annotated[str | None, typer.Option(help="Only this queue.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only this operator.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only calls that went so.")] = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List calls, the newest first."""
    from cc110.cli.records import asked
    from cc110.journal import queries

    said = invocation(ctx, lang)
    config = said.config()
    rows = asked(
        config,
        queries.list_calls,
        limit=limit,
        since=past_time(since, config.time_zone),
        until=_time(until, config.time_zone),
        number=caller(number),
        queue=queue,
        agent=agent,
        outcome=outcome,
    )
    if json:
        for row in rows:
            print_json(row)
        return
    _show_table(rows, said.lang, config.time_zone)


@app.command("show", epilog=example("cc110 calls show 17-4821", "cc110 calls show 17-4821 --json"))
def show_call(ctx: typer.Context, call: Call, *, json: Json = False, lang: Lang = None) -> None:
    """Show one call and all that happened in it."""
    from cc110.cli import records

    said = invocation(ctx, lang)
    config = said.config()
    found = records.asked(config, records.story, call)
    if json:
        _print_story(found)
    else:
        _show_story(found, said.lang, config.time_zone)


@app.command(
    "withdraw",
    epilog=example("cc110 calls withdraw 17-4821 --reason 'wrong button' --by 'Padal Contoh'"),
)
def withdraw_verdict(
    ctx: typer.Context,
    call: Call,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written down with it.")],
    by: By,
    json: Json = False,
) -> None:
    """Take a call's verdict back. A prank then counts no more, and a block that rests on it is lifted."""
    from cc110.cli import records

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    call_id = records.asked(config, records.call_id, call)
    asyncio.run(_withdraw(config, call_id, reason, by))
    if json:
        print_json({"call_id": call_id, "withdrawn": True, "by": by})
    else:
        Screen().say(f"The verdict on call {call_id} is withdrawn.")


async def _withdraw(config: "Config", call_id: str, reason: str, by: str) -> None:
    from cc110.app import open_desk

    async with open_desk(config) as desk:
        await desk.withdraw_verdict(call_id, reason=reason, by=by)


@app.command(
    "follow", epilog=example("cc110 calls follow", "cc110 calls follow --since 10m --lang en")
)
def follow_calls(
    ctx: typer.Context,
    *,
    call: Annotated[
        str | None, typer.Option("--call", metavar="ID", help="Only this call, from its start on.")
    ] = None,
    since: Since = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """Show what happens, as it happens.

    One line for each event, until Ctrl-C. The daemon need not run, nor the journal exist.
    """
    said = invocation(ctx, lang)
    config = said.config()
    began = past_time(since, config.time_zone)
    with suppress(KeyboardInterrupt):
        asyncio.run(_follow(said, config, call, began, json=json))


async def _follow(
    said: Invocation, config: "Config", call: str | None, since: datetime | None, *, json: bool
) -> None:
    from cc110.cli.feed import Feed
    from cc110.cli.follow import call_named, pages

    url = config.journal_url.get_secret_value()
    call_id = await call_named(url, call) if call else None
    feed = Feed(said.lang, config.time_zone, json=json)
    async for page in pages(url, since=since, from_start=bool(call), call_id=call_id):
        if isinstance(page, Cc110Error):
            feed.wait(str(page))
        else:
            feed.show(page)


def past_time(text: str | None, tz: tzinfo) -> datetime | None:
    """What an option such as ``--since`` says; wrong usage if it is no time."""
    try:
        return past(text, tz, datetime.now(UTC)) if text else None
    except (ValueError, OverflowError) as fault:
        raise typer.BadParameter(str(fault)) from None


def _time(text: str | None, tz: tzinfo) -> datetime | None:
    try:
        return moment(text, tz) if text else None
    except (ValueError, OverflowError) as fault:
        raise typer.BadParameter(str(fault)) from None


def caller(text: str | None) -> Number | None:
    """A number that an option says, in normal form; wrong usage if it is none."""
    if text is None:
        return None
    if number := normalise(text):
        return number
    raise typer.BadParameter(f"{text!r} is no full telephone number")


def _show_table(rows: tuple[CallRow, ...], lang: Language, tz: tzinfo) -> None:
    columns = [
        Column(heading=pick(name, lang), right=right, rank=rank) for name, right, rank in _COLUMNS
    ]
    Screen().table(columns, [_row(row, lang, tz) for row in rows])
    if not rows:
        note(pick(("Tidak ada panggilan.", "There are no calls."), lang))


def _row(row: CallRow, lang: Language, tz: tzinfo) -> Row:
    return (
        spoken.minute_text(row.arrived_at, tz, lang),
        spoken.short_id(row.call_id),
        spoken.number_text(row.number) if row.number else spoken.NOTHING,
        row.queue or spoken.NOTHING,
        row.agent or spoken.NOTHING,
        row.polres or spoken.NOTHING,
        word(row.verdict, lang) or spoken.NOTHING,
        spoken.NOTHING if row.waited_s is None else spoken.seconds_text(row.waited_s, lang),
        spoken.NOTHING if row.duration_s is None else spoken.seconds_text(row.duration_s, lang),
        Cell(word(row.outcome, lang), _style(row.outcome)),
    )


def _style(outcome: Outcome) -> str:
    if outcome is Outcome.LIVE:
        return "cyan"
    return "green" if outcome in _GOOD else "yellow"


def _print_story(found: CallStory) -> None:
    import json

    from cc110.journal.codec import encode

    events = [json.loads(encode(one)) for one in found.events]
    print_json({"call": found.call, "events": events, "unknown": found.unknown})


def _show_story(found: CallStory, lang: Language, tz: tzinfo) -> None:
    from cc110.cli.feed import show_lines

    screen = Screen()
    screen.view((pick(name, lang), value) for name, value in _facts(found.call, lang, tz))
    screen.say("")
    show_lines(screen, found.events, lang, tz)
    for unknown in found.unknown:
        note(f"cc110: {unknown}")


def _facts(call: CallRow, lang: Language, tz: tzinfo) -> Iterator[tuple[Pair, Cell | str]]:
    yield ("Panggilan", "Call"), Cell(call.call_id, "bold")
    yield ("Nomor", "Number"), _number(call, lang)
    yield ("Datang", "Arrived"), spoken.moment_text(call.arrived_at, tz, lang)
    yield ("Antrean", "Queue"), call.queue or ""
    yield ("Pilihan menu", "Menu choice"), word(call.menu, lang)
    yield ("Operator", "Operator"), call.agent or ""
    yield ("Menunggu", "Waited"), _seconds(call.waited_s, lang)
    yield ("Penilaian", "Verdict"), word(call.verdict, lang)
    yield ("Polres", "Polres"), call.polres or ""
    yield ("Transfer", "Transfers"), _transfers(call, lang)
    yield ("Kasus", "Case"), call.case_id or ""
    yield ("Lama", "Length"), _seconds(call.duration_s, lang)
    yield ("Diakhiri oleh", "Ended by"), word(call.ended_by, lang)
    yield ("Hasil", "Outcome"), Cell(word(call.outcome, lang), _style(call.outcome))
    yield ("Rekaman", "Recording"), _recording(call, lang)


def _number(call: CallRow, lang: Language) -> str:
    source = word(call.number_source, lang)
    return f"{spoken.number_text(call.number)} ({source})" if call.number else source


def _seconds(value: float | None, lang: Language) -> str:
    return "" if value is None else spoken.seconds_text(value, lang)


def _transfers(call: CallRow, lang: Language) -> str:
    if not call.transfers:
        return ""
    said = ("{}, di antaranya kembali: {}", "{}, of which returned: {}")
    return pick(said, lang).format(call.transfers, call.returns)


def _recording(call: CallRow, lang: Language) -> Cell:
    if call.recording_missing:
        gone = pick(("TIDAK ADA", "MISSING"), lang)
        return Cell(f"{gone}: {call.recording_missing}", "bold red")
    length = f" ({_seconds(call.recording_s, lang)})" if call.recording_s is not None else ""
    return Cell(f"{call.recording or ''}{length}")
