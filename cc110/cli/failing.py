"""From an error to one clear sentence and an exit code."""

import os
import sys
import traceback
from collections.abc import Iterator
from typing import Final

from cc110.ports import Cc110Error

DONE: Final = 0
REFUSED: Final = 1


def report(error: Exception, *, verbose: bool) -> int:
    """Say on standard error what went wrong; the traceback only if asked for. Returns the code."""
    if isinstance(error, BrokenPipeError):
        return _nobody_reads()
    if verbose:
        traceback.print_exception(error)
    problems = getattr(error, "problems", ())
    for problem in problems:
        print(problem, file=sys.stderr)
    said = f"the site's data has {_count(problems)}" if problems else sentence(error)
    print(f"cc110: {said}.", file=sys.stderr)
    return REFUSED


def sentence(error: BaseException) -> str:
    """What went wrong with its causes, each once, in one line without the full stop."""
    if not isinstance(error, Cc110Error | OSError):
        return f"unexpected {type(error).__name__}: {_text(error)} (`cc110 -v ...` tells more)"
    parts: list[str] = []
    for each in _chain(error):
        text = _text(each)
        if not any(text.casefold() in part.casefold() for part in parts):
            parts.append(text)
    return ": ".join(parts)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        if not isinstance(error, BaseExceptionGroup):
            yield error
        error = error.__cause__


def _text(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return "; ".join(line.strip() for line in lines).rstrip(".")


def _count(problems: tuple[object, ...]) -> str:
    errors = sum(1 for problem in problems if getattr(problem, "severity", "") == "error")
    return f"{errors} error{'' if errors == 1 else 's'}: mend what is named above"


def _nobody_reads() -> int:
    """The reader of a pipe has enough, as ``head`` does: no failure, and nothing more to say."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
