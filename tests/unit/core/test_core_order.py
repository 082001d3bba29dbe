"""Facts that come twice, late, in the wrong order, or for nobody."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cc110.core import events, facts
from cc110.core.decide import step
from cc110.core.effects import Note
from cc110.core.ids import CallId, QueueName
from cc110.core.phases import (
    Adrift,
    Ended,
    Forwarded,
    Joining,
    Returning,
    Talking,
    Together,
    Waiting,
    WithPolres,
)
from cc110.core.words import LeaveCause, NumberSource, Stage, TransferFailure, TransferKind, Verdict
from tests.unit.core.told import (
    BUDI,
    CALL,
    NUMBER,
    POLICY,
    PUSAT,
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
    passed,
    polres_gone,
    polres_rings,
    polres_took,
    queued,
    recorder,
    rings,
    seen,
    talking,
    took,
    with_polres,
)

EVERY_FACT: list[facts.Fact] = [
    arrived(),
    recorder(),
    chose(5),
    queued(6),
    queued(6, returned=True),
    rings(7),
    took(8),
    judged(9, Verdict.VALID),
    asked(10),
    polres_rings(11),
    polres_took(12),
    failed(15),
    gone(16),
    polres_gone(17),
    close_pressed(18),
    hung_up(19),
    found(20),
    passed(21, "adrift"),
]


@pytest.mark.parametrize("fact", EVERY_FACT[1:], ids=lambda fact: type(fact).__name__)
def test_a_fact_of_an_unknown_call_is_noted(fact: facts.Fact) -> None:
    """The service asks the PBX; nothing is guessed."""
    done = step(None, fact, now=fact.at, policy=POLICY)

    assert done.call is None
    assert () == done.events
    (note,) = done.effects
    assert isinstance(note, Note)
    assert "unknown call" in note.text


@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
def test_a_late_fact_of_an_ended_call_is_noted(fact: facts.Fact) -> None:
    """Only a verdict, the closing of its case and its recording still count."""
    story = Story(arrived(), hung_up(1))
    done = story.told(fact)

    counts = isinstance(fact, facts.Judged | facts.RecordingFound)
    assert counts == bool(done.events)
    assert isinstance(story.call.phase, Ended)


def test_a_rejected_call_is_written_down_and_has_no_state() -> None:
    """S2 VIII: with its number, who vouched for it, and until when it is blocked."""
    fact = facts.Rejected(
        at=at(0), call_id=CALL, number=NUMBER, source=NumberSource.ASSERTED, until=0
    )
    done = step(None, fact, now=at(0), policy=POLICY)

    assert done.call is None
    assert [events.CallRejected(number=NUMBER, source=NumberSource.ASSERTED, until=0)] == [
        event.data for event in done.events
    ]
    assert [] == talking().tell(fact)


def test_an_operator_may_answer_before_the_queue_is_heard_of() -> None:
    """The late entry is written down and moves nothing."""
    story = Story(arrived(), took(8))
    new = story.tell(queued(6))

    assert ["CallQueued"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_a_phone_that_rings_in_the_greeting_proves_the_queue() -> None:
    """The queue's own word comes later, with the caller's priority."""
    story = Story(arrived(), rings(7))
    assert isinstance(story.call.phase, Waiting)
    story.tell(queued(6))

    assert isinstance(story.call.phase, Waiting)
    assert {BUDI} == story.call.phase.ringing


def test_a_ring_heard_of_after_the_answer_is_noted() -> None:
    """A phone that rings while somebody talks tells nothing of this talk."""
    assert [] == talking().tell(rings(19))


def test_a_polres_that_answers_unasked_implies_the_transfer() -> None:
    """What must have been is concluded: verdict, case and request; the late request is silent."""
    story = talking()
    new = story.tell(polres_took(33))

    assert ["VerdictGiven", "CaseOpened", "TransferStarted", "PolresAnswered", "CaseUpdated"] == [
        event.type for event in new
    ]
    assert isinstance(new[2].data, events.TransferStarted)
    assert new[2].data.implied
    assert [] == story.tell(asked(30))
    assert isinstance(story.call.phase, Together)


def test_a_polres_without_any_operator_is_just_in_the_talk() -> None:
    """Nobody brought it in: no verdict is put into anybody's mouth."""
    story = Story(arrived(), queued(5))
    new = story.tell(polres_took(9))

    assert ["PolresAnswered"] == [event.type for event in new]
    assert isinstance(story.call.phase, WithPolres)


