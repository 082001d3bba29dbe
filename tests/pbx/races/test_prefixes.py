"""Desks whose names begin alike (T8): 710 and 7101, which no directory may have together; the right one is bridged."""

import asyncio

import pytest

from ...control_room import ControlRoom
from ...phones.light import LightCall
from .desks import Desks, numbers
from .site import OPERATORS, POLRES, PREFIX

LANES = 4


async def _brought_in(desks: Desks, number: str, desk: LightCall, polres: str) -> None:
    """That Polres comes into this talk, then leaves it again."""
    await desk.keys(f"*75{polres}#")
    ringing = await desks.rings("polres", number)
    assert ringing.phone.name == polres
    ringing.answer()
    wanted = {desk.phone.name, polres}
    assert await desks.comes_true(number, lambda there: there == wanted, timeout=3) == wanted
    await ringing.hang_up()
    alone = {desk.phone.name}
    assert await desks.comes_true(number, lambda there: there == alone, timeout=3) == alone


async def _at_the_same_time(desks: Desks, rounds: int) -> int:
    """In each round 710 and those that begin with it are brought into different talks; how often in all."""
    polres = (PREFIX, *POLRES[: LANES - 1])
    assert all(one.startswith(PREFIX) for one in polres)
    await desks.on_duty(*OPERATORS[:LANES])
    await desks.sit(*polres)
    callers = tuple(numbers(5000, LANES))
    talks = await asyncio.gather(*(desks.talk(number) for number in callers))
    for turn in range(rounds):
        await asyncio.gather(
            *(
                _brought_in(desks, number, desk, polres[(lane + turn) % LANES])
                for lane, (number, (_, desk)) in enumerate(zip(callers, talks, strict=True))
            ),
            *(call.silence(0.1) for call, _ in talks),
        )
    await asyncio.gather(*(call.hang_up() for call, _ in talks))
    assert await desks.quiet() == []
    return rounds * LANES


async def test_t8_a_desk_is_never_taken_for_one_whose_name_begins_like_it(
    desks: Desks, room: ControlRoom
) -> None:
    """Eight times, four at once."""
    assert await _at_the_same_time(desks, 2) == 8


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_t8_a_hundred_times_the_right_desk(desks: Desks, room: ControlRoom) -> None:
    """The same, 100 of 100."""
    assert await _at_the_same_time(desks, 25) == 100
