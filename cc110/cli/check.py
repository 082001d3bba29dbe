"""``cc110 check``: every problem of the site's data, the dialplan and the prompts at once."""

from typing import TYPE_CHECKING, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import JsonLines, example
from cc110.cli.screen import Screen, print_json
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.config.problem import Problem

EXAMPLE: Final = example("cc110 check", "cc110 --site /srv/110/site check --json")


class SiteInvalid(Cc110Error):
    """The site can't start like that."""


def check(ctx: typer.Context, *, json: JsonLines = False) -> None:
    """Name every problem of the site, with its line.

    Looks at settings, directory, PBX files, dialplan and prompts, and names all at once.
    `run` and `daemon` do the same before anything starts.
    """
    from cc110.cli.checking import problems_of
    from cc110.config.problem import errors_of

    _, problems = problems_of(invocation(ctx))
    errors = len(errors_of(problems))
    screen = Screen()
    for problem in problems:
        print_json(problem) if json else screen.say(str(problem), _style(problem))
    if errors:
        raise SiteInvalid(f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")
    if not json:
        screen.say(f"No errors, {_count(len(problems), 'warning')}.", "green")


def _style(problem: "Problem") -> str:
    return "yellow" if problem.severity == "warning" else "red"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
