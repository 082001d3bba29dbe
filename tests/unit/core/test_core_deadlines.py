"""The backstop: the dialplan did not act in time, so the daemon does. Nothing ends in silence."""

from dataclasses import replace

import pytest

from cc110.core import events
from cc110.core.acting import resume
from cc110.core.effects import CancelDeadline, MeasureRecording, RescueCall, SetDeadline
from cc110.core.phases import Adrift, Forwarded, Joining, Talking, Waiting
from cc110.core.words import LeaveCause, TransferFailure, TransferKind, Verdict
from tests.unit.core.told import (
    BUDI,
    CALL,
    CALLER,
    PATH,
    POLICY,
    QUEUE,
    SELATAN,
    Story,
    arrived,
    asked,
    at,
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
    talking,
    took,
    with_polres,
)


def test_a_caller_who_is_not_in_the_queue_in_time_is_brought_there() -> None:
    """The greeting hangs: the daemon steps in, and that is written down."""
    story = Story(arrived())
    (name,) = story.timers
    done = story.told(passed(25, name))

    assert [events.CallRescued(queue=QUEUE, reason="greeting", attempt=1)] == [
        event.data for event in done.events
    ]
    rescue = RescueCall(call_id=CALL, channel=CALLER, queue=QUEUE, reason="greeting")
    assert rescue == done.effects[0]
    assert isinstance(story.call.phase, Adrift)


def test_a_rescue_that_helps_is_over_with_the_queues_word() -> None:
    """The queue has him; who answers measures from there."""
    story = Story(arrived())
    story.pass_deadline(25)
    story.tell(queued(25.2, returned=True), took(30))

    assert {} == story.timers
    assert isinstance(story.call.phase, Talking)


def test_a_rescue_is_tried_again_with_growing_pauses() -> None:
    """As long as nobody has him, but not in a hurry."""
    story, time, pauses = Story(arrived()), 25.0, []
    for _ in range(7):
        story.pass_deadline(time)
        (due,) = story.timers.values()
        pauses.append((due - at(time)).total_seconds())
        time += pauses[-1]

    assert [3, 6, 12, 24, 48, 48, 48] == pauses
    assert 7 == story.call.rescues


@pytest.mark.parametrize("cause", LeaveCause)
def test_a_caller_whose_operator_left_is_never_left_in_silence(cause: LeaveCause) -> None:
    """Hung up or died: when the dialplan neither hangs up nor queues him, the daemon does."""
    story = talking()
    story.tell(gone(40, cause=cause))
    assert [at(43)] == list(story.timers.values())
    new = story.pass_deadline(43)

    assert events.CallRescued(queue=QUEUE, reason=f"operator-{cause}", attempt=1) == new[0].data


def test_closing_words_have_their_time() -> None:
    """After a prank, and after a Polres that has helped."""
    prank = talking()
    prank.tell(judged(30, Verdict.PRANK), gone(40))
    helped = with_polres()
    helped.tell(polres_gone(60))
    short = with_polres()
    short.tell(polres_gone(41))

    assert [at(55)] == list(prank.timers.values())
    assert [at(75)] == list(helped.timers.values())
    assert [at(44)] == list(short.timers.values())


def test_an_operator_who_still_talks_is_only_told_that_nobody_answered() -> None:
    """The Polres's outcome was never heard of: no answer, and no rescue."""
    story = talking()
    story.tell(asked(30))
    new = story.pass_deadline(38)

    returned = events.TransferReturned(polres=SELATAN, reason=TransferFailure.NO_ANSWER, agent=BUDI)
    assert returned == new[0].data
    assert "CallRescued" not in story.types
    assert isinstance(story.call.phase, Talking)


def test_a_polres_that_answers_after_all_is_in_the_talk() -> None:
    """The conclusion was wrong; what it implies is said."""
    story = talking()
    story.tell(asked(30))
    story.pass_deadline(38)
    new = story.tell(polres_took(39))

    assert ["TransferStarted", "PolresAnswered"] == [event.type for event in new]


