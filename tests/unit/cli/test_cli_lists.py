"""Whole lists of numbers in and out, while no daemon runs."""

from pathlib import Path

import pytest

from cc110.core import events
from tests.unit.cli.shell import Answer, Shell
from tests.unit.cli.stories import fill, without_call

NASTY = [
    "=1+1",
    "+62",
    "-1",
    "@SUM(A1)",
    "'=x",
    "'plain",
    "''",
    "a,b;c",
    'say "no"',
    "dua\nbaris",
    "é",
    "\t=x",
]


def listed(shell: Shell, text: str | bytes, *words: str) -> Answer:
    """Import a file with this text."""
    file = shell.home.parent / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return shell("blocklist", "import", str(file), "--by", "Padal Contoh", *words)


def numbers(shell: Shell) -> list[str]:
    """The numbers in force."""
    return [row["number"] for row in shell("blocklist", "list", "--json").objects]


def test_a_list_blocks_each_number_with_what_its_row_says(shell: Shell) -> None:
    """And with what the command says where the row says nothing."""
    text = (
        "number,until,reason,note,owner\n"
        "0840-1234-5678,forever,prank,a note,polda-sumut\n"
        "+6284012345679,2099-01-01,,,\n"
    )
    told = listed(shell, text, "--reason", "other list", "--json").object
    first = shell("blocklist", "show", "084012345678", "--json").object
    second = shell("blocklist", "show", "084012345679", "--json").object

    assert (told["blocked"], told["same"], told["bad"]) == (2, 0, 0)
    assert (first["until"], first["reason"], first["note"]) == (0, "prank", "a note")
    assert (first["owner"], first["by"], first["cause"]) == (
        "polda-sumut",
        "Padal Contoh",
        "imported",
    )
    assert (second["reason"], second["until"]) == ("other list", 4070883600)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_read_as_well(separator: str, shell: Shell) -> None:
    """A spreadsheet in Indonesian writes semicolons, and a mark at the beginning."""
    text = f"\ufeffNumber{separator}reason\r\n084012345678{separator}prank, again\r\n"

    assert listed(shell, text).code == 0
    assert shell("blocklist", "show", "084012345678", "--json").object["reason"] == "prank, again"


def test_a_bare_list_of_numbers_is_a_list(shell: Shell) -> None:
    """One a line, blank lines between."""
    assert listed(shell, "084012345678\n\n084012345679\n", "--forever").code == 0
    assert numbers(shell) == ["6284012345678", "6284012345679"]


def test_a_second_import_writes_nothing(shell: Shell) -> None:
    """Not even when it says no time and the default has moved on."""
    listed(shell, "084012345678\n084012345679\n", "--for", "30d")
    again = listed(shell, "084012345678\n084012345679\n", "--for", "31d", "--json").object

    assert (again["blocked"], again["same"]) == (0, 2)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("110,,", "identifies nobody"),
        ("14045,,", "identifies nobody"),
        ("anonymous,,", "identifies nobody"),
        ("084012345678,soon,", "no time"),
        ("084012345678,-5,", "no time"),
        ("084012345678,99999999999999,", "no time"),
        ("084012345678,," + "x" * 501, "501 characters"),
        ("084012345678", "columns"),
        ('084012345678,,"x', "unexpected end"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_nothing_changes(
    row: str, says: str, shell: Shell
) -> None:
    """Unless it is told to skip."""
    text = f"number,until,reason\n084012345670,forever,good\n{row}\n"
    answer = listed(shell, text)

    assert answer.code == 1
    assert answer.err.startswith("line 3: ")
    assert says in answer.err.splitlines()[0]
    assert "1 of 2 rows are bad, so nothing has changed" in answer.err
    assert not (shell.home / "journal.sqlite3").exists()
    assert listed(shell, text, "--skip-bad").code == 0
    assert numbers(shell) == ["6284012345670"]


def test_bytes_that_are_no_text_are_a_bad_row(shell: Shell) -> None:
    """A file in another encoding."""
    answer = listed(shell, b"number,reason\n084012345678,caf\xe9\n")

    assert "line 2: reason is not UTF-8" in answer.err


def test_of_many_bad_rows_a_hundred_are_named(shell: Shell) -> None:
    """The rest is a count."""
    answer = listed(shell, "number\n" + "110\n" * 250)

    assert answer.err.count("identifies nobody") == 100
    assert "... and 150 more bad rows" in answer.err


def test_of_a_number_that_comes_twice_the_first_row_counts(shell: Shell) -> None:
    """In whatever form, and it is told."""
    answer = listed(shell, "number,reason\n084012345678,first\n+62 840 1234 5678,second\n")

    assert "line 3: 6284012345678 is in line 2 already" in answer.err
    assert shell("blocklist", "show", "084012345678", "--json").object["reason"] == "first"


def test_a_header_without_number_or_with_something_unknown_is_refused(shell: Shell) -> None:
    """Rather than guessed."""
    for header in ("telepon,until\n", "number,untill\n", "number,number\n"):
        assert listed(shell, f"{header}084012345678,x\n").code == 1
    assert not (shell.home / "journal.sqlite3").exists()


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    """It tells what would be taken."""
    answer = listed(shell, "084012345678\n", "--dry-run")

    assert "1 would be taken; nothing was written" in answer.out
    assert not (shell.home / "journal.sqlite3").exists()


def test_rows_that_are_over_or_lifted_block_nobody(shell: Shell) -> None:
    """A list with its past can be taken back."""
    text = "number,until,lifted\n084012345678,2020-01-01,\n084012345679,forever,2020-01-01\n"

    assert listed(shell, text, "--json").object["over"] == 2
    assert not numbers(shell)


def test_x9_an_export_taken_elsewhere_gives_the_same_list_and_no_formula(
    shell: Shell, tmp_path: Path
) -> None:
    """Texts, times and order; and no cell begins as a formula does."""
    many = [
        events.NumberBlocked(
            number=f"62840{n:08}", until=n % 2 * 4_000_000_000, reason=text or "x", by="x",
            note=text, owner=text[::-1],
        )
        for n, text in enumerate([*NASTY, "", *map(str, range(50))])
    ]  # fmt: skip
    gone = events.NumberUnblocked(number=many[3].number, reason="x", by="y")
    fill(shell.config, without_call(*many, gone))
    before = shell("blocklist", "export").out
    file = tmp_path / "all.csv"
    assert shell("blocklist", "export", "--all", str(file)).code == 0

    other = Shell(tmp_path / "other", shell.ports)
    assert other("blocklist", "import", str(file)).code == 0

    assert other("blocklist", "export").out == before
    assert len(numbers(other)) == len(many) - 1
    import csv

    with file.open(newline="") as read:
        cells = [cell for row in csv.reader(read) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert file.stat().st_mode & 0o77 == 0
