"""Operators: log-ins, pauses, and what a supervisor sees."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc110.core import events, facts
from cc110.core.events import Event, PbxLost
from cc110.core.ids import AgentId, QueueName
from cc110.core.roster import Agent, Roster, lost, reconcile, replay, step
from cc110.core.words import AgentState, DeviceState

CORE = settings.get_profile("core")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUDI, SITI = AgentId("1101"), AgentId("1102")
METRO, SUMUT = QueueName("polda-metro-jaya"), QueueName("polda-sumut")
IDLE = DeviceState.NOT_IN_USE


def report(
    kind: type[facts.MemberReport] = facts.MemberStatus,
    *,
    agent: AgentId = BUDI,
    queue: QueueName = METRO,
    paused: str | None = None,
    in_call: bool = False,
    device: DeviceState = IDLE,
    last_call: datetime | None = None,
) -> facts.RosterFact:
    """What the queue says of a member; a pause is named by its reason."""
    made = kind(
        at=NOW,
        agent=agent,
        queue=queue,
        paused=paused is not None,
        paused_reason=paused or "",
        in_call=in_call,
        device=device,
        last_call=last_call,
        wrapup_s=10,
    )
    assert isinstance(
        made, facts.MemberSeen | facts.MemberAdded | facts.MemberPaused | facts.MemberStatus
    )
    return made


def seen(**said: str | AgentId | QueueName | None) -> facts.MemberSeen:
    """A member in the PBX's list."""
    made = report(facts.MemberSeen, **said)
    assert isinstance(made, facts.MemberSeen)
    return made


def removed(agent: AgentId = BUDI, queue: QueueName = METRO) -> facts.MemberRemoved:
    """A member logged out."""
    return facts.MemberRemoved(at=NOW, agent=agent, queue=queue)


def told(*members: facts.RosterFact) -> tuple[Roster, list[events.Data]]:
    """The operators after those facts, and what was said."""
    roster, said = Roster(), []
    for member in members:
        done = step(roster, member)
        roster = done.roster
        said += [event.data for event in done.events]
    return roster, said


def test_an_operator_logs_in_and_out_once_a_queue() -> None:
    """In two queues he has two places; told again they give no event."""
    _, said = told(
        report(facts.MemberAdded),
        report(facts.MemberAdded),
        report(facts.MemberAdded, queue=SUMUT),
        removed(),
        removed(),
    )

    assert [
        events.AgentLoggedIn(agent=BUDI, queue=METRO),
        events.AgentLoggedIn(agent=BUDI, queue=SUMUT),
        events.AgentLoggedOut(agent=BUDI, queue=METRO),
    ] == said


def test_a_member_in_the_list_was_not_seen_to_log_in() -> None:
    """His events are marked recovered."""
    _, said = told(seen(paused="lunch"))

    assert [
        events.AgentLoggedIn(agent=BUDI, queue=METRO, recovered=True),
        events.AgentPaused(agent=BUDI, queue=METRO, reason="lunch", recovered=True),
    ] == said


def test_a_pause_is_told_with_each_new_reason_and_ends_once() -> None:
    """The reason is what a supervisor asks for."""
    roster, said = told(
        report(facts.MemberAdded),
        report(facts.MemberPaused, paused="phone"),
        report(facts.MemberPaused, paused="phone"),
        report(facts.MemberPaused, paused="prayer"),
    )
    assert ["phone", "prayer"] == [
        data.reason for data in said if isinstance(data, events.AgentPaused)
    ]
    assert "prayer" == roster.agents[BUDI].paused_reason
    done = step(roster, report(facts.MemberPaused))

    assert [events.AgentUnpaused(agent=BUDI, queue=METRO)] == [e.data for e in done.events]
    assert () == step(done.roster, report(facts.MemberPaused)).events


@pytest.mark.parametrize(
    ("member", "state"),
    [
        (report(), AgentState.IDLE),
        (report(device=DeviceState.UNKNOWN), AgentState.IDLE),
        (report(device=DeviceState.UNAVAILABLE), AgentState.OFFLINE),
        (report(device=DeviceState.INVALID), AgentState.OFFLINE),
        (report(device=DeviceState.RINGING), AgentState.RINGING),
        (report(device=DeviceState.IN_USE), AgentState.TALKING),
        (report(device=DeviceState.RING_IN_USE), AgentState.TALKING),
        (report(in_call=True), AgentState.TALKING),
        (report(in_call=True, paused="x"), AgentState.TALKING),
        (report(paused="x"), AgentState.PAUSED),
        (report(last_call=NOW - timedelta(seconds=9)), AgentState.WRAP_UP),
        (report(last_call=NOW - timedelta(seconds=10)), AgentState.IDLE),
        (report(last_call=NOW, paused="x"), AgentState.PAUSED),
        (removed(), AgentState.OFFLINE),
    ],
)
def test_a_supervisor_sees_one_state(member: facts.RosterFact, state: AgentState) -> None:
    """A talk hides a ring, a ring a pause, a pause the wrap-up."""
    roster, _ = told(report(facts.MemberAdded), member)

    assert state is roster.agents[BUDI].state(NOW)


