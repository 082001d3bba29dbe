"""Calls, cases and blocked numbers as the journal has them."""

import re

import pytest

from cc110.core import events as e
from cc110.core.ids import CallId
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import (
    AGENT,
    CALL,
    CASE,
    NUMBER,
    RETURNED,
    START,
    abandoned,
    arrived,
    fill,
    story,
    without_call,
)

BLOCKED = e.NumberBlocked(number=NUMBER, until=0, reason="prank calls", by="sari")


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """A journal with three calls, a case and a block."""
    events = [*RETURNED, *abandoned(1), *abandoned(2), *without_call(BLOCKED)]
    fill(shell.config, events)
    return shell


def test_calls_are_listed_newest_first_in_columns(filled: Shell) -> None:
    """A pipe gets plain, aligned text without colours or cuts."""
    answer = filled("calls", "list")

    heading, _, _, last = answer.lines
    assert heading.split() == [
        *("WAKTU", "PANGGILAN", "NOMOR", "ANTREAN", "OPERATOR"),
        *("POLRES", "PENILAIAN", "TUNGGU", "LAMA", "HASIL"),
    ]
    assert last.startswith("17 Agu 2026 10:04  17-4821    0840-1234-5678  polda-metro-jaya")
    assert last.endswith("50,1 s  kembali ke Polda")
    assert "\x1b" not in answer.out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--limit 1", ["19-4823"]),
        ("--outcome abandoned", ["19-4823", "18-4822"]),
        ("--number 0840-1234-5678", ["17-4821"]),
        ("--agent 1101", ["17-4821"]),
        ("--queue polda-sumut", []),
        ("--since 2026-08-17T10:05", ["19-4823", "18-4822"]),
        ("--until 2026-08-17T10:05", ["17-4821"]),
        ("--since 1m", []),
    ],
)
def test_calls_can_be_chosen(words: str, found: list[str], filled: Shell) -> None:
    """By number in any form, operator, queue, outcome and time in the site's zone."""
    answer = filled("calls", "list", *words.split(), "--json")

    assert [one["call_id"][16:] for one in answer.objects] == found


def test_a_listed_call_is_json_in_one_line(filled: Shell) -> None:
    """Programs get values, not words: UTC, normal forms, full ids."""
    *_, call = filled("--lang", "en", "calls", "list", "--json").objects

    assert call["call_id"] == CALL
    assert call["number"] == "6284012345678"
    assert call["arrived_at"] == "2026-08-17T03:04:05.600Z"
    assert call["outcome"] == "returned"
    assert call["verdict"] == "valid"


@pytest.mark.parametrize("wanted", [CALL, "17-4821", "4821"])
def test_a_call_is_shown_by_its_id_or_its_short_id(wanted: str, filled: Shell) -> None:
    """Its facts, then everything that happened in it."""
    answer = filled("calls", "show", wanted)

    assert answer.lines[0] == f"Panggilan      {CALL}"
    assert "Transfer       1, di antaranya kembali: 1" in answer.lines
    assert f"Rekaman        2026/{CALL}.wav (49,9 s)" in answer.lines
    assert len([line for line in answer.lines if " 17-4821   " in line]) == len(RETURNED)


def test_a_shown_call_is_one_json_document(filled: Shell) -> None:
    """The call, and its events exactly as MQTT would have them."""
    found = filled("calls", "show", "17-4821", "--json").object

    assert found["call"]["case_id"] == CASE
    assert [one["type"] for one in found["events"]][:2] == ["CallArrived", "RecordingStarted"]
    assert found["unknown"] == []


def test_a_short_id_of_two_calls_is_refused(shell: Shell) -> None:
    """Both are named, so that the whole id can be typed."""
    twin = CallId("20260818-030405-17-4821")
    fill(shell.config, [*story((0, arrived())), *story((0, arrived()), call=twin)])
    answer = shell("calls", "show", "17-4821")

    assert answer.code == 1
    assert CALL in answer.err
    assert twin in answer.err
    assert shell("calls", "show", twin).code == 0


def test_a_short_id_is_not_a_pattern(filled: Shell) -> None:
    """`_` and `%` stand for themselves, and nothing is no id."""
    assert [filled("calls", "show", it).code for it in ("17-482_", "17%", "")] == [1, 1, 1]


def test_a_lost_recording_leaps_to_the_eye(shell: Shell) -> None:
    """It is a record that was lost: nothing worse stands in that view."""
    missing = e.RecordingMissing(path="2026/x.wav", reason="no such file")
    fill(shell.config, story((0, arrived()), (9, missing)))
    answer = shell("calls", "show", CALL)

    assert "Rekaman    TIDAK ADA: no such file" in answer.lines