def test_a_caller_left_to_a_polres_that_says_nothing_is_rescued() -> None:
    """The transfer is settled, its case is the Polres's, and the queue gets him."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND), gone(30.1))
    new = story.pass_deadline(38)

    assert ["TransferReturned", "CaseUpdated", "CallRescued"] == [event.type for event in new]
    assert isinstance(story.call.phase, Adrift)


def test_an_operator_who_does_not_take_him_back_is_no_dead_end() -> None:
    """The return's own deadline."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND), failed(35))
    new = story.pass_deadline(46)

    assert events.CallRescued(queue=QUEUE, reason="return", attempt=1) == new[0].data


def test_a_settled_attempt_is_not_settled_again_by_the_deadline() -> None:
    """The Polres came and went before its answer was heard of; its deadline still guards the caller."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.BLIND))
    assert isinstance(story.call.phase, Forwarded)
    story.tell(polres_gone(33), polres_took(32))
    assert isinstance(story.call.phase, Adrift)
    new = story.pass_deadline(39)

    assert ["CallRescued"] == [event.type for event in new]


@pytest.mark.parametrize("name", ["greeting", "adrift", ""])
def test_a_stale_deadline_changes_nothing(name: str) -> None:
    """Only the phase's own name counts, and no two deadlines share one."""
    story = Story(arrived(), queued(6))
    assert [] == story.tell(passed(25, name))
    adrift = talking()
    adrift.tell(gone(40))
    (first,) = adrift.timers
    adrift.tell(queued(40.5, returned=True), took(45, "b2"), gone(50, "b2"))

    assert [] == adrift.tell(passed(51, first))
    assert isinstance(adrift.call.phase, Adrift)


def test_a_deadline_is_cancelled_when_somebody_has_him() -> None:
    """By its name."""
    story = Story(arrived())
    (name,) = story.timers
    done = story.told(queued(6))

    assert (CancelDeadline(call_id=CALL, name=name),) == done.effects


def test_a_changed_deadline_replaces_the_old_one() -> None:
    """Both are named: no timer is left behind."""
    story = talking()
    story.tell(gone(40))
    old, *_ = story.timers
    done = story.told(asked(40.1, kind=TransferKind.BLIND))

    assert CancelDeadline(call_id=CALL, name=old) == done.effects[0]
    assert isinstance(done.effects[1], SetDeadline)


def test_a_deadline_that_stays_is_left_alone() -> None:
    """What changes beside it makes no effect."""
    story = talking()
    story.tell(asked(30))
    done = story.told(polres_rings(30.5))

    assert () == done.effects
    assert isinstance(story.call.phase, Joining)


def test_late_news_give_the_pbx_time_to_tell_the_rest() -> None:
    """A daemon that was stopped for a minute finds a heap of facts: no call is rescued half-way."""
    story = Story()
    story.tell(arrived(0), now=at(60))

    assert [at(63)] == list(story.timers.values())


def test_a_clock_ahead_of_the_daemons_does_not_unsettle_a_transfer() -> None:
    """A deadline is never told before its own time."""
    story = talking()
    story.tell(asked(30))
    new = story.pass_deadline(25)

    assert at(38) == new[0].at
    assert isinstance(story.call.phase, Talking)


def test_a_call_rebuilt_from_the_journal_has_its_deadline_again() -> None:
    """Not earlier than the grace time from now: the PBX is about to tell the rest."""
    story = talking()
    story.tell(gone(40))
    (effect,) = resume(story.call, now=at(100), policy=POLICY)

    assert isinstance(effect, SetDeadline)
    assert at(103) == effect.at
    assert () == resume(talking().call, now=at(100), policy=POLICY)


def test_an_ended_call_rebuilt_from_the_journal_looks_for_its_recording() -> None:
    """Until it is found, or known to be missing."""
    story = talking()
    story.tell(hung_up(60))
    wanted = (MeasureRecording(call_id=CALL, path=PATH),)
    assert wanted == resume(story.call, now=at(100), policy=POLICY)
    story.tell(found(62))

    assert () == resume(story.call, now=at(100), policy=POLICY)


def test_the_limits_are_the_sites() -> None:
    """Every one of them is a setting."""
    story = Story(arrived(), policy=replace(POLICY, greeting_limit_s=40))

    assert [at(40)] == list(story.timers.values())


def test_a_waiting_caller_is_never_rescued() -> None:
    """The queue has him, for however long."""
    story = Story(arrived(), queued(6))

    assert {} == story.timers
    assert isinstance(story.call.phase, Waiting)
