"""The operators: in which queues they are, what they do, and since when they pause.

An operator may be in several queues at once, and each membership has its own log-in and pause.
Events tell of log-ins and pauses only; what a phone does at the moment is state and never
journaled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cc110.core import events, facts
from cc110.core.events import Event
from cc110.core.ids import AgentId, QueueName
from cc110.core.words import AgentState, DeviceState

BUSY = frozenset(
    {DeviceState.IN_USE, DeviceState.BUSY, DeviceState.ON_HOLD, DeviceState.RING_IN_USE}
)
GONE = frozenset({DeviceState.UNAVAILABLE, DeviceState.INVALID})


@dataclass(frozen=True, kw_only=True)
class Membership:
    """An operator's place in one queue."""

    paused: bool = False
    paused_reason: str = ""
    in_call: bool = False
    device: DeviceState = DeviceState.UNKNOWN
    wrapup_until: datetime | None = None
    """Until then the queue leaves him alone after a call."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One operator."""

    agent: AgentId
    queues: Mapping[QueueName, Membership] = field(default_factory=dict)

    def state(self, now: datetime) -> AgentState:
        """What a supervisor sees. A talk hides all else; a pause counts if it is in every queue."""
        places = self.queues.values()
        if any(place.in_call or place.device in BUSY for place in places):
            return AgentState.TALKING
        if all(place.device in GONE for place in places):
            return AgentState.OFFLINE
        if any(place.device is DeviceState.RINGING for place in places):
            return AgentState.RINGING
        if all(place.paused for place in places):
            return AgentState.PAUSED
        if any(place.wrapup_until and now < place.wrapup_until for place in places):
            return AgentState.WRAP_UP
        return AgentState.IDLE

    @property
    def paused_reason(self) -> str:
        """The reasons of his pauses, each once."""
        reasons = (place.paused_reason for place in self.queues.values() if place.paused)
        return ", ".join(dict.fromkeys(reason for reason in reasons if reason))


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Every operator who was ever seen."""

    agents: Mapping[AgentId, Agent] = field(default_factory=dict)

    def place(self, agent: AgentId, queue: QueueName) -> Membership | None:
        """An operator's place in a queue; None when he is not logged in there."""
        known = self.agents.get(agent)
        return known.queues.get(queue) if known else None


@dataclass(frozen=True, kw_only=True)
class RosterStep:
    """The operators after a fact, and the events to journal."""

    roster: Roster
    events: tuple[Event, ...]


def step(roster: Roster, fact: facts.RosterFact) -> RosterStep:
    """What a fact does to the operators; told again it gives no event.

    A member in the PBX's list was not seen to log in or pause: his events are marked recovered.
    """
    recovered = fact.recovered or isinstance(fact, facts.MemberSeen)
    old = roster.place(fact.agent, fact.queue)
    if isinstance(fact, facts.MemberRemoved):
        return _log_out(roster, fact.agent, fact.queue, at=fact.at, recovered=fact.recovered)
    said: list[events.Data] = []
    if old is None:
        said.append(events.AgentLoggedIn(agent=fact.agent, queue=fact.queue, recovered=recovered))
    said.extend(_pauses(old or Membership(), fact, recovered=recovered))
    return RosterStep(
        roster=_with_place(roster, fact.agent, fact.queue, _place(fact)),
        events=tuple(Event(at=fact.at, data=data) for data in said),
    )


def reconcile(roster: Roster, listed: Iterable[facts.MemberSeen], *, at: datetime) -> RosterStep:
    """Make the operators what the PBX's full list says; who is not in it is logged out."""
    members = list(listed)
    said: list[Event] = []
    for member in members:
        told = step(roster, member)
        roster, said = told.roster, [*said, *told.events]
    there = {(member.agent, member.queue) for member in members}
    for agent, queue in _places(roster):
        if (agent, queue) not in there:
            told = _log_out(roster, agent, queue, at=at, recovered=True)
            roster, said = told.roster, [*said, *told.events]
    return RosterStep(roster=roster, events=tuple(said))