def test_cases_are_listed_shown_and_filtered(filled: Shell) -> None:
    """The case is the Polres's open work after the return."""
    [case] = filled("cases", "list", "--open", "--json").objects
    shown = filled("cases", "show", "K-17-4821")

    assert (case["case_id"], case["owner"], case["closed_at"]) == (CASE, "polres:7101", None)
    assert filled("cases", "list").lines[1].endswith("Polres 7101  1101  terbuka")
    assert filled("cases", "list", "--owner", "polda-sumut", "--json").objects == []
    assert "Pemilik      Polres 7101" in shown.lines
    assert filled("cases", "show", CALL, "--json").object["case_id"] == CASE


def test_a_case_s_timeline_begins_with_the_case_but_counts_from_the_call(filled: Shell) -> None:
    """What was before it belongs to the call alone."""
    lines = [line for line in filled("cases", "show", CASE).lines if " 17-4821   " in line]

    assert "membuka kasus" in lines[0]
    assert "+30,0 s" in lines[0]


def test_a_case_is_closed_by_its_short_id(filled: Shell) -> None:
    """Without a daemon the journal is written directly; twice is once."""
    answers = [filled("cases", "close", "K-17-4821", "--by", "Padal Contoh") for _ in range(2)]
    case = filled("cases", "show", CASE, "--json").object

    assert [answer.out for answer in answers] == [f"{CASE} is closed.\n"] * 2
    assert case["closed_by"] == "Padal Contoh"
    assert "ditutup oleh Padal Contoh" in filled("calls", "show", CALL).lines[-1]
    assert filled("cases", "list", "--open", "--json").objects == []


def test_blocked_numbers_are_listed_and_shown(filled: Shell) -> None:
    """In any usual form of the number."""
    [row] = filled("blocklist", "list", "--json").objects

    assert (row["number"], row["until"], row["in_force"]) == (NUMBER, 0, True)
    assert filled("blocklist", "list").lines[1].startswith("0840-1234-5678  selamanya  ")
    assert "Alasan             prank calls" in filled("blocklist", "show", "+6284012345678").lines
    assert filled("blocklist", "show", "0840 1234 5678", "--json").object["by"] == "sari"


def test_english_is_selectable_before_and_after_the_command(filled: Shell) -> None:
    """Both spellings give the same."""
    before = filled("--lang", "en", "calls", "list").out

    assert before == filled("calls", "list", "--lang", "en").out
    assert before.splitlines()[0].startswith("TIME ")
    assert before.splitlines()[-1].endswith(" returned")


def test_operators_come_from_the_journal_when_the_pbx_is_out_of_reach(shell: Shell) -> None:
    """Its last word, and a note that it is no more than that."""
    log_in = e.AgentLoggedIn(agent=AGENT, queue=arrived().queue)
    paused = e.AgentPaused(agent=AGENT, queue=arrived().queue, reason="sholat")
    fill(shell.config, without_call(log_in, paused))
    answer = shell("agents", "list")
    first, *_ = shell("agents", "list", "--json").objects

    assert re.match(r"1101 +Contoh Satu .* polda-metro-jaya +istirahat \(sholat\)", answer.lines[1])
    assert "PBX tidak terjangkau" in answer.err
    assert (first["state"], first["source"]) == ("paused", "journal")
    assert len(answer.lines) == 1 + len(shell.config.directory.operators)


def test_operators_are_listed_without_any_journal(shell: Shell) -> None:
    """A site that was never started has operators, all of them offline."""
    assert {one["state"] for one in shell("agents", "list", "--json").objects} == {"offline"}


def test_an_account_has_all_that_a_softphone_asks_for(shell: Shell) -> None:
    """The password is the one that the PBX gets, and comes again."""
    account = shell("agents", "account", "1101", "--json").object
    shown = shell("agents", "account", "1101")

    assert account == {
        "user": "1101",
        "password": account["password"],
        "registrar": f"sip:127.0.0.1:{shell.sip_port}",
        "transport": "udp",
        "display_name": "Contoh Satu",
    }
    assert len(account["password"]) == 32
    assert f"Password      {account['password']}" in shown.lines
    assert shell("agents", "account", "7101", "--json").object["user"] == "7101"


def test_no_other_command_prints_a_password(filled: Shell) -> None:
    """Nor does it on standard error, however much is asked for."""
    secret = filled("agents", "account", "1101", "--json").object["password"]
    said = [
        filled("-v", *words.split())
        for words in ("agents list", "check", "calls list", "agents login 1101", "pbx status")
    ]

    assert not any(secret in answer.out + answer.err for answer in said)


def test_times_are_the_site_s(filled: Shell) -> None:
    """A site in Jayapura reads two hours later."""
    row = filled("calls", "list", "--number", NUMBER, CC110_SITE__TIME_ZONE="WIT").lines[1]

    assert row.startswith(f"17 Agu 2026 {START.hour + 9}:04")
