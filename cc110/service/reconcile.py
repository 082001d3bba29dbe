"""State after a restart or reconnect: what the journal remembers, made equal to what the PBX says."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog

from cc110.core.call import Call
from cc110.core.events import Event, PbxBack
from cc110.core.evolve import replay
from cc110.core.facts import CallerGone, Seen
from cc110.core.ids import CallId
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


def reconcile(
    seen: Sequence[Seen], calls: Calls, outbox: Outbox, clock: Clock, *, restarted: bool
) -> None:
    """Make the state equal to the PBX's: what it lists is so, what it does not list is over."""
    now = clock.now()
    for fact in seen:
        calls.submit(fact)
    for call_id in _gone(calls.live.values(), seen):
        calls.submit(CallerGone(at=now, call_id=call_id, by=EndedBy.LOST, recovered=True))
    outbox.put([Event(at=now, data=PbxBack(calls=len(seen), restarted=restarted))])
    _log.info("state is the PBX's again", calls=len(seen), restarted=restarted)


def _gone(live: Iterable[Call], seen: Sequence[Seen]) -> set[CallId]:
    there = {fact.call_id for fact in seen}
    return {call.call_id for call in live if call.call_id not in there}
