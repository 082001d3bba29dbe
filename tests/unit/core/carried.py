"""A dialplan that works: whole calls as it tells of them, and what its list shows in between."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from cc110.core import facts
from cc110.core.ids import AgentId, PolresExt
from cc110.core.words import EndedBy, LeaveCause, Stage, TransferFailure, TransferKind, Verdict
from tests.unit.core.told import (
    BUDI,
    PATH,
    PUSAT,
    SELATAN,
    SITI,
    agent_leg,
    arrived,
    asked,
    chose,
    close_pressed,
    failed,
    gone,
    hung_up,
    judged,
    polres_gone,
    polres_leg,
    polres_rings,
    polres_took,
    queued,
    recorder,
    rings,
    seen,
    took,
)

TALK_MAX_S = 40.0
MIN_TALK_S = 10.0


@dataclass
class Moment:
    """A fact, and what the PBX's list shows right after it."""

    fact: facts.Fact
    seconds: float
    seen: facts.Seen
    clear: bool
    """True when the list alone tells where the caller is: nobody is just leaving him."""

    def __repr__(self) -> str:
        said = {name: str(value) for name, value in vars(self.fact).items()}
        del said["at"], said["call_id"]
        return f"{self.seconds}: {type(self.fact).__name__} {said}"


@dataclass
class Pbx:
    """One call as the dialplan carries it."""

    chance: Random
    now: float = 0.0
    stage: Stage = Stage.GREETING
    recording: str | None = None
    legs: list[facts.LegSeen] = field(default_factory=list)
    legs_made: int = 0
    agent: AgentId | None = None
    polres: PolresExt | None = None
    moments: list[Moment] = field(default_factory=list)
    over: bool = False

    def say(self, fact: facts.Fact) -> None:
        """Tell a fact at the present time."""
        list_ = seen(
            self.now + 0.001,
            self.stage,
            *self.legs,
            recording=self.recording,
            agent=self.agent,
            polres=self.polres,
        )
        moving = self.stage in (Stage.AGENT, Stage.POLRES) or isinstance(fact, facts.TransferFailed)
        moving &= not self.legs and self.stage is not Stage.RETURNING
        self.moments.append(Moment(fact, self.now, list_, clear=not moving))

    def say_in_any_order(self, told: list[facts.Fact]) -> None:
        """Several channels tell at once; the list is clear when all have."""
        self.chance.shuffle(told)
        for fact in told:
            self.say(fact)
        for moment in self.moments[-len(told) : -1]:
            moment.clear = False

    def after(self, least: float, most: float) -> float:
        """Let some time pass; returns the new time."""
        self.now = round(self.now + self.chance.uniform(least, most), 3)
        return self.now

    def maybe(self, probability: float = 0.5) -> bool:
        """One of two ways."""
        return self.chance.random() < probability

    def carry(self) -> None:
        """A whole call, from the arrival to the end."""
        self.say(arrived(self.now))
        if self.maybe(0.9):
            self.recording = PATH
            self.after(0.001, 0.1)
            self.say(recorder(self.now))
        if self.hangs_up(0.1, 20):
            return
        self.say(chose(self.now))
        self.stage = Stage.QUEUE
        self.after(0.001, 0.1)
        self.say(queued(self.now))
        for _ in range(3):
            if self.wait() or self.talk():
                return
        self.hang_up()

    def hangs_up(self, least: float, most: float, probability: float = 0.1) -> bool:
        """Some time passes; the caller may have enough of it."""
        self.after(least, most)
        if self.maybe(probability):
            self.hang_up()
        return self.over

    def hang_up(self, by: EndedBy = EndedBy.CALLER) -> None:
        """The caller's channel ends; the legs' farewells come before or after it."""
        farewells: list[facts.Fact] = [hung_up(self.now, by)]
        farewells += [self.farewell(leg, LeaveCause.NORMAL) for leg in self.legs]
        self.legs = []
        self.over = True
        self.say_in_any_order(farewells)

    def farewell(self, leg: facts.LegSeen, cause: LeaveCause) -> facts.Fact:
        """What a leg's hang-up handler tells."""
        if leg.agent:
            return gone(self.now, leg.channel, leg.agent, cause)
        assert leg.polres
        return polres_gone(self.now, leg.channel, leg.polres, cause)

    def leave(self, leg: facts.LegSeen, cause: LeaveCause) -> None:
        """A leg's end."""
        self.legs.remove(leg)
        self.say(self.farewell(leg, cause))

    def new_channel(self) -> str:
        """A channel that never was."""
        self.legs_made += 1
        return f"leg-{self.legs_made}"

    def wait(self) -> bool:
        """In the queue, until somebody answers or he has enough; true when the call is over."""
        self.agent = self.chance.choice([BUDI, SITI])
        for agent in (SITI, BUDI, self.agent):
            if self.hangs_up(0.01, 15):
                return True
            if self.maybe() or agent is self.agent:
                self.say(rings(self.now, agent))
        if not self.hangs_up(0.1, 4):
            self.answer(self.agent)
        return self.over

    def answer(self, agent: AgentId) -> None:
        """An operator answers."""
        leg = agent_leg(self.new_channel(), agent)
        self.legs.append(leg)
        self.stage = Stage.AGENT
        self.say(took(self.now, leg.channel, agent))

    def talk(self) -> bool:
        """Operator and caller talk; it ends in the queue, or with the call: then it is true."""
        for _ in range(self.chance.randrange(4)):
            if self.hangs_up(0.5, TALK_MAX_S):
                return True
            self.operator_acts()
            if self.over or not self.legs:
                return self.over
        if not self.hangs_up(0.5, TALK_MAX_S, 0.4):
            self.operator_leaves()
        return self.over

    def operator_acts(self) -> None:
        """One of the things that an operator does in a talk."""
        assert self.agent
        match self.chance.randrange(5):
            case 0:
                verdict = self.chance.choice(list(Verdict))
                self.say(judged(self.now, verdict, self.agent))
            case 1:
                self.say(close_pressed(self.now, self.agent))
            case 2:
                self.blind(self.chance.choice([SELATAN, PUSAT]))
            case 3:
                self.consult(self.chance.choice([SELATAN, PUSAT]))
            case _:
                self.join(self.chance.choice([SELATAN, PUSAT]))

    def operator_leaves(self) -> None:
        """By hand: the dialplan hangs up. A dead leg: the front of the queue."""
        lost = self.maybe()
        self.leave(self.legs[0], LeaveCause.LOST if lost else LeaveCause.NORMAL)
        if lost:
            self.front_of_queue()
        else:
            self.after(0.0, 0.6)
            self.hang_up(EndedBy.AGENT)

    def front_of_queue(self) -> None:
        """The dialplan brings him back at once."""
        self.after(0.001, 0.6)
        self.stage, self.polres = Stage.QUEUE, None
        self.say(queued(self.now, returned=True))

    def join(self, polres: PolresExt) -> None:
        """``*75``: the talk goes on while the Polres rings; the operator may leave meanwhile."""
        assert self.agent
        self.polres = polres
        self.say(asked(self.now, polres, TransferKind.JOIN, self.agent))
        self.after(0.01, 0.3)
        if self.maybe():
            self.say(polres_rings(self.now, polres))
        if self.maybe(0.3):
            self.after(0.01, 1)
            self.stage = Stage.POLRES_RINGING
            self.leave(self.legs[0], LeaveCause.NORMAL)
        if self.hangs_up(0.1, 3.5):
            return
        if self.maybe(0.6):
            self.polres_answers(polres)
            return
        self.say(failed(self.now, polres, self.chance.choice(_REFUSALS)))
        if not self.legs:
            self.front_of_queue()

    def blind(self, polres: PolresExt) -> None:
        """The phone's own transfer: the operator is out, and gets the caller back if it fails."""
        assert self.agent
        self.polres, self.stage = polres, Stage.POLRES_RINGING
        leg = self.legs.pop(0)
        told: list[facts.Fact] = [
            asked(self.now, polres, TransferKind.BLIND, self.agent),
            self.farewell(leg, LeaveCause.NORMAL),
        ]
        self.say_in_any_order(told)
        if self.hangs_up(0.1, 4.5):
            return
        if self.maybe():
            self.polres_answers(polres)
            return
        self.stage = Stage.RETURNING
        self.say(failed(self.now, polres, self.chance.choice(_REFUSALS)))
        self.after(0.1, 1)
        self.say(rings(self.now, self.agent))
        if self.hangs_up(0.1, 6.5):
            return
        if self.maybe():
            self.answer(self.agent)
        else:
            self.front_of_queue()

    def consult(self, polres: PolresExt) -> None:
        """The phone's attended transfer: the operator asks the Polres first, however long."""
        assert self.agent
        self.say(asked(self.now, polres, TransferKind.ATTENDED, self.agent))
        if self.hangs_up(0.1, TALK_MAX_S):
            return
        if self.maybe():
            self.say(failed(self.now, polres, self.chance.choice([*_REFUSALS, _DROPPED])))
            return
        leg = self.legs.pop(0)
        new = polres_leg(self.new_channel(), polres)
        self.legs.append(new)
        self.stage, self.polres = Stage.POLRES, polres
        told: list[facts.Fact] = [
            polres_took(self.now, new.channel, polres),
            self.farewell(leg, LeaveCause.NORMAL),
        ]
        self.say_in_any_order(told)
        self.polres_talks()

    def polres_answers(self, polres: PolresExt) -> None:
        """The Polres is in the talk."""
        leg = polres_leg(self.new_channel(), polres)
        self.legs.append(leg)
        self.stage = Stage.POLRES
        self.say(polres_took(self.now, leg.channel, polres))
        self.polres_talks()

    def polres_talks(self) -> None:
        """Both may be in; they leave in any order, or the caller does."""
        began = self.now
        while self.legs:
            if self.hangs_up(0.5, TALK_MAX_S, 0.3):
                return
            leg = self.chance.choice(self.legs)
            cause = self.chance.choice(list(LeaveCause))
            if len(self.legs) > 1 and leg.polres:
                self.leave(leg, cause)
                self.stage, self.polres = Stage.AGENT, None
                return
            self.leave(leg, cause)
        if cause is LeaveCause.NORMAL and leg.agent:
            self.after(0.0, 0.6)
            self.hang_up(EndedBy.AGENT)
            return
        if cause is LeaveCause.NORMAL and self.now - began >= MIN_TALK_S:
            self.after(5, 11)
        self.front_of_queue()


_DROPPED = TransferFailure.DROPPED
_REFUSALS = [TransferFailure.BUSY, TransferFailure.NO_ANSWER, TransferFailure.UNAVAILABLE]


@st.composite
def calls(draw: st.DrawFn) -> list[Moment]:
    """A whole call that the dialplan carried."""
    pbx = Pbx(chance=Random(draw(st.integers(0, 2**32))))
    pbx.carry()
    return pbx.moments
