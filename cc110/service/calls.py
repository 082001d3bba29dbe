"""All live calls: facts in, events and effects out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Final, assert_never

import structlog

from cc110.core.acting import resume
from cc110.core.call import Call
from cc110.core.decide import STARTS
from cc110.core.effects import (
    CancelDeadline,
    Effect,
    LiftBlock,
    MeasureRecording,
    Note,
    RescueCall,
    SetDeadline,
)
from cc110.core.events import CallbackMade, CallRejected, Data, Event
from cc110.core.facts import (
    CallerGone,
    CaseClosePressed,
    DeadlinePassed,
    Fact,
    RecordingFound,
    RecordingNotFound,
    VerdictTakenBack,
)
from cc110.core.ids import CallId
from cc110.core.policy import Policy
from cc110.core.words import CallbackOutcome, EndedBy
from cc110.ports import (
    CallControl,
    Cc110Error,
    ChannelGone,
    Clock,
    Recordings,
    Sealed,
    StillOpen,
)
from cc110.service.clock import CallClock, ClockSteps
from cc110.service.inbox import CallInbox
from cc110.service.outbox import Outbox
from cc110.service.summary import summary_of
from cc110.service.timers import Timers

_log = structlog.get_logger("calls")

_STILL_OPEN_S: Final = 1.0
_STILL_OPEN_TRIES: Final = 10
_REMEMBERED: Final = 20_000

Lift = Callable[[LiftBlock], Awaitable[None]]
"""Ends a block by verification."""


class _Newest:
    """The newest call ids that were added, in bounded memory."""

    def __init__(self) -> None:
        self._ids: dict[CallId, None] = {}

    def add(self, call_id: CallId) -> None:
        self._ids[call_id] = None
        if len(self._ids) > _REMEMBERED:
            del self._ids[next(iter(self._ids))]

    def __contains__(self, call_id: CallId) -> bool:
        return call_id in self._ids


class Calls:
    """One inbox per live call; the runner of their effects."""

    def __init__(
        self,
        *,
        policy: Policy,
        clock: Clock,
        outbox: Outbox,
        control: CallControl,
        recordings: Recordings,
        lift: Lift,
        steps: ClockSteps | None = None,
    ) -> None:
        """Wire the calls to what their effects need."""
        self._policy = policy
        self._clock = clock
        self._steps = steps or ClockSteps(clock)
        self._outbox = outbox
        self._control = control
        self._recordings = recordings
        self._lift_block = lift
        self._timers = Timers(self._deadline_passed)
        self._inboxes: dict[CallId, CallInbox] = {}
        self._tasks: dict[CallId, asyncio.Task[None]] = {}
        self._effects: set[asyncio.Task[None]] = set()
        self._over = _Newest()
        self._doubtful = dict[CallId, list[str]]()

    @property
    def live(self) -> Mapping[CallId, Call]:
        """The calls that are known now, by id."""
        return {i: box.call for i, box in self._inboxes.items() if box.call is not None}

    @property
    def certain(self) -> Mapping[CallId, Call]:
        """Those of them that the PBX has, by its own word since the link is there (`hear`)."""
        return {i: call for i, call in self.live.items() if i not in self._doubtful}

    def hear(self, fact: Fact) -> None:
        """Hand over what the PBX says now, live or in its list of calls: of this call it is sure that it is there."""
        self.submit(fact)
        for name in self._doubtful.pop(fact.call_id, ()):
            self._deadline_passed(fact.call_id, name)

    def doubt(self) -> None:
        """The link is gone: which calls the PBX still has is not known until it says so.

        Until then no deadline of theirs has consequences: what it waits for may have come long ago.
        """
        for call_id in self._inboxes:
            self._doubtful.setdefault(call_id, [])

    def submit(self, fact: Fact) -> None:
        """Hand a fact to its call; a call not seen before begins with it, one that is over does not.

        Of one that is over tells a list of the PBX that is older than its end, or a record that is read again.
        """
        if isinstance(fact, STARTS) and fact.call_id in self._over:
            return
        self._inbox(fact.call_id).put(fact)

    def is_over(self, call_id: CallId) -> bool:
        """True for the calls that were finished last: nothing is to be said of them again."""
        return call_id in self._over

    async def settled(self) -> None:
        """Return when every fact that was submitted so far is decided."""
        await asyncio.gather(*(box.settled() for box in tuple(self._inboxes.values())))

    def resume(self, call: Call) -> None:
        """Take up a call that was rebuilt from the journal."""
        self._inbox(call.call_id).call = call
        for effect in resume(call, now=self._clock.now(), policy=self._policy):
            self.run(effect)

    def press_close(self, call_id: CallId, by: str) -> bool:
        """Close the case of a live call, as ``*70`` does; False when the call is not live."""
        if call_id not in self.live:
            return False
        self.submit(CaseClosePressed(at=self._clock.now(), call_id=call_id, by=by))
        return True

    def take_back(self, call_id: CallId, reason: str, by: str) -> bool:
        """Withdraw the verdict of a live call; False when the call is not live."""
        if call_id not in self.live:
            return False
        now = self._clock.now()
        self.submit(VerdictTakenBack(at=now, call_id=call_id, reason=reason, by=by))
        return True

    def use(self, policy: Policy) -> None:
        """Calls that arrive from now on go by other numbers; those under way end as they began."""
        self._policy = policy

    async def aclose(self) -> None:
        """Stop all inboxes, timers and effects; calls go on in the PBX."""
        self._timers.close()
        tasks = [*self._tasks.values(), *self._effects]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- the inboxes' runner --------------------------------------------------------------------

    def record(self, events: Sequence[Event]) -> None:
        """Send events to the journal."""
        self._outbox.put(events)
        for event in events:
            if _stands_alone(event.data) and event.call_id:
                self._over.add(event.call_id)

    def decided(self, inbox: CallInbox) -> None:
        """Forget a call that is over and accounted for, or of which nothing is known."""
        if inbox.is_done:
            self._finish(inbox.call_id)

    def run(self, effect: Effect) -> None:
        """Start an effect."""
        match effect:
            case SetDeadline(call_id=call_id, name=name, at=at):
                wait = at - self._inbox(call_id).clock.now()
                self._timers.set(call_id, name, wait.total_seconds())
            case CancelDeadline(call_id=call_id, name=name):
                self._timers.cancel(call_id, name)
            case RescueCall():
                self._start(self._rescue(effect))
            case MeasureRecording():
                self._start(self._measure(effect))
            case LiftBlock():
                self._start(self._lift(effect))
            case Note(call_id=call_id, text=text):
                _log.debug("noted", call=call_id, text=text)
            case _:
                assert_never(effect)

    # --- inside ---------------------------------------------------------------------------------

    def _inbox(self, call_id: CallId) -> CallInbox:
        box = self._inboxes.get(call_id)
        if box is None:
            clock = CallClock(self._clock, self._steps)
            box = CallInbox(call_id, policy=self._policy, clock=clock, runner=self)
            self._inboxes[call_id] = box
            self._doubtful[call_id] = []
            self._tasks[call_id] = asyncio.create_task(box.run(), name=f"call {call_id}")
        return box

    def _finish(self, call_id: CallId) -> None:
        """A finished call gets its one line in the log."""
        self._doubtful.pop(call_id, None)
        box, task = self._inboxes.pop(call_id, None), self._tasks.pop(call_id, None)
        if box and box.call:
            self._over.add(call_id)
            _log.info("call finished", **summary_of(box.call))
        if task:
            asyncio.get_running_loop().call_soon(task.cancel)

    def _start(self, effect: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(effect)
        self._effects.add(task)
        task.add_done_callback(self._effects.discard)

    def _deadline_passed(self, call_id: CallId, name: str) -> None:
        if call_id in self._doubtful:
            self._doubtful[call_id].append(name)
        elif call_id in self._inboxes:
            self.submit(DeadlinePassed(at=self._clock.now(), call_id=call_id, name=name))

    async def _rescue(self, effect: RescueCall) -> None:
        _log.warning("caller rescued", call=effect.call_id, reason=effect.reason)
        try:
            await self._control.rescue(effect.channel, effect.queue)
        except ChannelGone:
            gone = CallerGone(
                at=self._clock.now(), call_id=effect.call_id, by=EndedBy.LOST, recovered=True
            )
            self.submit(gone)
        except Cc110Error as error:
            _log.error("rescue failed", call=effect.call_id, error=str(error))

    async def _lift(self, effect: LiftBlock) -> None:
        """What fails here is found again as the PBX's note, when the link is back."""
        try:
            await self._lift_block(effect)
        except Cc110Error as error:
            _log.warning("verification not settled", call=effect.call_id, error=str(error))

    async def _measure(self, effect: MeasureRecording) -> None:
        """The recorder closes its file shortly after the hang-up."""
        await asyncio.sleep(self._policy.recording_check_s)
        self.submit(await self._measured(effect))

    async def _measured(self, effect: MeasureRecording) -> RecordingFound | RecordingNotFound:
        now, call_id, path = self._clock.now(), effect.call_id, effect.path
        try:
            kept = await self._sealed(call_id, path)
        except (OSError, ValueError, Cc110Error) as error:
            reason = str(error) or type(error).__name__
            _log.error("call without a recording", call=call_id, path=path, reason=reason)
            return RecordingNotFound(at=now, call_id=call_id, path=path, reason=reason)
        return RecordingFound(
            at=now,
            call_id=call_id,
            path=path,
            seconds=kept.seconds,
            sha256=kept.sha256,
            repaired=kept.repaired,
        )

    async def _sealed(self, call_id: CallId, path: str) -> Sealed:
        """Final, as soon as it is there and nobody writes to it any more."""
        with suppress(StillOpen, FileNotFoundError, ValueError):
            return await self._recordings.finalise(call_id, path)
        await asyncio.sleep(self._policy.recording_late_s)
        for _ in range(_STILL_OPEN_TRIES):
            with suppress(StillOpen):
                return await self._recordings.finalise(call_id, path)
            await asyncio.sleep(_STILL_OPEN_S)
        return await self._recordings.finalise(call_id, path)


def _stands_alone(data: Data) -> bool:
    """True for an event that is all of its call: there is no call state, and no other event will come."""
    if isinstance(data, CallbackMade):
        return data.outcome is not CallbackOutcome.ANSWERED
    return isinstance(data, CallRejected)
