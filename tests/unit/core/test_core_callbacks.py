"""Who hung up waiting: on the list, off the list, and whose task he is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core import callbacks as core
from cc110.core import events as e
from cc110.core.callbacks import Book, CallbackPolicy, CallbackRefused
from cc110.core.events import Event
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.words import CallbackOutcome, NumberSource

T0 = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
POLICY = CallbackPolicy()
JAYA, SUMUT = QueueName("polda-metro-jaya"), QueueName("polda-sumut")
ANI, BUDI, FOREIGN = Number("6281200000801"), Number("6281200000802"), Number("442071838750")
SARI, TONO = AgentId("1101"), AgentId("1102")


def at(minutes: float) -> datetime:
    """So many minutes after the first call."""
    return T0 + timedelta(minutes=minutes)


def arrives(
    call: str,
    number: Number | None = ANI,
    minutes: float = 0,
    *,
    queue: QueueName = JAYA,
    source: NumberSource = NumberSource.ASSERTED,
    of: str | None = None,
) -> list[Event]:
    """A call that comes into a queue."""
    arrived = e.CallArrived(
        channel="1.1",
        number=number,
        source=source if number else NumberSource.NONE,
        dialled="110",
        trunk="trunk",
        queue=queue,
        callback_of=CallId(of) if of else None,
    )
    queued = e.CallQueued(queue=queue, priority=5)
    return [Event(at=at(minutes), call_id=CallId(call), data=data) for data in (arrived, queued)]


def hangs_up(call: str, minutes: float = 1, waited_s: float = 30.0) -> list[Event]:
    """He had enough."""
    ends = (e.CallAbandoned(waited_s=waited_s), e.CallEnded(by="caller", duration_s=waited_s))
    return [Event(at=at(minutes), call_id=CallId(call), data=data) for data in ends]


def gives_up(
    call: str,
    number: Number | None = ANI,
    minutes: float = 0,
    *,
    waited_s: float = 30.0,
    **how: object,
) -> list[Event]:
    """A whole call in vain; `minutes` is when he hangs up."""
    return [*arrives(call, number, minutes, **how), *hangs_up(call, minutes, waited_s)]


def answered(call: str, minutes: float) -> list[Event]:
    """An operator takes it."""
    data = e.AgentAnswered(agent=SARI, channel="2.1", waited_s=3.0)
    return [Event(at=at(minutes), call_id=CallId(call), data=data)]


def made(number: Number, minutes: float, outcome: CallbackOutcome) -> list[Event]:
    """He was called back."""
    data = e.CallbackMade(agent=SARI, number=number, missed_call=CallId("a"), outcome=outcome)
    return [Event(at=at(minutes), call_id=CallId(f"cb-{minutes}"), data=data)]


def book(*stories: list[Event], policy: CallbackPolicy = POLICY) -> Book:
    """The book of these events."""
    return core.replay((event for story in stories for event in story), policy)


def keys(known: Book, minutes: float = 2, policy: CallbackPolicy = POLICY) -> list[str]:
    """Who is on the list."""
    return [one.key for one in core.waiting(known, at(minutes), policy)]


def test_one_number_is_one_person_with_his_tries_and_longest_wait() -> None:
    """The longest waiting first; each call without a number is somebody of its own."""
    known = book(
        gives_up("a", ANI, 0, waited_s=12.0),
        gives_up("b", BUDI, 1),
        gives_up("c", ANI, 2, waited_s=44.0),
        gives_up("d", None, 3),
        gives_up("e", None, 4),
    )

    first, *_ = core.waiting(known, at(5), POLICY)
    assert keys(known, 5) == [ANI, BUDI, "d", "e"]
    assert (first.calls, first.waited_s, first.call_id) == (2, 44.0, "c")
    assert (first.first_at, first.last_at) == (at(0), at(2))


def test_who_was_not_in_a_queue_or_is_blocked_or_was_called_by_us_is_not_listed() -> None:
    """Blocked callers who ask to be verified give up like others, and stay off it."""
    greeting_only = [arrives("a")[0], *hangs_up("a")]
    asked = Event(
        at=at(0),
        call_id=CallId("b"),
        data=e.BlockVerificationAsked(number=BUDI, source=NumberSource.ASSERTED, until=0),
    )
    verified = [arrives("b", BUDI)[0], asked, arrives("b", BUDI)[1], *hangs_up("b")]
    ours = [*arrives("c", Number("6281200000803"), of="x"), *hangs_up("c")]

    assert keys(book(greeting_only, verified, ours)) == []


def test_he_drops_off_when_he_got_through_is_blocked_settled_or_too_long_ago() -> None:
    """By himself, by a callback, by hand, by a block, by time."""
    story = gives_up("a", ANI)
    blocked = Event(at=at(1), data=e.NumberBlocked(number=ANI, until=0, reason="x", by="y"))
    dropped = core.drop(book(story), ANI, reason="met him", by="Sari", now=at(1), policy=POLICY)

    assert keys(book(story, arrives("b", ANI, 1), answered("b", 1.2))) == []
    assert keys(book(story, made(ANI, 1, CallbackOutcome.ANSWERED))) == []
    assert keys(book(story, [blocked])) == []
    assert keys(book(story, [dropped])) == []
    assert keys(book(story), minutes=24 * 60 - 1) == [ANI]
    assert keys(book(story), minutes=24 * 60) == []
    assert keys(book(story, made(ANI, 1, CallbackOutcome.ANSWERED), gives_up("b", ANI, 2)), 3) == [
        ANI
    ]


def test_a_wait_below_the_site_s_least_is_a_mistake_of_dialling() -> None:
    """By default nobody's is."""
    short = gives_up("a", ANI, waited_s=4.0)
    strict = CallbackPolicy(least_wait_s=5.0)

    assert keys(book(short)) == [ANI]
    assert keys(book(short, policy=strict), policy=strict) == []


