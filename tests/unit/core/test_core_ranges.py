"""Ranges of numbers: what is said, who may block them, and whom they block."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core import ranges
from cc110.core.blocking import BlockRefused
from cc110.core.effects import LiftBlock
from cc110.core.events import Data, Event, RangeBlockProposed, RangeUnblocked
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.ranges import Ranges, Span, fold, spans_of
from cc110.core.verification import freeing

NOON = datetime(2026, 8, 17, 12, 0, tzinfo=UTC)
PREFIX, NUMBER, OTHER = "628400001", Number("6284000012345"), Number("6284000022345")


def told(*data: Data) -> Ranges:
    return fold(Event(at=NOON, data=one) for one in data)


def proposed(**said: object) -> RangeBlockProposed:
    usual = {"until": 0, "reason": "robot", "by": "Padal Contoh", "least_digits": 8}
    return ranges.propose(Span(prefix=PREFIX), **{**usual, **said})


def blocked(by: str = "Kanit Contoh", **said: object) -> tuple[Data, Data]:
    first = proposed(**said)
    return first, ranges.confirm(told(first), PREFIX, by=by, now=NOON)


def test_a_proposal_blocks_nobody() -> None:
    """Only a second person's word does."""
    assert told(proposed()).blocking(NUMBER, NOON) is None


def test_a_confirmed_range_blocks_its_numbers_and_no_other() -> None:
    """By the digits that they begin with."""
    known = told(*blocked())

    assert known.blocking(NUMBER, NOON)
    assert known.blocking(OTHER, NOON) is None


@pytest.mark.parametrize("same", ["Padal Contoh", " padal contoh "])
def test_nobody_confirms_his_own_proposal(same: str) -> None:
    """However he writes his name."""
    with pytest.raises(BlockRefused, match="second person"):
        blocked(by=same)


@pytest.mark.parametrize("by", ["", " "])
def test_nobody_is_no_second_person(by: str) -> None:
    """A name is needed."""
    with pytest.raises(BlockRefused, match="name"):
        blocked(by=by)


def test_what_nobody_proposed_or_is_over_is_not_confirmed() -> None:
    """Nothing is blocked by a word that came too late."""
    late = proposed(until=int(NOON.timestamp()) - 1)

    with pytest.raises(BlockRefused, match="nobody proposed"):
        ranges.confirm(Ranges(), PREFIX, by="Kanit Contoh", now=NOON)
    with pytest.raises(BlockRefused, match="over"):
        ranges.confirm(told(late), PREFIX, by="Kanit Contoh", now=NOON)


def test_a_range_of_too_many_numbers_is_refused() -> None:
    """A whole operator's numbers are no range of pranksters."""
    with pytest.raises(BlockRefused, match="too many"):
        ranges.propose(Span(prefix="62812"), until=0, reason="x", by="Padal Contoh", least_digits=8)


def test_a_range_ends_by_time_or_by_one_person() -> None:
    """Lifting needs no second word."""
    until = int(NOON.timestamp()) + 60
    known = told(*blocked(until=until))

    assert known.blocking(NUMBER, NOON + timedelta(seconds=59))
    assert known.blocking(NUMBER, NOON + timedelta(seconds=60)) is None
    lifted = ranges.lift(known, PREFIX, reason="gone", by="Padal Contoh")
    assert lifted == RangeUnblocked(prefix=PREFIX, reason="gone", by="Padal Contoh")
    assert told(*blocked(), lifted).blocking(NUMBER, NOON) is None


def test_a_verified_number_is_exempt_until_the_range_is_confirmed_anew() -> None:
    """The way out of a block holds for ranges as well; a newer word counts."""
    known = told(*blocked())
    free = ranges.exempt(known, NUMBER, reason="verified", by="1101", now=NOON)
    assert free

    assert told(*blocked(), free).blocking(NUMBER, NOON) is None
    assert told(*blocked(), free, *blocked()).blocking(NUMBER, NOON)
    assert ranges.exempt(known, OTHER, reason="verified", by="1101", now=NOON) is None


def test_a_verification_frees_from_a_range_that_is_older_than_it() -> None:
    """A range that was confirmed after the key was pressed is not touched by it."""
    known = told(*blocked())
    lift = LiftBlock(call_id=CallId("a"), number=NUMBER, agent=AgentId("1101"), at=NOON)

    assert freeing(known, replace(lift, at=NOON - timedelta(minutes=1))) is None
    event = freeing(known, replace(lift, at=NOON + timedelta(minutes=1)))
    assert event
    assert event.data.by == "1101"


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("0840-0001", "628400001"[:9]),
        ("+62 840-0001", "628400001"),
        ("0062840 0001", "628400001"),
        ("8400001", "628400001"),
        ("628400001", "628400001"),
        ("021-555", "6221555"),
        ("+65 9123", "659123"),
    ],
)
def test_a_beginning_is_said_in_any_usual_form(said: str, prefix: str) -> None:
    """As whole numbers are."""
    assert spans_of(said) == (Span(prefix=prefix),)


@pytest.mark.parametrize(
    "said", ["", "12", "abc", "0840*", "0840-1..0840-22", "0840-99..0840-11", "..", "${EXTEN}"]
)
def test_what_is_no_range_is_refused(said: str) -> None:
    """With a sentence."""
    with pytest.raises(BlockRefused):
        spans_of(said)


def test_a_range_that_needs_too_many_prefixes_is_refused() -> None:
    """It is said in parts."""
    with pytest.raises(BlockRefused, match="parts"):
        spans_of("0840-0000-0001..0840-9999-9998")


@given(low=st.integers(0, 9999), size=st.integers(0, 300), other=st.integers(0, 10_500))
def test_first_to_last_holds_these_numbers_and_no_other(low: int, size: int, other: int) -> None:
    """The prefixes of a range cover it exactly."""
    first, last = 6_284_000_000_000 + low, 6_284_000_000_000 + low + size
    spans = ranges._cover(str(first), str(last))
    number = 6_284_000_000_000 + other

    assert any(span.holds(str(number)) for span in spans) is (first <= number <= last)
    assert not any(span.holds(f"{first}0") for span in spans)
