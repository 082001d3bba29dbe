"""Whether anybody can be rung for those who wait: a queue of which all operators pause, are away or went home.

The caller stays in the queue and hears so; a supervisor has to know within seconds. An operator who talks is on
duty: he will be free again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cc110.core.events import Event, QueueAttended, QueueUnattended
from cc110.core.ids import QueueName
from cc110.core.roster import GONE, Membership, Roster

Alarms = Mapping[QueueName, datetime]
"""The queues that are unattended, each with the time at which that was told."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The alarms after a look, and the events to journal."""

    alarms: Alarms
    events: tuple[Event, ...]


def look(alarms: Alarms, roster: Roster, waiting: Mapping[QueueName, int], *, at: datetime) -> Look:
    """Raise an alarm for each queue where callers wait for nobody; take it back when somebody is there.

    An alarm outlasts the callers who hang up meanwhile: the next one would wait for nobody as well.
    """
    raised = {
        queue: _unattended(queue, roster, count)
        for queue, count in waiting.items()
        if count and queue not in alarms and not is_attended(roster, queue)
    }
    over = {
        queue: QueueAttended(queue=queue, after_s=max(0.0, (at - since).total_seconds()))
        for queue, since in alarms.items()
        if is_attended(roster, queue)
    }
    kept = {queue: since for queue, since in alarms.items() if queue not in over}
    said: tuple[QueueUnattended | QueueAttended, ...] = (*raised.values(), *over.values())
    return Look(
        alarms={**kept, **dict.fromkeys(raised, at)},
        events=tuple(Event(at=at, data=data) for data in said),
    )


def replay(journaled: Iterable[Event]) -> Alarms:
    """The alarms that the journal's events leave standing."""
    alarms: dict[QueueName, datetime] = {}
    for event in journaled:
        match event.data:
            case QueueUnattended(queue=queue):
                alarms[queue] = event.at
            case QueueAttended(queue=queue):
                alarms.pop(queue, None)
            case _:
                pass
    return alarms


def is_attended(roster: Roster, queue: QueueName) -> bool:
    """True when there is an operator whom the queue rings, now or after his call."""
    return any(not place.paused and place.device not in GONE for place in _places(roster, queue))


def _unattended(queue: QueueName, roster: Roster, waiting: int) -> QueueUnattended:
    places = _places(roster, queue)
    paused = sum(place.paused for place in places)
    return QueueUnattended(
        queue=queue, waiting=waiting, paused=paused, unreachable=len(places) - paused
    )


def _places(roster: Roster, queue: QueueName) -> list[Membership]:
    return [agent.queues[queue] for agent in roster.agents.values() if queue in agent.queues]
