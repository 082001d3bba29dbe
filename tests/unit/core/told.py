"""A call is told fact by fact; after each one, what must always hold is checked."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cc110.core import events, facts
from cc110.core.call import Call
from cc110.core.climb import Level
from cc110.core.decide import Step, step
from cc110.core.effects import CancelDeadline, Effect, Note, SetDeadline
from cc110.core.events import Event
from cc110.core.evolve import replay
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName
from cc110.core.phases import Ended, Held, Timed, Waiting, deadline_of
from cc110.core.policy import Policy
from cc110.core.words import (
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OverflowReason,
    Stage,
    TransferFailure,
    TransferKind,
    Verdict,
)

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CALL = CallId("20260301-120000-17-4711")
CALLER = ChannelId("1772366400.17")
QUEUE = QueueName("polda-metro-jaya")
BUDI, SITI = AgentId("1101"), AgentId("1102")
SELATAN, PUSAT = PolresExt("7101"), PolresExt("7102")
NUMBER = Number("6281234567890")
PATH = "2026/03/01/20260301-120000-17-4711.wav"
POLICY = Policy(
    climb=(
        Level(who="polda", after_s=0),
        Level(who="neighbours", after_s=10),
        Level(who="mabes", after_s=20),
    )
)

ONCE = (
    events.CallArrived,
    events.CallQueued,
    events.CallEnded,
    events.CallAbandoned,
    events.CaseOpened,
    events.CaseClosed,
    events.RecordingStarted,
    events.RecordingFinalised,
    events.MenuChosen,
    events.BlockVerificationAsked,
    events.BlockVerificationRefused,
)
"""What is said of a call once at most."""


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def channel(name: str) -> ChannelId:
    """A leg's channel."""
    return ChannelId(name)


def arrived(seconds: float = 0) -> facts.Arrived:
    """The caller dialled 110."""
    return facts.Arrived(
        at=at(seconds),
        call_id=CALL,
        channel=CALLER,
        number=NUMBER,
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="trunk",
        queue=QUEUE,
    )


def recorder(seconds: float = 0.1, path: str = PATH) -> facts.RecorderStarted:
    """The recorder started."""
    return facts.RecorderStarted(at=at(seconds), call_id=CALL, path=path)


def verify_asked(seconds: float) -> facts.VerifyAsked:
    """A blocked caller pressed 1."""
    return facts.VerifyAsked(
        at=at(seconds), call_id=CALL, number=NUMBER, source=NumberSource.ASSERTED, until=0
    )


def verify_passed(seconds: float, agent: AgentId = BUDI) -> facts.VerifyPassed:
    """``*76``."""
    return facts.VerifyPassed(at=at(seconds), call_id=CALL, number=NUMBER, agent=agent)


def verify_failed(seconds: float, agent: AgentId = BUDI) -> facts.VerifyFailed:
    """``*77``."""
    return facts.VerifyFailed(at=at(seconds), call_id=CALL, number=NUMBER, agent=agent)


def chose(seconds: float, choice: MenuChoice = MenuChoice.EMERGENCY) -> facts.Chose:
    """The menu was left."""
    return facts.Chose(at=at(seconds), call_id=CALL, choice=choice, language=Language.INDONESIAN)


def queued(
    seconds: float, *, returned: bool = False, queue: QueueName = QUEUE, staff: str = ""
) -> facts.Queued:
    """The caller entered the queue."""
    return facts.Queued(
        at=at(seconds),
        call_id=CALL,
        queue=queue,
        priority=10 if returned else 5,
        returned=returned,
        staff=staff,
    )


def overflowed(
    seconds: float, reason: OverflowReason = OverflowReason.NUMBER_FAILED
) -> facts.Overflowed:
    """He was told that nobody can take the call."""
    return facts.Overflowed(at=at(seconds), call_id=CALL, reason=reason)


def rings(seconds: float, agent: AgentId = BUDI) -> facts.AgentRinging:
    """An operator's phone rings."""
    return facts.AgentRinging(at=at(seconds), call_id=CALL, agent=agent)


def took(seconds: float, name: str = "b1", agent: AgentId = BUDI) -> facts.AgentTook:
    """An operator answered."""
    return facts.AgentTook(at=at(seconds), call_id=CALL, agent=agent, channel=channel(name))


def gone(
    seconds: float,
    name: str = "b1",
    agent: AgentId = BUDI,
    cause: LeaveCause = LeaveCause.NORMAL,
) -> facts.AgentGone:
    """An operator's leg left."""
    return facts.AgentGone(
        at=at(seconds), call_id=CALL, agent=agent, channel=channel(name), cause=cause
    )


def judged(seconds: float, verdict: Verdict, agent: AgentId = BUDI) -> facts.Judged:
    """An operator judged the call."""
    return facts.Judged(at=at(seconds), call_id=CALL, agent=agent, verdict=verdict)


def asked(
    seconds: float,
    polres: PolresExt = SELATAN,
    kind: TransferKind = TransferKind.JOIN,
    agent: AgentId = BUDI,
) -> facts.TransferAsked:
    """A Polres is being brought in."""
    return facts.TransferAsked(
        at=at(seconds), call_id=CALL, agent=agent, polres=polres, kind=kind, ring_s=5.0
    )


def polres_rings(seconds: float, polres: PolresExt = SELATAN) -> facts.PolresRinging:
    """The Polres's phone rings."""
    return facts.PolresRinging(at=at(seconds), call_id=CALL, polres=polres)


def polres_took(seconds: float, name: str = "p1", polres: PolresExt = SELATAN) -> facts.PolresTook:
    """The Polres answered."""
    return facts.PolresTook(at=at(seconds), call_id=CALL, polres=polres, channel=channel(name))


