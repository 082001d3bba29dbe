"""Places, ids and hashes."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from cc110.journal.chain import Link, Tip, extend, fault, hash_of, ulid_text, ulid_value
from cc110.journal.codec import draft
from cc110.journal.samples import samples

TOP = (1 << 80) - 1


def three() -> list[Link]:
    """A chain of three events."""
    drafts = [draft(samples()[name].event) for name in ("CallArrived", "AgentRang", "CallEnded")]
    return extend(Tip(), "sample", drafts, now_ms=1_786_935_845_678, noise=TOP)


def first_fault(links: list[Link]) -> tuple[int, str] | None:
    """Where a walk along the links finds the first thing wrong."""
    tip = Tip()
    for link in links:
        if reason := fault(tip, link):
            return tip.seq + 1, reason
        tip = link.tip
    return None


def test_an_untouched_chain_has_no_fault() -> None:
    """Seqs have no gaps, and each link continues the one before."""
    links = three()

    assert [1, 2, 3] == [link.line.seq for link in links]
    assert first_fault(links) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-08-17T03:04:05.679Z"},
        {"site": "another"},
        {"call_id": "other"},
        {"call_id": None},
        {"case_id": "K"},
        {"type": "PolresRang"},
        {"v": 2},
        {"data": '{"agent":"1102"}'},
        {"data": '{"agent": "1101"}'},
    ],
)
def test_every_field_is_under_the_hash(change: dict[str, Any]) -> None:
    """A change of any field, even of a blank, is found in its row."""
    links = three()
    links[1] = replace(links[1], line=replace(links[1].line, **change))

    assert (2, "it was changed after it was recorded") == first_fault(links)


def test_a_forged_hash_only_moves_the_fault_to_the_next_row() -> None:
    """Whoever changes a row and its hash has broken the link to the following one."""
    links = three()
    line = replace(links[1].line, site="another")
    links[1] = replace(links[1], line=line, hash=hash_of(links[1].prev_hash, line))

    assert (3, "it does not continue the event before it") == first_fault(links)


def test_a_removed_row_is_named() -> None:
    """The gap is reported at the seq that is not there."""
    first, _, last = three()

    assert (2, "seq 2 is missing") == first_fault([first, last])


def test_an_id_that_goes_back_is_a_fault() -> None:
    """Ids sort as seqs do."""
    links = three()
    line = replace(links[1].line, id=links[0].line.id)
    links[1] = replace(links[1], line=line, hash=hash_of(links[1].prev_hash, line))

    assert (2, "its id is not above the one before") == first_fault(links)


def test_ids_of_one_append_follow_each_other() -> None:
    """Also beyond the millisecond whose last id the noise has hit."""
    values = [ulid_value(link.line.id) for link in three()]

    assert values == [values[0], values[0] + 1, values[0] + 2]
    assert [str(ULID.from_int(value)) for value in values] == [link.line.id for link in three()]


@given(st.integers(0, (1 << 128) - 1))
def test_an_id_is_written_as_the_specification_has_it(value: int) -> None:
    """As another implementation does."""
    assert ulid_text(value) == str(ULID.from_int(value))
    assert ulid_value(ulid_text(value)) == value


@given(st.lists(st.tuples(st.integers(0, 1 << 47), st.integers(0, TOP)), min_size=2))
def test_ids_rise_whatever_the_clock_does(moments: list[tuple[int, int]]) -> None:
    """A clock that stands, or is set back, never gives an id twice or out of order."""
    ids = ["0" * 26]
    for now_ms, noise in moments:
        drafts = [draft(samples()["AgentRang"].event)] * 2
        links = extend(Tip(id=ids[-1]), "sample", drafts, now_ms=now_ms, noise=noise)
        ids += [link.line.id for link in links]

    assert all(lower < upper for lower, upper in pairwise(ids))
