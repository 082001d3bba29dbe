"""Who rings when: levels of the climb, with some of them empty."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.climb import (
    Level,
    key_of,
    keys,
    openings,
    staffed_by,
    staffed_in,
    steps,
)

AFTER = (0, 10, 20, 30)


@pytest.mark.parametrize(
    ("key", "opens"),
    [
        ("1111", (0, 10, 20, 30)),
        ("1011", (0, 10, 10, 20)),
        ("0111", (0, 0, 10, 20)),
        ("0011", (0, 0, 0, 10)),
        ("0001", (0, 0, 0, 0)),
        ("1001", (0, 10, 10, 10)),
        ("1100", (0, 10, 20, 30)),
        ("0000", (0, 0, 0, 0)),
    ],
)
def test_a_level_with_nobody_is_skipped_at_once(key: str, opens: tuple[int, ...]) -> None:
    """The next one comes at its time, and all that follow as much earlier."""
    assert openings(AFTER, staffed_in(key)) == opens


@given(
    gaps=st.lists(st.integers(1, 60), min_size=0, max_size=5),
    there=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_openings_never_go_back_nor_come_late(gaps: list[int], there: list[bool]) -> None:
    """Rising; none after its own time; and somebody rings at once if there is anybody."""
    after = [0]
    for gap in gaps:
        after.append(after[-1] + gap)
    staffed = there[: len(after)]
    opens = openings(after, staffed)
    assert all(one <= other for one, other in pairwise(opens))
    assert all(found <= own for found, own in zip(opens, after, strict=True))
    if any(staffed):
        assert min(when for when, some in zip(opens, staffed, strict=True) if some) == 0


def test_a_level_is_named_and_counted() -> None:
    """As explain and the events name it."""
    levels = (Level(who="polda", after_s=0), Level(who="mabes", after_s=10))
    on_duty = staffed_by([("1101", "1102"), ("1901",)], {"1901"})
    first, second = steps(levels, on_duty)
    assert (first.staffed, second.staffed) == (False, True)
    assert (second.number, second.who, second.opens_s, second.penalty) == (2, "mabes", 0, 10)


def test_a_set_of_levels_has_one_name() -> None:
    """And every set has one."""
    assert [key_of(staffed_in(key)) for key in keys(3)] == list(keys(3))
    assert len(keys(6)) == 64
    assert keys(0) == ()
    assert staffed_in("10x") == ()
