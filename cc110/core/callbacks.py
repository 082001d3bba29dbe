"""Who hung up waiting and has to be called back: a fold of events, and the rules of a claim.

A person is a number. Whoever gave none is a person for each call of his: he is shown, and nobody can call him. The
list is only what the events say, so it can be made anew from the journal at any time:

- on it comes who hung up in a queue before anybody answered him; blocked callers never do;
- off it goes who talked with somebody, by himself or called back, who was settled by hand, who could not be reached
  in so many tries, and everybody after so many hours.

A claim is of one operator and lapses by itself: a person is not forgotten because his operator was.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cc110.core import events as e
from cc110.core.events import Event
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.words import CallbackOutcome, NumberSource

IN_VAIN = frozenset({CallbackOutcome.NO_ANSWER, CallbackOutcome.BUSY, CallbackOutcome.UNAVAILABLE})
"""Outcomes that count as a try."""


@dataclass(frozen=True, kw_only=True)
class CallbackPolicy:
    """The site's rules."""

    keep: timedelta = timedelta(hours=24)
    """So long after his last try somebody stays on the list."""
    least_wait_s: float = 0.0
    """Who waited less was dialling by mistake."""
    claim: timedelta = timedelta(minutes=10)
    """How long one operator has somebody for himself."""
    pause: timedelta = timedelta(minutes=5)
    """How long somebody who did not answer is left alone."""
    tries: int = 3
    """Callbacks in vain, after which he is off the list."""
    trusted: frozenset[NumberSource] = frozenset({NumberSource.ASSERTED})
    """Whose word about the number is enough to call it: a From header can name a victim."""
    countries: tuple[str, ...] = ("62",)
    """Country codes that are called; a number abroad may cost a fortune."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Whose task somebody is, and since when."""

    agent: AgentId
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Somebody who hung up waiting."""

    key: str
    """His number, or his call's id when he gave none."""
    number: Number | None
    source: NumberSource
    queue: QueueName
    call_id: CallId
    """His last call."""
    first_at: datetime
    """When he hung up for the first time, and for the last."""
    last_at: datetime
    waited_s: float
    """The longest of his waits."""
    calls: int = 1
    """How often he tried."""
    claim: Claim | None = None
    tries: int = 0
    """Callbacks in vain."""
    tried_at: datetime | None = None
    outcome: CallbackOutcome | None = None
    """Of the last callback."""

    def claimed(self, now: datetime, policy: CallbackPolicy) -> AgentId | None:
        """The operator whose task he is now."""
        if self.claim is None or now - self.claim.at >= policy.claim:
            return None
        return self.claim.agent


@dataclass(frozen=True, kw_only=True)
class Line:
    """A call that goes on."""

    number: Number | None
    source: NumberSource
    queue: QueueName
    queued: bool = False
    ours: bool = False
    """He was called back, or is blocked and asks to be verified: his hanging up puts nobody on the list."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """Everybody who hung up waiting, and the calls that go on."""

    missed: Mapping[str, Missed] = field(default_factory=dict)
    lines: Mapping[CallId, Line] = field(default_factory=dict)

    @property
    def calling(self) -> frozenset[Number]:
        """The numbers of calls that go on."""
        return frozenset(line.number for line in self.lines.values() if line.number)


LONGEST_CALL = timedelta(hours=2)
"""A call that goes on may have begun so long ago: further back nothing needs to be read."""


class CallbackRefused(Exception):
    """That can't be done, and why; a sentence for people."""


def replay(events: Iterable[Event], policy: CallbackPolicy) -> Book:
    """The book that events make, in their order."""
    book = Book()
    for event in events:
        book = evolve(book, event, policy)
    return book


def evolve(book: Book, event: Event, policy: CallbackPolicy) -> Book:
    """The book after an event; told twice it is told once."""
    match event.data:
        case e.CallArrived() as data if event.call_id:
            line = Line(
                number=data.number,
                source=data.source,
                queue=data.queue,
                ours=data.callback_of is not None,
            )
            return replace(book, lines={**book.lines, event.call_id: line})
        case e.CallQueued(queue=queue):
            return _changed(book, event, queue=queue, queued=True)
        case e.BlockVerificationAsked():
            return _changed(book, event, ours=True)
        case e.AgentAnswered() | e.PolresAnswered():
            line_ = book.lines.get(event.call_id) if event.call_id else None
            return _without(book, line_.number if line_ else None)
        case e.CallAbandoned() as data:
            return _abandoned(book, event, data.waited_s, policy)
        case e.CallEnded() if event.call_id in book.lines:
            lines = {call: line for call, line in book.lines.items() if call != event.call_id}
            return replace(book, lines=lines)
        case e.CallbackClaimed(agent=agent, number=number):
            return _with(book, number, claim=Claim(agent=agent, at=event.at))
        case e.CallbackMade() as data:
            return _made(book, data, event.at)
        case e.CallbackDropped(number=number, missed_call=call_id):
            return _without(book, number or call_id)
        case e.NumberBlocked(number=number) | e.CallRejected(number=number):
            return _without(book, number)
        case _:
            return book


KINDS = (
    "CallArrived",
    "CallQueued",
    "BlockVerificationAsked",
    "AgentAnswered",
    "PolresAnswered",
    "CallAbandoned",
    "CallEnded",
    "CallbackClaimed",
    "CallbackMade",
    "CallbackDropped",
    "NumberBlocked",
    "CallRejected",
)
"""The events that `evolve` looks at."""


def waiting(book: Book, now: datetime, policy: CallbackPolicy) -> tuple[Missed, ...]:
    """Who is on the list now, the longest first."""
    on = [one for one in book.missed.values() if _stands(one, now, policy)]
    return tuple(sorted(on, key=lambda one: (one.first_at, one.key)))


