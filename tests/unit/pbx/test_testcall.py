"""A synthetic call in Asterisk's words: understood as what it is, and taken for a call nowhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cc110.core.synthetic import Sign
from cc110.pbx.ami import AmiMessage
from cc110.pbx.cel import CelFile
from cc110.pbx.queue_log import QueueLog
from cc110.pbx.testcall import sign_of
from cc110.pbx.translate import call_facts, roster_facts, seen_calls

AT = datetime(2026, 8, 17, 3, 4, 5, 500_000, tzinfo=UTC)
STAMP = "1786935845.500000"
TEST = "test-20260817-030405-17-4821"
REAL = "20260817-030405-18-4822"


def told(event: str, fact: str, data: str = "") -> AmiMessage:
    """What the dialplan says."""
    said = {"Event": "UserEvent", "UserEvent": event, "Timestamp": STAMP, "Fact": fact}
    return AmiMessage((*said.items(), ("Call", TEST), ("Data", data)))


def test_what_a_synthetic_call_tells_is_a_sign_and_no_fact() -> None:
    """And a real call's word is no sign."""
    said = told("CC110Test", "recording", "path=2026/08/17/a.wav")

    assert sign_of(said) == Sign(at=AT, word="recording", call_id=TEST, path="2026/08/17/a.wav")
    assert call_facts(said) == ()
    assert sign_of(told("CC110", "recording", "path=a.wav")) is None


def channel(call_id: str) -> AmiMessage:
    """A caller's channel in the answer to ``Status``."""
    said = {"CC110_CALL": call_id, "CC110_CHAN": "1.17", "CC110_STAGE": "greeting"}
    head = {"Event": "Status", "Uniqueid": "1.17", "ChannelState": "6"}
    pairs = [("Variable", f"{name}={value}") for name, value in said.items()]
    return AmiMessage((*head.items(), *pairs))


def test_a_synthetic_call_in_the_pbx_s_list_is_no_live_call() -> None:
    """A daemon that returns takes up the others."""
    found = seen_calls([channel(TEST), channel(REAL)], at=AT)

    assert [one.call_id for one in found] == [REAL]


def test_who_answers_it_is_no_operator() -> None:
    """Neither in events and lists, nor when it is rung."""
    place = {"Queue": "cc110-test", "Interface": "Local/s@cc110-test-answer/n", "Status": "1"}
    assert roster_facts(AmiMessage((("Event", "QueueMemberStatus"), *place.items())), {}) == ()
    ringing = {"Event": "DialState", "DialStatus": "RINGING", "DestChannel": "PJSIP/1101-00000001"}
    dialled = ("DestChanVariable", f"CC110_CALL={TEST}")
    assert call_facts(AmiMessage((*ringing.items(), dialled))) == ()


async def test_the_queue_s_own_log_makes_no_operator_of_it(tmp_path: Path) -> None:
    """Whoever is added there is added to nobody's queue."""
    log = tmp_path / "queue_log"
    line = "1786935845|MANAGER|{}|{}|ADDMEMBER|"
    log.write_text(f"{line.format('cc110-test', 'x')}\n{line.format('polda-sumut', '1201')}\n")
    ever = datetime(2000, 1, 1, tzinfo=UTC)
    found = await QueueLog(log).members(ever, datetime(2100, 1, 1, tzinfo=UTC))

    assert [one.queue for one in found] == ["polda-sumut"]


@pytest.mark.parametrize(("hour", "counted"), [(3, [TEST]), (4, [])])
async def test_the_pbx_s_own_record_counts_it_apart(
    tmp_path: Path, hour: int, counted: list[str]
) -> None:
    """`verify-day` accounts for it; no fact is made of it."""
    record = tmp_path / "cel.csv"
    extra = f'{{""extra"":""{TEST}|number=|source=none|dialled=110|trunk=cc110-test|queue=a""}}'
    kind = "CC110Test-arrived"
    record.write_text(f'"{kind}","{STAMP}","1.17","1.17","PJSIP/a-1","{extra}","{kind}"\n')
    since, until = (datetime(2026, 8, 17, one, tzinfo=UTC) for one in (hour, hour + 1))

    assert [call_id async for _, call_id in CelFile(record).synthetic(since, until)] == counted
    assert [batch async for batch in CelFile(record).facts(since, until)] == []