def test_a_request_heard_of_after_its_answer_is_completed() -> None:
    """The Polres was there before any operator was known; the case is its work at once."""
    story = Story(arrived(), queued(5), polres_took(9))
    new = story.tell(asked(8))

    assert ["VerdictGiven", "CaseOpened", "TransferStarted", "CaseUpdated"] == [
        event.type for event in new
    ]
    assert isinstance(story.call.phase, WithPolres)
    assert "answered" == story.call.transfers[0].outcome


def test_a_failure_heard_of_before_its_request_implies_it() -> None:
    """The request that comes later is the one that failed."""
    story = talking()
    new = story.tell(failed(35))

    assert ["VerdictGiven", "CaseOpened", "TransferStarted", "TransferReturned", "CaseUpdated"] == [
        event.type for event in new
    ]
    assert [] == story.tell(asked(30))
    assert isinstance(story.call.phase, Talking)


def test_a_failure_without_any_operator_is_noted() -> None:
    """Nobody can have asked."""
    assert [] == Story(arrived(), queued(5)).tell(failed(9))


def test_a_polres_that_rings_unasked_is_noted() -> None:
    """The request will come, or the answer will imply it."""
    assert [] == talking().tell(polres_rings(30))


def test_a_leaving_heard_of_before_the_answer_makes_it_a_visit() -> None:
    """He came and went: it is the dialplan's turn."""
    story = Story(arrived(), queued(5), gone(30))
    assert isinstance(story.call.phase, Waiting)
    story.tell(took(8))

    assert isinstance(story.call.phase, Adrift)
    assert "operator-left" == story.call.phase.reason
    assert 1 == story.types.count("AgentAnswered") == story.types.count("AgentLeft")


def test_a_visit_heard_of_while_another_talks_changes_nothing() -> None:
    """The one who talks still has the caller."""
    story = Story(arrived(), queued(5), took(20, "s1", SITI), gone(12), took(8))

    assert Talking(agent=SITI, channel=story.call.legs[0].channel) == story.call.phase


def test_a_visit_heard_of_while_nobody_has_him_changes_nothing() -> None:
    """Whatever was due stays due."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST))
    before = story.call.phase
    story.tell(gone(12, "s1", SITI), took(8, "s1", SITI))

    assert before == story.call.phase


def test_a_leg_may_come_back_and_leave_again() -> None:
    """An operator on hold keeps his channel; each stay is said, and no stay twice."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST), took(43))
    assert isinstance(story.call.phase, Talking)
    assert [] == story.tell(took(20), gone(40, cause=LeaveCause.LOST), took(43))
    story.tell(gone(60))
    assert [] == story.tell(gone(60), took(43), took(20))

    assert 2 == story.types.count("AgentAnswered") == story.types.count("AgentLeft")


