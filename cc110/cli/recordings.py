"""``cc110 recordings``: what is kept of calls, proved, handed out, held and erased."""

import asyncio
import json as json_
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick, word
from cc110.core.words import Language
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cc110.app import KeepingPort
    from cc110.config.model import Config
    from cc110.core.retention import Kept
    from cc110.journal.recordings import RecordingRow

app = group(
    "Recordings: list, verify, hand out, hold and erase them.",
    "cc110 recordings verify",
    "cc110 recordings export 17-4821 --reason 'LP/B/17' --to /tmp/call.wav",
)

CallArg = Annotated[
    str, typer.Argument(metavar="CALL", help="A call's id, or its short id such as 17-4821.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is written down with it.")]
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("SELESAI", "FINAL"), 0),
    (("PANGGILAN", "CALL"), 0),
    (("LAMA", "LENGTH"), 0),
    (("PUTUSAN", "VERDICT"), 1),
    (("DITAHAN", "HELD"), 1),
    (("DISERAHKAN", "EXPORTS"), 2),
    (("BERKAS", "FILE"), 0),
)


class NotWhole(Cc110Error):
    """Something is wrong with the recordings."""


class NotAllErased(Cc110Error):
    """Some recordings are due and still there."""


@app.command(
    "list",
    epilog=example("cc110 recordings list --held", "cc110 recordings list --incomplete --json"),
)
def list_(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    held: Annotated[bool, typer.Option("--held", help="Only those under legal hold.")] = False,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Only those that lack a part of their call.")
    ] = False,
    erased: Annotated[
        bool, typer.Option("--erased", help="Those that were erased, instead of those there.")
    ] = False,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List recordings, the newest first."""
    from cc110.cli.records import asked
    from cc110.journal.recordings import list_recordings

    said = invocation(ctx, lang)
    config = said.config()
    rows = asked(
        config,
        list_recordings,
        limit=limit,
        held_only=held,
        erased=erased,
        missing_only=incomplete,
    )
    if json:
        for row in rows:
            print_json(row)
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(row, said.lang, config.time_zone) for row in rows])
    if not rows:
        note(pick(("Tidak ada rekaman.", "There are no recordings."), said.lang))


@app.command("verify", epilog=example("cc110 recordings verify", "cc110 recordings verify --json"))
def verify(ctx: typer.Context, *, json: Json = False) -> None:
    """Hold every recording against the manifest, and the manifest against itself and the journal.

    Reads every file: that takes a while. Exit code 1 when something is wrong.
    """
    from cc110.cli.records import asked
    from cc110.journal.recordings import journaled
    from cc110.recordings.verify import Fault
    from cc110.recordings.verify import verify as look

    said = invocation(ctx)
    config = said.config()
    found = list(look(config.paths.recordings, asked(config, journaled)))
    wrong = [one for one in found if one.fault is not Fault.NOT_LISTED]
    if json:
        print_json({"whole": not wrong, "findings": found})
    else:
        for one in found:
            Screen().say(f"{one.fault}: {one.path}: {one.said}")
    if wrong:
        raise NotWhole(f"{len(wrong)} of the recordings' entries are wrong: see above")
    if not json:
        Screen().say("Every recording is what the manifest says.")


@app.command(
    "export",
    epilog=example("cc110 recordings export 17-4821 --by Padal --reason 'LP/B/17' --to /tmp/a.wav"),
)
def export(
    ctx: typer.Context,
    call: CallArg,
    *,
    to: Annotated[Path, typer.Option("--to", help="The WAV file to write; must not exist.")],
    reason: Reason,
    by: By,
    json: Json = False,
) -> None:
    """Hand out a recording, decrypted, to listen to it or to pass it on.

    Who gets it and why is in the journal first: what can't be written down is not handed out.
    """
    from cc110.app.wiring import open_keys
    from cc110.recordings.export import NotExported, check_target, export

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    row = _known(config, call)
    if row.path is None or row.erased_at is not None:
        raise NotExported(f"there is no recording of {row.call_id} any more, or not yet")
    check_target(to)
    asyncio.run(_do(config, lambda desk: desk.exporting(row.call_id, reason=reason, by=by)))
    keys = open_keys(config)
    sha256 = export(config.paths.recordings, row.call_id, row.path, to, keys)
    if json:
        print_json({"call_id": row.call_id, "file": str(to), "sha256": sha256, "by": by})
    else:
        Screen().say(f"{to} has the recording of {row.call_id}, SHA-256 {sha256}.")


@app.command(
    "hold", epilog=example("cc110 recordings hold 17-4821 --reason 'perkara LP/B/17/VIII/2026'")
)
def hold(ctx: typer.Context, call: CallArg, *, reason: Reason, by: By, json: Json = False) -> None:
    """Legal hold: the recording is not erased, whatever its age. Holding twice is holding once."""
    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    call_id = _call_id(config, call)
    asyncio.run(_do(config, lambda desk: desk.hold(call_id, reason=reason, by=by)))
    if json:
        print_json({"call_id": call_id, "held": True, "by": by})
    else:
        Screen().say(f"The recording of {call_id} is held.")


@app.command(
    "release", epilog=example("cc110 recordings release 17-4821 --reason 'perkara selesai'")
)
def release(
    ctx: typer.Context, call: CallArg, *, reason: Reason, by: By, json: Json = False
) -> None:
    """End a legal hold: from now on the recording's time counts again."""
    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    call_id = _call_id(config, call)
    asyncio.run(_do(config, lambda desk: desk.release(call_id, reason=reason, by=by)))
    if json:
        print_json({"call_id": call_id, "held": False, "by": by})
    else:
        Screen().say(f"The recording of {call_id} is not held any more.")


