"""A Polres that answers just when its time is over (T3): one outcome, one talk, never silence."""

import asyncio
import random
from collections import Counter

import pytest

from cc110.core.events import Event

from ...control_room import ControlRoom
from ...phones.light import LightCall
from ..story import Story
from .desks import Desks, numbers
from .site import OPERATORS, POLRES

EDGE_S = 0.05
ALONE, JOINED = "alone with the operator", "with the Polres"


async def _answers_at_the_edge(ringing: LightCall, ring_s: float, offset: float) -> None:
    """So many seconds after the time is over, or before."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(ringing.rang_at + ring_s + offset - loop.time())
    ringing.answer()


async def _lane(
    desks: Desks, lane: int, number: str, chance: random.Random, runs: int
) -> Counter[str]:
    """One caller and operator, who try a Polres again and again."""
    room, polres = desks.room, POLRES[lane]
    story = await Story.begin(room, number)
    call, desk = await desks.talk(number)
    outcomes: Counter[str] = Counter()
    for run in range(runs):
        await asyncio.gather(desk.keys(f"*75{polres}#"), call.silence(0.1))
        ringing = await desks.rings("polres", number)
        offset = chance.uniform(-EDGE_S, EDGE_S)
        await _answers_at_the_edge(ringing, room.config.settings.transfer.ring_s, offset)
        outcomes[await _outcome(desks, story, number, ringing, run + 1)] += 1
        assert desk.phone.name in await desks.in_bridge_with(number)
        assert call.live
        assert desk.live
    await call.hang_up()
    await story.told("CallEnded")
    events = await story.events()
    assert not any(event.type in ("CallRescued", "CallRequeued") for event in events)
    _settled_once_each(events)
    return outcomes


async def _outcome(desks: Desks, story: Story, number: str, ringing: LightCall, run: int) -> str:
    """What the PBX did, what the Polres's phone saw and what the journal says: all the same."""
    async with asyncio.timeout(5):
        while len(ends := _ends(await story.events())) < run:
            await asyncio.sleep(0.05)
    joined = ends[-1].type == "PolresAnswered"
    polres = ringing.phone.name
    wanted = (lambda there: polres in there) if joined else (lambda there: polres not in there)
    there = await desks.comes_true(number, wanted, timeout=2)
    assert (polres in there) is joined, f"{ends[-1].type}, and there are {there}"
    assert len(there) == 2 if joined else len(there) == 1, f"{ends[-1].type}: {there}"
    if joined:
        assert ringing.live
        await ringing.hang_up()
        await story.told("PolresLeft", times=sum(end.type == "PolresAnswered" for end in ends))
    else:
        await asyncio.wait_for(ringing.over.wait(), 2)
    there = await desks.comes_true(number, lambda there: len(there) == 1, timeout=2)
    assert len(there) == 1
    return JOINED if joined else ALONE


def _ends(events: list[Event]) -> list[Event]:
    return [event for event in events if event.type in ("PolresAnswered", "TransferReturned")]


def _settled_once_each(events: list[Event]) -> None:
    """Start, outcome, start, outcome: never two of a kind after each other."""
    story = [e.type for e in events if e.type == "TransferStarted" or e in _ends(events)]
    assert all((kind == "TransferStarted") is (n % 2 == 0) for n, kind in enumerate(story)), story


async def _race(desks: Desks, *, lanes: int, runs: int, seed: int) -> Counter[str]:
    await desks.on_duty(*OPERATORS[:lanes])
    await desks.sit(*POLRES[:lanes])
    done = await asyncio.gather(
        *(
            _lane(desks, lane, number, random.Random(seed + lane), runs)
            for lane, number in enumerate(numbers(3000, lanes))
        )
    )
    assert await desks.quiet() == []
    return sum(done, Counter())


async def test_t3_an_answer_at_the_edge_has_one_outcome(desks: Desks, room: ControlRoom) -> None:
    """Six at once, each within 50 ms of the time-out."""
    outcomes = await _race(desks, lanes=6, runs=1, seed=1)
    assert outcomes.total() == 6


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_t3_500_answers_at_the_edge_have_one_outcome_each(
    desks: Desks, room: ControlRoom
) -> None:
    """Twenty callers, twenty-five tries each."""
    outcomes = await _race(desks, lanes=20, runs=25, seed=100)
    print(f"\n500 answers within 50 ms of the time-out: {dict(outcomes)}")
    assert outcomes.total() == 500
    assert min(outcomes[ALONE], outcomes[JOINED]) > 50, "the edge was not met"