def test_the_leaving_of_an_earlier_stay_is_history() -> None:
    """A blind transfer takes him out; he comes back before his leaving is heard of."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND), failed(35), took(38))
    new = story.tell(gone(30.2))

    assert ["AgentLeft"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_the_operator_who_came_last_has_the_caller() -> None:
    """When he leaves, the one before him still does."""
    story = talking()
    story.tell(took(30, "s1", SITI))
    assert isinstance(story.call.phase, Talking)
    assert SITI == story.call.phase.agent
    story.tell(gone(40, "s1", SITI))

    assert isinstance(story.call.phase, Talking)
    assert BUDI == story.call.phase.agent


def test_a_leg_nobody_heard_of_may_leave() -> None:
    """It is written down; who talks goes on."""
    story = talking()
    new = story.tell(gone(30, "s1", SITI))

    assert ["AgentLeft"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_an_operator_joins_a_polres_that_has_the_caller() -> None:
    """Any two of them make three."""
    story = with_polres()
    story.tell(took(50, "s1", SITI))

    assert isinstance(story.call.phase, Together)
    assert SITI == story.call.phase.agent


def test_an_operator_who_answers_while_the_polres_rings_has_the_caller() -> None:
    """The Polres's outcome is still open."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND), took(32, "s1", SITI))
    assert isinstance(story.call.phase, Joining)
    story.tell(failed(35))

    assert isinstance(story.call.phase, Talking)


def test_a_return_to_the_queue_is_told_once() -> None:
    """Live and from the PBX's own log, some milliseconds apart."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST), queued(40.5, returned=True))
    story.tell(queued(40.503, returned=True), rings(41), queued(40.499, returned=True))

    assert 1 == story.types.count("CallRequeued")
    assert isinstance(story.call.phase, Waiting)
    assert {BUDI} == story.call.phase.ringing


def test_an_old_return_to_the_queue_takes_the_caller_from_nobody() -> None:
    """It is written down; the operator who talks with him now came later."""
    story = talking()
    new = story.tell(queued(15, returned=True))

    assert ["CallRequeued"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_a_return_before_the_leaving_is_heard_of_is_believed() -> None:
    """The leaving is written down when it comes, and moves nothing."""
    story = talking()
    story.tell(queued(40.5, returned=True))
    assert isinstance(story.call.phase, Waiting)
    new = story.tell(gone(40, cause=LeaveCause.LOST))

    assert ["AgentLeft"] == [event.type for event in new]
    assert isinstance(story.call.phase, Waiting)


def test_an_answer_older_than_the_wait_is_history() -> None:
    """He is in the queue again since then."""
    story = Story(arrived(), queued(5), queued(30, returned=True))
    new = story.tell(took(8))

    assert ["AgentAnswered"] == [event.type for event in new]
    assert isinstance(story.call.phase, Waiting)


def test_a_return_older_than_the_wait_is_silent() -> None:
    """He is in the queue again since later."""
    story = Story(arrived(), queued(5), queued(30, returned=True))

    assert [] == story.tell(queued(20, returned=True), rings(20, SITI))


def test_the_late_word_of_the_queue_still_tells_which_it_was() -> None:
    """The case is that Polda's."""
    story = Story(arrived(), took(8), queued(6, queue=QueueName("polda-sumut")))
    story.tell(judged(10, Verdict.VALID))

    assert story.call.case is not None
    assert "polda-sumut" == story.call.case.owner


def test_who_joins_a_talk_did_not_wait_nor_did_a_clock_that_was_set_back() -> None:
    """Waiting times are of callers whom nobody had, and never negative."""
    story = Story(arrived(5), took(3), took(20, "s1", SITI))

    assert [0.0, 0.0] == [data.waited_s for data in story.data(events.AgentAnswered)]


def test_a_clock_that_was_set_back_in_a_talk_repeats_nothing() -> None:
    """The leg left before it came, by the clock; it is told again."""
    story = Story(arrived(), queued(5), took(12), gone(9))
    assert isinstance(story.call.phase, Adrift)

    assert [] == story.tell(took(12), gone(9))
    assert isinstance(story.call.phase, Adrift)


def test_a_fail_safe_brings_him_into_the_queue_again() -> None:
    """It does not know that he had been there; the daemon does, and stands down."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST), queued(41))

    assert "CallRequeued" == story.types[-1]
    assert isinstance(story.call.phase, Waiting)
    assert {} == story.timers
    assert [] == story.tell(queued(6.1))


def test_a_first_entry_heard_of_late_moves_nobody() -> None:
    """He was answered, and it is the dialplan's turn."""
    story = Story(arrived(), took(8), gone(12, cause=LeaveCause.LOST))
    story.tell(queued(5))

    assert isinstance(story.call.phase, Adrift)


