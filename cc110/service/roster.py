"""All operators: their queues' word in, log-ins, log-outs and pauses out."""

from collections.abc import Iterable, Mapping

from cc110.core import roster as core
from cc110.core.facts import MemberSeen, RosterFact
from cc110.core.ids import AgentId
from cc110.ports import Clock
from cc110.service.outbox import Outbox


class Operators:
    """What is known of every operator now."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        """Begin with nobody."""
        self._outbox = outbox
        self._clock = clock
        self.roster = core.Roster()

    def resume(self, roster: core.Roster) -> None:
        """Begin with what the journal remembers."""
        self.roster = roster

    def submit(self, fact: RosterFact) -> None:
        """Take a fact."""
        done = core.step(self.roster, fact)
        self.roster = done.roster
        self._outbox.put(done.events)

    def lost(self, listed: Iterable[MemberSeen]) -> Mapping[AgentId, str | None]:
        """Whom a PBX that was killed has forgotten, each with the reason of his pause or None."""
        return core.lost(self.roster, listed)

    def reconcile(self, listed: Iterable[MemberSeen]) -> None:
        """Make the roster equal to the PBX's own list."""
        done = core.reconcile(self.roster, listed, at=self._clock.now())
        self.roster = done.roster
        self._outbox.put(done.events)