def test_a_claim_is_one_operator_s_until_it_lapses_or_the_callback_was_in_vain() -> None:
    """The other is told whose it is; ten minutes later he may have him."""
    known = book(gives_up("a"))
    event = core.claim(known, ANI, SARI, by="Padal", now=at(1), policy=POLICY)
    assert event is not None
    claimed = core.evolve(known, event, POLICY)

    assert core.claim(claimed, ANI, SARI, by="Padal", now=at(2), policy=POLICY) is None
    with pytest.raises(CallbackRefused, match="operator 1101 has claimed"):
        core.claim(claimed, ANI, TONO, by="Padal", now=at(2), policy=POLICY)
    assert core.claim(claimed, ANI, TONO, by="Padal", now=at(11), policy=POLICY)
    in_vain = core.replay(made(ANI, 2, CallbackOutcome.CANCELLED), POLICY)
    assert in_vain == Book()
    again = core.evolve(claimed, made(ANI, 2, CallbackOutcome.CANCELLED)[0], POLICY)
    assert core.claim(again, ANI, TONO, by="Padal", now=at(2.1), policy=POLICY)


def test_who_can_t_be_called_is_refused_with_the_reason() -> None:
    """No number, a number that only From claims, a number abroad, one who is on the line, a stranger."""
    known = book(
        gives_up("a", None),
        gives_up("b", BUDI, source=NumberSource.CLAIMED),
        gives_up("c", FOREIGN),
        gives_up("d", ANI),
        arrives("e", ANI, 1),
    )
    for key, reason in (
        ("a", "no number"),
        (BUDI, "only claimed"),
        (FOREIGN, "abroad"),
        (ANI, "on the line"),
        ("6281200000899", "not on the list"),
    ):
        with pytest.raises(CallbackRefused, match=reason):
            core.claim(known, key, SARI, by="Sari", now=at(2), policy=POLICY)
    assert core.next_for(known, SARI, [JAYA], at(2), POLICY) is None
    open_to_all = CallbackPolicy(trusted=frozenset(NumberSource), countries=("62", "44"))
    assert core.claim(known, BUDI, SARI, by="Sari", now=at(2), policy=open_to_all)
    assert core.claim(known, FOREIGN, SARI, by="Sari", now=at(2), policy=open_to_all)


