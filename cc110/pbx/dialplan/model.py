"""A dialplan as Asterisk understands it: contexts, extensions, priorities, labels.

Words as in Asterisk's documentation ("Contexts, Extensions, and Priorities").
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cc110.config.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def problem(self, message: str) -> Problem:
        """An error in this line."""
        return Problem(file=self.file, line=self.line, message=message)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One priority of an extension: an application and its arguments, as written."""

    place: Place
    priority: int
    label: str | None
    app: str
    args: str


@dataclass(frozen=True, kw_only=True)
class Extension:
    """An extension or pattern of one context."""

    name: str
    place: Place
    steps: tuple[Step, ...]

    def matches(self, dialled: str) -> bool:
        """Whether a dialled extension leads here."""
        if not self.name.startswith("_"):
            return dialled == self.name
        return dialled == self.name or self._pattern.fullmatch(dialled) is not None

    def has(self, where: str) -> bool:
        """Whether a priority or label is there."""
        return any(where in {str(step.priority), step.label} for step in self.steps)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        classes = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*", "-": ""}
        parts = re.findall(r"\[[^\]]*\]|.", self.name[1:])
        translated = (part if len(part) > 1 else classes.get(part.upper()) for part in parts)
        return re.compile(
            "".join(
                re.escape(part) if known is None else known
                for part, known in zip(parts, translated, strict=True)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Include:
    """``include => context``."""

    place: Place
    context: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """A named set of extensions."""

    name: str
    extensions: Mapping[str, Extension]
    includes: tuple[Include, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its extensions and patterns."""
        return tuple(self.extensions)


@dataclass(frozen=True, kw_only=True)
class Dialplan:
    """All contexts, and what was wrong with the text they come from."""

    contexts: Mapping[str, Context]
    problems: tuple[Problem, ...] = field(default=())

    def reachable(self, name: str) -> Iterator[Context]:
        """A context and all that it includes, each once."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            context = self.contexts.get(waiting.pop(0))
            if context is not None and context.name not in seen:
                seen.add(context.name)
                yield context
                waiting += [include.context for include in context.includes]

    def find(self, context: str, extension: str) -> Iterator[Extension]:
        """Every extension that a channel in a context may meet under a dialled one."""
        for each in self.reachable(context):
            yield from (known for known in each.extensions.values() if known.matches(extension))
