"""The invariant of a 110 call: what holds, and each way in which it can be broken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cc110.core import facts
from cc110.core.invariant import (
    Connect,
    Evidence,
    Fault,
    Finding,
    Invite,
    Outcome,
    by_call,
    judge,
    unknown_invites,
)
from cc110.core.words import EndedBy, NumberSource
from tests.unit.core.told import (
    CALL,
    CALLER,
    NUMBER,
    Story,
    arrived,
    asked,
    at,
    gone,
    hung_up,
    overflowed,
    polres_gone,
    polres_took,
    queued,
    recorder,
    took,
)

TALK = (arrived(), recorder(), queued(6), took(10), gone(70), hung_up(70.1, EndedBy.AGENT))
WAIT = (arrived(), recorder(), queued(6), hung_up(20))


def rejected(until: int = 0) -> facts.Rejected:
    return facts.Rejected(
        at=at(0), call_id=CALL, number=NUMBER, source=NumberSource.ASSERTED, until=until
    )


def found(*told: facts.Fact, recorded_s: float | None = 70.0) -> Finding:
    """What these facts of a call amount to."""
    return judge(Evidence(call_id=CALL, facts=told, recorded_s=recorded_s))


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (TALK, Outcome.TALKED),
        (WAIT, Outcome.HUNG_UP),
        ((rejected(),), Outcome.REJECTED),
        ((rejected(int(at(60).timestamp())),), Outcome.REJECTED),
    ],
)
def test_a_call_ends_in_one_of_the_allowed_ways(
    told: tuple[facts.Fact, ...], outcome: Outcome
) -> None:
    """And nothing is wrong with it."""
    finding = found(*told)

    assert (outcome, ()) == (finding.outcome, finding.faults)


def test_who_was_told_of_the_overflow_was_not_lost() -> None:
    """Even if it was not he who hung up."""
    told = (*WAIT[:-1], overflowed(10), hung_up(20, EndedBy.AGENT))

    assert Outcome.OVERFLOW is judge(Evidence(call_id=CALL, facts=told)).outcome


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (WAIT[:-1], Fault.NEVER_ENDED),
        ((*WAIT[:-1], hung_up(20, EndedBy.LOST)), Fault.NOBODY),
        ((*WAIT[:-1], hung_up(20, EndedBy.AGENT)), Fault.NOBODY),
        ((rejected(int(at(-1).timestamp())),), Fault.NO_VALID_BLOCK),
        ((arrived(), rejected()), Fault.TWO_OUTCOMES),
    ],
)
def test_whatever_else_becomes_of_a_call_breaks_it(
    told: tuple[facts.Fact, ...], fault: Fault
) -> None:
    """It has no outcome, and the fault says why."""
    finding = found(*told)

    assert (None, (fault,)) == (finding.outcome, finding.faults)


def test_a_call_that_is_still_there_may_be_without_an_end() -> None:
    """As the PBX's own list says."""
    assert Outcome.LIVE is judge(Evidence(call_id=CALL, facts=WAIT[:-1], live=True)).outcome


@pytest.mark.parametrize(("recorded_s", "missing_s"), [(None, 60.0), (0.0, 60.0), (30.0, 39.2)])
def test_talk_that_is_not_recorded_is_counted(recorded_s: float | None, missing_s: float) -> None:
    """From the answer to the leaving, less what the file can hold."""
    finding = found(*TALK, recorded_s=recorded_s)

    assert finding.faults == (Fault.UNRECORDED,)
    assert finding.missing_s == pytest.approx(missing_s, abs=0.3)


def test_a_recorder_that_started_late_leaves_talk_out() -> None:
    """Its file may be as long as it likes."""
    late = (arrived(), queued(6), took(10), recorder(30), gone(70), hung_up(70))

    assert found(*late, recorded_s=500.0).missing_s == pytest.approx(19.5)


def test_two_who_talk_with_him_at_once_are_one_talk() -> None:
    """Operator and Polres: the time counts once, up to the one who stays."""
    told = (*TALK[:4], asked(20), polres_took(30), gone(40), polres_gone(60), hung_up(61))

    assert found(*told).talk_s == pytest.approx(50.0)


def test_a_talk_that_only_the_queue_knows_of_is_named() -> None:
    """The dialplan never told of that operator."""
    connects = (Connect(at=at(10), channel=CALLER),)
    finding = judge(Evidence(call_id=CALL, facts=WAIT, recorded_s=20, connects=connects))
    in_the_last_moment = (Connect(at=at(19), channel=CALLER),)

    assert finding.faults == (Fault.QUEUE_DISAGREES,)
    assert not judge(Evidence(call_id=CALL, facts=WAIT, connects=in_the_last_moment)).faults


def test_the_journal_tells_the_same() -> None:
    """Everything once, and the same outcome."""
    events = Story(*TALK).events
    evidence = Evidence(call_id=CALL, facts=TALK, recorded_s=70, journal=events)

    assert () == judge(evidence).faults


def test_what_is_missing_in_the_journal_or_there_twice_is_named() -> None:
    """A call that it knows nothing of, no end, another outcome, an end said again."""
    events = Story(*TALK).events
    evidence = Evidence(call_id=CALL, facts=TALK, recorded_s=70)

    for journal, fault in (
        ([], Fault.NOT_JOURNALED),
        ([one for one in events if one.type != "CallEnded"], Fault.NOT_JOURNALED),
        ([one for one in events if one.type != "AgentAnswered"], Fault.JOURNAL_DISAGREES),
        ([*events, events[-1]], Fault.JOURNALED_TWICE),
    ):
        assert (fault,) == judge(replace(evidence, journal=journal)).faults


def test_each_invite_needs_a_call_of_its_own() -> None:
    """Two INVITEs of one number at one time and one call: one of them is lost."""
    invites = [Invite(at=at(0), number=NUMBER), Invite(at=at(0.2), number=NUMBER)]

    (lost,) = unknown_invites(invites, [TALK])

    assert lost.faults == (Fault.UNKNOWN_INVITE,)
    assert not unknown_invites(invites[:1], [TALK])


def test_only_calls_that_came_in_a_time_are_looked_at() -> None:
    """With all that happened to them, also behind it."""
    early, late = at(-5), at(5)

    assert {CALL: list(TALK)} == by_call(TALK, early, late)
    assert {} == by_call(TALK, late, late + timedelta(hours=1))
