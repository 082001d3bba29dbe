"""``cc110 pbx``: the embedded PBX, without the daemon."""

import asyncio
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import Json, example, group
from cc110.cli.screen import Cell, Screen, print_json

if TYPE_CHECKING:
    from cc110.pbx.embedded.console import PbxStatus

app = group(
    "The embedded PBX: install, start, stop, status and console.",
    "cc110 pbx install",
    "cc110 pbx console 'pjsip show contacts'",
)


class Tool(StrEnum):
    """What can be unpacked beside the PBX."""

    SIPP = "sipp"
    ESPEAK = "espeak-ng"


@app.command("install", epilog=example("cc110 pbx install", "cc110 pbx install --with sipp"))
def install(
    ctx: typer.Context,
    *,
    tools: Annotated[
        list[Tool] | None, typer.Option("--with", help="Unpack this tool as well.")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="Address of a Debian mirror.", show_default=False)
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="Debian suite to take it from.", show_default=False)
    ] = None,
    own: Annotated[
        bool, typer.Option("--own", help="Unpack one even if this machine has an Asterisk.")
    ] = False,
    json: Json = False,
) -> None:
    """Fetch and unpack Asterisk, without root.

    Not if this machine has a usable one. Packages come from a Debian mirror and are checked against
    Debian's signatures.
    """
    from cc110.cli.embedded import fetch

    config = invocation(ctx).config()
    names = [tool.value for tool in tools or ()]
    found = fetch(config, tools=names, mirror=mirror, suite=suite, use_system=not own)
    facts = {
        "version": found.version,
        "origin": found.origin,
        "command": " ".join(found.command),
        "tools": ", ".join(found.tools),
    }
    if json:
        print_json({**facts, "command": found.command, "tools": dict(found.tools)})
    else:
        Screen().view((name.capitalize(), text) for name, text in facts.items())


@app.command("start", epilog=example("cc110 pbx start"))
def start(ctx: typer.Context, *, json: Json = False) -> None:
    """Start the PBX in the background.

    With the site's configuration; `cc110 pbx stop` ends it.
    """
    from cc110.cli.embedded import start_free

    said = invocation(ctx)
    quiet_logs(said)
    _show_status(asyncio.run(start_free(said)), json=json)


@app.command("stop", epilog=example("cc110 pbx stop"))
def stop(ctx: typer.Context, *, json: Json = False) -> None:
    """Stop the PBX; calls that go on are cut.

    The one that runs on this CC110_HOME. While `cc110 run` keeps it, it comes back at once.
    """
    from cc110.cli.embedded import stop_pbx

    was_running = asyncio.run(stop_pbx(invocation(ctx).config()))
    if json:
        print_json({"was_running": was_running})
    else:
        Screen().say("The PBX has stopped." if was_running else "No PBX was running.")


@app.command("status", epilog=example("cc110 pbx status", "cc110 pbx status --json"))
def status(ctx: typer.Context, *, json: Json = False) -> None:
    """Say whether the PBX runs, since when, and with how many calls."""
    from cc110.cli.embedded import status_of

    _show_status(asyncio.run(status_of(invocation(ctx).config())), json=json)


@app.command(
    "console", epilog=example("cc110 pbx console", "cc110 pbx console 'queue show' | less")
)
def console(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="One console command; none = Asterisk's console."),
    ] = None,
) -> None:
    """Run one command at Asterisk's console, or open it. It may change anything."""
    from cc110.cli.consoles import console_of
    from cc110.cli.embedded import console_command

    config = invocation(ctx).config()
    if not words:
        command = console_command(config)
        os.execv(command[0], command)
    print(asyncio.run(console_of(config).run(" ".join(words))), end="", flush=True)


def _show_status(found: "PbxStatus", *, json: bool) -> None:
    if json:
        print_json({"running": found.running, **vars(found)})
        return
    state = Cell("running", "green") if found.running else Cell("not running", "yellow")
    numbers = {
        "Process": found.pid,
        "Up for": None if found.uptime is None else f"{found.uptime} s",
        "Calls": found.calls,
        "Calls since start": found.processed,
    }
    facts = [(name, "" if value is None else str(value)) for name, value in numbers.items()]
    Screen().view([("PBX", state), ("Asterisk", found.version or ""), *facts])
