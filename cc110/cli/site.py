"""``cc110 render``, ``diff``, ``apply``, ``rollback`` and ``history``: the site's files and the running PBX."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import By, Json, Lang, example
from cc110.cli.screen import Cell, Column, Screen, note, print_json

if TYPE_CHECKING:
    from cc110.app.orders import Outcome

RENDER_EXAMPLE: Final = example("cc110 render --to /tmp/pbx", "cc110 render | less")
DIFF_EXAMPLE: Final = example("cc110 diff", "cc110 diff --loaded")
APPLY_EXAMPLE: Final = example(
    "cc110 apply --dry-run", "cc110 apply --reason 'Polres answer within 4 s'"
)
ROLLBACK_EXAMPLE: Final = example("cc110 rollback", "cc110 rollback 12 --reason 'complaints'")
HISTORY_EXAMPLE: Final = example("cc110 history", "cc110 history --json")
_COLUMNS: Final = (
    Column(heading="No.", right=True),
    Column(heading="When"),
    Column(heading="State"),
    Column(heading="By", rank=1),
    Column(heading="Why"),
)

Reason = Annotated[
    str,
    typer.Option("--reason", help="Why; it is written down with it.", show_default="what changes"),
]
WhenIdle = Annotated[
    bool, typer.Option("--when-idle", help="Wait until nobody would be cut; Ctrl-C gives up.")
]
Unverified = Annotated[
    bool, typer.Option("--unverified", help="Make no synthetic call afterwards.")
]


def render(
    ctx: typer.Context,
    *,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to write to: empty, or of an earlier one.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Write what the PBX would get, and change nothing else.

    Without `--to` to standard output, passwords hidden. The same site gives the same bytes.
    """
    from cc110.cli.applying import rendered, write_rendered

    said = invocation(ctx)
    if to is None:
        files = rendered(said)
        if json:
            print_json(files)
        else:
            for name, text in files.items():
                print(f"==> {name} <==\n{text}")
        return
    changed = write_rendered(said, to)
    if json:
        print_json({"folder": str(to), "changed": changed})
    else:
        Screen().say(f"{to}: {len(changed)} changed")


def diff(
    ctx: typer.Context,
    *,
    loaded: Annotated[
        bool, typer.Option("--loaded", help="Ask the running PBX what it has loaded, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what `cc110 apply` would change. Exit code 0: nothing, 1: something.

    The live configuration against the site's files as they are now; passwords are hidden. With `--loaded` also
    phones, queues and dialplan that the running PBX has otherwise than its files say.
    """
    from cc110.cli.applying import differences

    said = invocation(ctx)
    quiet_logs(said)
    lines, strays = asyncio.run(differences(said, loaded=loaded))
    if json:
        print_json({"differs": bool(lines or strays), "diff": lines, "loaded": strays})
    else:
        screen = Screen()
        for line in lines:
            screen.say(line, {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], ""))
        for stray in strays:
            screen.say(f"loaded otherwise: {stray}", "yellow")
    if lines or strays:
        raise typer.Exit(1)


def apply(
    ctx: typer.Context,
    *,
    reason: Reason = "",
    by: By,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")
    ] = False,
    when_idle: WhenIdle = False,
    unverified: Unverified = False,
    json: Json = False,
) -> None:
    """Make the site's files live in the running PBX and daemon, without a restart.

    Everything is checked first; only what changed is read again; then a synthetic call has to come through, or
    all is taken back. Refused when a call would be cut, and when only a start takes the change up.
    """
    from cc110.cli.applying import apply as apply_site

    said = invocation(ctx)
    quiet_logs(said)
    say = note if not json else lambda _: None
    done = asyncio.run(
        apply_site(
            said,
            reason=reason,
            by=by,
            dry_run=dry_run,
            when_idle=when_idle,
            unverified=unverified,
            say=say,
        )
    )
    _show(done, json=json, dry_run=dry_run)


def rollback(
    ctx: typer.Context,
    generation: Annotated[
        int | None,
        typer.Argument(
            help="Which one (`cc110 history`); the one before by default.", show_default=False
        ),
    ] = None,
    *,
    reason: Reason = "",
    by: By,
    when_idle: WhenIdle = False,
    unverified: Unverified = False,
    json: Json = False,
) -> None:
    """Make an older configuration live again. The site's files stay as they are.

    What is taken back is not brought back by a restart; mend the files and apply them.
    """
    from cc110.cli.applying import roll_back

    said = invocation(ctx)
    quiet_logs(said)
    say = note if not json else lambda _: None
    done = asyncio.run(
        roll_back(
            said,
            generation,
            reason=reason,
            by=by,
            when_idle=when_idle,
            unverified=unverified,
            say=say,
        )
    )
    _show(done, json=json)


def history(ctx: typer.Context, *, json: Json = False, lang: Lang = None) -> None:
    """List the configurations that are kept: when, by whom, why, and which one is live."""
    from cc110.cli.applying import kept
    from cc110.cli.checking import last_applied
    from cc110.cli.spoken import moment_text

    said = invocation(ctx, lang)
    config = last_applied(said) or said.config()
    rows = kept(config.paths.pbx)
    if json:
        print_json(rows)
        return
    Screen().table(
        _COLUMNS,
        [
            (
                str(row["number"]),
                moment_text(row["at"], config.time_zone, said.lang),
                Cell("live", "green") if row["live"] else str(row["state"]),
                str(row["by"]),
                str(row["why"] or row["reason"]),
            )
            for row in rows
        ],
    )


def _show(done: "Outcome", *, json: bool, dry_run: bool = False) -> None:
    if json:
        print_json(done)
        return
    screen = Screen()
    if not done.changed:
        screen.say(f"Nothing to change: generation {done.generation} is live.")
        return
    for name in done.changed:
        screen.say(f"  {name}")
    for command in done.commands:
        screen.say(f"  the PBX: {command}")
    if dry_run:
        screen.say("That would change; nothing was done.")
        return
    tried = f"tried after {done.verified_s:.1f} s" if done.verified_s else "not tried by a call"
    screen.say(f"Generation {done.generation} is live after {done.live_s:.1f} s, {tried}.", "green")
    for one in done.notes:
        screen.say(f"  {one}", "yellow")
