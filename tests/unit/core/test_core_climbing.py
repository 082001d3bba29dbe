"""A caller who waits climbs: said at its own time, whoever tells of it and when."""

from cc110.core import events, facts
from cc110.core.acting import resume
from cc110.core.effects import SetDeadline
from cc110.core.events import CallClimbed
from cc110.core.phases import Talking, Waiting
from cc110.core.words import ClimbWho, OverflowReason, Stage
from tests.unit.core.told import (
    CALL,
    POLICY,
    QUEUE,
    Story,
    agent_leg,
    arrived,
    at,
    gone,
    hung_up,
    overflowed,
    passed,
    queued,
    recorder,
    rings,
    seen,
    took,
)

NEIGHBOURS = CallClimbed(level=2, rings=ClimbWho.NEIGHBOURS, after_s=10, queue=QUEUE)
MABES = CallClimbed(level=3, rings=ClimbWho.MABES, after_s=20, queue=QUEUE)


def waiting(staff: str) -> Story:
    """In the queue since second 6."""
    return Story(arrived(), recorder(), queued(6, staff=staff))


def climbs(story: Story) -> list[tuple[float, CallClimbed]]:
    """What was said of the climb, each with its second."""
    return [
        ((event.at - at(0)).total_seconds(), event.data)
        for event in story.events
        if isinstance(event.data, CallClimbed)
    ]


def test_each_level_is_said_at_its_time() -> None:
    """By the daemon's timers; after the last one nothing is due."""
    story = waiting("111")
    assert list(story.timers.values()) == [at(16)]
    story.pass_deadline(16)
    story.pass_deadline(26)

    assert climbs(story) == [(16, NEIGHBOURS), (26, MABES)]
    assert story.timers == {}
    assert isinstance(story.call.phase, Waiting)


def test_a_timer_that_is_early_or_late_tells_the_same() -> None:
    """The PBX's clock and the daemon's are two."""
    story = waiting("111")
    story.pass_deadline(15.2)
    story.pass_deadline(26.9)

    assert climbs(story) == [(16, NEIGHBOURS), (26, MABES)]


def test_a_level_with_nobody_is_no_step() -> None:
    """The next one comes at its time."""
    story = waiting("101")
    story.pass_deadline(16)

    (one,) = climbs(story)
    assert one == (16, CallClimbed(level=3, rings=ClimbWho.MABES, after_s=10, queue=QUEUE))
    assert story.timers == {}


def test_where_nobody_is_at_the_first_level_the_next_rings_at_once() -> None:
    """Also that is said."""
    story = waiting("001")
    story.tell(rings(6.1))

    assert climbs(story) == [
        (6, CallClimbed(level=3, rings=ClimbWho.MABES, after_s=0, queue=QUEUE))
    ]


def test_who_is_answered_or_leaves_climbs_no_further() -> None:
    """At the border as well: the PBX's times decide."""
    answered, left = waiting("111"), waiting("111")
    answered.tell(took(15.999))
    left.tell(hung_up(16.001))

    assert climbs(answered) == []
    assert isinstance(answered.call.phase, Talking)
    assert climbs(left) == [(16, NEIGHBOURS)]
    assert answered.timers == left.timers == {}


def test_who_comes_back_climbs_anew() -> None:
    """From the first level, by those who are there then."""
    story = waiting("111")
    story.tell(took(8), gone(40), queued(41, returned=True, staff="101"))
    assert list(story.timers.values()) == [at(51)]
    story.pass_deadline(51)

    assert [when for when, _ in climbs(story)] == [51]


def test_what_was_missed_is_told_with_its_own_time() -> None:
    """Read back from the PBX's record: who took him after 25 s had come by way of both levels."""
    story = waiting("111")
    story.tell(facts.AgentTook(**vars(took(31)) | {"recovered": True}))

    assert [(when, data.recovered) for when, data in climbs(story)] == [(16, True), (26, True)]


def test_a_list_that_has_him_in_a_talk_tells_nothing_of_the_way() -> None:
    """He may have been answered at once; one that has him in the queue does."""
    talks, waits = waiting("111"), waiting("111")
    talks.tell(seen(60, Stage.AGENT, agent_leg("b1")))
    waits.tell(seen(20, Stage.QUEUE))

    assert climbs(talks) == []
    assert [when for when, _ in climbs(waits)] == [16]


def test_a_daemon_that_returns_goes_on_with_the_next_level() -> None:
    """Rebuilt from the journal; what came meanwhile is told first."""
    story = waiting("111")
    (soon,) = resume(story.call, now=at(8), policy=POLICY)
    (late,) = resume(story.call, now=at(30), policy=POLICY)

    assert isinstance(soon, SetDeadline)
    assert isinstance(late, SetDeadline)
    assert (soon.at, late.at) == (at(16), at(33))
    story.tell(passed(33, late.name))
    assert [when for when, _ in climbs(story)] == [16, 26]


def test_who_is_told_that_nobody_can_take_him_goes_on_waiting() -> None:
    """Each time is said once, however often it is told."""
    story = waiting("000")
    story.tell(overflowed(6, OverflowReason.NOBODY), overflowed(40), overflowed(40.3))

    said = [it.data.reason for it in story.events if isinstance(it.data, events.CallOverflowed)]
    assert said == [OverflowReason.NOBODY, OverflowReason.NUMBER_FAILED]
    assert isinstance(story.call.phase, Waiting)
    assert story.call.call_id == CALL
