"""``cc110 blocklist import`` and ``export``: whole lists as CSV."""

import asyncio
import dataclasses
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.blocklist import end_of
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, example
from cc110.cli.screen import Screen, note, print_json
from cc110.cli.spoken import harmless
from cc110.cli.whole_file import written
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.cli.importing import Judged
    from cc110.service.importing import Taken

IMPORT_EXAMPLE: Final = example(
    "cc110 blocklist import other-polda.csv --dry-run",
    "cc110 blocklist import other-polda.csv --reason 'other Polda' --forever",
)
EXPORT_EXAMPLE: Final = example(
    "cc110 blocklist export blocklist.csv", "cc110 blocklist export --all | less"
)


class BadRows(Cc110Error):
    """The list has rows that can't be taken."""


class NotWritten(Cc110Error):
    """The file can't be written."""


def import_(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", help="CSV with a column `number`; or one number a line."
        ),
    ],
    *,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Why, where a row does not say; else the file's name."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Until this time, where a row does not say.")
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", help="For so long, where a row does not say; else as a first block."),
    ] = None,
    forever: Annotated[
        bool, typer.Option("--forever", help="For ever, where a row does not say.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the good rows of a list that has bad ones.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at every row, write none.")
    ] = False,
    by: By,
    json: Json = False,
) -> None:
    """Block every number of a list.

    A list with a bad row changes nothing. Of a number that comes twice, the first row counts. What
    is blocked like that already is passed over: do it again after an interruption, it goes on.
    """
    from cc110.app.process import spare_the_collector
    from cc110.cli import importing
    from cc110.cli.progress import progress
    from cc110.cli.staging import staging
    from cc110.core.importing import Unsaid
    from cc110.service.importing import Taken

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    usual = config.block_policy().length(0)
    end = end_of(until, for_, forever=forever, usual=usual, tz=config.time_zone)
    unsaid = Unsaid(until=end, reason=reason or f"list {file.name}"[:200])
    spare_the_collector()
    with staging() as stage:
        with progress("reading") as tell:
            judged = importing.judge(file, config, stage, tell)
        if not json:
            _name(judged)
        if judged.bad and not skip_bad:
            raise BadRows(
                f"{judged.bad} of {judged.rows} rows are bad, so nothing has changed; correct them,"
                " or take the others with --skip-bad"
            )
        taken = Taken()
        if not dry_run:
            with progress("writing", judged.good) as tell:
                taken = asyncio.run(importing.write(config, stage, unsaid, by=by, tell=tell))
    _sum_up(judged, taken, dry_run=dry_run, json=json)


def export(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where to; standard output if none is given."),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Blocks that were lifted or have expired as well.")
    ] = False,
) -> None:
    """Write the blocklist as CSV, by number; `import` takes it back."""
    from cc110.cli.exporting import export_to

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    if file is None:
        with suppress(BrokenPipeError):
            export_to(sys.stdout, config, every=every)
        return
    try:
        with written(file) as out:
            count = export_to(out, config, every=every)
    except OSError as error:
        raise NotWritten(f"{file} can't be written: {error.strerror}") from error
    note(f"{count} numbers in {file}.")


def _name(judged: "Judged") -> None:
    """Bad and repeated rows with their lines, on standard error."""
    for bad in judged.bad_rows:
        note(f"line {bad.line}: {harmless(bad.reason)}")
    if judged.bad > len(judged.bad_rows):
        note(f"... and {judged.bad - len(judged.bad_rows)} more bad rows")
    for line, number, first in judged.repeated_rows:
        note(f"line {line}: {number} is in line {first} already, which counts")
    if judged.repeated > len(judged.repeated_rows):
        note(f"... and {judged.repeated - len(judged.repeated_rows)} more repeated numbers")


def _sum_up(judged: "Judged", taken: "Taken", *, dry_run: bool, json: bool) -> None:
    if json:
        told = dataclasses.asdict(judged) | dataclasses.asdict(taken)
        print_json({**told, "good": judged.good, "dry_run": dry_run})
        return
    passed = f"{judged.bad} bad, {judged.repeated} repeated, {judged.over} over or lifted"
    if dry_run:
        done = f"{judged.good} would be taken; nothing was written"
    else:
        done = f"{taken.blocked} blocked, {taken.same} blocked like that already"
    Screen().say(f"{judged.rows} rows at {datetime.now(UTC):%H:%M:%S}Z: {done}; {passed}.")