def why_not(one: Missed, policy: CallbackPolicy) -> str | None:
    """Why somebody can't be called at all; None = he can."""
    if one.number is None:
        return "he gave no number"
    if one.source not in policy.trusted:
        return "his number is only claimed, and may be somebody else's"
    if not one.number.startswith(policy.countries):
        return "his number is abroad"
    return None


def next_for(
    book: Book,
    agent: AgentId,
    queues: Collection[QueueName],
    now: datetime,
    policy: CallbackPolicy,
    *,
    but: Callable[[Missed], bool] = lambda _: False,
) -> Missed | None:
    """Whom an operator calls next: whom he has claimed, else who waits longest in his queues."""
    able = [
        one
        for one in waiting(book, now, policy)
        if why_not(one, policy) is None and one.number not in book.calling and not but(one)
    ]
    his = [one for one in able if one.claimed(now, policy) == agent]
    free = [
        one
        for one in able
        if one.claimed(now, policy) is None and one.queue in queues and _rested(one, now, policy)
    ]
    return next(iter((*his, *free)), None)


def claim(
    book: Book, key: str, agent: AgentId, *, by: str, now: datetime, policy: CallbackPolicy
) -> Event | None:
    """Make somebody an operator's task; None when he is that already.

    Raises:
        CallbackRefused: he is not on the list, is another's task, can't be called, or calls right now.
    """
    one = _known(book, key, now, policy)
    if reason := why_not(one, policy):
        raise CallbackRefused(f"{key} can't be called back: {reason}")
    if one.number in book.calling:
        raise CallbackRefused(f"{key} is on the line right now")
    holder = one.claimed(now, policy)
    if holder == agent:
        return None
    if holder is not None:
        raise CallbackRefused(f"operator {holder} has claimed {key}")
    assert one.number
    data = e.CallbackClaimed(agent=agent, number=one.number, missed_call=one.call_id, by=by)
    return Event(at=now, call_id=one.call_id, data=data)


def drop(
    book: Book, key: str, *, reason: str, by: str, now: datetime, policy: CallbackPolicy
) -> Event:
    """Take somebody off the list.

    Raises:
        CallbackRefused: he is not on it, or reason or doer is missing.
    """
    one = _known(book, key, now, policy)
    if not (reason.strip() and by.strip()):
        raise CallbackRefused("that needs a reason and the name of who does it")
    data = e.CallbackDropped(number=one.number, missed_call=one.call_id, reason=reason, by=by)
    return Event(at=now, call_id=one.call_id, data=data)


def _known(book: Book, key: str, now: datetime, policy: CallbackPolicy) -> Missed:
    one = book.missed.get(key)
    if one is None or not _stands(one, now, policy):
        raise CallbackRefused(f"{key} is not on the list of abandoned calls")
    return one


def _stands(one: Missed, now: datetime, policy: CallbackPolicy) -> bool:
    return now - one.last_at < policy.keep and one.tries < policy.tries


def _rested(one: Missed, now: datetime, policy: CallbackPolicy) -> bool:
    """Whoever tried again himself since then is there."""
    if one.tried_at is None or one.last_at > one.tried_at:
        return True
    return now - one.tried_at >= policy.pause


def _changed(book: Book, event: Event, **change: object) -> Book:
    call_id = event.call_id
    if call_id is None or call_id not in book.lines:
        return book
    line = replace(book.lines[call_id], **change)  # type: ignore[arg-type]
    return replace(book, lines={**book.lines, call_id: line})


def _abandoned(book: Book, event: Event, waited_s: float, policy: CallbackPolicy) -> Book:
    call_id = event.call_id
    line = book.lines.get(call_id) if call_id else None
    if call_id is None or line is None or line.ours or not line.queued:
        return book
    key = line.number or call_id
    known = book.missed.get(key)
    if waited_s < policy.least_wait_s or (known and known.call_id == call_id):
        return book
    fresh = {k: one for k, one in book.missed.items() if _stands(one, event.at, policy)}
    return replace(book, missed={**fresh, key: _again(fresh.get(key), event, line, waited_s)})


def _again(known: Missed | None, event: Event, line: Line, waited_s: float) -> Missed:
    assert event.call_id
    at = event.at
    if known is None:
        return Missed(
            key=line.number or event.call_id,
            number=line.number,
            source=line.source,
            queue=line.queue,
            call_id=event.call_id,
            first_at=at,
            last_at=at,
            waited_s=waited_s,
        )
    better = NumberSource.ASSERTED in (line.source, known.source)
    return replace(
        known,
        source=NumberSource.ASSERTED if better else line.source,
        queue=line.queue,
        call_id=event.call_id,
        last_at=max(at, known.last_at),
        waited_s=max(waited_s, known.waited_s),
        calls=known.calls + 1,
    )


def _made(book: Book, data: e.CallbackMade, at: datetime) -> Book:
    if data.outcome is CallbackOutcome.ANSWERED:
        return _without(book, data.number)
    known = book.missed.get(data.number)
    tries = known.tries + (data.outcome in IN_VAIN) if known else 0
    tried_at = at if data.outcome in IN_VAIN else known.tried_at if known else None
    return _with(
        book, data.number, claim=None, tries=tries, tried_at=tried_at, outcome=data.outcome
    )


def _with(book: Book, key: str, **change: object) -> Book:
    if key not in book.missed:
        return book
    one = replace(book.missed[key], **change)  # type: ignore[arg-type]
    return replace(book, missed={**book.missed, key: one})


def _without(book: Book, key: str | None) -> Book:
    if key is None or key not in book.missed:
        return book
    return replace(book, missed={k: one for k, one in book.missed.items() if k != key})
