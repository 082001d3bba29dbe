"""What a terminal gets and what a pipe gets."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from cc110.cli.screen import Cell, Column, Screen
from cc110.config.load import checkout
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import RETURNED, fill

COLUMNS = [
    Column(heading="A"),
    Column(heading="BBBB", right=True, rank=2),
    Column(heading="C", rank=1),
]


def on_terminal(
    shell: Shell, *words: str, columns: int = 80, environ: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What a command prints on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    plain = {k: v for k, v in shell.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cc110.cli.main", *words],
        env={**plain, "TERM": "xterm-256color", **environ},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=checkout(),
    )
    os.close(slave)
    said = b""
    # A terminal that nobody has open any more answers with EIO instead of an end.
    try:
        while part := os.read(master, 65536):
            said += part
    except OSError:
        pass
    os.close(master)
    process.wait(20)
    return said.decode().replace("\r\n", "\n")


def printed(said: str) -> list[str]:
    """The lines without bold and dim, which are no colours and stay."""
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines()]


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """A journal with one call."""
    fill(shell.config, RETURNED)
    return shell


def test_a_pipe_gets_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """No colours, no boxes, no cuts, no blanks at the end."""
    Screen().table(COLUMNS, [["long" * 40, "1", Cell("x", "red")], ["", "22", ""]])

    heading, first, second = capsys.readouterr().out.splitlines()
    assert first == f"{'long' * 40}     1  x"
    assert second == f"{' ' * 160}    22"
    assert heading.split() == ["A", "BBBB", "C"]


def test_a_terminal_gets_colours_and_columns_that_fit(filled: Shell) -> None:
    """At 80 columns the least important go; nothing wraps."""
    narrow = on_terminal(filled, "calls", "list").splitlines()
    wide = on_terminal(filled, "calls", "list", columns=140).splitlines()

    assert "\x1b[33m" in narrow[1]
    assert len(narrow) == len(wide) == 2
    assert "OPERATOR" in narrow[0]
    assert "TUNGGU" not in narrow[0]
    assert "TUNGGU" in wide[0]


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colours_can_be_refused(environ: dict[str, str], filled: Shell) -> None:
    """By https://no-color.org, and by a terminal that has none."""
    for words in (["calls", "list"], ["--help"]):
        said = on_terminal(filled, *words, environ=environ)

        assert not any(f"\x1b[{code}" in said for code in ("3", "9", "38"))


def test_a_long_sentence_wraps_below_itself(filled: Shell) -> None:
    """The columns of time and call stay free."""
    said = printed(on_terminal(filled, "calls", "show", "17-4821"))
    wrapped = [line for line in said if line.startswith(" " * 33 + "polda-metro-jaya")]

    assert wrapped
    assert all(len(line) <= 80 for line in said)


def test_help_fits_a_small_terminal(filled: Shell) -> None:
    """Boxes on a terminal, 80 columns wide at most."""
    said = printed(on_terminal(filled, "blocklist", "add", "--help"))

    assert any(line.startswith("╭") for line in said)
    assert " Example:" in said
    assert max(map(len, said)) <= 80
