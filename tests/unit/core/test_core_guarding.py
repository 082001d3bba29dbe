"""The rule about bans: who guesses is banned, and whom the site needs never is (X6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.events import AddressBanLifted, AddressBanned, Event
from cc110.core.guarding import (
    MOST_WATCHED,
    SETTLING,
    Guarded,
    GuardPolicy,
    LoginDone,
    LoginFact,
    LoginFailed,
    banned_at,
    in_force,
    learn,
    next_end,
    replay,
    source_of,
    text_of,
    watch,
)

NOON = datetime(2026, 8, 17, 5, tzinfo=UTC)
NEVER = tuple(map(ip_network, ("192.0.2.0/28", "198.51.100.7/32", "2001:db8:110::7/128")))
POLICY = GuardPolicy(failures=4, never=NEVER)
GUESSER = "203.0.113.66"


def failed(address: str, at: datetime = NOON, *, proven: bool = False) -> LoginFailed:
    """One refused log-in."""
    return LoginFailed(at=at, source=source_of(address), proven=proven)


def after(
    facts: Sequence[LoginFact], policy: GuardPolicy = POLICY, state: Guarded | None = None
) -> tuple[Guarded, list[Event]]:
    """The guard after all of them, and what it said."""
    state, said = state or Guarded(), list[Event]()
    for fact in facts:
        found = watch(state, fact, policy)
        state = found.state
        said += found.events
    return state, said


def banned(state: Guarded, at: datetime = NOON, policy: GuardPolicy = POLICY) -> list[str]:
    """Who is banned."""
    return [text_of(ban.source) for ban in in_force(state, at, policy)]


def test_so_many_within_the_time_are_a_ban_that_ends_by_itself() -> None:
    """One fewer is none, nor are as many over a longer time."""
    assert after([failed(GUESSER)] * 3)[1] == []
    slow = [failed(GUESSER, NOON + timedelta(seconds=20 * n)) for n in range(100)]
    assert after(slow)[1] == []

    state, (event,) = after([failed(GUESSER)] * 4)
    until = int((NOON + POLICY.first).timestamp())
    assert event.data == AddressBanned(address=GUESSER, until=until, failures=4, times=1)
    assert banned(state) == [GUESSER]
    assert next_end(state, NOON, POLICY) == NOON + POLICY.first
    assert banned(state, NOON + POLICY.first) == []


def test_each_further_ban_is_twice_as_long_up_to_a_day_until_it_is_forgotten() -> None:
    """10, 20, 40 minutes; after a quiet week the first again."""
    state, at, lengths = Guarded(), NOON, []
    for _ in range(12):
        state, (event,) = after([failed(GUESSER, at)] * 4, state=state)
        assert isinstance(event.data, AddressBanned)
        end = datetime.fromtimestamp(event.data.until, UTC)
        lengths.append((end - at) / timedelta(minutes=1))
        at = end + SETTLING
    assert lengths[:4] == [10, 20, 40, 80]
    assert lengths[-1] == 24 * 60
    _, (event,) = after([failed(GUESSER, at + POLICY.remembered)] * 4, state=state)
    assert isinstance(event.data, AddressBanned)
    assert event.data.times == 1


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_the_pbx_refuses_until_it_has_let_him_in_again_is_no_guess(by_hand: bool) -> None:
    """Phones that try again at once, with the right password, do not begin the next ban."""
    state, (event,) = after([failed(GUESSER)] * 4)
    assert isinstance(event.data, AddressBanned)
    end = datetime.fromtimestamp(event.data.until, UTC)
    if by_hand:
        end = NOON + timedelta(seconds=30)
        lifted = AddressBanLifted(address=GUESSER, reason="new password", by="Padal Contoh")
        state = learn(state, Event(at=end, data=lifted))
    for early in (end - timedelta(seconds=1), end, end + SETTLING - timedelta(milliseconds=1)):
        state, said = after([failed(GUESSER, early)] * 10, state=state)
        assert said == []
    assert len(after([failed(GUESSER, end + SETTLING)] * 4, state=state)[1]) == 1


def test_who_logged_in_lately_is_not_banned() -> None:
    """Only for as long as the site says: then he is a stranger like others."""
    own = LoginDone(at=NOON, source=source_of(GUESSER))
    assert after([own, *[failed(GUESSER)] * 100])[1] == []
    later = NOON + POLICY.trusted
    assert len(after([own, *[failed(GUESSER, later)] * 4])[1]) == 1


def test_a_good_log_in_clears_the_slate() -> None:
    """Somebody who mistypes three times and then knows it is nobody's enemy."""
    policy = replace(POLICY, trusted=timedelta(0))
    own = LoginDone(at=NOON, source=source_of(GUESSER))
    assert after([*[failed(GUESSER)] * 3, own, *[failed(GUESSER)] * 3], policy)[1] == []


