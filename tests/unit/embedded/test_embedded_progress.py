"""What a person sees of an installation."""

from __future__ import annotations

import io

from cc110.pbx.embedded.progress import BarProgress, PlainProgress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_log_gets_one_line_per_phase() -> None:
    """Where there is no terminal, no bar and no control characters are written."""
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.phase("Unpacking", 2)
    progress.advance(2)
    progress.phase("Checking")

    assert stream.getvalue() == "Unpacking\nChecking\n"


def test_a_terminal_gets_a_bar_with_a_percentage() -> None:
    """A phase half done is drawn as half done."""
    stream = Terminal()
    with BarProgress(stream) as progress:
        progress.phase("Unpacking", 4)
        progress.advance(2)
        progress._bars.refresh()

    assert "Unpacking" in stream.getvalue()
    assert "50%" in stream.getvalue()


def test_a_phase_that_is_over_is_full() -> None:
    """The next phase fills the bar of the one before, also where its length was not known."""
    stream = Terminal()
    with BarProgress(stream) as progress:
        progress.phase("Waiting")
        progress.phase("Unpacking", 4)
        progress.advance(1)

    assert stream.getvalue().count("100%") >= 2


def test_a_failure_leaves_its_bar_as_it_is() -> None:
    """A bar that was at a quarter when it failed is not drawn as done."""
    stream = Terminal()
    try:
        with BarProgress(stream) as progress:
            progress.phase("Unpacking", 4)
            progress.advance(1)
            raise OSError
    except OSError:
        pass

    assert "25%" in stream.getvalue()
    assert "100%" not in stream.getvalue()
