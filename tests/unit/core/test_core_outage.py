"""A call of which a part was not heard, and read back afterwards: told as if nothing had been missed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cc110.core import facts
from cc110.core.call import Call
from cc110.core.decide import step
from cc110.core.events import CallArrived, Event
from cc110.core.evolve import replay
from tests.unit.core.carried import Moment, calls
from tests.unit.core.told import POLICY, arrived, at, hung_up, queued, recorder, took

CORE = settings.get_profile("core")


class Daemon:
    """A daemon that dies: what it knows is what its journal tells."""

    def __init__(self) -> None:
        self.journal: list[Event] = []
        self.call: Call | None = None
        self._lengths: list[int] = []

    def tell(self, told: Iterable[facts.Fact]) -> None:
        for fact in told:
            done = step(self.call, fact, now=fact.at, policy=POLICY)
            self.call = done.call
            self.journal += done.events
            self._lengths.append(len(self.journal))

    def dies(self, *, unwritten: int = 0) -> None:
        """With what so many facts said on its way to the journal, which takes it whole or not at all."""
        if unwritten:
            self.journal = self.journal[: [0, *self._lengths][-1 - unwritten]]
        self.call = replay(self.journal, POLICY)


def read_back(told: Iterable[Moment]) -> list[facts.Fact]:
    """What the PBX wrote down."""
    return [replace(moment.fact, recovered=True) for moment in told]


def said(journal: Sequence[Event]) -> set[tuple[Any, ...]]:
    """The events, whether they were heard live or not."""
    return {
        (event.at, event.type, str({**vars(event.data), "recovered": None})) for event in journal
    }


@CORE
@given(calls(), st.data())
def test_s2_an_outage_changes_nothing_but_the_marks(
    told: list[Moment], data: st.DataObject
) -> None:
    """Whatever part was missed, whatever was lost on its way, and wherever reading back was cut short."""
    whole = Daemon()
    whole.tell(moment.fact for moment in told)
    died = data.draw(st.integers(0, len(told)), label="died before")
    back = data.draw(st.integers(died, len(told)), label="back before")
    daemon = Daemon()
    daemon.tell(moment.fact for moment in told[:died])
    unwritten = data.draw(st.integers(0, min(3, died)), label="unwritten")
    daemon.dies(unwritten=unwritten)
    for _ in range(data.draw(st.integers(0, 2), label="cut short")):
        daemon.tell(read_back(told[: data.draw(st.integers(0, back), label="read")]))
        daemon.dies()
    daemon.tell(read_back(told[:back]))
    if back and daemon.call and not daemon.call.ended and told[back - 1].clear:
        daemon.tell([told[back - 1].seen])
    daemon.tell(moment.fact for moment in told[back:])

    assert said(whole.journal) == said(daemon.journal)
    assert len(daemon.journal) == len(whole.journal)


def test_what_is_read_back_has_its_own_time_and_is_marked() -> None:
    """The waiting time is exact as well: the call's id knows whole seconds only."""
    daemon = Daemon()
    daemon.tell(
        replace(fact, recovered=True)
        for fact in (arrived(0.6), recorder(0.7), queued(6), took(10.1), hung_up(30.2))
    )

    assert [at(0.6), at(0.7), at(6), at(10.1), at(30.2)] == [event.at for event in daemon.journal]
    assert all(getattr(event.data, "recovered", False) for event in daemon.journal)
    (answer,) = [one.data for one in daemon.journal if one.type == "AgentAnswered"]
    assert vars(answer)["waited_s"] == 9.5
    assert isinstance(daemon.journal[0].data, CallArrived)


def test_who_was_said_to_have_given_up_is_not_said_so_again() -> None:
    """A spool that was cut short in between holds a part of what one fact said."""
    daemon = Daemon()
    daemon.tell([arrived(), recorder(), queued(6), hung_up(30)])
    whole = list(daemon.journal)
    assert [event.type for event in whole[-2:]] == ["CallAbandoned", "CallEnded"]

    daemon.journal.pop()
    daemon.dies()
    daemon.tell([replace(hung_up(30), recovered=True)])

    assert said(whole) == said(daemon.journal)
    assert len(whole) == len(daemon.journal)
