"""What the table readers make of events, without a database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cc110.core import events
from cc110.core.events import Data, Event, Recorded
from cc110.core.ids import AgentId, Number, PolresExt, QueueName, case_id_of
from cc110.core.words import (
    EndedBy,
    LeaveCause,
    NumberSource,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.rowreader import Row, RowReader
from cc110.journal.rows import Outcome
from cc110.journal.samples import SAMPLE_AT, SAMPLE_CALL, SAMPLE_NUMBER, sample_event

CASE = case_id_of(SAMPLE_CALL)
AGENT = AgentId("1101")
POLRES = PolresExt("7101")

ARRIVED = sample_event("CallArrived").data
ANSWERED = events.AgentAnswered(agent=AGENT, channel="1.1", waited_s=4.0)
ENDED = events.CallEnded(by=EndedBy.CALLER, duration_s=60.0)
ABANDONED = events.CallAbandoned(waited_s=7.5)
ASKED = events.TransferStarted(agent=AGENT, polres=POLRES, kind=TransferKind.JOIN, ring_s=5.0)
TOOK = events.PolresAnswered(polres=POLRES, channel="1.2")
BACK = events.TransferReturned(polres=POLRES, reason=TransferFailure.NO_ANSWER, agent=AGENT)
REJECTED = events.CallRejected(number=SAMPLE_NUMBER, source=NumberSource.ASSERTED, until=0)


def row_after(reader: RowReader, *story: Data) -> Row | None:
    """The row that a story makes; event n happens n seconds after the first."""
    row: Row | None = None
    for seq, data in enumerate(story):
        at = SAMPLE_AT + timedelta(seconds=seq)
        event = Event(at=at, call_id=SAMPLE_CALL, case_id=CASE, data=data)
        recorded = Recorded(id="0" * 26, seq=seq, site="s", event=event)
        if reader.key_of(recorded):
            row = reader.fold(row, recorded)
    return row


def call_after(*story: Data) -> Row:
    """The row of a call."""
    row = row_after(CallsReader(), *story)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("story", "outcome"),
    [
        ([ARRIVED], Outcome.LIVE),
        ([ARRIVED, ANSWERED], Outcome.LIVE),
        ([REJECTED], Outcome.REJECTED),
        ([ARRIVED, ABANDONED], Outcome.ABANDONED),
        ([ARRIVED, ABANDONED, ENDED], Outcome.ABANDONED),
        ([ARRIVED, ENDED], Outcome.LOST),
        ([ARRIVED, ANSWERED, ENDED], Outcome.ANSWERED),
        ([ARRIVED, ANSWERED, ASKED, TOOK, ENDED], Outcome.TRANSFERRED),
        ([ARRIVED, ANSWERED, ASKED, BACK, ENDED], Outcome.RETURNED),
        ([ARRIVED, ANSWERED, ASKED, BACK, ASKED, TOOK, ENDED], Outcome.TRANSFERRED),
        ([ARRIVED, ANSWERED, ASKED, TOOK, BACK, ENDED], Outcome.RETURNED),
        ([ENDED, ARRIVED, ANSWERED], Outcome.ANSWERED),
    ],
)
def test_a_call_gets_one_word_for_how_it_went(story: list[Data], outcome: Outcome) -> None:
    """Each story has its outcome, also when its events come late."""
    assert outcome == call_after(*story)["outcome"]


def test_the_first_answer_counts_and_the_last_operator_is_named() -> None:
    """The waiting time is the caller's first; whom to ask is who had him last."""
    again = events.AgentAnswered(agent=AgentId("1102"), channel="1.3", waited_s=2.0)

    row = call_after(ARRIVED, ANSWERED, again)

    assert (4.0, "1102") == (row["waited_s"], row["agent"])
    assert SAMPLE_AT + timedelta(seconds=1) == row["answered_at"]


def test_transfers_and_returns_are_counted() -> None:
    """Each attempt and each pull-back shows."""
    row = call_after(ARRIVED, ANSWERED, ASKED, BACK, ASKED, BACK, ASKED, TOOK)

    assert (3, 2, "7101") == (row["transfers"], row["returns"], row["polres"])


