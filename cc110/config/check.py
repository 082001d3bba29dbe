"""Every problem of a site at once: its data, and whatever else is asked to look.

Configuration knows nothing of the PBX, so the looks into dialplan and prompts come from outside, as
functions: the application passes them in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from cc110.config.load import NO_OPTIONS, Examined, examine
from cc110.config.problem import Problem, in_order

Look = Callable[[Examined], Iterable[Problem]]
"""Looks at a site that has been read, with or without success, and names what is wrong."""


def check(
    *,
    environ: Mapping[str, str] | None = None,
    root: Path | None = None,
    overrides: Mapping[str, object] = NO_OPTIONS,
    looks: Sequence[Look] = (),
) -> tuple[Problem, ...]:
    """Every problem of the site by file and line; arguments as for ``load``."""
    found = examine(environ=environ, root=root, overrides=overrides)
    more = (problem for look in looks for problem in look(found))
    return in_order((*found.problems, *more))