def test_a_first_entry_after_a_visit_is_believed() -> None:
    """The queue has him now."""
    story = Story(arrived(), took(8), gone(12, cause=LeaveCause.LOST))
    story.tell(queued(13))

    assert isinstance(story.call.phase, Waiting)


def test_a_verdict_older_than_the_last_is_none() -> None:
    """The PBX's log may tell it again after a correction."""
    story = talking()
    story.tell(judged(30, Verdict.VALID), judged(40, Verdict.PRANK))

    assert [] == story.tell(judged(30.002, Verdict.VALID))
    assert Verdict.PRANK is story.call.verdict


def test_a_transfer_in_the_moment_of_a_verdict_says_valid() -> None:
    """With times to the second both may carry the same one."""
    story = talking()
    story.tell(judged(30, Verdict.NOT_VALID), asked(30))

    assert Verdict.VALID is story.call.verdict


def test_a_transfer_heard_of_after_a_newer_verdict_only_opens_the_case() -> None:
    """The newer verdict counts."""
    story = talking()
    story.tell(judged(40, Verdict.PRANK))
    new = story.tell(asked(30))

    assert ["CaseOpened", "TransferStarted"] == [event.type for event in new]
    assert Verdict.PRANK is story.call.verdict


def test_a_code_pressed_before_there_was_a_case_closes_none() -> None:
    """The log may tell it again when there is one."""
    story = talking()
    story.tell(close_pressed(25), judged(30, Verdict.VALID))

    assert [] == story.tell(close_pressed(25))


def test_the_same_polres_may_be_tried_again() -> None:
    """Each attempt has its own outcome; what is told of the first does not settle the second."""
    story = talking()
    story.tell(asked(30), failed(30.4, reason=TransferFailure.BUSY), asked(40))
    assert [] == story.tell(failed(30.4, reason=TransferFailure.BUSY), asked(30), asked(40.01))
    assert [] == story.tell(polres_rings(30.2))
    assert isinstance(story.call.phase, Joining)
    story.tell(polres_took(43))

    assert 2 == story.types.count("TransferStarted")
    assert isinstance(story.call.phase, Together)


def test_an_attempt_that_failed_can_not_fail_again() -> None:
    """Nor can one that answered, but by being dropped."""
    story = talking()
    story.tell(asked(30), polres_took(33))

    assert [] == story.tell(failed(35, reason=TransferFailure.BUSY))
    new = story.tell(failed(36, reason=TransferFailure.DROPPED))
    assert [
        events.TransferReturned(polres=SELATAN, reason=TransferFailure.DROPPED, agent=BUDI)
    ] == [event.data for event in new]
    assert isinstance(story.call.phase, Talking)
    assert ["PolresLeft"] == [event.type for event in story.tell(polres_gone(36))]


def test_a_polres_may_be_rung_while_another_is() -> None:
    """The last one tried is the one that is awaited, the other may still fail."""
    story = talking()
    story.tell(asked(30), asked(32, PUSAT))
    assert isinstance(story.call.phase, Joining)
    assert PUSAT == story.call.phase.polres
    story.tell(failed(35))
    assert isinstance(story.call.phase, Joining)
    story.tell(failed(37, PUSAT))

    assert isinstance(story.call.phase, Talking)


def test_a_blind_transfer_heard_of_late_takes_the_caller_from_nobody() -> None:
    """It is older than the talk: the operator has him; the outcome is awaited, and then concluded."""
    story = talking()
    story.tell(asked(15, kind=TransferKind.BLIND))
    assert isinstance(story.call.phase, Joining)
    story.pass_deadline(24)

    assert isinstance(story.call.phase, Talking)


