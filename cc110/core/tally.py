"""Figures for whoever watches: totals from the journal's events, and a look at the state of this moment.

Pure: events and state in, numbers out. No number, call or person is ever in a figure, and the kinds of figures are
as many as the site has queues and Polres desks, whatever callers and operators do.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from cc110.core import events as e
from cc110.core.call import Call
from cc110.core.events import Event
from cc110.core.ids import CallId, PolresExt, QueueName
from cc110.core.phases import Waiting
from cc110.core.roster import Roster
from cc110.core.words import AgentState, CallbackOutcome

K = TypeVar("K")

ANSWER_S: Final = (1.0, 2.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Bounds of the answer times: 10 s is the Kapolri's, 15 and 20 s are NENA-STA-020's."""
OTHER: Final = "other"
"""A Polres or a trunk that the directory does not know."""


@dataclass
class Spread:
    """How many values were within each bound, and what they add up to."""

    bounds: tuple[float, ...]
    within: list[int] = field(default_factory=list)
    """One more than bounds: the last one is of all that lies beyond."""
    total: float = 0.0

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.within = self.within or [0] * (len(self.bounds) + 1)

    def take(self, value: float) -> None:
        """Count a value."""
        place = next((i for i, bound in enumerate(self.bounds) if value <= bound), -1)
        self.within[place] += 1
        self.total += value

    @property
    def count(self) -> int:
        """All values."""
        return sum(self.within)


class Tally:
    """Totals of the journal's events, each taken once and in order."""

    def __init__(self, *, trunks: Collection[str], polres: Collection[PolresExt]) -> None:
        """Begin at nothing; only these trunks and Polres have figures of their own."""
        self.events = 0
        self.arrived: dict[str, int] = dict.fromkeys((*trunks, OTHER), 0)
        """By trunk."""
        self.outcomes = dict.fromkeys(("talked", "abandoned", "rejected"), 0)
        self.answers = Spread(bounds=ANSWER_S)
        """Seconds from the arrival, or from a return to the queue, to an operator's answer."""
        self.abandoned = Spread(bounds=ANSWER_S)
        """Seconds that those had waited who hung up before anybody answered."""
        self.verdicts: dict[str, int] = {}
        self.transfers: dict[str, int] = dict.fromkeys((*polres, OTHER), 0)
        """By Polres; the same for those that it answered."""
        self.transfers_answered = dict(self.transfers)
        self.returns: dict[tuple[str, str], int] = {}
        """By Polres and reason."""
        self.climbed: dict[str, int] = {}
        """By who rings then, as ``[[climb.level]]`` names it."""
        self.overflowed = 0
        self.requeued = 0
        self.rescued = 0
        self.recordings = dict.fromkeys(("final", "missing", "stalled"), 0)
        self.blocked: dict[str, int] = {}
        """By cause."""
        self.unblocked = 0
        self.pbx_lost = 0
        self._trunks = frozenset(trunks)
        self._polres = frozenset(polres)
        self.callbacks: dict[str, int] = dict.fromkeys(CallbackOutcome, 0)
        """By outcome."""
        self._gave_up: set[CallId | None] = set()
        self._called_back: set[CallId | None] = set()

    def learn(self, *, trunks: Collection[str], polres: Collection[PolresExt]) -> None:
        """The directory has changed; what was counted stays counted."""
        self._trunks, self._polres = frozenset(trunks), frozenset(polres)
        for trunk in trunks:
            self.arrived.setdefault(trunk, 0)
        for one in polres:
            self.transfers.setdefault(one, 0)
            self.transfers_answered.setdefault(one, 0)

    def take(self, event: Event) -> None:
        """Count an event."""
        self.events += 1
        match event.data:
            case e.CallbackMade(outcome=outcome):
                _more(self.callbacks, outcome)
            case e.CallArrived(callback_of=missed) if missed:
                self._called_back.add(event.call_id)
            case e.AgentAnswered() | e.CallAbandoned() if event.call_id in self._called_back:
                pass  # he did not wait: an operator called him
            case e.CallArrived(trunk=trunk):
                _more(self.arrived, (trunk if trunk in self._trunks else OTHER))
            case e.CallRejected():
                _more(self.outcomes, "rejected")
            case e.CallAbandoned(waited_s=waited_s):
                _more(self.outcomes, "abandoned")
                self.abandoned.take(waited_s)
                self._gave_up.add(event.call_id)
            case e.CallEnded():
                self._ended(event.call_id)
            case e.AgentAnswered(waited_s=waited_s):
                self.answers.take(waited_s)
            case e.VerdictGiven(verdict=verdict):
                _more(self.verdicts, verdict)
            case e.CallClimbed(rings=rings):
                _more(self.climbed, rings)
            case e.CallOverflowed():
                self.overflowed += 1
            case e.CallRequeued():
                self.requeued += 1
            case e.CallRescued():
                self.rescued += 1
            case e.PbxLost():
                self.pbx_lost += 1
            case _:
                self._transfer(event.data)
                self._kept(event.data)

    def _ended(self, call_id: CallId | None) -> None:
        """Who gave up was counted when he did; everybody else had talked."""
        if call_id in self._called_back:
            self._called_back.discard(call_id)
            self._gave_up.discard(call_id)
        elif call_id in self._gave_up:
            self._gave_up.discard(call_id)
        else:
            _more(self.outcomes, "talked")

    def _transfer(self, data: e.Data) -> None:
        match data:
            case e.TransferStarted(polres=polres):
                _more(self.transfers, self._seat(polres))
            case e.PolresAnswered(polres=polres):
                _more(self.transfers_answered, self._seat(polres))
            case e.TransferReturned(polres=polres, reason=reason):
                _more(self.returns, (self._seat(polres), reason))
            case _:
                pass

    def _kept(self, data: e.Data) -> None:
        match data:
            case e.RecordingFinalised():
                _more(self.recordings, "final")
            case e.RecordingMissing():
                _more(self.recordings, "missing")
            case e.RecordingStalled():
                _more(self.recordings, "stalled")
            case e.NumberBlocked(cause=cause):
                _more(self.blocked, cause)
            case e.NumberUnblocked():
                self.unblocked += 1
            case _:
                pass

    def _seat(self, polres: PolresExt) -> str:
        return polres if polres in self._polres else OTHER


