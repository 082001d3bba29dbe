"""Every problem of a site before anything starts. Importing this brings much in."""

from collections.abc import Sequence
from typing import Final

from cc110.cli.context import Invocation
from cc110.cli.screen import note
from cc110.config.areas import border_problems, look_at_areas
from cc110.config.check import Look
from cc110.config.load import Examined, examine, load, paths_of
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid, Problem, errors_of, in_order
from cc110.pbx.generations import is_edited, live_site
from cc110.pbx.looks import LOOKS

_ALL: Final[Sequence[Look]] = (*LOOKS, look_at_areas)


def problems_of(
    said: Invocation, looks: Sequence[Look] = _ALL
) -> tuple[Examined, tuple[Problem, ...]]:
    """What was read, and all that is wrong: settings, directory, PBX files, dialplan, prompts, borders."""
    found = examine(environ=said.environ)
    more = (problem for look in looks for problem in look(found))
    return found, in_order((*found.problems, *more))


def checked(said: Invocation, *, borders: bool = True) -> Config:
    """The configuration of a site that may start; its warnings go to standard error.

    Args:
        said: what the command line says.
        borders: False if ``tell_of_borders`` comes later: they take the longest, and hold up nothing.

    Raises:
        ConfigInvalid: there is an error; every problem is in it.
    """
    found, problems = problems_of(said, _ALL if borders else LOOKS)
    if errors_of(problems) or found.config is None:
        raise ConfigInvalid(problems if borders else in_order((*problems, *look_at_areas(found))))
    for problem in problems:
        note(str(problem))
    return found.config


def tell_of_borders(config: Config) -> None:
    """What is odd about them, which is never more than a warning, to standard error."""
    for problem in border_problems(config.paths, config.directory):
        note(str(problem))


def last_applied(said: Invocation) -> Config | None:
    """The site that this home's PBX goes by, whatever its files say meanwhile; None = there is none."""
    try:
        return live_site(paths_of(environ=said.environ).pbx, said.environ)
    except ConfigInvalid:
        return None


def tell_if_edited(said: Invocation) -> None:
    """Whoever edits a file and starts the daemon is told why nothing is different."""
    paths = paths_of(environ=said.environ)
    if is_edited(paths.pbx, paths.site):
        note(
            f"cc110: the daemon goes by what was applied last ({paths.pbx / 'etc'}), not by what was edited since: "
            "`cc110 diff` shows it, `cc110 apply` takes it up."
        )


def site_again(said: Invocation) -> Config:
    """What a running daemon goes by: the site that was applied, or the files where nothing ever was.

    Raises:
        ConfigInvalid: it has errors.
    """
    return last_applied(said) or load(environ=said.environ)
