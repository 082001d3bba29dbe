"""``cc110 doctor``: what is installed, reachable and healthy, and what to do about what is not."""

import asyncio
import textwrap
from typing import TYPE_CHECKING, Final

import typer

from cc110.cli.context import Invocation, invocation, quiet_logs
from cc110.cli.options import JsonLines, example
from cc110.cli.screen import Screen, print_json
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.cli.health.finding import Finding

EXAMPLE: Final = example("cc110 doctor", "cc110 doctor --json")
_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_STATE: Final = 6
_NAME: Final = 17


class Unhealthy(Cc110Error):
    """Something does not work."""


def doctor(ctx: typer.Context, *, json: JsonLines = False) -> None:
    """Say what is healthy, and what to do else.

    Looks at machine, site, what cc110 wrote and what runs: ok, warn or fail, each with an advice.
    What does not run is no failure unless its other half does. Exit code 1 if something fails.
    """
    from cc110.cli.health.finding import Health

    said = invocation(ctx)
    quiet_logs(said)
    findings = asyncio.run(_look(said, Screen(), json=json))
    failed = [one.name for one in findings if one.health is Health.FAIL]
    if failed:
        raise Unhealthy(f"{len(failed)} of {len(findings)} fail: {', '.join(failed)}")


async def _look(said: Invocation, screen: Screen, *, json: bool) -> "list[Finding]":
    from cc110.cli.health.everything import look

    findings = []
    async for finding in look(said.environ):
        findings.append(finding)
        print_json(finding) if json else _show(screen, finding)
    return findings


def _show(screen: Screen, finding: "Finding") -> None:
    """The state, what it is about, what was found; below that, what to do."""
    indent = " " * (_STATE + _NAME)
    room = screen.width - len(indent) if screen.is_terminal else 1000
    lines = textwrap.wrap(finding.said, room) or [""]
    lines += textwrap.wrap(f"-> {finding.advice}", room) if finding.advice else []
    head = f"{finding.health:<{_STATE}}{finding.name:<{_NAME}}"
    text = f"{head}{f'{chr(10)}{indent}'.join(lines)}"
    if not screen.is_terminal:
        print(text, flush=True)
        return
    from rich.text import Text

    shown = Text(text)
    shown.stylize(_STYLES[finding.health], 0, _STATE)
    screen.console.print(shown, soft_wrap=True)
