"""Every problem of a site before anything starts. Importing this brings much in."""

from cc110.cli.context import Invocation
from cc110.cli.screen import note
from cc110.config.areas import look_at_areas
from cc110.config.load import Examined, examine
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid, Problem, errors_of, in_order
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
