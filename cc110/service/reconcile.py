"""State after a restart or reconnect: what the journal remembers, made equal to what the PBX says."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from cc110.core.call import Call
from cc110.core.events import Event, PbxBack, PbxReadBack
from cc110.core.evolve import replay
from cc110.core.facts import CallerGone, Seen
from cc110.core.policy import Policy
from cc110.core.words import EndedBy
from cc110.ports import Clock
from cc110.service.calls import Calls
from cc110.service.outbox import Outbox

_log = structlog.get_logger("reconcile")


class OpenCalls(Protocol):
    """The journal's memory of calls that have not ended."""

    async def open_calls(self) -> Sequence[Sequence[Event]]:
        """The events of each call that has no ``CallEnded``, in order."""
        ...


async def resume_calls(memory: OpenCalls, calls: Calls, policy: Policy) -> int:
    """Take up the calls that the journal knows as live. Returns their number."""
    resumed = [call for events in await memory.open_calls() if (call := replay(events, policy))]
    for call in resumed:
        calls.resume(call)
    return len(resumed)


def see(seen: Sequence[Seen], calls: Calls) -> None:
    """Tell the live calls what the PBX lists of them."""
    for fact in seen:
        calls.hear(fact)


def close_missing(
    seen: Sequence[Seen], calls: Calls, *, listed_at: datetime, over_at: datetime
) -> None:
    """What came before the list and is not in it is over, and has been since that time."""
    for call in _gone(calls.live.values(), seen, listed_at):
        over = max(over_at, call.since)
        gone = CallerGone(at=over, call_id=call.call_id, by=EndedBy.LOST, recovered=True)
        calls.submit(gone)


def say_read_until(moment: datetime, outbox: Outbox, clock: Clock) -> None:
    """Everything that was missed is told up to there."""
    outbox.put([Event(at=clock.now(), data=PbxReadBack(until=moment))])
    _log.info("reading back from the PBX", until=moment.isoformat())


def say_back(calls: int, outbox: Outbox, clock: Clock, *, restarted: bool) -> None:
    """The state is the PBX's again, and everything that was missed is told."""
    outbox.put([Event(at=clock.now(), data=PbxBack(calls=calls, restarted=restarted))])
    _log.info("state is the PBX's again", calls=calls, restarted=restarted)


def _gone(live: Iterable[Call], seen: Sequence[Seen], listed_at: datetime) -> list[Call]:
    there = {fact.call_id for fact in seen}
    before = [call for call in live if call.arrived_at <= listed_at and not call.ended]
    return [call for call in before if call.call_id not in there]
