"""One call through the police's SOP, step by step (S1.1 to S1.11, S2 V to VIII)."""

from dataclasses import replace

import pytest

from cc110.core import events
from cc110.core.effects import MeasureRecording
from cc110.core.ids import QueueName, case_id_of
from cc110.core.phases import (
    Adrift,
    Ended,
    Greeting,
    Joining,
    Talking,
    Together,
    Waiting,
    WithPolres,
)
from cc110.core.words import EndedBy, LeaveCause, MenuChoice, TransferFailure, Verdict
from tests.unit.core.told import (
    BUDI,
    CALL,
    NUMBER,
    PATH,
    POLICY,
    QUEUE,
    SELATAN,
    SITI,
    Story,
    arrived,
    asked,
    at,
    chose,
    close_pressed,
    failed,
    found,
    gone,
    hung_up,
    judged,
    not_found,
    polres_gone,
    polres_rings,
    polres_took,
    queued,
    recorder,
    rings,
    talking,
    took,
    with_polres,
)


def test_a_caller_who_dials_110_has_arrived_and_is_greeted() -> None:
    """S1.1: an arrival is one event, and the greeting has a deadline."""
    story = Story(arrived())

    assert ["CallArrived"] == story.types
    assert isinstance(story.call.phase, Greeting)
    assert NUMBER == story.call.number


def test_a_greeted_caller_comes_to_the_queue_with_his_choice() -> None:
    """S1.2: the menu and the queue are each told once; the queue has him, so nothing is due."""
    story = Story(arrived(), chose(5, MenuChoice.COMPLAINT), queued(5.1))

    assert ["CallArrived", "MenuChosen", "CallQueued"] == story.types
    assert isinstance(story.call.phase, Waiting)
    assert {} == story.timers


def test_a_waiting_caller_knows_whose_phones_rang() -> None:
    """Each operator's phone is told once a wait, however often the queue rings it."""
    story = Story(arrived(), queued(5), rings(6), rings(11), rings(16, SITI))

    assert [BUDI, SITI] == [data.agent for data in story.data(events.AgentRang)]
    assert isinstance(story.call.phase, Waiting)
    assert {BUDI, SITI} == story.call.phase.ringing


def test_an_operator_answers_and_the_wait_is_measured_from_the_arrival() -> None:
    """S1.2: answered 20 s after the arrival."""
    story = talking()

    assert Talking(agent=BUDI, channel=story.call.legs[0].channel) == story.call.phase
    (answer,) = story.data(events.AgentAnswered)
    assert isinstance(answer, events.AgentAnswered)
    assert 20.0 == answer.waited_s


@pytest.mark.parametrize("verdict", [Verdict.NOT_VALID, Verdict.PRANK, Verdict.SILENT])
def test_a_call_that_is_not_valid_opens_no_case(verdict: Verdict) -> None:
    """S1.4, S1.5, S2 VII.f: it is handled at the Polda until closing."""
    story = talking()
    story.tell(judged(30, verdict))

    assert verdict is story.call.verdict
    assert story.call.case is None
    assert "CaseOpened" not in story.types


def test_a_valid_complaint_opens_a_case_of_the_polda() -> None:
    """S1.4: the case is the queue's, and every later event of the call names it."""
    story = talking()
    story.tell(judged(30, Verdict.VALID), hung_up(60))

    (opened,) = story.data(events.CaseOpened)
    assert events.CaseOpened(owner=QUEUE, agent=BUDI, number=NUMBER) == opened
    index = story.types.index("CaseOpened")
    assert {case_id_of(CALL)} == {event.case_id for event in story.events[index:]}
    assert {None} == {event.case_id for event in story.events[:index]}


def test_the_case_belongs_to_the_queue_that_the_caller_was_in() -> None:
    """A caller who was sent on to another Polda's queue is that Polda's."""
    story = Story(arrived(), queued(5, queue=QueueName("polda-sumut")), took(9))
    story.tell(judged(30, Verdict.VALID))

    assert story.call.case is not None
    assert "polda-sumut" == story.call.case.owner


def test_who_takes_a_call_at_a_polres_s_own_desk_has_its_case() -> None:
    """Where the climb begins below the Polda, nobody hands it over."""
    policy = replace(POLICY, desks=frozenset({str(BUDI)}))
    story = Story(arrived(), queued(5), took(9), policy=policy)
    story.tell(judged(30, Verdict.VALID))

    assert story.call.case is not None
    assert f"polres:{BUDI}" == story.call.case.owner


