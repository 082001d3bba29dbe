"""Whole calls, told in order, twice, shuffled, and with a part that nobody heard."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cc110.core import events, facts
from cc110.core.phases import Ended
from tests.unit.core.carried import Moment, calls
from tests.unit.core.told import Story, arrived, at, passed

CORE = settings.get_profile("core")

COUNTERPARTS: dict[type[facts.CallFact], type[events.EventData]] = {
    facts.AgentTook: events.AgentAnswered,
    facts.AgentGone: events.AgentLeft,
    facts.PolresTook: events.PolresAnswered,
    facts.PolresGone: events.PolresLeft,
    facts.TransferAsked: events.TransferStarted,
    facts.TransferFailed: events.TransferReturned,
    facts.CallerGone: events.CallEnded,
}
"""Facts of a call that are each said by one event."""


def tell_in_time(story: Story, told: list[Moment]) -> None:
    """Tell facts at their own times, and let deadlines pass where the dialplan was too slow."""
    for moment in told:
        due = [name for name, time in story.timers.items() if time < at(moment.seconds)]
        for name in due:
            story.tell(passed(moment.seconds, name))
        story.tell(moment.fact)


@CORE
@given(calls())
def test_a_healthy_dialplan_is_never_stepped_in_to(told: list[Moment]) -> None:
    """Each of its own steps comes before the deadline that guards it."""
    story = Story()
    tell_in_time(story, told)

    assert "CallRescued" not in story.types
    assert isinstance(story.call.phase, Ended)


@CORE
@given(calls())
def test_every_fact_of_a_call_is_written_down_once(told: list[Moment]) -> None:
    """As many answers, leavings, transfers and returns as there were, up to the end."""
    end = [isinstance(moment.fact, facts.CallerGone) for moment in told].index(True)
    story = Story()
    tell_in_time(story, told)

    for fact_type, event_type in COUNTERPARTS.items():
        happened = [m for m in told[: end + 1] if isinstance(m.fact, fact_type)]
        assert len(happened) == len(story.data(event_type)), event_type.__name__


@CORE
@given(calls(), st.randoms(use_true_random=False))
def test_a_fact_told_again_at_any_later_time_is_silent(told: list[Moment], chance: Random) -> None:
    """Nothing is said twice, and no repetition moves the call."""
    story, once = Story(), Story()
    for index, moment in enumerate(told):
        story.tell(moment.fact)
        once.tell(moment.fact)
        again = told[chance.randrange(index + 1)].fact

        assert [] == story.tell(again)
        assert once.known == story.known


@CORE
@given(calls(), st.randoms(use_true_random=False))
def test_in_any_order_a_call_ends_once(told: list[Moment], chance: Random) -> None:
    """After its arrival all its facts may come in any order, each of them twice."""
    rest = [moment.fact for moment in told[1:]] * 2
    chance.shuffle(rest)
    story = Story(arrived())
    story.tell(*rest)

    assert isinstance(story.call.phase, Ended)
    assert 1 == story.types.count("CallEnded")


@CORE
@given(calls(), st.data())
def test_after_an_outage_the_call_is_what_the_pbx_says(
    told: list[Moment], data: st.DataObject
) -> None:
    """The list comes first, then what the PBX wrote down meanwhile, then life goes on."""
    lost_from = data.draw(st.integers(0, len(told) - 1))
    back = data.draw(st.integers(lost_from, len(told) - 1))
    story, truth = Story(), Story()
    tell_in_time(story, told[:lost_from])
    tell_in_time(truth, told[: back + 1])
    if isinstance(truth.call.phase, Ended):
        return

    story.tell(told[back].seen)
    assert [] == story.tell(told[back].seen)
    listed = [leg.channel for leg in told[back].seen.legs]
    if told[back].clear and listed == [leg.channel for leg in truth.call.legs]:
        assert _same_legs(truth, story)
        assert _kind(truth).replace("Joining", "Talking") == _kind(story).replace(
            "Joining", "Talking"
        )

    for moment in told[lost_from : back + 1]:
        jitter = timedelta(milliseconds=data.draw(st.integers(0, 3)))
        story.tell(_later(moment.fact, jitter), now=at(moment.seconds + 0.01))
    assert _kind(truth) == _kind(story)
    assert _same_legs(truth, story)

    tell_in_time(story, told[back + 1 :])
    assert isinstance(story.call.phase, Ended)
    assert len(set(_answers(story))) == len(_answers(story))


def _later(fact: facts.Fact, jitter: timedelta) -> facts.Fact:
    from dataclasses import replace

    return replace(fact, at=fact.at + jitter)


def _same_legs(one: Story, other: Story) -> bool:
    return [leg.channel for leg in one.call.legs] == [leg.channel for leg in other.call.legs]


def _kind(story: Story) -> str:
    return type(story.call.phase).__name__


def _answers(story: Story) -> list[str]:
    answers = [*story.data(events.AgentAnswered), *story.data(events.PolresAnswered)]
    return [str(data.channel) for data in answers]
