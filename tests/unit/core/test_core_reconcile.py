"""The PBX's own list after a restart or a reconnect: the call becomes what it says."""

import pytest

from cc110.core import events
from cc110.core.facts import LegSeen
from cc110.core.phases import (
    Adrift,
    Forwarded,
    Greeting,
    Joining,
    Phase,
    Returning,
    Talking,
    Together,
    Waiting,
    WithPolres,
)
from cc110.core.words import LeaveCause, MenuChoice, Stage, TransferKind
from tests.unit.core.told import (
    BUDI,
    PUSAT,
    SELATAN,
    SITI,
    Story,
    agent_leg,
    arrived,
    asked,
    at,
    channel,
    chose,
    failed,
    gone,
    hung_up,
    polres_gone,
    polres_leg,
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

BLIND = TransferKind.BLIND


@pytest.mark.parametrize(
    ("stage", "legs", "phase"),
    [
        (Stage.GREETING, (), Greeting),
        (Stage.QUEUE, (), Waiting),
        (Stage.AGENT, (agent_leg(),), Talking),
        (Stage.QUEUE, (agent_leg(),), Talking),
        (Stage.POLRES, (polres_leg(),), WithPolres),
        (Stage.POLRES, (agent_leg(), polres_leg()), Together),
        (Stage.POLRES_RINGING, (), Forwarded),
        (Stage.POLRES_RINGING, (polres_leg(),), WithPolres),
        (Stage.POLRES_RINGING, (agent_leg(),), Joining),
        (Stage.RETURNING, (), Returning),
    ],
)
def test_an_unknown_call_becomes_what_the_list_says(
    stage: Stage, legs: tuple[LegSeen, ...], phase: type[Phase]
) -> None:
    """A daemon that was not there when it began knows all it needs; told twice it learns nothing."""
    fact = seen(100, stage, *legs, agent=BUDI, polres=SELATAN)
    story = Story(fact)

    assert isinstance(story.call.phase, phase)
    assert [] == story.tell(fact)
    (arrival,) = story.data(events.CallArrived)
    assert isinstance(arrival, events.CallArrived)
    assert arrival.recovered


def test_a_recovered_call_arrived_when_its_id_says() -> None:
    """Its waiting times are right; its greeting is guarded from now on."""
    story = Story(seen(100, Stage.GREETING))

    assert at(0) == story.call.arrived_at
    assert [at(125)] == list(story.timers.values())


@pytest.mark.parametrize(
    "story",
    [talking(), with_polres(), Story(arrived(), recorder(), queued(6))],
    ids=["talking", "with-polres", "waiting"],
)
def test_a_call_that_is_known_as_it_is_gives_no_event(story: Story) -> None:
    """The list agrees with what was heard."""
    legs = tuple(
        agent_leg(leg.channel) if leg.channel == "b1" else polres_leg(leg.channel)
        for leg in story.call.legs
    )
    stage = {0: Stage.QUEUE}.get(len(legs), Stage.AGENT)

    assert [] == story.tell(seen(100, stage, *legs))


def test_what_was_missed_is_said_and_marked_recovered() -> None:
    """Answered, handed over and left by the operator, all while nobody listened."""
    story = Story(arrived(), queued(6))
    new = story.tell(seen(60, Stage.POLRES, polres_leg(), agent=BUDI))

    assert [
        "RecordingStarted",
        "VerdictGiven",
        "CaseOpened",
        "TransferStarted",
        "PolresAnswered",
        "CaseUpdated",
    ] == [event.type for event in new]
    (answer,) = story.data(events.PolresAnswered)
    assert isinstance(answer, events.PolresAnswered)
    assert answer.recovered


def test_a_leg_that_the_pbx_no_longer_has_is_lost() -> None:
    """Another operator has the caller."""
    story = talking()
    new = story.tell(seen(60, Stage.AGENT, agent_leg("s1", SITI)))

    assert ["AgentAnswered", "AgentLeft"] == [event.type for event in new]
    assert (
        events.AgentLeft(agent=BUDI, cause=LeaveCause.LOST, channel="b1", recovered=True)
        == new[1].data
    )
    assert isinstance(story.call.phase, Talking)
    assert SITI == story.call.phase.agent


def test_a_polres_that_the_pbx_no_longer_has_is_lost() -> None:
    """The operator has the caller again."""
    story = talking()
    story.tell(asked(30), polres_took(33))
    new = story.tell(seen(60, Stage.AGENT, agent_leg()))

    assert ["PolresLeft"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_a_caller_who_is_in_the_queue_again_has_nobody() -> None:
    """His operator is gone; the log that tells how comes too late to change that."""
    story = talking()
    new = story.tell(seen(60, Stage.QUEUE))

    assert ["AgentLeft", "CallRequeued"] == [event.type for event in new]
    assert isinstance(story.call.phase, Waiting)
    assert [] == story.tell(gone(55, cause=LeaveCause.LOST))


def test_a_first_wait_found_in_the_list_has_the_priority_of_his_choice() -> None:
    """The list does not tell it; the menu does."""
    story = Story(arrived(), chose(5, MenuChoice.INFORMATION))
    story.tell(seen(60, Stage.QUEUE))
    unknown = Story(seen(60, Stage.QUEUE))

    assert [1, 5] == [
        data.priority for data in [*story.data(events.CallQueued), *unknown.data(events.CallQueued)]
    ]


def test_an_operator_who_keys_a_number_has_not_left() -> None:
    """For a moment his leg is in no bridge; the dialplan still calls it a talk."""
    story = talking()

    assert [] == story.tell(seen(60, Stage.AGENT))
    assert isinstance(story.call.phase, Talking)


def test_a_list_older_than_the_last_change_is_overtaken() -> None:
    """He was answered while the list was on its way; only what can't change is taken from it."""
    story = Story(arrived(), queued(6), took(20))
    new = story.tell(seen(19, Stage.QUEUE))

    assert ["RecordingStarted"] == [event.type for event in new]
    assert isinstance(story.call.phase, Talking)


def test_a_ringing_polres_without_a_name_is_waited_for() -> None:
    """Nobody knows which; the operator's leg is gone, and the longest ring is allowed."""
    story = talking()
    story.tell(seen(60, Stage.POLRES_RINGING))

    assert isinstance(story.call.phase, Adrift)
    assert at(71) == story.call.phase.deadline.at


def test_a_ringing_polres_that_is_known_gives_no_event() -> None:
    """The attempt is open."""
    story = talking()
    story.tell(asked(30, kind=BLIND))

    assert [] == story.tell(seen(32, Stage.POLRES_RINGING, agent=BUDI, polres=SELATAN))


def test_a_returning_caller_whose_failure_was_missed_is_the_operators() -> None:
    """The Polres did not answer, or the dialplan would not ring him."""
    story = talking()
    story.tell(asked(30, kind=BLIND))
    fact = seen(37, Stage.RETURNING)
    new = story.tell(fact)

    assert ["TransferReturned", "CaseUpdated"] == [event.type for event in new]
    assert isinstance(story.call.phase, Returning)
    assert [] == story.tell(fact)


def test_a_returning_caller_nobody_had_is_the_rung_operators() -> None:
    """His talk was lost track of; the list says whose phone rings."""
    story = talking()
    fact = seen(60, Stage.RETURNING, agent=SITI, polres=SELATAN)
    new = story.tell(fact)

    assert ["AgentLeft", "AgentRang"] == [event.type for event in new]
    assert isinstance(story.call.phase, Returning)
    assert [] == story.tell(fact)


def test_a_returning_caller_without_any_name_is_guarded() -> None:
    """His leg is gone, and it is the dialplan's turn."""
    story = talking()
    fact = seen(60, Stage.RETURNING)
    story.tell(fact)

    assert isinstance(story.call.phase, Adrift)
    assert [] == story.tell(fact)


def test_a_leg_of_unknown_role_is_passed_over() -> None:
    """A supervisor listens, say."""
    assert [] == talking().tell(seen(60, Stage.AGENT, agent_leg(), LegSeen(channel=channel("x"))))


def test_a_leg_that_was_thought_gone_is_in_the_talk_when_the_list_says_so() -> None:
    """It came back after it had left; an older list can't say so."""
    story = talking()
    story.tell(gone(40, cause=LeaveCause.LOST))
    assert [] == story.tell(seen(39, Stage.AGENT, agent_leg()))
    story.tell(seen(45, Stage.AGENT, agent_leg()))

    assert isinstance(story.call.phase, Talking)
    assert {} == story.timers


def test_the_pbxs_log_fills_the_record_and_moves_nothing() -> None:
    """The list told how it came out; then comes what led there."""
    story = Story(arrived(), queued(6))
    story.tell(seen(60, Stage.AGENT, agent_leg("b2"), agent=BUDI))
    phase = story.call.phase
    new = story.tell(
        rings(7, SITI),
        took(8, "s1", SITI),
        gone(12, "s1", SITI, LeaveCause.LOST),
        queued(12.3, returned=True),
        took(20),
        asked(30, kind=BLIND),
        gone(30.1),
        polres_rings(31),
        failed(35),
        took(38, "b2"),
    )

    assert [
        "AgentAnswered",
        "AgentLeft",
        "CallRequeued",
        "AgentAnswered",
        "VerdictGiven",
        "CaseOpened",
        "TransferStarted",
        "AgentLeft",
        "PolresRang",
        "TransferReturned",
        "CaseUpdated",
    ] == [event.type for event in new]
    assert phase == story.call.phase


def test_a_first_wait_and_a_ring_before_the_list_are_history() -> None:
    """Whoever rang then, it is the other operator's phone now."""
    story = Story(arrived(), rings(3, SITI))
    story.tell(seen(60, Stage.RETURNING, agent=BUDI, polres=SELATAN, recording=None))
    before = story.call.phase
    new = story.tell(queued(6))

    assert ["CallQueued"] == [event.type for event in new]
    assert before == story.call.phase


def test_an_attempt_that_is_history_may_still_be_what_he_waits_for() -> None:
    """The Polres's name was not in the list; the log has it, and how it came out."""
    story = talking()
    story.tell(asked(30, kind=TransferKind.ATTENDED))
    story.tell(seen(60, Stage.POLRES_RINGING))
    assert isinstance(story.call.phase, Forwarded)
    story.tell(failed(40), asked(59, kind=BLIND))
    assert isinstance(story.call.phase, Forwarded)
    assert at(67) == story.call.phase.deadline.at
    story.tell(failed(59.5))
    new = story.pass_deadline(70)

    assert ["CallRescued"] == [event.type for event in new]


def test_a_polres_found_in_the_list_may_have_helped_for_long() -> None:
    """When it leaves, closing words have their time."""
    story = Story(arrived(), seen(60, Stage.POLRES, polres_leg(), agent=BUDI))
    story.tell(polres_gone(61))

    assert [at(76)] == list(story.timers.values())


def test_an_ended_call_stays_ended() -> None:
    """A list that was asked for before the end still names it."""
    story = talking()
    story.tell(hung_up(50))

    assert [] == story.tell(seen(49, Stage.AGENT, agent_leg()))


def test_a_rescued_caller_found_in_the_queue_is_safe() -> None:
    """The rescue helped; its word was lost."""
    story = Story(arrived())
    story.pass_deadline(25)
    story.tell(seen(30, Stage.QUEUE, recording=None))

    assert isinstance(story.call.phase, Waiting)
    assert {} == story.timers


def test_a_ring_before_the_list_is_history() -> None:
    """The list did not show him in the queue; an older ring does not prove it."""
    story = Story(seen(60, Stage.GREETING))
    new = story.tell(rings(50))

    assert ["AgentRang"] == [event.type for event in new]
    assert isinstance(story.call.phase, Greeting)


def test_a_returning_caller_of_whom_nothing_is_known_keeps_his_deadline() -> None:
    """No operator, no Polres: the next fact will tell."""
    story = Story(arrived(), recorder())

    assert [] == story.tell(seen(20, Stage.RETURNING))
    assert isinstance(story.call.phase, Greeting)


def test_an_attempt_newer_than_the_list_stays_open() -> None:
    """The list can't know of it."""
    story = Story(arrived(), recorder(), queued(6), asked(40, PUSAT))
    new = story.tell(seen(35, Stage.RETURNING, agent=BUDI, polres=SELATAN))

    assert 1 == [event.type for event in new].count("TransferReturned")
    assert isinstance(story.call.phase, Forwarded)
    assert PUSAT == story.call.phase.polres


@pytest.mark.parametrize("stage", [Stage.POLRES_RINGING, Stage.RETURNING])
def test_a_list_older_than_an_attempt_does_not_repeat_it(stage: Stage) -> None:
    """It shows what led to the failure that is known."""
    story = Story(arrived(), recorder(), queued(6), asked(40), failed(41))

    assert [] == story.tell(seen(35, stage, agent=BUDI, polres=SELATAN))


def test_a_leg_in_the_list_did_not_leave_before_it() -> None:
    """An older leaving is written down once; the leg is in the talk."""
    story = Story(arrived(), queued(6), seen(60, Stage.AGENT, agent_leg()))
    new = story.tell(gone(50))

    assert ["AgentLeft"] == [event.type for event in new]
    assert [] == story.tell(gone(50))
    assert isinstance(story.call.phase, Talking)


def test_a_queue_entry_before_the_list_is_history() -> None:
    """The list did not show him there."""
    story = Story(seen(60, Stage.GREETING))
    story.tell(queued(50))

    assert isinstance(story.call.phase, Greeting)


def test_what_led_to_a_return_is_history() -> None:
    """The operator's phone rings now, whatever was before."""
    story = Story(arrived(), queued(6))
    story.tell(seen(60, Stage.RETURNING, agent=BUDI, polres=SELATAN))
    before = story.call.phase
    new = story.tell(queued(50, returned=True), asked(51, PUSAT, BLIND), failed(56, PUSAT))

    assert ["CallRequeued", "TransferStarted", "TransferReturned"] == [
        event.type for event in new if event.type != "CaseUpdated"
    ]
    assert before == story.call.phase


def test_the_first_wait_heard_of_after_the_list_is_no_return() -> None:
    """He was found in the queue, and answered; then comes the log."""
    story = Story(arrived(), seen(10, Stage.QUEUE), took(20))

    assert [] == story.tell(queued(6))


def test_an_older_attempt_is_not_what_he_waits_for() -> None:
    """The list names the Polres that rings."""
    story = Story(seen(60, Stage.POLRES_RINGING, agent=BUDI, polres=SELATAN))
    story.tell(asked(50, PUSAT, TransferKind.ATTENDED))

    assert isinstance(story.call.phase, Forwarded)
    assert SELATAN == story.call.phase.polres


def test_a_caller_found_in_the_queue_after_a_ringing_polres_is_waiting() -> None:
    """Nobody had told that he was ever in it."""
    story = Story(seen(60, Stage.POLRES_RINGING, agent=BUDI, polres=SELATAN))
    fact = seen(70, Stage.QUEUE)
    story.tell(fact)

    assert isinstance(story.call.phase, Waiting)
    assert [] == story.tell(fact)


def test_what_is_older_than_a_list_that_moved_nobody_is_history_too() -> None:
    """One of two operators was gone; the other one talked on, and nothing older takes him away."""
    story = talking()
    story.tell(took(30, "s1", SITI), seen(60, Stage.AGENT, agent_leg("s1", SITI)))
    story.tell(asked(50, kind=BLIND, agent=SITI))
    assert isinstance(story.call.phase, Joining)

    assert [] == story.tell(seen(55, Stage.POLRES, agent_leg("s1", SITI), polres_leg("p9", PUSAT)))


def test_a_visit_before_the_list_is_told_once() -> None:
    """Whether its leg was known before or not."""
    story = Story(seen(1, Stage.AGENT, agent_leg()))
    story.tell(seen(2, Stage.QUEUE), seen(9, Stage.AGENT, agent_leg("s1", SITI)))
    new = story.tell(took(5))

    assert ["AgentAnswered"] == [event.type for event in new]
    assert [] == story.tell(took(5))


def test_a_polres_in_the_talk_does_not_ring() -> None:
    """The dialplan's word for the stage may lag behind."""
    story = with_polres()

    assert [] == story.tell(
        seen(60, Stage.POLRES_RINGING, polres_leg(), agent=BUDI, polres=SELATAN)
    )
    assert isinstance(story.call.phase, WithPolres)
