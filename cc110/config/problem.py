"""What is wrong with the site's data, and where to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from cc110.ports import Cc110Error


class Severity(StrEnum):
    """Whether a problem stops cc110."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault, with its place."""

    file: str
    """A file, or the environment variable or option that said the value."""
    line: int | None
    """1 is the first; None where a place has no lines."""
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        mark = "warning: " if self.severity is Severity.WARNING else ""
        return f"{place}: {mark}{self.message}"


class ConfigInvalid(Cc110Error):
    """The site's data has problems; every one of them is in ``problems``."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop cc110."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file and line, each once."""
    once = dict.fromkeys(problems)
    return tuple(sorted(once, key=lambda problem: (problem.file, problem.line or 0)))


def hint(word: str, known: Iterable[str]) -> str:
    """``; did you mean `ring_s`?`` when a known word is close, else nothing."""
    close = _close(word, tuple(sorted(known)))
    return f"; did you mean `{close[0]}`?" if close else ""


@lru_cache(maxsize=4096)
def _close(word: str, known: tuple[str, ...]) -> list[str]:
    """Slow, and a unit that was renamed is asked for by everything below it."""
    return get_close_matches(word, known, n=1)