def test_the_last_verdict_counts_and_the_case_stays() -> None:
    """A verdict may be corrected; the same again is none; the case is not closed by it."""
    story = talking()
    story.tell(judged(30, Verdict.VALID), judged(31, Verdict.VALID), judged(40, Verdict.PRANK))
    story.tell(judged(50, Verdict.VALID))

    said = [data.verdict for data in story.data(events.VerdictGiven)]
    assert [Verdict.VALID, Verdict.PRANK, Verdict.VALID] == said
    assert 1 == story.types.count("CaseOpened")
    assert story.call.case is not None
    assert story.call.case.open


@pytest.mark.parametrize("before", [None, Verdict.NOT_VALID, Verdict.PRANK])
def test_a_transfer_says_that_the_call_is_valid(before: Verdict | None) -> None:
    """S1.6: who brings in a Polres has judged, with or without the code."""
    story = talking()
    if before:
        story.tell(judged(25, before))
    new = story.tell(asked(30))

    assert ["VerdictGiven", "CaseOpened", "TransferStarted"] == [event.type for event in new]
    assert events.VerdictGiven(agent=BUDI, verdict=Verdict.VALID, implied=True) == new[0].data


def test_a_transfer_after_a_valid_verdict_adds_none() -> None:
    """S1.6: the verdict was given by code."""
    story = talking()
    story.tell(judged(25, Verdict.VALID))

    assert ["TransferStarted"] == [event.type for event in story.tell(asked(30))]


def test_caller_and_operator_talk_while_the_polres_rings() -> None:
    """S1.6: make before break, with a deadline after the ring time."""
    story = talking()
    story.tell(asked(30), polres_rings(30.5), polres_rings(31))

    assert isinstance(story.call.phase, Joining)
    assert at(38) == story.call.phase.deadline.at
    assert 1 == story.types.count("PolresRang")


def test_the_polres_answers_and_the_case_is_its_work() -> None:
    """S1.7: all three talk; the case changes hands."""
    story = talking()
    story.tell(asked(30))
    new = story.tell(polres_took(33))

    assert ["PolresAnswered", "CaseUpdated"] == [event.type for event in new]
    assert events.CaseUpdated(owner="polres:7101", reason="answered") == new[1].data
    assert isinstance(story.call.phase, Together)


def test_the_operator_leaves_and_the_polres_goes_on() -> None:
    """S1.8: caller and Polres talk; nothing is due."""
    story = with_polres()

    assert isinstance(story.call.phase, WithPolres)
    assert at(33) == story.call.phase.since
    assert {} == story.timers


def test_the_polres_closes_the_case() -> None:
    """S1.9: once, by whoever pressed the code."""
    story = with_polres()
    story.tell(close_pressed(50, "7101"), close_pressed(51, "7101"))

    assert [events.CaseClosed(by="7101")] == story.data(events.CaseClosed)
    assert story.call.case is not None
    assert not story.call.case.open


def test_a_closed_case_is_nobodys_new_work() -> None:
    """A Polres that is brought in afterwards talks with the caller, no more."""
    story = talking()
    story.tell(judged(25, Verdict.VALID), close_pressed(28), asked(30), polres_took(33))

    assert "CaseUpdated" not in story.types


def test_without_a_case_there_is_nothing_to_close() -> None:
    """The code alone makes no event."""
    story = talking()

    assert [] == story.tell(close_pressed(30))


@pytest.mark.parametrize(
    "reason", [TransferFailure.BUSY, TransferFailure.NO_ANSWER, TransferFailure.UNAVAILABLE]
)
def test_a_polres_that_does_not_answer_leaves_the_talk_as_it_was(reason: TransferFailure) -> None:
    """S1.10, S1.11: the operator still has the caller; the case is the Polres's open work."""
    story = talking()
    story.tell(asked(30))
    new = story.tell(failed(35, reason=reason))

    assert [
        events.TransferReturned(polres=SELATAN, reason=reason, agent=BUDI),
        events.CaseUpdated(owner="polres:7101", reason=f"returned:{reason}"),
    ] == [event.data for event in new]
    assert isinstance(story.call.phase, Talking)
    assert story.call.case is not None
    assert story.call.case.open


