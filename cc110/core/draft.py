"""One step in the making: the call as it is, and the events that the fact gives it.

Rules write into a draft one event at a time, and each rule sees the call as the ones before left
it. A draft lives within one ``step`` and is never shared, so the step as a whole stays a pure
function.
"""

from datetime import datetime

from cc110.core.call import Call
from cc110.core.events import CaseOpened, Data, Event, as_recovered
from cc110.core.evolve import evolve
from cc110.core.ids import CallId, CaseId, case_id_of
from cc110.core.policy import Policy


class Draft:
    """A call and the events said of it so far."""

    def __init__(
        self,
        known: Call | None,
        *,
        call_id: CallId,
        at: datetime,
        policy: Policy,
        recovered: bool = False,
    ) -> None:
        self.known = known
        """The call, or None as long as it has not arrived."""
        self.call_id = call_id
        self.at = at
        self.policy = policy
        self.recovered = recovered
        """True when the fact was read back: so is everything that it says."""
        self.events: list[Event] = []

    @property
    def call(self) -> Call:
        """The call as the events so far left it.

        Raises:
            LookupError: it has not arrived; a mistake of the rule that asks.
        """
        if self.known is None:
            raise LookupError(f"{self.call_id} has not arrived")
        return self.known

    def say(self, data: Data | None, *, at: datetime | None = None) -> None:
        """Add an event and fold it in; None adds nothing. It happened at the fact's time, or at another."""
        if data is None:
            return
        data = as_recovered(data) if self.recovered else data
        event = Event(
            at=at or self.at, call_id=self.call_id, case_id=self._case_id(data), data=data
        )
        self.events.append(event)
        self.known = evolve(self.known, event, self.policy)

    def _case_id(self, data: Data) -> CaseId | None:
        if isinstance(data, CaseOpened):
            return case_id_of(self.call_id)
        return self.known.case.case_id if self.known and self.known.case else None
