"""Each way of bringing in a Polres, and of getting the caller back (SOP S1.6 to S1.11)."""

from cc110.core import events, facts
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
from cc110.core.words import LeaveCause, TransferFailure, TransferKind
from tests.unit.core.told import (
    BUDI,
    PUSAT,
    SELATAN,
    asked,
    at,
    failed,
    gone,
    hung_up,
    polres_gone,
    polres_took,
    queued,
    rings,
    talking,
    took,
    with_polres,
)

BLIND, ATTENDED = TransferKind.BLIND, TransferKind.ATTENDED
DROPPED = TransferFailure.DROPPED


def test_an_operator_who_leaves_too_early_leaves_the_caller_to_the_ringing_polres() -> None:
    """Nobody talks with him now; the ring time still runs, and no operator waits for his return."""
    story = talking()
    story.tell(asked(30), gone(32))

    assert isinstance(story.call.phase, Forwarded)
    assert story.call.phase.return_to is None
    assert at(38) == story.call.phase.deadline.at


def test_the_polres_answers_a_caller_whom_the_operator_left() -> None:
    """The two talk."""
    story = talking()
    story.tell(asked(30), gone(32), polres_took(34))

    assert isinstance(story.call.phase, WithPolres)


def test_a_caller_left_to_a_polres_that_does_not_answer_is_the_queues() -> None:
    """No operator shall have him: the front of the queue is next."""
    story = talking()
    story.tell(asked(30), gone(32), failed(35))
    assert isinstance(story.call.phase, Adrift)
    assert "polres-no-answer" == story.call.phase.reason
    story.tell(queued(35.3, returned=True))

    assert isinstance(story.call.phase, Waiting)


def test_a_blind_transfer_takes_the_operator_out_in_either_order() -> None:
    """His leg's farewell comes before the request, or after it: the same."""
    orders: list[list[facts.Fact]] = [
        [asked(30, kind=BLIND), gone(30.1)],
        [gone(30), asked(30.1, kind=BLIND)],
    ]
    for told in orders:
        story = talking()
        story.tell(*told)

        assert isinstance(story.call.phase, Forwarded)
        assert BUDI == story.call.phase.return_to
        assert 1 == story.types.count("AgentLeft")


def test_a_failed_blind_transfer_rings_the_same_operator() -> None:
    """S1.10: he has the caller again; his new wait is measured from the return."""
    story = talking()
    story.tell(asked(30, kind=BLIND), gone(30.1), failed(35))
    assert isinstance(story.call.phase, Returning)
    assert BUDI == story.call.phase.agent
    assert at(46) == story.call.phase.deadline.at
    story.tell(rings(35.5), took(38, "b2"))

    assert isinstance(story.call.phase, Talking)
    answer = story.data(events.AgentAnswered)[1]
    assert isinstance(answer, events.AgentAnswered)
    assert 3.0 == answer.waited_s


def test_an_operator_who_does_not_take_him_back_leaves_him_to_the_queue() -> None:
    """The dialplan's own next step."""
    story = talking()
    story.tell(asked(30, kind=BLIND), failed(35), queued(43.2, returned=True))

    assert isinstance(story.call.phase, Waiting)
    assert events.CallRequeued(queue=story.call.queue, reason="returned") == story.events[-1].data


def test_an_operator_may_consult_a_polres_as_long_as_he_likes() -> None:
    """The caller is on hold with him: nothing is due."""
    story = talking()
    story.tell(asked(30, kind=ATTENDED))

    assert isinstance(story.call.phase, Talking)
    assert {} == story.timers


def test_a_completed_consultation_leaves_the_polres_with_the_caller() -> None:
    """The operator's farewell comes before the Polres's answer, or after it."""
    orders: list[list[facts.Fact]] = [
        [gone(90), polres_took(90)],
        [polres_took(90), gone(90)],
    ]
    for told in orders:
        story = talking()
        story.tell(asked(30, kind=ATTENDED), *told)

        assert isinstance(story.call.phase, WithPolres)