def test_a_transfer_that_the_caller_ended_leaves_the_case_with_the_polda() -> None:
    """A Polres that had no chance to answer gets no open work."""
    story = talking()
    story.tell(asked(30), failed(32, reason=TransferFailure.CALLER_GONE), hung_up(32.1))

    assert story.call.case is not None
    assert QUEUE == story.call.case.owner


def test_a_hang_up_ends_the_call_and_asks_for_the_recording() -> None:
    """S2 VII.g: who ended it, how long it was, and where its recording must be."""
    story = talking()
    done = story.told(hung_up(80))

    assert [events.CallEnded(by=EndedBy.CALLER, duration_s=80.0)] == [
        event.data for event in done.events
    ]
    assert (MeasureRecording(call_id=CALL, path=PATH),) == done.effects
    assert Ended(at=at(80), by=EndedBy.CALLER) == story.call.phase


def test_a_caller_whom_nobody_answered_has_abandoned_the_call() -> None:
    """It is said before the end, with how long he had waited."""
    story = Story(arrived(), recorder(), queued(6))
    new = story.tell(hung_up(47))

    assert [
        events.CallAbandoned(waited_s=47.0),
        events.CallEnded(by=EndedBy.CALLER, duration_s=47.0),
    ] == [event.data for event in new]


def test_a_call_that_nobody_recorded_is_reported() -> None:
    """Mission, "must never happen" 2: a recording is never silently missing."""
    story = Story(arrived(), queued(6), took(9), hung_up(30))

    (missing,) = story.data(events.RecordingMissing)
    assert events.RecordingMissing(path="", reason="no recording was started") == missing
    assert story.call.is_finished


def test_a_caller_who_is_gone_at_once_needs_no_recording() -> None:
    """Who hung up within the first second said nothing."""
    story = Story(arrived(), hung_up(0.8))

    assert "RecordingMissing" not in story.types
    assert story.call.is_finished


def test_the_recording_is_finalised_once() -> None:
    """S1 step 10 of the mission: one file a call."""
    story = talking()
    assert [] == story.tell(found(30))
    story.tell(hung_up(60))
    assert not story.call.is_finished
    story.tell(found(62), found(63), not_found(64))

    assert ["CallEnded", "RecordingFinalised"] == story.types[-2:]
    final = story.events[-1].data
    assert events.RecordingFinalised(path=PATH, seconds=12.5, missing_s=47.4) == final
    assert story.call.is_finished


def test_a_missing_recording_is_reported_once_and_may_turn_up() -> None:
    """The good news is accepted after the bad."""
    story = talking()
    assert [] == story.tell(not_found(30))
    story.tell(hung_up(60), not_found(62), not_found(63), found(70))

    assert ["CallEnded", "RecordingMissing", "RecordingFinalised"] == story.types[-3:]


def test_a_verdict_after_the_end_still_counts() -> None:
    """An operator may judge in his wrap-up, and close the case."""
    story = talking()
    story.tell(hung_up(60), judged(65, Verdict.VALID), close_pressed(70))

    assert ["VerdictGiven", "CaseOpened", "CaseClosed"] == story.types[-3:]


def test_an_operator_whose_leg_died_is_followed_by_another() -> None:
    """The caller goes back to the front of the queue; his new wait is measured from there."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST))
    assert isinstance(story.call.phase, Adrift)
    story.tell(queued(40.5, returned=True), rings(41, SITI), took(43.5, "s1", SITI))

    assert events.CallRequeued(queue=QUEUE, reason="operator-lost") in [
        event.data for event in story.events
    ]
    second = story.data(events.AgentAnswered)[1]
    assert isinstance(second, events.AgentAnswered)
    assert 3.0 == second.waited_s


def test_a_polres_that_has_finished_leaves_the_caller_to_the_queue() -> None:
    """Closing words, and who stays on the line gets a person."""
    story = with_polres()
    story.tell(polres_gone(60))
    assert isinstance(story.call.phase, Adrift)
    story.tell(queued(70, returned=True))

    assert isinstance(story.call.phase, Waiting)


def test_a_polres_that_leaves_a_talk_of_three_leaves_it_to_the_operator() -> None:
    """The operator has the caller again."""
    story = talking()
    story.tell(asked(30), polres_took(33), polres_gone(36))

    assert isinstance(story.call.phase, Talking)
    assert {} == story.timers