def test_an_asserted_call_makes_a_claimed_number_callable() -> None:
    """The trunk has vouched for it once."""
    known = book(gives_up("a", source=NumberSource.CLAIMED), gives_up("b", minutes=1))
    assert core.claim(known, ANI, SARI, by="Sari", now=at(2), policy=POLICY)


def test_the_next_is_his_own_then_the_longest_waiting_of_his_queues() -> None:
    """Whom another has claimed, and who is elsewhere, is none of his."""
    known = book(
        gives_up("a", ANI, 0),
        gives_up("b", BUDI, 1),
        gives_up("c", Number("6281200000803"), 0, queue=SUMUT),
    )
    first = core.next_for(known, TONO, [JAYA], at(2), POLICY)
    assert first is not None
    assert first.number == ANI
    event = core.claim(known, BUDI, TONO, by="Padal", now=at(2), policy=POLICY)
    assert event
    known = core.evolve(known, event, POLICY)
    his = core.next_for(known, TONO, [JAYA], at(2), POLICY)
    hers = core.next_for(known, SARI, [JAYA], at(2), POLICY)
    assert his is not None
    assert hers is not None
    assert (his.number, hers.number) == (BUDI, ANI)


def test_who_did_not_answer_is_left_alone_for_a_while_and_three_times_is_enough() -> None:
    """Unless he calls again himself."""
    tried = [gives_up("a"), made(ANI, 1, CallbackOutcome.NO_ANSWER)]

    assert core.next_for(book(*tried), SARI, [JAYA], at(5.9), POLICY) is None
    assert core.next_for(book(*tried), SARI, [JAYA], at(6), POLICY)
    assert core.next_for(book(*tried, gives_up("b", ANI, 2)), SARI, [JAYA], at(3), POLICY)
    more = [made(ANI, 10, CallbackOutcome.BUSY), made(ANI, 20, CallbackOutcome.UNAVAILABLE)]
    assert keys(book(*tried, *more[:1]), 30) == [ANI]
    assert keys(book(*tried, *more), 30) == []
    harmless = [made(ANI, m, CallbackOutcome.CANCELLED) for m in (1, 2, 3, 4)]
    assert keys(book(gives_up("a"), *harmless), 30) == [ANI]


STEPS = st.lists(
    st.tuples(st.sampled_from(("gives up", "gets through", "called", "claims")), st.integers(0, 2)),
    max_size=12,
)


@given(STEPS)
def test_the_list_is_exactly_those_whose_last_word_was_a_call_in_vain(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever the order, nobody is on it twice, and nobody who was talked with is on it at all."""
    known, owed = Book(), dict[Number, bool]()
    for minute, (what, which) in enumerate(steps):
        number = Number(f"628120000080{which}")
        match what:
            case "gives up":
                told = gives_up(f"c{minute}", number, minute)
                owed[number] = True
            case "gets through":
                told = [*arrives(f"c{minute}", number, minute), *answered(f"c{minute}", minute)]
                told += hangs_up(f"c{minute}", minute)[1:]
                owed[number] = False
            case "called":
                told = made(number, minute, CallbackOutcome.ANSWERED)
                owed[number] = False
            case _:
                told = []
                one = core.next_for(known, SARI, [JAYA], at(minute), POLICY)
                if one:
                    event = core.claim(known, one.key, SARI, by="x", now=at(minute), policy=POLICY)
                    told = [event] if event else []
        for event in told:
            known = core.evolve(known, event, POLICY)
            assert core.evolve(known, event, POLICY).missed == known.missed
    assert sorted(keys(known, 20)) == sorted(number for number, owes in owed.items() if owes)
