"""When pranks become a block, and when such a block no longer stands (SOP S2 VIII, X7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.counting import BY, Record, counted, decide
from cc110.core.events import Evidence, NumberBlocked, NumberUnblocked
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.policy import BlockPolicy
from cc110.core.words import BlockCause, BlockWarning, NumberSource

NUMBER = Number("6284000000001")
NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
SOP = BlockPolicy()
DAY_S = 86_400


def prank(
    call: int,
    days: float | None = None,
    *,
    agent: str | None = None,
    source: NumberSource = NumberSource.ASSERTED,
) -> Evidence:
    """One call, judged so many days after the first noon by an operator of its own."""
    return Evidence(
        call_id=CallId(f"call-{call}"),
        at=NOON + timedelta(days=call if days is None else days),
        agent=AgentId(agent or f"110{call}"),
        source=source,
        recording=f"2026/08/17/call-{call}.wav",
    )


FIVE = tuple(prank(n) for n in range(5))
LATER = NOON + timedelta(days=10)


def record(*pranks: Evidence, **more: object) -> Record:
    """What is known of the number."""
    return Record(number=NUMBER, owner="polda-metro-jaya", pranks=pranks, **more)


def blocked(made: object) -> NumberBlocked:
    """It is a block."""
    assert isinstance(made, NumberBlocked)
    return made


def test_five_pranks_block_with_their_evidence() -> None:
    """The block can be defended: calls, operators, times and recordings stand in it."""
    made = blocked(decide(record(*reversed(FIVE)), now=LATER, policy=SOP))

    assert made == NumberBlocked(
        number=NUMBER,
        until=int(LATER.timestamp()) + 30 * DAY_S,
        reason="5 panggilan iseng",
        by=BY,
        cause=BlockCause.THRESHOLD,
        evidence=FIVE,
        owner="polda-metro-jaya",
    )


def test_four_do_not() -> None:
    """The threshold is the number of distinct calls."""
    assert decide(record(*FIVE[:4]), now=LATER, policy=SOP) is None


@pytest.mark.parametrize(("times", "days"), [(0, 30), (1, 90), (2, 365), (3, 365), (50, 365)])
def test_each_block_lasts_longer_and_none_for_ever(times: int, days: int) -> None:
    """For ever is only ever said by hand."""
    made = blocked(decide(record(*FIVE, times=times), now=LATER, policy=SOP))

    assert made.until == int(LATER.timestamp()) + days * DAY_S


def test_what_led_to_the_last_block_does_not_count_again() -> None:
    """After a block or its lifting, five new ones are needed."""
    since = FIVE[-1].at
    new = tuple(prank(n) for n in range(5, 10))

    assert decide(record(*FIVE, *new[:4], times=1, since=since), now=LATER, policy=SOP) is None
    made = blocked(decide(record(*FIVE, *new, times=1, since=since), now=LATER, policy=SOP))
    assert made.evidence == new


def test_a_claimed_number_counts_only_where_the_site_trusts_it() -> None:
    """Anybody can write a victim's number into From (X7)."""
    claimed = tuple(prank(n, source=NumberSource.CLAIMED) for n in range(5))
    trusting = BlockPolicy(trusted=frozenset({NumberSource.ASSERTED, NumberSource.CLAIMED}))

    assert decide(record(*claimed), now=LATER, policy=SOP) is None
    assert decide(record(*claimed), now=LATER, policy=trusting)


def test_a_window_lets_old_pranks_go() -> None:
    """Only those of the last days count; the edge itself does not."""
    week = BlockPolicy(window_days=7)
    pranks = [prank(0, 3.0), prank(1, 3.001), prank(2, 9.9)]

    found = counted(pranks, since=None, now=LATER, policy=week)
    assert [one.call_id for one in found] == ["call-1", "call-2"]


def test_quiet_times_let_one_prank_go_after_the_other() -> None:
    """One for each full month without a new one, also between two pranks."""
    month = BlockPolicy(decay_days=30)
    pranks = [prank(0, 0), prank(1, 1), prank(2, 2), prank(3, 65)]

    def left(days: float) -> list[str]:
        now = NOON + timedelta(days=days)
        return [one.call_id[-1] for one in counted(pranks, since=None, now=now, policy=month)]

    assert left(65) == ["2", "3"]
    assert left(94.9) == ["2", "3"]
    assert left(95) == ["3"]
    assert left(125) == []


@pytest.mark.parametrize(
    ("pranks", "warnings"),
    [
        (FIVE, ()),
        (tuple(prank(n, agent="1101") for n in range(5)), (BlockWarning.ONE_OPERATOR,)),
        (tuple(prank(n, n / 1000) for n in range(5)), (BlockWarning.HURRIED,)),
        (
            tuple(prank(n, n / 1000, agent="1101") for n in range(5)),
            (BlockWarning.ONE_OPERATOR, BlockWarning.HURRIED),
        ),
    ],
)
def test_what_looks_like_an_attack_on_a_victim_is_warned_of(
    pranks: tuple[Evidence, ...], warnings: tuple[BlockWarning, ...]
) -> None:
    """One operator, or a few minutes: the supervisor is to look at it."""
    assert blocked(decide(record(*pranks), now=LATER, policy=SOP)).warnings == warnings


def test_a_blocked_number_is_not_blocked_again() -> None:
    """The same verdicts seen twice have their consequence once."""
    made = blocked(decide(record(*FIVE), now=LATER, policy=SOP))
    again = record(*FIVE, times=1, since=LATER, block=made)

    assert decide(again, now=LATER, policy=SOP) is None
    assert decide(record(*FIVE, prank(6), times=1, block=made), now=LATER, policy=SOP) is None


def test_a_block_falls_with_its_evidence() -> None:
    """A withdrawn verdict, or one that was changed, leaves less than the threshold."""
    made = blocked(decide(record(*FIVE), now=LATER, policy=SOP))

    lifted = decide(record(*FIVE[1:], times=1, block=made), now=LATER, policy=SOP)
    assert lifted == NumberUnblocked(
        number=NUMBER, reason="bukti dicabut: tinggal 4 panggilan iseng", by=BY
    )


def test_a_block_by_hand_stays_whatever_is_withdrawn() -> None:
    """It has its own ground."""
    by_hand = NumberBlocked(number=NUMBER, until=0, reason="court order", by="padal")

    assert decide(record(block=by_hand), now=LATER, policy=SOP) is None


def test_a_block_whose_threshold_was_raised_meanwhile_stays() -> None:
    """A change of the settings does not undo what was decided; a lost verdict does."""
    made = blocked(decide(record(*FIVE), now=LATER, policy=SOP))
    stricter = BlockPolicy(threshold=9)

    assert decide(record(*FIVE, block=made), now=LATER, policy=stricter) is None
    assert decide(record(*FIVE[:4], block=made), now=LATER, policy=stricter)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 100)), max_size=12),
    st.randoms(),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_order_and_repetition_change_nothing(
    calls: list[tuple[int, float]], random: object, window: int, decay: int
) -> None:
    """One call counts once; the outcome depends on what was judged alone."""
    once = {call: prank(call, days) for call, days in calls}
    shuffled = list(once.values())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    policy = BlockPolicy(window_days=window, decay_days=decay)
    now = NOON + timedelta(days=101)

    one = decide(record(*once.values()), now=now, policy=policy)
    assert one == decide(record(*shuffled), now=now, policy=policy)
    assert not isinstance(one, NumberBlocked) or len({e.call_id for e in one.evidence}) >= 5
