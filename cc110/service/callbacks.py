"""Callbacks: who calls whom back, decided in one place, one after the other.

While the daemon runs, this is its memory of who hung up waiting: it hears each event as it is decided, so two operators
who press in the same moment get two persons, whether the journal can be written just now or not.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from cc110.core import callbacks as core
from cc110.core.callbacks import Book, CallbackPolicy, CallbackRefused, Missed
from cc110.core.events import CallbackMade, Event
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.ports import Cc110Error, Clock, JournalUnavailable
from cc110.service.usecases import Refused

_log = structlog.get_logger("callbacks")
_TO_ANSWER: Final = timedelta(seconds=90)
"""Longer than a phone may ring: by then the dialplan has told what came of it."""

Write = Callable[[Sequence[Event]], Awaitable[None]]
IsBlocked = Callable[[Number], Awaitable[bool]]


class DeskPhone(Protocol):
    """Rings operators' own phones."""

    async def ring_for_callback(self, agent: AgentId) -> None:
        """Ring his phone; when he answers, he is in the same place as after ``*15``.

        Raises:
            PbxUnavailable, PbxRefused: it does not ring.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Given:
    """Whom an operator shall call now."""

    number: Number
    missed_call: CallId
    queue: QueueName


@dataclass(frozen=True, kw_only=True)
class CallbackRules:
    """What the site says: its numbers, each operator's queues, and whether it has a trunk for calls that go out."""

    policy: CallbackPolicy
    queues: Mapping[AgentId, Collection[QueueName]]
    can_call: bool = False


class Callbacks:
    """The list, and what may be done with it."""

    def __init__(
        self,
        *,
        write: Write,
        clock: Clock,
        rules: CallbackRules,
        blocked: IsBlocked,
        phone: DeskPhone | None = None,
    ) -> None:
        """Begin with an empty list.

        Args:
            write: takes events to the journal; `hear` is told of them as well, by whoever writes.
            clock: the time.
            rules: the site's.
            blocked: True for a number that is on the blocklist.
            phone: rings operators; None = nobody can be called from here.
        """
        self._write = write
        self._clock = clock
        self._rules = rules
        self._blocked = blocked
        self._phone = phone
        self._given: dict[str, tuple[AgentId, datetime]] = {}
        self._ordered: dict[AgentId, str] = {}
        self.book = Book()

    def use(self, rules: CallbackRules) -> None:
        """The site has changed."""
        self._rules = rules

    def resume(self, book: Book) -> None:
        """Begin with what the journal remembers."""
        self.book = book

    def hear(self, events: Sequence[Event]) -> None:
        """Take note of events as they are decided."""
        for event in events:
            self.book = core.evolve(self.book, event, self._rules.policy)
            if isinstance(event.data, CallbackMade):
                self._given.pop(event.data.number, None)

    @property
    def waiting(self) -> tuple[Missed, ...]:
        """Who is on the list now."""
        return core.waiting(self.book, self._clock.now(), self._rules.policy)

    async def claim(self, key: str, *, agent: str, by: str) -> str:
        """Make somebody an operator's task; returns who it is.

        Raises:
            Refused: there is no such operator or person, he is another's, or can't be called.
        """
        operator = self._operator(agent)
        try:
            now = self._clock.now()
            event = core.claim(self.book, key, operator, by=by, now=now, policy=self._rules.policy)
        except CallbackRefused as error:
            raise Refused(str(error)) from error
        if event:
            await self._write([event])
        return key

    async def drop(self, key: str, *, reason: str, by: str) -> str:
        """Take somebody off the list; returns who it was.

        Raises:
            Refused: he is not on it, or reason or doer is missing.
        """
        try:
            now = self._clock.now()
            event = core.drop(
                self.book, key, reason=reason, by=by, now=now, policy=self._rules.policy
            )
        except CallbackRefused as error:
            raise Refused(str(error)) from error
        await self._write([event])
        return key

    async def call(self, key: str, *, agent: str, by: str) -> str:
        """Ring the operator's phone; when he answers, the person's is rung. Returns who that is.

        Raises:
            Refused: as `claim`; or nothing can be dialled here.
            PbxUnavailable, PbxRefused: his phone can't be rung.
        """
        operator = self._operator(agent)
        if not self._rules.can_call:
            raise Refused("this site has no trunk with `outbound`: nobody can be called")
        if self._phone is None:
            raise Refused("nobody can be called while the daemon does not run")
        await self.claim(key, agent=operator, by=by)
        if self._is_given(key):
            raise Refused(f"{key} is being called already")
        self._ordered[operator] = key
        await self._phone.ring_for_callback(operator)
        return key

    async def give(self, agent: str) -> Given | None:
        """Whom this operator calls now, and nobody else; None = there is nobody.

        Raises:
            Refused: he is no operator, or nothing can be dialled here.
        """
        operator = self._operator(agent)
        if not self._rules.can_call:
            raise Refused("this site has no trunk with `outbound`")
        passed: set[str] = set()
        while one := self._next(operator, passed):
            passed.add(one.key)
            if one.number and await self._is_blocked(one.number):
                continue
            if self._next(operator, passed - {one.key}) != one:
                passed.discard(one.key)
                continue  # while we asked, another one took him, or he called
            return await self._give(operator, one)
        return None

    async def as_json(self) -> str:
        """How many wait, are claimed, and since when the first has waited, for whoever watches."""
        now = self._clock.now()
        listed = self.waiting
        claimed = sum(one.claimed(now, self._rules.policy) is not None for one in listed)
        oldest = max((now - one.first_at for one in listed), default=timedelta())
        told = {"waiting": len(listed), "claimed": claimed, "oldest_s": oldest.total_seconds()}
        return json.dumps(told)

    async def _give(self, operator: AgentId, one: Missed) -> Given:
        now = self._clock.now()
        self._given[one.key] = (operator, now)
        self._ordered.pop(operator, None)
        event = core.claim(
            self.book, one.key, operator, by=operator, now=now, policy=self._rules.policy
        )
        if event:
            await self._write([event])
        assert one.number
        _log.info("callback", operator=operator, missed_call=one.call_id)
        return Given(number=one.number, missed_call=one.call_id, queue=one.queue)

    def _next(self, operator: AgentId, passed: Collection[str]) -> Missed | None:
        def is_out(one: Missed) -> bool:
            return one.key in passed or self._is_given(one.key)

        now, policy, queues = self._clock.now(), self._rules.policy, self._rules.queues[operator]
        ordered = self._ordered.get(operator)
        if ordered is not None:
            chosen = core.next_for(
                self.book, operator, (), now, policy, but=lambda it: it.key != ordered or is_out(it)
            )
            if chosen:
                return chosen
        return core.next_for(self.book, operator, queues, now, policy, but=is_out)

    def _is_given(self, key: str) -> bool:
        """True while a call to him is under way, as far as is known."""
        given = self._given.get(key)
        return given is not None and self._clock.now() - given[1] < _TO_ANSWER

    async def _is_blocked(self, number: Number) -> bool:
        """A journal that can't be asked is no reason to leave somebody waiting."""
        try:
            return await self._blocked(number)
        except (JournalUnavailable, Cc110Error) as error:
            _log.warning("blocklist not asked", error=str(error))
            return False

    def _operator(self, agent: str) -> AgentId:
        operator = AgentId(agent)
        if operator not in self._rules.queues:
            raise Refused(f"there is no operator {agent} in the directory")
        return operator
