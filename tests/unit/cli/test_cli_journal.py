"""``cc110 journal verify``."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import abandoned, fill

STATEMENTS = {
    "was changed": "UPDATE events SET data = replace(data, '4', '5') WHERE seq = 2",
    "seq 2 is missing": "DELETE FROM events WHERE seq = 2",
    "can't be read": "UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE seq = 2",
    "it can't be read": "UPDATE events SET id = x'00' WHERE seq = 2",
}


def tamper(shell: Shell, statement: str) -> None:
    """What somebody with the file in his hands can do."""
    with closing(sqlite3.connect(shell.home / "journal.sqlite3")) as other, other:
        other.execute(statement)


def test_a_whole_journal_is_said_to_be_so(shell: Shell) -> None:
    """With the number of its events, and the last one's id to write down."""
    fill(shell.config, abandoned(1))

    answer = shell("journal", "verify")
    told = shell("journal", "verify", "--json").object

    assert answer.code == 0
    assert answer.out.startswith("Events 1 to 3 are as they were written; the last is 0")
    assert (True, 3, None) == (told["ok"], told["tip"]["seq"], told["bad"])


@pytest.mark.parametrize("reason", STATEMENTS)
def test_the_first_bad_row_is_named_and_why(shell: Shell, reason: str) -> None:
    """Exit code 1; with --json the same as data."""
    fill(shell.config, abandoned(1))
    tamper(shell, STATEMENTS[reason])

    answer = shell("journal", "verify")
    told = shell("journal", "verify", "--json")

    assert (1, 1) == (answer.code, told.code)
    assert "broken at seq 2" in answer.err
    assert reason in answer.err
    assert (False, 1, 2) == (
        told.object["ok"],
        told.object["tip"]["seq"],
        told.object["bad"]["seq"],
    )


def test_a_noted_tip_catches_an_end_that_was_cut_off(shell: Shell, tmp_path: Path) -> None:
    """Without it nobody can see that; with it a later walk needs only the rest."""
    tip = tmp_path / "tip.json"
    fill(shell.config, abandoned(1))
    noted = shell("journal", "verify", "--save-tip", str(tip))
    assert noted.code == 0
    assert "seq 3 as proved" in noted.err
    same = shell("journal", "verify", "--from-tip", str(tip))
    assert same.out.startswith("Nothing new since seq 3")
    fill(shell.config, abandoned(2))
    more = shell("journal", "verify", "--from-tip", str(tip), "--save-tip", str(tip))
    assert more.out.startswith("Events 4 to 6 are as they were written")

    tamper(shell, "DELETE FROM events WHERE seq = 6")

    assert shell("journal", "verify").code == 0
    answer = shell("journal", "verify", "--from-tip", str(tip), "--save-tip", str(tip))
    assert answer.code == 1
    assert "the journal ends at seq 5: its end was cut off" in answer.err
    assert shell("journal", "verify", "--from-tip", str(tip)).code == 1  # the note is as it was


@pytest.mark.parametrize("text", ["", "{}", '{"seq": "3", "id": "x", "hash": "y"}', "[1]"])
def test_a_file_that_names_no_event_is_refused(shell: Shell, tmp_path: Path, text: str) -> None:
    """It proves nothing."""
    tip = tmp_path / "tip.json"
    tip.write_text(text)
    fill(shell.config, abandoned(1))

    answer = shell("journal", "verify", "--from-tip", str(tip))

    assert answer.code == 1
    assert "--save-tip" in answer.err


def test_a_missing_journal_and_a_missing_note_are_named(shell: Shell, tmp_path: Path) -> None:
    """One sentence each."""
    assert "there is no journal at" in shell("journal", "verify").err
    fill(shell.config, abandoned(1))
    missing = shell("journal", "verify", "--from-tip", str(tmp_path / "no"))
    assert (1, True) == (missing.code, "No such file" in missing.err)
