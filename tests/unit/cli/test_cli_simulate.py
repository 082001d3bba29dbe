"""`cc110 simulate`: what if there were fewer operators."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.shell import Shell

PLAIN = ("--pickup", "0", "--wrap-up", "0", "--patience", "0", "--valid", "0", "--json")


def run(shell: Shell, *words: str) -> list[Any]:
    answer = shell("simulate", *words)
    assert (answer.code, answer.err) == (0, "")
    return list(answer.object["runs"])


def test_two_runs_stand_side_by_side_with_the_same_callers(shell: Shell) -> None:
    """One number is set beside the directory as it is."""
    answer = shell("simulate", "--calls", "3000", "--operators", "2", "--lang", "en")

    heading, calls = (line.split() for line in answer.lines[:2])
    assert heading == ["FIGURE", "as", "it", "is", "2"]
    assert calls[0] == "calls"
    assert calls[1] == calls[2]
    assert any(line.startswith("level mabes: answered") for line in answer.lines)
    assert any(line.startswith("busiest Polres") for line in answer.lines)


def test_fewer_operators_answer_later(shell: Shell) -> None:
    """Every figure says so; the seed makes it the same each time."""
    many, few = run(shell, "--calls", "4000", "--operators", "1", "--json")

    assert few["within"]["10"] < many["within"]["10"]
    assert few["answer_s"]["p95"] > many["answer_s"]["p95"]
    assert few["levels"]["mabes"]["answered"] > many["levels"]["mabes"]["answered"]
    assert few["operators_busy"]["polda-metro-jaya"]["seats"] == 1
    assert [many, few] == run(shell, "--calls", "4000", "--operators", "1", "--json")


def test_single_units_are_set_by_their_code(shell: Shell) -> None:
    """Mabes as well."""
    (one, _) = run(shell, "--operators", "4,mabes=7", "--operators", "polda-sumut=9", "--json")

    assert {name: use["seats"] for name, use in one["operators_busy"].items()} == {
        "mabes": 7,
        "polda-metro-jaya": 4,
        "polda-sumut": 4,
    }


def test_levels_can_be_tried(shell: Shell) -> None:
    """A level with nobody is skipped; the last one is a telephone that somebody answers."""
    words = ("--climb", "polda@0,neighbours@10,number@20", "--operators", "0,mabes=0")
    _, run_ = run(shell, "--calls", "500", "--queue", "polda-sumut", *words, *PLAIN)

    answered = {name: level["answered"] for name, level in run_["levels"].items()}
    assert answered == {"polda": 0, "neighbours": 0, "number": run_["calls"]}
    assert run_["within"]["10"] > 0


def test_past_calls_of_the_journal_are_played_again(shell: Shell, tmp_path: Path) -> None:
    """As `calls list --json` prints them; blocked ones never came to a queue."""
    past = tmp_path / "past.jsonl"
    row = {"queue": "polda-sumut", "recording_s": 60.0, "polres": "7202", "outcome": "transferred"}
    rows = [row | {"arrived_at": f"2026-08-17T03:00:{second:02}.000Z"} for second in range(9)]
    rows.append(rows[0] | {"outcome": "rejected"})
    past.write_text("\n".join(json.dumps(one) for one in rows))
    words = ("--pickup", "0", "--wrap-up", "0", "--patience", "0", "--climb", "polda@0")
    (only,) = run(shell, "--past", str(past), *words, "--json")

    assert only["calls"] == 9
    assert only["hours"][10]["calls"] == 9
    assert only["polres"]["polres-deli-serdang"]["tried"] == 9
    assert only["answer_s"]["p95"] > 100


def test_past_calls_come_as_csv_too(shell: Shell, tmp_path: Path) -> None:
    """With as many columns as there are."""
    past = tmp_path / "past.csv"
    past.write_text("arrived_at;talk_s\n2026-08-17T10:00:00;60\n2026-08-17 10:00:30;60\n")
    _, one = run(shell, "--past", str(past), "--operators", "1,mabes=0", *PLAIN)

    assert one["answer_s"] == {"median": 0, "p90": 30, "p95": 30}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--operators", "x"), "`x` is no number of operators"),
        (("--operators", "polda-sumutt=1"), "no Polda or Mabes; did you mean `polda-sumut`"),
        (("--climb", "polda@5"), "levels begin at 0 s"),
        (("--climb", "polda@0,mabes"), "`mabes` is no level"),
        (("--queue", "polda-x"), "there is no queue `polda-x`"),
        (("--profile", "1,2,3"), "a profile is 24 weights"),
        (("--past", "/nowhere"), "/nowhere can't be read"),
    ],
)
def test_what_makes_no_sense_is_refused(shell: Shell, words: tuple[str, ...], said: str) -> None:
    """In one sentence."""
    answer = shell("simulate", *words)

    assert answer.code == 1
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arrived_at\nyesterday\n", ":2: 'yesterday' is no time"),
        ("when\n2026-08-17\n", ":2: there is no `arrived_at`"),
        ('{"arrived_at": "2026-08-17"}\n{broken\n', ":2 is no call"),
        ("arrived_at\n", "has no calls"),
    ],
)
def test_past_calls_that_can_t_be_read_are_named(
    shell: Shell, tmp_path: Path, text: str, said: str
) -> None:
    """With their line."""
    past = tmp_path / "past"
    past.write_text(text)

    assert said in shell("simulate", "--past", str(past)).err
