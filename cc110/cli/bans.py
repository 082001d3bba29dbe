"""``cc110 bans``: addresses from which passwords were guessed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.blocklist import Reason
from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick
from cc110.core import guarding
from cc110.core.guarding import Ban
from cc110.core.words import Language

app = group(
    "Addresses that are banned because passwords were guessed from there: list, lift.",
    "cc110 bans list",
    "cc110 bans lift 192.0.2.7 --reason 'phone had an old password'",
)
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("ALAMAT", "ADDRESS"), 0),
    (("BERLAKU", "IN FORCE"), 0),
    (("SEJAK", "SINCE"), 1),
    (("GAGAL", "FAILURES"), 2),
    (("KE-", "BAN NO."), 3),
)


@app.command("list", epilog=example("cc110 bans list", "cc110 bans list --json"))
def list_bans(ctx: typer.Context, *, json: JsonLines = False, lang: Lang = None) -> None:
    """List the bans that hold now. They end by themselves."""
    from cc110.cli.records import asked
    from cc110.journal import queries

    said = invocation(ctx, lang)
    config, now = said.config(), datetime.now(UTC)
    known = guarding.replay(recorded.event for recorded in asked(config, queries.list_bans))
    bans = sorted(guarding.in_force(known, now, config.guard_policy()), key=lambda it: it.until)
    if json:
        for ban in bans:
            print_json(_as_json(ban))
        return
    _table(bans, config.time_zone, said.lang)


@app.command("lift", epilog=example("cc110 bans lift 192.0.2.7 --reason 'phone is set up anew'"))
def lift(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="The address, as the list has it.")],
    *,
    reason: Reason,
    by: By,
    json: Json = False,
) -> None:
    """End a ban now. Phones may log in from there again within seconds."""
    from cc110.app import open_bans

    said = invocation(ctx)
    quiet_logs(said)

    async def lifted() -> str:
        async with open_bans(said.config()) as desk:
            return await desk.lift_ban(address, reason=reason, by=by)

    freed = asyncio.run(lifted())
    if json:
        print_json({"address": freed})
    else:
        Screen().say(f"Not banned any more: {freed}.")


def _table(bans: Sequence[Ban], tz: tzinfo, lang: Language) -> None:
    columns = [Column(heading=pick(name, lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(ban, tz, lang) for ban in bans])
    if not bans:
        note(pick(("Tidak ada alamat yang dilarang.", "No address is banned."), lang))


def _row(ban: Ban, tz: tzinfo, lang: Language) -> Row:
    return (
        guarding.text_of(ban.source),
        spoken.until_text(int(ban.until.timestamp()), tz, lang),
        spoken.clock_text(ban.since, tz, lang),
        str(ban.failures),
        str(ban.times),
    )


def _as_json(ban: Ban) -> dict[str, object]:
    return {
        "address": guarding.text_of(ban.source),
        "until": int(ban.until.timestamp()),
        "since": ban.since,
        "failures": ban.failures,
        "times": ban.times,
    }
