"""What the dialplan tells and notes of a verification, as the core has it."""

from datetime import UTC, datetime

import pytest

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.verification import Passed
from cc110.core.words import NumberSource
from cc110.pbx.ami import AmiMessage
from cc110.pbx.notes import verified_note
from cc110.pbx.translate import dialplan_fact, seen_calls

AT = datetime(2026, 8, 17, 3, 4, 5, tzinfo=UTC)
CALL = CallId("20260817-030405-17-4711")
NUMBER = Number("6284000000001")
KEY = f"/cc110-verified/{NUMBER}"


def test_a_note_is_read() -> None:
    """Unix time, operator, call."""
    noted = verified_note(KEY, f"{int(AT.timestamp())}:1101:{CALL}")

    assert Passed(number=NUMBER, at=AT, agent=AgentId("1101"), call_id=CALL) == noted


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (KEY, ""),
        (KEY, "1787000000"),
        (KEY, "1787000000:1101"),
        (KEY, f"soon:1101:{CALL}"),
        (KEY, f"1787000000::{CALL}"),
        (KEY, "1787000000:1101:"),
        (KEY, f"1787000000:1101:{CALL}:more"),
        ("/cc110-verified/all", f"1787000000:1101:{CALL}"),
        ("", ""),
    ],
)
def test_a_damaged_note_is_none(key: str, value: str) -> None:
    """It unblocks nobody and breaks nothing."""
    assert verified_note(key, value) is None


@pytest.mark.parametrize(
    ("word", "data", "fact"),
    [
        (
            "verify-asked",
            f"number={NUMBER}|source=claimed|until=0",
            f.VerifyAsked(at=AT, call_id=CALL, number=NUMBER, source=NumberSource.CLAIMED, until=0),
        ),
        (
            "verify-passed",
            f"number={NUMBER}|agent=1101",
            f.VerifyPassed(at=AT, call_id=CALL, number=NUMBER, agent=AgentId("1101")),
        ),
        (
            "verify-failed",
            f"number={NUMBER}|agent=1101",
            f.VerifyFailed(at=AT, call_id=CALL, number=NUMBER, agent=AgentId("1101")),
        ),
    ],
)
def test_what_the_dialplan_tells_is_a_fact(word: str, data: str, fact: f.Fact) -> None:
    """And nothing when a part is missing."""
    said = dialplan_fact(at=AT, word=word, call_id=CALL, channel="1.1", data=data)

    assert fact == said
    assert dialplan_fact(at=AT, word=word, call_id=CALL, channel="1.1", data="agent=1101") is None


def listed(*said: str) -> AmiMessage:
    """A caller's channel in the PBX's list."""
    ours = ("CC110_CALL=" + CALL, "CC110_CHAN=1.1", f"CC110_NUMBER={NUMBER}", "CC110_UNTIL=0")
    variables = tuple(("Variable", pair) for pair in (*ours, *said))
    return AmiMessage((("Event", "Status"), ("Uniqueid", "1.1"), *variables))


def test_a_blocked_caller_is_a_call_only_once_he_is_let_in() -> None:
    """A daemon that starts during the announcement must not take him for a call that lost its way."""
    assert seen_calls([listed()], at=AT) == ()

    (seen,) = seen_calls([listed("CC110_VERIFY=asked")], at=AT)
    assert (seen.call_id, seen.blocked_until) == (CALL, 0)