def _more(totals: dict[K, int], key: K) -> None:
    totals[key] = totals.get(key, 0) + 1


@dataclass(frozen=True, kw_only=True)
class QueueLook:
    """One queue at this moment."""

    waiting: int = 0
    oldest_s: float = 0.0
    """How long the first of them has waited there; 0 = nobody waits."""


def queues_now(
    live: Iterable[Call], queues: Iterable[QueueName], now: datetime
) -> Mapping[QueueName, QueueLook]:
    """Who waits, by queue. A queue that the site does not know has no figure."""
    since: dict[QueueName, list[datetime]] = {queue: [] for queue in queues}
    for call in live:
        if isinstance(call.phase, Waiting) and call.phase.queue in since:
            since[call.phase.queue].append(call.phase.since)
    return {queue: _look(times, now) for queue, times in since.items()}


def _look(times: Collection[datetime], now: datetime) -> QueueLook:
    oldest_s = max(0.0, (now - min(times)).total_seconds()) if times else 0.0
    return QueueLook(waiting=len(times), oldest_s=oldest_s)


def operators_now(roster: Roster, now: datetime) -> Mapping[AgentState, int]:
    """How many operators are logged in, by what they do."""
    states = [agent.state(now) for agent in roster.agents.values() if agent.queues]
    return {state: states.count(state) for state in AgentState}


class Backlog:
    """Since when the oldest of a row of things waits that are put in at one end and taken at the other.

    It notes the time of one in many, so that a long outage needs no memory; the answer is exact to `step_s`.
    """

    def __init__(self, *, step_s: float = 0.5, most: int = 2000) -> None:
        """Note a time every `step_s` seconds, and no more than `most` of them."""
        self._marks: list[tuple[int, float]] = []
        self._put = 0
        self._step_s = step_s
        self._most = most

    def put(self, number: int, now: float) -> None:
        """So many more wait, from now on."""
        if number and self._is_news(now):
            self._marks.append((self._put, now))
        self._put += number

    def age_s(self, waiting: int, now: float) -> float:
        """How long the oldest waits when so many do; 0 = nothing waits."""
        taken = self._put - waiting
        newer = next((i for i, (before, _) in enumerate(self._marks) if before > taken), None)
        if newer is None:
            newer = len(self._marks)
        self._marks = self._marks[max(0, newer - 1) :]
        return max(0.0, now - self._marks[0][1]) if waiting and self._marks else 0.0

    def _is_news(self, now: float) -> bool:
        if not self._marks:
            return True
        return len(self._marks) < self._most and now - self._marks[-1][1] >= self._step_s