def test_a_request_before_the_operator_is_known_waits_for_him() -> None:
    """The queue has the caller as far as is known."""
    story = Story(arrived(), queued(5), asked(9))
    assert isinstance(story.call.phase, Waiting)
    story.tell(took(8))

    assert isinstance(story.call.phase, Joining)


def test_a_blind_transfer_proves_that_he_left_the_queue() -> None:
    """Even when no operator was heard of."""
    story = Story(arrived(), queued(5), asked(9, kind=TransferKind.BLIND))

    assert isinstance(story.call.phase, Forwarded)


def test_a_failure_while_he_is_in_the_queue_leaves_him_there() -> None:
    """The dialplan was faster than its own word."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND), queued(36, returned=True))
    new = story.tell(failed(35))

    assert events.TransferReturned(
        polres=SELATAN, reason=TransferFailure.NO_ANSWER, agent=None
    ) in [event.data for event in new]
    assert isinstance(story.call.phase, Waiting)


def test_a_dropped_caller_is_the_queues_when_the_operator_has_left() -> None:
    """Told before the Polres's own farewell, or after it."""
    for told in ([polres_gone(45)], []):
        story = with_polres()
        story.tell(*told, failed(45.1, reason=TransferFailure.DROPPED))

        assert isinstance(story.call.phase, Adrift)
        assert "polres-dropped" == story.call.phase.reason


def test_times_count_to_the_millisecond_and_in_utc() -> None:
    """As the journal keeps them, so that a replay knows the same."""
    jakarta = timezone(timedelta(hours=7))
    fact = arrived()
    fact = facts.Arrived(**{**vars(fact), "at": datetime(2026, 3, 1, 19, 0, 0, 1999, jakarta)})
    story = Story(fact)

    assert datetime(2026, 3, 1, 12, 0, 0, 1000, UTC) == story.events[0].at
    assert UTC is story.events[0].at.tzinfo


def test_a_fact_without_a_zone_is_refused() -> None:
    """A naive time is a mistake of the adapter, of calls and of operators alike."""
    naive = datetime(2026, 3, 1, 12)
    with pytest.raises(ValueError, match="aware"):
        facts.RecorderStarted(at=naive, call_id=CALL, path="x")
    with pytest.raises(ValueError, match="aware"):
        facts.MemberRemoved(at=naive, agent=BUDI, queue=QUEUE)


def test_one_recording_a_call() -> None:
    """Another path is noted: each call has one file."""
    story = Story(arrived(), recorder())

    assert [] == story.tell(recorder(path="other.wav"))


def test_the_menu_is_left_once() -> None:
    """The first choice counts."""
    story = Story(arrived(), chose(4))

    assert [] == story.tell(chose(4), chose(5))


def test_a_phone_that_rings_for_a_caller_who_comes_back_is_told() -> None:
    """The dialplan is at work; its ring is no reason to step in."""
    story = talking()
    story.tell(gone(40), rings(42))

    assert isinstance(story.call.phase, Returning)
    assert [] == story.tell(rings(42), rings(19))


def test_an_arrival_time_comes_from_the_call_id_only_if_it_has_one() -> None:
    """A list may name a call whose id another dialplan made."""
    fact = seen(100, Stage.QUEUE)
    story = Story(facts.Seen(**{**vars(fact), "call_id": CallId("by-hand")}))

    assert at(100) == story.call.arrived_at


def test_a_polres_tried_again_before_the_outcome_is_heard_of_is_awaited_once() -> None:
    """The first attempt's failure is still written down, and settles only the first."""
    story = talking()
    story.tell(asked(30), asked(40))
    assert ["replaced", "open"] == [attempt.outcome for attempt in story.call.transfers]
    story.tell(failed(31))
    assert isinstance(story.call.phase, Joining)
    story.tell(polres_took(42), failed(31))

    assert ["failed", "answered"] == [attempt.outcome for attempt in story.call.transfers]
    assert 1 == story.types.count("TransferReturned")