def test_a_consultation_that_came_to_nothing_is_a_return() -> None:
    """The operator never lost the caller."""
    story = talking()
    story.tell(asked(30, kind=ATTENDED), failed(60, reason=TransferFailure.DROPPED))

    assert isinstance(story.call.phase, Talking)
    assert 1 == story.types.count("TransferReturned")


def test_a_consultation_left_half_way_returns_to_the_operator() -> None:
    """He hung up while the Polres rang: if it fails, his phone rings."""
    story = talking()
    story.tell(asked(30, kind=ATTENDED), gone(32))
    assert isinstance(story.call.phase, Forwarded)
    story.tell(failed(35))

    assert isinstance(story.call.phase, Returning)


def test_a_talk_of_three_loses_its_members_in_any_order() -> None:
    """Whoever stays has the caller."""
    story = talking()
    story.tell(asked(30), polres_took(33))
    assert isinstance(story.call.phase, Together)
    story.tell(gone(40, cause=LeaveCause.LOST))
    assert isinstance(story.call.phase, WithPolres)
    story.tell(polres_gone(50, cause=LeaveCause.LOST))

    assert isinstance(story.call.phase, Adrift)
    assert "polres-lost" == story.call.phase.reason


def test_a_polres_that_dropped_him_left_no_operator_waiting() -> None:
    """A blind transfer had taken the operator out; he is not rung again: the queue is next."""
    story = talking()
    story.tell(asked(30, kind=BLIND), polres_took(33), failed(36, reason=DROPPED))

    assert isinstance(story.call.phase, Adrift)
    assert events.TransferReturned(polres=SELATAN, reason=DROPPED, agent=None) in [
        event.data for event in story.events
    ]


def test_a_drop_of_the_first_attempt_leaves_the_second_alone() -> None:
    """It is heard of when the Polres is in the talk again."""
    story = talking()
    story.tell(asked(30), polres_took(33), polres_gone(36))
    story.tell(asked(40), polres_took(43, "p2"), failed(36, reason=DROPPED))

    assert isinstance(story.call.phase, Together)


def test_a_blind_transfer_told_between_others_leaves_nobody_in_silence() -> None:
    """A newer attempt at the same Polres has come to its end already; the operator's leg is gone."""
    story = talking()
    story.tell(asked(30, kind=ATTENDED), failed(31), asked(29.9, kind=TransferKind.JOIN))
    story.tell(asked(28, kind=BLIND))

    assert isinstance(story.call.phase, Adrift)


def test_a_second_polres_may_be_brought_in_after_the_first() -> None:
    """The case goes along; the first one's leaving changes nothing."""
    story = talking()
    story.tell(asked(30), polres_took(33), asked(40, PUSAT), polres_took(43, "p2", PUSAT))
    assert isinstance(story.call.phase, Together)
    assert PUSAT == story.call.phase.polres
    story.tell(polres_gone(50))
    assert isinstance(story.call.phase, Together)

    owners = [data.owner for data in story.data(events.CaseUpdated)]
    assert ["polres:7101", "polres:7102"] == owners


def test_a_polres_that_comes_back_needs_no_second_request() -> None:
    """Its leg was out for a moment."""
    story = with_polres()
    story.tell(polres_gone(50, cause=LeaveCause.LOST), polres_took(51))

    assert isinstance(story.call.phase, WithPolres)
    assert 1 == story.types.count("TransferStarted")


def test_a_caller_who_hangs_up_while_the_polres_rings_has_ended_the_call() -> None:
    """What the others' legs tell afterwards is noted."""
    story = talking()
    story.tell(asked(30), hung_up(32))

    assert [] == story.tell(failed(32.1, reason=TransferFailure.CALLER_GONE), gone(32.1))
    assert isinstance(story.call.phase, Ended)


def test_an_operator_who_answers_a_second_time_still_rings_the_polres() -> None:
    """The attempt is the call's, not the leg's."""
    story = talking()
    story.tell(asked(30), gone(31, cause=LeaveCause.LOST), took(32, "b2"))

    assert isinstance(story.call.phase, Joining)
    assert SELATAN == story.call.phase.polres
