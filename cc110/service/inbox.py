"""One live call: its inbox, its state, and the task that takes one fact after the other.

Facts of one call are handled in order by one task, so there are no locks; a fault in one call ends no
other. Events go to the outbox, effects to the runner; neither is waited for.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from cc110.core.call import Call
from cc110.core.decide import step
from cc110.core.effects import Effect
from cc110.core.events import Event
from cc110.core.facts import Fact
from cc110.core.ids import CallId
from cc110.core.policy import Policy
from cc110.service.clock import CallClock

_log = structlog.get_logger("call")


class Runner(Protocol):
    """What becomes of a decision."""

    def record(self, events: Sequence[Event]) -> None:
        """Send events to the journal."""
        ...

    def run(self, effect: Effect) -> None:
        """Start an effect; its outcome comes back as a fact."""
        ...

    def decided(self, inbox: "CallInbox") -> None:
        """A fact was decided: look whether the call is over."""
        ...


class CallInbox:
    """The facts of one call, waiting to be decided."""

    def __init__(
        self, call_id: CallId, *, policy: Policy, clock: CallClock, runner: Runner
    ) -> None:
        """Begin without a state: the first fact makes it."""
        self.call_id = call_id
        self.call: Call | None = None
        self._policy = policy
        self.clock = clock
        self._runner = runner
        self._facts: asyncio.Queue[Fact] = asyncio.Queue()

    @property
    def is_done(self) -> bool:
        """Nothing is known and nothing waits, or nothing more is awaited of a call that is over."""
        return self._facts.empty() and (self.call is None or self.call.is_finished)

    def put(self, fact: Fact) -> None:
        """Take a fact, with its time in the call's own."""
        self._facts.put_nowait(replace(fact, at=self.clock.own(fact.at)))

    async def settled(self) -> None:
        """Return when every fact that was put in is decided."""
        await self._facts.join()

    async def run(self) -> None:
        """Decide fact by fact; cancel to stop."""
        while True:
            fact = await self._facts.get()
            try:
                self._decide(fact)
            except Exception:
                _log.exception("fact not decided", call=self.call_id, fact=type(fact).__name__)
            self._facts.task_done()
            self._runner.decided(self)

    def _decide(self, fact: Fact) -> None:
        done = step(self.call, fact, now=self.clock.now(), policy=self._policy)
        self.call = done.call
        self._runner.record(done.events)
        for effect in done.effects:
            self._runner.run(effect)
