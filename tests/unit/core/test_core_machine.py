"""Any fact, at any time, in any order, any number of times: what must hold, holds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cc110.core import facts
from cc110.core.phases import Ended, Held, Timed
from cc110.core.words import (
    EndedBy,
    LeaveCause,
    MenuChoice,
    OverflowReason,
    Stage,
    TransferFailure,
    TransferKind,
    Verdict,
)
from tests.unit.core import told
from tests.unit.core.told import BUDI, PUSAT, SELATAN, SITI, Story

SECONDS = st.integers(0, 240).map(lambda quarters: quarters / 4)
AGENTS = st.sampled_from([BUDI, SITI])
POLRES = st.sampled_from([SELATAN, PUSAT])
CHANNELS = st.sampled_from(["c1", "c2", "c3"])
LEGS = st.lists(
    st.one_of(
        st.builds(told.agent_leg, CHANNELS, AGENTS), st.builds(told.polres_leg, CHANNELS, POLRES)
    ),
    max_size=2,
    unique_by=lambda leg: leg.channel,
)
NOBODY = st.none()

FACTS: st.SearchStrategy[facts.Fact] = st.one_of(
    st.builds(told.arrived, SECONDS),
    st.builds(told.recorder, SECONDS, st.sampled_from(["a.wav", "b.wav"])),
    st.builds(told.chose, SECONDS, st.sampled_from(MenuChoice)),
    st.builds(
        told.queued,
        SECONDS,
        returned=st.booleans(),
        staff=st.sampled_from(["", "111", "101", "011", "001", "000", "10"]),
    ),
    st.builds(told.overflowed, SECONDS, st.sampled_from(OverflowReason)),
    st.builds(told.rings, SECONDS, AGENTS),
    st.builds(told.took, SECONDS, CHANNELS, AGENTS),
    st.builds(told.gone, SECONDS, CHANNELS, AGENTS, st.sampled_from(LeaveCause)),
    st.builds(told.judged, SECONDS, st.sampled_from(Verdict), AGENTS),
    st.builds(told.asked, SECONDS, POLRES, st.sampled_from(TransferKind), AGENTS),
    st.builds(told.polres_rings, SECONDS, POLRES),
    st.builds(told.polres_took, SECONDS, CHANNELS, POLRES),
    st.builds(told.failed, SECONDS, POLRES, st.sampled_from(TransferFailure)),
    st.builds(told.polres_gone, SECONDS, CHANNELS, POLRES, st.sampled_from(LeaveCause)),
    st.builds(told.close_pressed, SECONDS),
    st.builds(told.verify_asked, SECONDS),
    st.builds(told.verify_passed, SECONDS, AGENTS),
    st.builds(told.verify_failed, SECONDS, AGENTS),
    st.builds(told.found, SECONDS),
    st.builds(told.not_found, SECONDS),
    st.builds(told.passed, SECONDS, st.sampled_from(["greeting", "adrift", ""])),
)
SEEN = st.builds(
    lambda seconds, stage, legs, recording, agent, polres, until: told.seen(
        seconds,
        stage,
        *legs,
        recording=recording,
        agent=agent,
        polres=polres,
        blocked_until=until,
    ),
    SECONDS,
    st.sampled_from(Stage),
    LEGS,
    st.sampled_from([None, "a.wav"]),
    NOBODY | AGENTS,
    NOBODY | POLRES,
    st.sampled_from([None, 0]),
)


class AnyCall(RuleBasedStateMachine):
    """`Story` checks after each fact: no live phase without a leg or a deadline, one running timer
    exactly when the phase has one, said once what is said once, and replay equal to step."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.told: list[facts.Fact] = []

    @rule(fact=FACTS)
    def something_happens(self, fact: facts.Fact) -> None:
        """Any fact never raises, and the same again at once is silent."""
        self.story.tell(fact)
        self.told.append(fact)
        after = self.story.known

        assert [] == self.story.tell(fact)
        assert after == self.story.known

    @rule(fact=SEEN)
    def the_pbx_lists_the_call(self, fact: facts.Seen) -> None:
        """Whatever the phase was; the same list again adds nothing."""
        self.story.tell(fact)
        after = self.story.known

        assert [] == self.story.tell(fact)
        assert after == self.story.known

    @precondition(lambda self: self.story.timers)
    @rule(seconds=SECONDS)
    def a_deadline_passes(self, seconds: float) -> None:
        """The running one, early or late: something is done about it."""
        assert self.story.pass_deadline(seconds) or isinstance(self.story.call.phase, Held)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def something_is_told_again(self, data: st.DataObject) -> None:
        """Much later, when times make no sense any more: it never raises."""
        self.story.tell(data.draw(st.sampled_from(self.told)))

    @precondition(lambda self: self.story.known and not self.story.call.ended)
    @rule(seconds=SECONDS, by=st.sampled_from(EndedBy), recovered=st.booleans())
    def the_caller_hangs_up(self, seconds: float, by: EndedBy, recovered: bool) -> None:
        """From any phase the call ends, and nothing is due any more."""
        self.story.tell(told.hung_up(seconds, by, recovered=recovered))

        assert isinstance(self.story.call.phase, Ended)
        assert {} == self.story.timers

    @invariant()
    def a_live_caller_is_held_or_guarded(self) -> None:
        """The sentence that all of this is for."""
        call = self.story.known
        assert call is None or call.ended or isinstance(call.phase, Held | Timed)


AnyCall.TestCase.settings = settings(
    settings.get_profile("core"),
    max_examples=settings.get_profile("core").max_examples * 2,
    stateful_step_count=30,
)
TestAnyCall = AnyCall.TestCase