def test_where_phones_come_over_tls_datagrams_do_not_count() -> None:
    """Anybody can forge a datagram's sender, nobody a connection's."""
    policy = replace(POLICY, proven_only=True)
    assert after([failed(GUESSER)] * 100, policy)[1] == []
    assert len(after([failed(GUESSER, proven=True)] * 4, policy)[1]) == 1


def test_an_ipv6_subscriber_is_one_source_and_a_mapped_address_is_its_ipv4() -> None:
    """Otherwise 2^64 addresses would be 2^64 attempts."""
    many = [failed(f"2001:db8:5::{n}") for n in range(4)]
    assert banned(after(many)[0]) == ["2001:db8:5::/64"]
    assert text_of(source_of(f"::ffff:{GUESSER}")) == GUESSER
    # One phone of the site in that network spares all of it.
    assert after([failed(f"2001:db8:110::{n:x}") for n in range(99)])[1] == []


def test_the_list_has_an_end_and_the_memory_as_well() -> None:
    """Forged senders by the thousand neither fill the PBX's list nor the memory; who goes on guessing is seen."""
    policy = replace(POLICY, most=3)
    storm = [failed(f"10.{n >> 8}.{n & 255}.1") for n in range(5000) for _ in range(4)]
    state, said = after(storm, policy)
    assert len(said) == len(in_force(state, NOON, policy)) == 3
    assert len(state.failed) <= MOST_WATCHED

    mixed: list[LoginFact] = []
    for n in range(4):
        mixed += [failed(GUESSER), *(failed(f"10.9.{n}.{m}") for m in range(200))]
    assert banned(after(mixed)[0]) == [GUESSER]
    assert after([failed(GUESSER)] * 50, replace(POLICY, most=0))[1] == []


def test_the_journal_s_events_make_the_same_bans() -> None:
    """Lifted ones are gone; whom the settings spare meanwhile is free at once."""
    state, said = after([*[failed(GUESSER)] * 4, *[failed("203.0.113.67")] * 4])
    assert replay(said).bans == state.bans
    lifted = Event(at=NOON, data=AddressBanLifted(address=GUESSER, reason="x", by="y"))
    assert banned(replay([*said, lifted])) == ["203.0.113.67"]
    assert banned_at(state, "203.0.113.67", NOON)
    assert banned_at(learn(state, lifted), GUESSER, NOON) is None
    spared = replace(POLICY, never=(ip_network("203.0.113.0/24"),))
    assert banned(state, policy=spared) == []


ADDRESSES = st.one_of(
    st.sampled_from(
        ["192.0.2.1", "192.0.2.14", "198.51.100.7", "2001:db8:110::7", "2001:db8:110::8", GUESSER]
    ),
    st.ip_addresses().map(str),
)
FACTS = st.builds(
    lambda good, address, at: (
        LoginDone(at=at, source=source_of(address)) if good else failed(address, at)
    ),
    st.sampled_from([True, False, False, False]),
    ADDRESSES,
    st.integers(0, 300).map(lambda s: NOON + timedelta(seconds=s)),
)


@given(st.lists(FACTS, max_size=120), st.sampled_from([1, 2, 3]))
def test_no_order_of_log_ins_ever_bans_whom_the_site_names(
    facts: list[LoginFact], failures: int
) -> None:
    """Trunks, stations, and networks that hold one: whatever happens, in whatever order and time."""
    policy = replace(POLICY, failures=failures)
    state, said = after(facts, policy)
    for ban in [*replay(said).bans.values(), *in_force(state, NOON, policy)]:
        assert not any(ban.source.version == n.version and ban.source.overlaps(n) for n in NEVER)


@pytest.mark.parametrize("text", ["", "trunk", "192.0.2.256", "1.2.3", "0x7f000001"])
def test_what_is_no_address_is_none(text: str) -> None:
    """It makes no fact."""
    with pytest.raises(ValueError, match="address"):
        source_of(text)