def test_the_last_verdict_of_a_call_counts() -> None:
    """An operator may correct himself."""
    first = events.VerdictGiven(agent=AGENT, verdict=Verdict.VALID)
    last = events.VerdictGiven(agent=AGENT, verdict=Verdict.PRANK)

    assert Verdict.PRANK == call_after(ARRIVED, first, last)["verdict"]


def test_a_found_recording_is_no_longer_missing() -> None:
    """A recording that turns up late clears the alarm."""
    gone = events.RecordingMissing(path="a.wav", reason="no file")
    there = events.RecordingFinalised(path="a.wav", seconds=58.0)

    assert "no file" == call_after(ARRIVED, ENDED, gone)["recording_missing"]
    row = call_after(ARRIVED, ENDED, gone, there)
    assert (None, 58.0) == (row["recording_missing"], row["recording_s"])


def test_a_call_whose_arrival_was_not_seen_has_a_row_all_the_same() -> None:
    """Any event of a call makes its row; the arrival completes it when it comes."""
    row = call_after(ANSWERED)
    assert (SAMPLE_AT, None) == (row["arrived_at"], row["number"])

    row = call_after(ANSWERED, ARRIVED)
    assert SAMPLE_NUMBER == row["number"]


def test_a_call_is_listed_in_the_queue_where_it_waits() -> None:
    """A climb or a return moves it; a late arrival doesn't move it back."""
    elsewhere = events.CallQueued(queue=QueueName("polda-sumut"), priority=0)

    assert "polda-sumut" == call_after(ARRIVED, elsewhere)["queue"]
    assert "polda-sumut" == call_after(elsewhere, ARRIVED)["queue"]
    rescued = events.CallRescued(queue=QueueName("mabes"), reason="nobody", attempt=1)
    assert "mabes" == call_after(ARRIVED, elsewhere, rescued)["queue"]


def test_a_case_moves_from_the_polda_to_the_polres_and_is_closed() -> None:
    """The row shows whose work it is and when it ended."""
    opened = events.CaseOpened(owner="polda-metro-jaya", agent=AGENT, number=SAMPLE_NUMBER)
    moved = events.CaseUpdated(owner="polres-jakarta-selatan", reason="transferred")
    closed = events.CaseClosed(by="7101")

    row = row_after(CasesReader(), ARRIVED, opened, moved, closed)

    assert row is not None
    assert (CASE, SAMPLE_CALL) == (row["case_id"], row["call_id"])
    assert ("polres-jakarta-selatan", "transferred") == (row["owner"], row["reason"])
    assert (AGENT, "7101") == (row["opened_by"], row["closed_by"])
    assert SAMPLE_AT + timedelta(seconds=3) == row["closed_at"] == row["updated_at"]


def test_a_block_is_lifted_and_set_again() -> None:
    """The row stays and counts; a new block is in force again."""
    blocked = events.NumberBlocked(number=SAMPLE_NUMBER, until=0, reason="5 pranks", by="cc110")
    lifted = events.NumberUnblocked(number=SAMPLE_NUMBER, reason="verified", by="1101")

    row = row_after(BlocksReader(), blocked, REJECTED, REJECTED, lifted)
    assert row is not None
    assert ("1101", 2) == (row["lifted_by"], row["rejections"])

    row = row_after(BlocksReader(), blocked, REJECTED, lifted, blocked)
    assert row is not None
    assert (None, 2, 1) == (row["lifted_at"], row["times"], row["rejections"])


def test_a_number_that_was_never_blocked_has_no_row() -> None:
    """Lifting or rejecting alone makes no block: what nobody judged is not in the list."""
    lifted = events.NumberUnblocked(number=Number("1"), reason="x", by="1101")

    assert row_after(BlocksReader(), REJECTED, lifted) is None


def test_events_without_a_call_touch_no_call() -> None:
    """An operator's log-in belongs to no row."""
    left = events.AgentLeft(agent=AGENT, cause=LeaveCause.NORMAL)
    event = replace(Event(at=SAMPLE_AT, data=left), call_id=None)
    recorded = Recorded(id="0" * 26, seq=1, site="s", event=event)

    assert CallsReader().key_of(recorded) is None
