"""How far a long command is: a bar on a terminal, a line now and then elsewhere. On standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cc110.cli.screen import note

_EVERY_S: Final = 10.0
_ROWS: Final = 1000
"""Rows between two looks at the clock."""


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show the progress of one thing; call what is given with how much is done."""
    if sys.stderr.isatty():
        with _bar(what, total) as tell:
            yield tell
    else:
        yield _lines(what, total)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task(what, total=total)

        def tell(done: int) -> None:
            if done % _ROWS == 0 or done == total:
                shown.update(task, completed=done)

        yield tell


def _lines(what: str, total: int | None) -> Callable[[int], None]:
    said_at = time.monotonic()
    of = f" of {total}" if total else ""

    def tell(done: int) -> None:
        nonlocal said_at
        if done % _ROWS == 0 and time.monotonic() - said_at >= _EVERY_S:
            said_at = time.monotonic()
            note(f"{what}: {done}{of}")

    return tell
