"""How an installation tells what it does: a bar on a terminal, a line per phase elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichBars

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import TaskID


class Progress(Protocol):
    """What an installation reports to. One phase at a time; a new one ends the one before."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase of `total` units, or of unknown length."""

    def advance(self, n: int = 1) -> None:
        """Report `n` more units of the present phase as done."""


class NoProgress:
    """Says nothing."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase silently."""

    def advance(self, n: int = 1) -> None:
        """Go on silently."""


class PlainProgress:
    """Prints one line per phase, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        """Print to `stream`."""
        self._stream = stream

    def phase(self, name: str, total: int | None = None) -> None:
        """Print the phase's name."""
        self._stream.write(f"{name}\n")
        self._stream.flush()

    def advance(self, n: int = 1) -> None:
        """Print nothing: a log wants no bar."""


class BarProgress:
    """Shows one bar per phase on a terminal. A context manager, so that the cursor comes back."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on `stream`."""
        self._bars = RichBars(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(file=stream),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Fill the last bar if all went well, and stop drawing."""
        if error is None:
            self._finish()
        self._bars.stop()

    def phase(self, name: str, total: int | None = None) -> None:
        """Fill the present bar and begin the next."""
        self._finish()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, n: int = 1) -> None:
        """Lengthen the present bar."""
        if self._task is not None:
            self._bars.advance(self._task, n)

    def _finish(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, total=total, completed=total)
