"""What becomes of a call before anybody answers: the rules of the dialplan, without one."""

from datetime import UTC, datetime

import pytest

from cc110.core.foresee import Fate, Foreseen, Listed, Said, block_of, foresee, lasts, number_of
from cc110.core.ids import Number, QueueName
from cc110.core.origin import Origins
from cc110.core.words import MenuChoice, NumberSource, OriginBy

A, B = QueueName("polda-a"), QueueName("polda-b")
NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
SOON, PAST = str(int(NOW.timestamp()) + 60), str(int(NOW.timestamp()) - 60)
NUMBER = Number("6281200000001")


def seen(said: Said, listed: Listed = Listed(), *, way_out: str = "reject") -> Foreseen:  # noqa: B008
    return foresee(
        said,
        known=("110", "021110"),
        origins=Origins(order=(OriginBy.AREA_CODE,), default=A, areas={"061": B}),
        listed=listed,
        way_out=way_out,
        menu=True,
        local=NOW,
    )


def said(number: str = "081200000001", dialled: str = "110") -> Said:
    return Said(dialled=dialled, trunk="trunk-demo", asserted=number)


def test_a_call_that_is_let_in() -> None:
    """Number, Polda, greeting, priority."""
    found = seen(said("0614567890"))

    assert (found.fate, found.number, found.source) == (Fate.LET_IN, "62614567890", "asserted")
    assert found.origin
    assert (found.origin.queue, found.origin.by) == (B, OriginBy.AREA_CODE)
    assert found.greeting[0] == "greeting-malam"
    assert (found.priority, found.priorities[MenuChoice.INFORMATION]) == (5, 1)


def test_what_no_trunk_dials_is_no_call() -> None:
    """404, whoever calls."""
    assert seen(said(dialled="112")).fate is Fate.UNKNOWN


def test_a_blocked_number_is_rejected_or_told_of_the_way_out() -> None:
    """By the site's setting; in the lane of those who are verified it is behind everybody."""
    listed = Listed(entry="0")

    rejected, offered = seen(said(), listed), seen(said(), listed, way_out="verify")

    assert (rejected.fate, rejected.origin, rejected.priority) == (Fate.REJECTED, None, None)
    assert (offered.fate, offered.priority) == (Fate.OFFERED, 0)
    assert offered.greeting == ("notice-recorded",)


@pytest.mark.parametrize(
    ("entry", "until"),
    [
        ("0", 0),
        (SOON, int(SOON)),
        (PAST, None),
        ("00", None),
        ("", None),
        ("x", None),
        ("9" * 12, None),
    ],
)
def test_only_an_entry_that_can_be_read_and_lasts_blocks(entry: str, until: int | None) -> None:
    """Whatever else stands there blocks nobody."""
    assert lasts(entry, NOW) == until


@pytest.mark.parametrize(
    ("listed", "prefix"),
    [
        (Listed(lengths="8:5", ranges={"62812000": "0:0"}), "62812000"),
        (Listed(lengths="8:5", ranges={"62812000": "0:12", "62812": f"{SOON}:13"}), "62812"),
        (Listed(lengths="5", ranges={"62812000": "0:0"}), None),
        (Listed(lengths="8", ranges={"62812000": f"{PAST}:0"}), None),
        (Listed(lengths="8", ranges={"62812000": "0:0"}, exempt=True), None),
        (Listed(lengths="", ranges={"62812000": "0:0"}), None),
    ],
)
def test_a_range_blocks_by_the_lengths_that_there_are(listed: Listed, prefix: str | None) -> None:
    """The longest first; another number of digits, an expired or an exempt one does not."""
    found = block_of(NUMBER, listed, NOW)

    assert (found.range if found else None) == prefix


def test_from_is_believed_only_where_the_trunk_asserts_no_number() -> None:
    """And a number that is none identifies nobody."""
    both = Said(dialled="110", trunk="t", asserted="110", claimed="0812 0000 0001")

    assert number_of(both) == (NUMBER, NumberSource.CLAIMED)
    assert number_of(said("anonymous")) == (None, NumberSource.NONE)
    assert seen(Said(dialled="110", trunk="t"), Listed(entry="0")).fate is Fate.LET_IN