@app.command(
    "purge",
    epilog=example("cc110 recordings purge          # what is due", "cc110 recordings purge --yes"),
)
def purge(
    ctx: typer.Context,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase them. Without it they are only listed.")
    ] = False,
    by: By,
    json: Json = False,
) -> None:
    """Erase recordings whose time is over ([recordings] keep_days_... in the settings).

    Nothing brings them back, so without --yes it only tells what would go. Recordings under legal
    hold and those of open cases stay.
    """
    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    due = _due(config)
    if not yes:
        _tell_due(due, json=json)
        return
    erased, failed = asyncio.run(_purge(config, by))
    if json:
        print_json({"erased": erased, "failed": failed, "by": by})
    else:
        Screen().say(f"{erased} recordings erased.")
    if failed:
        raise NotAllErased(f"{failed} recordings are due and still there: see the daemon's log")


def _tell_due(due: "list[Kept]", *, json: bool) -> None:
    if json:
        print_json({"due": due, "erased": 0})
        return
    for kept in due:
        Screen().say(f"{kept.call_id}  {kept.recorded_at:%Y-%m-%d}  {kept.path}")
    Screen().say(f"{len(due)} recordings are due; --yes erases them.")


def _due(config: "Config") -> "list[Kept]":
    from datetime import UTC, datetime, timedelta

    from cc110.cli.records import asked
    from cc110.core.retention import is_due
    from cc110.journal.recordings import list_kept

    retention, now = config.retention(), datetime.now(UTC)
    if not retention.shortest:
        return []
    before = now - timedelta(days=retention.shortest)
    kept = asked(config, list_kept, before=before, limit=100_000)
    return [one for one in kept if is_due(one, retention, now)]


async def _purge(config: "Config", by: str) -> tuple[int, int]:
    """As often as there is more to do."""
    erased = failed = 0
    from cc110.app import open_keeping

    async with open_keeping(config) as desk:
        more = True
        while more:
            done = json_.loads(await desk.purge(by=by))
            erased += done["erased"]
            failed, more = done["failed"], done["more"]
    return erased, failed


async def _do(config: "Config", change: "Callable[[KeepingPort], Awaitable[str]]") -> None:
    from cc110.app import open_keeping

    async with open_keeping(config) as desk:
        await change(desk)


def _call_id(config: "Config", call: str) -> str:
    from cc110.cli import records

    return records.asked(config, records.call_id, call)


def _known(config: "Config", call: str) -> "RecordingRow":
    from cc110.cli.records import NotFound, asked
    from cc110.journal.recordings import get_recording

    call_id = _call_id(config, call)
    row = asked(config, get_recording, call_id)
    if row is None:
        raise NotFound(f"there is no recording of {call_id} in the journal")
    return row


def _row(row: "RecordingRow", lang: Language, tz: tzinfo) -> Row:
    return tuple(_cells(row, lang, tz))


def _cells(row: "RecordingRow", lang: Language, tz: tzinfo) -> Iterator[Cell | str]:
    yield spoken.minute_text(row.recorded_at, tz, lang)
    yield row.call_id
    length = spoken.seconds_text(row.seconds, lang) if row.seconds is not None else spoken.NOTHING
    yield Cell(f"{length} !", "bold red") if row.missing_s else length
    yield word(row.verdict, lang) if row.verdict else spoken.NOTHING
    yield row.held_reason or spoken.NOTHING
    yield str(row.exports)
    yield Cell(row.path or spoken.NOTHING, "dim" if row.erased_at else "")
