"""Exit codes, and one clear sentence for whatever goes wrong."""

import os
import shlex
import subprocess
import sys

import pytest

from cc110.cli.failing import report, sentence
from cc110.config.load import checkout
from cc110.ports import Cc110Error
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import RETURNED, fill


@pytest.mark.parametrize(
    "words",
    [
        "calls show nobody",
        "cases show nobody",
        "cases close nobody",
        "blocklist show 081234567890",
        "blocklist remove 081234567890 --reason x",
        "blocklist add 110 --reason x",
        "blocklist add 081234567890 --reason ''",
        "agents account 9999",
        "agents login 9999",
        "agents login 1101",
        "pbx console 'core show uptime'",
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(words: str, shell: Shell) -> None:
    """No traceback, nothing on standard output, nothing twice."""
    fill(shell.config, RETURNED)

    answer = shell(*shlex.split(words), CC110_CACHE=str(shell.home / "none"))

    assert answer.code == 1
    assert answer.out == ""
    [line] = answer.err.splitlines()
    assert line.startswith("cc110: ")
    assert line.endswith(".")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "bogus",
        "calls",
        "calls list --bogus",
        "calls list --limit 0",
        "calls list --since yesterday",
        "calls list --since 999999w",
        "calls list --number 110",
        "calls list --outcome good",
        "blocklist add 081234567890",
        "blocklist add 081234567890 --reason x --until 2020-01-01",
        "blocklist add 081234567890 --reason x --until soon",
        "blocklist add 081234567890 --reason x --for 30",
        "blocklist add 081234567890 --reason x --for 1d --forever",
        "--lang fr calls list",
        "run --pbx other",
    ],
)
def test_wrong_usage_is_exit_code_2(words: str, shell: Shell) -> None:
    """Told apart from a refusal, and nothing was done."""
    answer = shell(*words.split())

    assert answer.code == 2
    assert not (shell.home / "journal.sqlite3").exists()


def test_verbose_shows_the_traceback_as_well(shell: Shell) -> None:
    """For those who have to find out why."""
    answer = shell("-v", "calls", "list")

    assert answer.code == 1
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("cc110: there is no journal at ")


def test_a_journal_s_server_that_does_not_answer_is_named_in_one_sentence(shell: Shell) -> None:
    """The sentence says where the journal should be, without the password."""
    url = "postgresql+asyncpg://cc110:hush@/x?host=/nowhere"
    answer = shell("calls", "list", CC110_JOURNAL__URL=url)

    assert answer.code == 1
    [line] = answer.err.splitlines()
    assert "postgresql+asyncpg://cc110:***@/x" in line
    assert "does not answer" in line
    assert "hush" not in line


def test_a_fault_of_the_program_is_one_sentence_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever meets it learns how to tell more."""
    assert report(ValueError("first line\nsecond line"), verbose=False) == 1

    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    assert line == (
        "cc110: unexpected ValueError: first line; second line (`cc110 -v ...` tells more)."
    )


def test_causes_are_told_once() -> None:
    """What the error says of its cause already is not said again."""
    low = OSError(13, "Permission denied", "/x")
    middle = Cc110Error("the file can't be opened: /x: Permission denied")
    middle.__cause__ = low
    top = Cc110Error("no journal.")
    top.__cause__ = ExceptionGroup("several", [middle])
    top.__cause__.__cause__ = middle

    assert sentence(top) == "no journal: the file can't be opened: /x: Permission denied"


def test_a_reader_that_has_enough_is_no_failure(shell: Shell) -> None:
    """`cc110 calls show ... | head -1` ends quietly."""
    fill(shell.config, RETURNED)
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-m", "cc110.cli.main", "calls", "show", "17-4821"],
        env=shell.environ,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        cwd=checkout(),
        check=False,
    )
    os.close(writing)

    assert (process.returncode, process.stderr) == (0, "")