def lost(roster: Roster, listed: Iterable[facts.MemberSeen]) -> Mapping[AgentId, str | None]:
    """Operators who have a place, or a pause, of which the PBX's full list knows nothing.

    Returns:
        The reason of each one's pause; None when he does not pause.
    """
    there = {(member.agent, member.queue): member.paused for member in listed}
    gone = {
        agent
        for agent, queue in _places(roster)
        if (agent, queue) not in there or _pauses_here(roster, agent, queue) > there[agent, queue]
    }
    return {agent: _reason(roster.agents[agent]) for agent in sorted(gone)}


def _pauses_here(roster: Roster, agent: AgentId, queue: QueueName) -> bool:
    place = roster.place(agent, queue)
    return place is not None and place.paused


def _reason(agent: Agent) -> str | None:
    paused = any(place.paused for place in agent.queues.values())
    return agent.paused_reason if paused else None


def replay(journaled: Iterable[Event]) -> Roster:
    """The log-ins and pauses that the journal tells of; what phones do must be seen."""
    roster = Roster()
    for event in journaled:
        match event.data:
            case events.AgentLoggedIn(agent=agent, queue=queue):
                roster = _with_place(roster, agent, queue, Membership())
            case events.AgentLoggedOut(agent=agent, queue=queue):
                roster = _without_place(roster, agent, queue)
            case events.AgentPaused(agent=agent, queue=queue, reason=reason):
                place = Membership(paused=True, paused_reason=reason)
                roster = _with_place(roster, agent, queue, place)
            case events.AgentUnpaused(agent=agent, queue=queue):
                roster = _with_place(roster, agent, queue, Membership())
            case _:
                pass
    return roster


def _place(fact: facts.MemberReport) -> Membership:
    free = fact.last_call + timedelta(seconds=fact.wrapup_s) if fact.last_call else None
    return Membership(
        paused=fact.paused,
        paused_reason=fact.paused_reason if fact.paused else "",
        in_call=fact.in_call,
        device=fact.device,
        wrapup_until=free,
    )


def _pauses(old: Membership, fact: facts.MemberReport, *, recovered: bool) -> Iterable[events.Data]:
    """A pause with another reason is told as a pause again."""
    new = _place(fact)
    if new.paused and (new.paused, new.paused_reason) != (old.paused, old.paused_reason):
        yield events.AgentPaused(
            agent=fact.agent, queue=fact.queue, reason=new.paused_reason, recovered=recovered
        )
    if old.paused and not new.paused:
        yield events.AgentUnpaused(agent=fact.agent, queue=fact.queue, recovered=recovered)


def _log_out(
    roster: Roster, agent: AgentId, queue: QueueName, *, at: datetime, recovered: bool
) -> RosterStep:
    if roster.place(agent, queue) is None:
        return RosterStep(roster=roster, events=())
    data = events.AgentLoggedOut(agent=agent, queue=queue, recovered=recovered)
    return RosterStep(
        roster=_without_place(roster, agent, queue), events=(Event(at=at, data=data),)
    )


def _places(roster: Roster) -> list[tuple[AgentId, QueueName]]:
    return [(known.agent, queue) for known in roster.agents.values() for queue in known.queues]


def _with_place(roster: Roster, agent: AgentId, queue: QueueName, place: Membership) -> Roster:
    known = roster.agents.get(agent) or Agent(agent=agent)
    known = replace(known, queues={**known.queues, queue: place})
    return Roster(agents={**roster.agents, agent: known})


def _without_place(roster: Roster, agent: AgentId, queue: QueueName) -> Roster:
    known = roster.agents.get(agent) or Agent(agent=agent)
    kept = {name: place for name, place in known.queues.items() if name != queue}
    return Roster(agents={**roster.agents, agent: replace(known, queues=kept)})
