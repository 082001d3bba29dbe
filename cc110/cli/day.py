"""``cc110 verify-day``: whether every call of a day ended as a call may, and is recorded."""

import asyncio
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import JsonLines, example
from cc110.cli.screen import Screen, print_json
from cc110.cli.times import moment
from cc110.core.invariant import Finding, Invite, Outcome
from cc110.core.numbers import normalise
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.config.model import Config

EXAMPLE: Final = example(
    "cc110 verify-day 2026-08-17", "cc110 verify-day 2026-08-17 --trunk-log trunk.csv --json"
)


class Broken(Cc110Error):
    """The invariant does not hold."""


def verify_day(
    ctx: typer.Context,
    date: Annotated[str, typer.Argument(help="The day, in the site's time zone: 2026-08-17.")],
    *,
    trunk_log: Annotated[
        Path | None,
        typer.Option(
            "--trunk-log",
            help="What the trunk sent: CSV lines of an ISO time and a caller's number.",
            show_default=False,
        ),
    ] = None,
    json: JsonLines = False,
) -> None:
    """Prove for each call of a day that it ended as a call may, and that all talk is recorded.

    Talked to an operator or a Polres; hung up by the caller; rejected by a valid block; told of the
    overflow. One line for each call that breaks this, in the PBX's record, the recordings or the journal.
    Synthetic calls are counted beside them.
    Exit code 1 when there is any. With --json also calls that hold, one object per line.
    """
    said = invocation(ctx)
    config = said.config()
    try:
        start = moment(date, config.time_zone)
        invites = list(_invites(trunk_log, start)) if trunk_log else []
    except (ValueError, OSError) as fault:
        raise typer.BadParameter(str(fault)) from None
    found = asyncio.run(_look(config, start, invites))
    screen = Screen()
    for finding in found:
        if json:
            print_json(vars(finding))
        elif finding.faults:
            screen.say(_line(finding), "red")
    _sum_up(found, None if json else screen)


def _sum_up(found: Sequence[Finding], screen: Screen | None) -> None:
    broken = sum(bool(finding.faults) for finding in found)
    outcomes = Counter(str(finding.outcome) for finding in found if not finding.faults)
    counted = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    tests = sum(finding.outcome is Outcome.SYNTHETIC for finding in found)
    if screen:
        calls = len(found) - tests
        screen.say(f"{calls} calls: {counted or 'none that hold'}; {broken} broken.")
    if broken:
        raise Broken(f"{broken} of {len(found)} calls break the invariant")


async def _look(config: "Config", start: datetime, invites: Sequence[Invite]) -> list[Finding]:
    from cc110.app.day import Span, verify
    from cc110.journal import queries
    from cc110.journal.engine import ask, reading

    async with reading(config.journal_url.get_secret_value()) as engine:
        live = frozenset(await ask(engine, queries.list_unfinished))
    span = Span(start=start, end=start + timedelta(days=1), live=live)
    return await verify(config, span, invites=invites)


def _invites(path: Path, start: datetime) -> Iterator[Invite]:
    """The INVITEs of that day; raises ValueError with the line that is none."""
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file), 1):
            try:
                at = moment(row[0], start.tzinfo or UTC)
                if start <= at < start + timedelta(days=1):
                    yield Invite(at=at, number=normalise(row[1]))
            except (IndexError, ValueError) as fault:
                raise ValueError(f"{path}:{number}: {fault}") from None


def _line(finding: Finding) -> str:
    at = f"{finding.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if finding.at else "?"
    missing = f" ({finding.missing_s:.1f} of {finding.talk_s:.1f} s)" if finding.missing_s else ""
    return f"{at} {finding.call_id or 'INVITE'}: {'; '.join(finding.faults)}{missing}"
