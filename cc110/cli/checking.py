"""Every problem of a site before anything starts. Importing this brings much in."""

from cc110.cli.context import Invocation
from cc110.cli.screen import note
from cc110.config.areas import look_at_areas
from cc110.config.load import Examined, examine, load, paths_of
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid, Problem, errors_of, in_order
from cc110.pbx.generations import is_edited, live_site
from cc110.pbx.looks import LOOKS


def problems_of(said: Invocation) -> tuple[Examined, tuple[Problem, ...]]:
    """What was read, and all that is wrong: settings, directory, PBX files, dialplan, prompts, borders."""
    found = examine(environ=said.environ)
    more = (problem for look in (*LOOKS, look_at_areas) for problem in look(found))
    return found, in_order((*found.problems, *more))


def checked(said: Invocation) -> Config:
    """The configuration of a site that may start; its warnings go to standard error.

    Raises:
        ConfigInvalid: there is an error; every problem is in it.
    """
    found, problems = problems_of(said)
    if errors_of(problems) or found.config is None:
        raise ConfigInvalid(problems)
    for problem in problems:
        note(str(problem))
    return found.config


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
