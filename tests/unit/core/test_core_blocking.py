"""The blocklist (SOP S2 VIII)."""

from datetime import UTC, datetime

import pytest

from cc110.core.blocking import Block, BlockRefused, block, fold, is_blocked, unblock
from cc110.core.events import Data, Event, NumberBlocked, NumberUnblocked, PbxLost
from cc110.core.ids import Number

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER, OTHER = Number("6281234567890"), Number("6281234567891")
ENTRY = Block(number=NUMBER, until=0, reason="prank", by="admin", since=NOW)


@pytest.mark.parametrize(
    ("until", "blocked"),
    [
        (None, False),
        (0, True),
        (int(NOW.timestamp()) + 1, True),
        (int(NOW.timestamp()), False),
        (1, False),
    ],
)
def test_an_entry_blocks_until_its_time(until: int | None, blocked: bool) -> None:
    """0 is for ever; no entry blocks nobody."""
    assert blocked == is_blocked(until, NOW)


def test_a_number_is_blocked_with_its_reason_and_doer() -> None:
    """Nobody is blocked by nobody."""
    decided = block(None, NUMBER, until=0, reason="prank", by="admin")

    assert NumberBlocked(number=NUMBER, until=0, reason="prank", by="admin") == decided


def test_blocking_twice_until_the_same_time_is_blocking_once() -> None:
    """Another time is another decision."""
    assert block(ENTRY, NUMBER, until=0, reason="again", by="other") is None
    assert block(ENTRY, NUMBER, until=99, reason="again", by="other") is not None


@pytest.mark.parametrize("number", [None, Number(""), Number("110"), Number("0812345678901")])
def test_who_is_not_identified_can_not_be_blocked(number: Number | None) -> None:
    """Mission, "must never happen" 4."""
    with pytest.raises(BlockRefused, match="not a full telephone number"):
        block(None, number, until=0, reason="prank", by="admin")


@pytest.mark.parametrize(
    ("until", "reason", "by", "says"),
    [
        (-1, "prank", "admin", "no time"),
        (0, " ", "admin", "reason"),
        (0, "prank", "", "name"),
    ],
)
def test_a_change_without_time_reason_or_doer_is_refused(
    until: int, reason: str, by: str, says: str
) -> None:
    """With one clear sentence."""
    with pytest.raises(BlockRefused, match=says):
        block(None, NUMBER, until=until, reason=reason, by=by)


def test_a_blocked_number_is_taken_off_the_list() -> None:
    """Once, and with a reason."""
    decided = unblock(ENTRY, reason="verified", by="1101")

    assert NumberUnblocked(number=NUMBER, reason="verified", by="1101") == decided
    assert unblock(None, reason="verified", by="1101") is None
    with pytest.raises(BlockRefused, match="reason"):
        unblock(ENTRY, reason="", by="1101")


def test_the_journal_tells_the_blocklist() -> None:
    """The last word on each number counts; other events are passed over."""
    said: list[Data] = [
        NumberBlocked(number=NUMBER, until=5, reason="first", by="admin"),
        NumberBlocked(number=OTHER, until=0, reason="other", by="admin"),
        PbxLost(reason="test"),
        NumberBlocked(number=NUMBER, until=0, reason="prank", by="admin"),
        NumberUnblocked(number=OTHER, reason="verified", by="1101"),
        NumberUnblocked(number=OTHER, reason="verified", by="1101"),
    ]

    assert {NUMBER: ENTRY} == fold(Event(at=NOW, data=data) for data in said)
