"""The blocklist's audit trail, and the comparison of all places that have it."""

import sqlite3

from cc110.core import events
from cc110.core.ids import AgentId, Number
from cc110.core.words import NumberSource, Verdict
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import CALL, NUMBER, arrived, fill, story, without_call

OTHER = Number("6284012345679")
BLOCKED = events.NumberBlocked(number=NUMBER, until=0, reason="prank calls", by="Padal Contoh")


def rejected(number: Number) -> events.CallRejected:
    return events.CallRejected(number=number, source=NumberSource.ASSERTED, until=0)


def test_the_audit_trail_tells_who_did_what_and_why_newest_first(shell: Shell) -> None:
    """Withdrawn verdicts are found by their call's number; rejected calls are counted, not listed."""
    said = [
        *story((0.0, arrived()), (9.0, events.VerdictWithdrawn(verdict=Verdict.PRANK, reason="wrong", by="x"))),
        *without_call(BLOCKED, rejected(NUMBER), rejected(NUMBER), rejected(OTHER)),
        *without_call(
            events.BlockVerificationAsked(number=NUMBER, source=NumberSource.ASSERTED, until=0),
            events.BlockVerificationRefused(number=NUMBER, agent=AgentId("1101")),
            events.NumberUnblocked(number=NUMBER, reason="verified", by="1102"),
            events.NumberBlocked(number=OTHER, until=0, reason="other", by="y"),
        ),
    ]  # fmt: skip
    fill(shell.config, said)
    steps = shell("blocklist", "history", "0840-1234-5678", "--json").objects

    assert [step["type"] for step in steps] == [
        "NumberUnblocked",
        "BlockVerificationRefused",
        "BlockVerificationAsked",
        "NumberBlocked",
        "VerdictWithdrawn",
    ]
    assert steps[0]["data"]["by"] == "1102"
    assert {step["rejections"] for step in steps} == {2}
    assert steps[-1]["call_id"] == CALL
    assert len(shell("blocklist", "history", "--json").objects) == 6
    assert shell("blocklist", "history", "--json", "--limit", "1").object["number"] == OTHER
    assert shell("blocklist", "history", "--since", "2030-01-01", "--json").objects == []
    assert "dicabut" in shell("blocklist", "history", NUMBER).out
    assert "prank calls" in shell("blocklist", "history", NUMBER, "--lang", "en").out


def test_without_a_pbx_journal_and_tables_are_compared(shell: Shell) -> None:
    """And it is said that the PBX was not."""
    fill(
        shell.config,
        without_call(BLOCKED, events.NumberUnblocked(number=OTHER, reason="x", by="y")),
    )
    answer = shell("blocklist", "verify")

    assert answer.code == 0
    assert "1 numbers in force; tables have what the journal has." in answer.out
    assert "The PBX was not compared" in answer.err


def test_what_differs_is_named_and_fails(shell: Shell) -> None:
    """A table that somebody touched: each number with what it is here and there."""
    numbers = [Number(f"62840{n:08}") for n in range(150)]
    fill(
        shell.config,
        without_call(
            *(events.NumberBlocked(number=n, until=0, reason="x", by="x") for n in numbers)
        ),
    )
    with sqlite3.connect(shell.home / "journal.sqlite3") as database:
        database.execute("UPDATE blocks SET until = 4000000000 WHERE number = ?", (numbers[0],))
        database.execute("DELETE FROM blocks WHERE number > ?", (numbers[0],))
    answer = shell("blocklist", "verify")
    told = shell("blocklist", "verify", "--json").object

    assert answer.code == 1
    assert answer.lines[0] == (
        f"tables: {numbers[0]} is blocked until 2096-10-02T07:06Z, and blocked for ever in the journal"
    )
    assert answer.lines[-1] == "tables: ... and 50 more"
    assert "tables: 150" in answer.err
    assert (told["equal"], told["counts"]) == (False, {"tables": 150})
