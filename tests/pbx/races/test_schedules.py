"""Everybody does something to one call at the same time (T5, T6), after schedules drawn from a seed.

Whatever is drawn: a caller who stays on the line has somebody, or is in the queue; a second transfer while one is
under way is refused; one call has one end; and when he hangs up, nothing of the call is left a second later.
"""

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from cc110.core.events import CallEnded, Event

from ...control_room import ControlRoom
from ...phones.light import LightCall
from ..story import Story
from .desks import Desks, numbers
from .site import OPERATORS, POLRES

SPAN_S = 1.6
"""All of it begins within so many seconds."""
SETTLED_S = 9.0
"""Ring time of the Polres and of a returned operator, and the word between."""
QUEUED = {"CallQueued", "CallRequeued", "CallRescued"}


@dataclass(frozen=True)
class Move:
    """Who does what, and when."""

    at_s: float
    what: str


OPERATOR_MOVES = (
    "*75{0}#", "*75{0}#", "*75{1}#", "*71", "*72", "*73", "*74", "*70", "hang up", "pause", "caller hangs up",
)  # fmt: skip
POLRES_MOVES = ("answers", "answers", "refuses", "rings on", "answers and drops")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What happens to one call."""

    moves: list[Move]
    polres: list[str]
    """Two of them, whom the operator may key."""
    answers: list[str]
    """What each Polres that rings does, in turn."""
    stays_s: float
    """How long somebody must have had the caller without a break, until he hangs up."""


def draw(seed: int) -> Schedule:
    """The schedule of that seed, with two to five moves."""
    chance = random.Random(seed)
    count = chance.randint(2, 5)
    moves = [
        Move(at_s=chance.uniform(0, SPAN_S), what=chance.choice(OPERATOR_MOVES))
        for _ in range(count)
    ]
    return Schedule(
        moves=sorted(moves, key=lambda move: move.at_s),
        polres=chance.sample(POLRES, 2),
        answers=chance.choices(POLRES_MOVES, k=4),
        stays_s=chance.choice((0.0, 1.0, 4.0)),
    )


async def _play(desks: Desks, seed: int, number: str) -> list[Event]:
    """One schedule, from the call to its end; what the journal has of it."""
    drawn = draw(seed)
    story = await Story.begin(desks.room, number)
    call, desk = await desks.talk(number)
    at_polres = asyncio.create_task(_polres(desks, number, drawn.answers))
    later = asyncio.create_task(_operators(desks, number))
    await asyncio.gather(*(_move(desks, call, desk, move, drawn.polres) for move in drawn.moves))
    try:
        await _has_somebody(desks, story, call, number, drawn.stays_s)
    finally:
        left = not call.live
        await call.hang_up()
        at_polres.cancel()
        later.cancel()
    await _all_gone(desks, number, left=left)
    await story.told("CallEnded", timeout=5)
    return await story.events()


async def _move(
    desks: Desks, call: LightCall, desk: LightCall, move: Move, polres: list[str]
) -> None:
    await asyncio.sleep(move.at_s)
    match move.what:
        case "hang up":
            await desk.hang_up()
        case "caller hangs up":
            await call.hang_up()
        case "pause":
            who = {"Interface": f"PJSIP/{desk.phone.name}"}
            await desks.room.observer.action("QueuePause", **who, Paused="true")
            await desks.room.observer.action("QueuePause", **who, Paused="false")
        case keys:
            await desk.keys(keys.format(*polres))


async def _polres(desks: Desks, number: str, answers: list[str]) -> None:
    """Whichever Polres rings does the next of these."""
    for answer in answers:
        ringing = await desks.rings("polres", number, timeout=60)
        match answer:
            case "answers":
                ringing.answer()
            case "refuses":
                ringing.refuse()
            case "answers and drops":
                ringing.answer()
                await asyncio.sleep(0.2)
                await ringing.hang_up()


async def _operators(desks: Desks, number: str) -> None:
    """Whoever rings for a caller who came back answers."""
    while True:
        (await desks.rings("operator", number, timeout=60)).answer()


async def _has_somebody(
    desks: Desks, story: Story, call: LightCall, number: str, stays_s: float
) -> None:
    """After everything has had its time, a caller on the line talks with somebody, or waits in the queue."""
    loop = asyncio.get_running_loop()
    since = loop.time()

    async def cared_for() -> bool:
        nonlocal since
        if not call.live:
            return True
        if not await desks.in_bridge_with(number) and not await _waits(story):
            since = loop.time()
        return loop.time() - since >= stays_s

    await _soon(cared_for, SETTLED_S + stays_s, f"{number} has nobody")


async def _waits(story: Story) -> bool:
    """The queue has him, and rings operators in turn."""
    told = [event.type for event in await story.events() if event.type != "AgentRang"]
    return told[-1] in QUEUED


async def _all_gone(desks: Desks, number: str, *, left: bool) -> None:
    """T5: every leg within a second."""

    async def gone() -> bool:
        channels = await desks.room.observer.channels()
        return not desks.ghosts(number) and not [
            it for it in channels if number in (it.get("CallerIDNum"), it.get("ConnectedLineNum"))
        ]

    await _soon(gone, 3.0 if left else 1.0, f"legs of {number} are left: {desks.ghosts(number)}")


async def _soon(true: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.05)


def _check(events: list[Event]) -> None:
    """One arrival, one end, transfers one after the other, each with one outcome."""
    kinds = Counter(event.type for event in events)
    assert kinds["CallArrived"] == kinds["CallEnded"] == 1, kinds
    assert not kinds["CallRescued"], "the daemon's last resort had to step in"
    open_try = False
    for event in events:
        match event.type:
            case "TransferStarted":
                assert not open_try, "a second transfer began while one was under way"
                open_try = True
            case "PolresAnswered":
                open_try = False
            case "TransferReturned":
                open_try = False
    assert all(e.data.duration_s >= 0 for e in events if isinstance(e.data, CallEnded))


def _where(error: BaseException) -> str:
    """What went wrong, and in which step."""
    steps = (frame.name for frame in traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} {error} in {' > '.join(steps)}"


async def _race(
    desks: Desks, *, first: int, count: int, at_once: int
) -> tuple[Counter[str], list[str]]:
    """Play the schedules of so many seeds, some at a time; kinds of events, and what went wrong."""
    await desks.on_duty(*OPERATORS)
    await desks.sit(*POLRES)
    seeds = iter(range(first, first + count))
    kinds: Counter[str] = Counter()
    wrong: list[str] = []

    async def lane() -> None:
        for seed in seeds:
            (number,) = numbers(10_000 + seed, 1)
            try:
                events = await _play(desks, seed, number)
                _check(events)
                kinds.update(event.type for event in events)
            except (AssertionError, TimeoutError) as error:
                wrong.append(f"seed {seed}: {_where(error)}")

    await asyncio.gather(*(lane() for _ in range(at_once)))
    assert await desks.quiet(timeout=5) == []
    return kinds, wrong


async def test_t6_races_about_one_call_keep_the_caller_served(
    desks: Desks, room: ControlRoom
) -> None:
    """Sixteen schedules at once."""
    kinds, wrong = await _race(desks, first=0, count=16, at_once=16)
    assert not wrong, "\n".join(wrong)
    assert kinds["CallEnded"] == 16


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_t6_a_thousand_schedules_keep_the_caller_served(
    desks: Desks, room: ControlRoom
) -> None:
    """The same, long."""
    kinds, wrong = await _race(desks, first=1000, count=1000, at_once=16)
    print(f"\n1000 schedules, {len(wrong)} wrong: {dict(kinds)}")
    assert not wrong, "\n".join(wrong)
