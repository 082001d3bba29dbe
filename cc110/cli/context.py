"""What the words before the command said: which site, which language, how much detail."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.config.model import Config


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One call of the program."""

    site: Path | None = None
    home: Path | None = None
    lang: Language = Language.INDONESIAN
    verbose: bool = False

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with what the options say laid over it."""
        said = {"CC110_SITE": self.site, "CC110_HOME": self.home}
        return {**os.environ, **{name: str(path) for name, path in said.items() if path}}

    def config(self) -> "Config":
        """The site's configuration.

        Raises:
            ConfigInvalid: with every problem.
        """
        # Half of a second's start is pydantic: `--help` does without it.
        from cc110.config.load import load

        return load(environ=self.environ)


def invocation(ctx: typer.Context, lang: Language | None = None) -> Invocation:
    """How the program was called; a language said after the command comes before the global one."""
    said = ctx.obj if isinstance(ctx.obj, Invocation) else Invocation()
    return replace(said, lang=lang or said.lang)


def quiet_logs(said: Invocation) -> None:
    """For commands that are no daemon: what goes wrong is told once, by the command itself."""
    from cc110.log import set_up

    set_up("debug" if said.verbose else "critical", "console")