def test_a_pause_in_one_of_two_queues_is_no_pause() -> None:
    """The other queue still rings him."""
    roster, _ = told(report(), report(queue=SUMUT, paused="x"))

    assert AgentState.IDLE is roster.agents[BUDI].state(NOW)
    assert AgentState.OFFLINE is Agent(agent=SITI).state(NOW)


def test_the_full_list_makes_the_operators_equal_to_it() -> None:
    """Only what is missing is said; who is not in it has logged out."""
    roster, _ = told(report(), report(agent=SITI), report(queue=SUMUT))
    done = reconcile(roster, [seen(), seen(agent=SITI, paused="x")], at=NOW)

    assert [
        events.AgentPaused(agent=SITI, queue=METRO, reason="x", recovered=True),
        events.AgentLoggedOut(agent=BUDI, queue=SUMUT, recovered=True),
    ] == [event.data for event in done.events]
    again = reconcile(done.roster, [seen(), seen(agent=SITI, paused="x")], at=NOW)
    assert () == again.events


def test_the_journal_tells_who_was_logged_in_and_paused() -> None:
    """After a restart the list then says only what is new."""
    said: list[events.Data] = [
        events.AgentLoggedIn(agent=BUDI, queue=METRO),
        events.AgentLoggedIn(agent=SITI, queue=METRO),
        events.AgentPaused(agent=SITI, queue=METRO, reason="x"),
        events.AgentLoggedIn(agent=SITI, queue=SUMUT),
        events.AgentPaused(agent=SITI, queue=SUMUT, reason="x"),
        events.AgentUnpaused(agent=SITI, queue=SUMUT),
        events.AgentLoggedOut(agent=BUDI, queue=METRO),
        PbxLost(reason="test"),
    ]
    roster = replay(Event(at=NOW, data=data) for data in said)
    listed = [seen(agent=SITI, paused="x"), seen(agent=SITI, queue=SUMUT)]

    assert () == reconcile(roster, listed, at=NOW).events
    assert roster.place(BUDI, METRO) is None


MEMBERS = st.one_of(
    st.builds(removed, st.sampled_from([BUDI, SITI]), st.sampled_from([METRO, SUMUT])),
    st.builds(
        report,
        st.sampled_from(
            [facts.MemberSeen, facts.MemberAdded, facts.MemberPaused, facts.MemberStatus]
        ),
        agent=st.sampled_from([BUDI, SITI]),
        queue=st.sampled_from([METRO, SUMUT]),
        paused=st.sampled_from([None, "x", "y"]),
        device=st.sampled_from(DeviceState),
        in_call=st.booleans(),
    ),
)


@CORE
@given(st.lists(MEMBERS, max_size=20))
def test_any_facts_give_log_ins_and_pauses_in_turn(members: list[facts.RosterFact]) -> None:
    """Nobody logs in twice or ends a pause that he has not; a replay knows the same."""
    roster, said = told(*members)
    rebuilt = replay(Event(at=NOW, data=data) for data in said)

    for agent in (BUDI, SITI):
        for queue in (METRO, SUMUT):
            place, known = roster.place(agent, queue), rebuilt.place(agent, queue)
            assert (place is None) == (known is None)
            assert place is None or known is None or place.paused_reason == known.paused_reason
            _alternate([data for data in said if _about(data) == (agent, queue)])


def _about(data: events.Data) -> tuple[str, str]:
    assert isinstance(
        data,
        events.AgentLoggedIn | events.AgentLoggedOut | events.AgentPaused | events.AgentUnpaused,
    )
    return data.agent, data.queue


def _alternate(said: list[events.Data]) -> None:
    member, paused = False, False
    for data in said:
        match data:
            case events.AgentLoggedIn():
                assert not member
                member, paused = True, False
            case events.AgentLoggedOut():
                assert member
                member = False
            case events.AgentPaused():
                assert member
                paused = True
            case _:
                assert member
                assert paused
                paused = False


def test_s9_whom_a_killed_pbx_forgot_is_known_with_his_pause() -> None:
    """Who is missing at a queue, or pauses no more; who is there as he was is left alone."""
    third = AgentId("1103")
    at_work = reconcile(
        Roster(),
        [
            seen(agent=BUDI, queue=METRO),
            seen(agent=BUDI, queue=SUMUT),
            seen(agent=SITI, paused="lunch"),
            seen(agent=third, paused="sholat"),
        ],
        at=NOW,
    ).roster
    listed = [seen(agent=BUDI), seen(agent=SITI, paused="lunch"), seen(agent=third)]

    assert lost(at_work, listed) == {BUDI: None, third: "sholat"}
    assert lost(Roster(), listed) == {}