def polres_gone(
    seconds: float,
    name: str = "p1",
    polres: PolresExt = SELATAN,
    cause: LeaveCause = LeaveCause.NORMAL,
) -> facts.PolresGone:
    """The Polres's leg left."""
    return facts.PolresGone(
        at=at(seconds), call_id=CALL, polres=polres, channel=channel(name), cause=cause
    )


def failed(
    seconds: float,
    polres: PolresExt = SELATAN,
    reason: TransferFailure = TransferFailure.NO_ANSWER,
) -> facts.TransferFailed:
    """The Polres did not take the call."""
    return facts.TransferFailed(at=at(seconds), call_id=CALL, polres=polres, reason=reason)


def close_pressed(seconds: float, by: str = "1101") -> facts.CaseClosePressed:
    """Somebody closed the case."""
    return facts.CaseClosePressed(at=at(seconds), call_id=CALL, by=by)


def hung_up(
    seconds: float, by: EndedBy = EndedBy.CALLER, *, recovered: bool = False
) -> facts.CallerGone:
    """The caller's channel ended."""
    return facts.CallerGone(at=at(seconds), call_id=CALL, by=by, recovered=recovered)


def found(seconds: float) -> facts.RecordingFound:
    """The recording is there."""
    return facts.RecordingFound(at=at(seconds), call_id=CALL, path=PATH, seconds=12.5)


def not_found(seconds: float) -> facts.RecordingNotFound:
    """There is no recording."""
    return facts.RecordingNotFound(at=at(seconds), call_id=CALL, path=PATH, reason="no such file")


def passed(seconds: float, name: str) -> facts.DeadlinePassed:
    """A deadline came."""
    return facts.DeadlinePassed(at=at(seconds), call_id=CALL, name=name)


def agent_leg(name: str = "b1", agent: AgentId = BUDI) -> facts.LegSeen:
    """An operator's leg in the PBX's list."""
    return facts.LegSeen(channel=channel(name), agent=agent)


def polres_leg(name: str = "p1", polres: PolresExt = SELATAN) -> facts.LegSeen:
    """A Polres's leg in the PBX's list."""
    return facts.LegSeen(channel=channel(name), polres=polres)


def seen(
    seconds: float,
    stage: Stage,
    *legs: facts.LegSeen,
    recording: str | None = PATH,
    agent: AgentId | None = None,
    polres: PolresExt | None = None,
    blocked_until: int | None = None,
) -> facts.Seen:
    """The call in the PBX's list."""
    return facts.Seen(
        at=at(seconds),
        call_id=CALL,
        channel=CALLER,
        number=NUMBER,
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="trunk",
        queue=QUEUE,
        stage=stage,
        recording=recording,
        legs=legs,
        agent=agent,
        polres=polres,
        blocked_until=blocked_until,
    )


class Story:
    """One call, told."""

    def __init__(self, *told: facts.Fact, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.known: Call | None = None
        self.events: list[Event] = []
        self.timers: dict[str, datetime] = {}
        self.tell(*told)

    @property
    def call(self) -> Call:
        """The call, which has arrived."""
        assert self.known is not None
        return self.known

    @property
    def types(self) -> list[str]:
        """The public names of all events so far."""
        return [event.type for event in self.events]

    def data(self, kind: type[events.EventData]) -> list[events.Data]:
        """What all events of a kind say."""
        return [event.data for event in self.events if isinstance(event.data, kind)]

    def tell(self, *told: facts.Fact, now: datetime | None = None) -> list[Event]:
        """Tell facts in that order, each at its own time unless another is given."""
        new: list[Event] = []
        for fact in told:
            new += self.told(fact, now=now).events
        return new

    def told(self, fact: facts.Fact, *, now: datetime | None = None) -> Step:
        """Tell one fact."""
        before = self.known
        done = step(before, fact, now=now or fact.at, policy=self.policy)
        self.known = done.call
        self.events += done.events
        self._keep_timers(done.effects)
        self._check(done, before)
        return done

    def pass_deadline(self, seconds: float) -> list[Event]:
        """Let the one running deadline pass."""
        (name,) = self.timers
        return self.tell(passed(seconds, name))

    def _keep_timers(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case SetDeadline(name=name, at=time):
                    self.timers[name] = time
                case CancelDeadline(name=name):
                    self.timers.pop(name, None)
                case _:
                    pass

    def _check(self, done: Step, before: Call | None) -> None:
        """What holds after any fact whatsoever."""
        assert replay(self.events, self.policy) == self.known
        notes = [effect for effect in done.effects if isinstance(effect, Note)]
        assert not notes or (len(done.effects) == 1 and done.call == before and not done.events)
        assert done.events or done.effects
        said = Counter(type(event.data) for event in self.events)
        assert all(said[kind] <= 1 for kind in ONCE)
        assert all(event.at.microsecond % 1000 == 0 for event in done.events)
        if self.known:
            self._check_phase(self.known)

    def _check_phase(self, call: Call) -> None:
        phase = call.phase
        assert isinstance(phase, Timed | Held | Ended)
        with_legs = isinstance(phase, Held) and not isinstance(phase, Waiting)
        assert with_legs == bool(call.legs)
        deadline = deadline_of(phase)
        assert list(self.timers) == ([deadline.name] if deadline else [])
        assert self.timers or not isinstance(phase, Timed)


def talking() -> Story:
    """An operator and the caller talk since 20 s."""
    return Story(arrived(), recorder(), chose(6), queued(6.1), rings(6.2), took(20))


def with_polres() -> Story:
    """The Polres and the caller talk since 33 s, the operator left at 40 s."""
    return Story(arrived(), recorder(), queued(6), took(20), asked(30), polres_took(33), gone(40))
