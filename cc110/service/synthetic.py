"""Makes synthetic calls (requirement O1), one at a time, and raises the alarm that names the broken stage."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final, Never, Protocol

import structlog

from cc110.core.events import Event, SyntheticCallFailed, SyntheticCallPassed
from cc110.core.synthetic import Result, Seen, Sign, StageResult, judge
from cc110.ports import Cc110Error, Clock, SyntheticCaller, SyntheticRecordings

_log = structlog.get_logger("synthetic")
STEPS_S: Final[Mapping[str, float]] = {
    "arrived": 6.0,
    "chose": 15.0,
    "rang": 5.0,
    "spoke": 7.0,
    "caller-gone": 5.0,
}
"""How long each sign may be behind the one before. A call that is late anywhere is given up: it is judged, and hung
up; whatever happens, the dialplan ends it after 25 s (``dialplan/test-call.conf``)."""
_REMEMBERED: Final = 10
_CLOSED_S: Final = 3.0
_LOOK_S: Final = 0.1


class TakesEvents(Protocol):
    """Where alarms go."""

    def put(self, events: Sequence[Event]) -> None:
        """Take these."""
        ...


class _Order:
    """One call under way."""

    def __init__(self, order: str, begun_at: datetime, old: tuple[str, ...]) -> None:
        self.order = order
        self.begun_at = begun_at
        self.call_id = ""
        self.signs: list[Sign] = []
        self.unplayed: list[str] = []
        self._came: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._old = old

    def take(self, sign: Sign) -> None:
        """What is of another call, such as one that was given up and ends only now, is left out."""
        if sign.word == "arrived" and not self.call_id and sign.call_id not in self._old:
            self.call_id = sign.call_id
        if sign.call_id in (self.order, self.call_id):
            self.signs.append(sign)
            self._came[sign.word].set()

    async def went_through(self) -> bool:
        """Whether every sign came in time; False as soon as one does not."""
        try:
            for word, seconds in STEPS_S.items():
                async with asyncio.timeout(seconds):
                    await self._came[word].wait()
        except TimeoutError:
            return False
        return True

    @property
    def path(self) -> str:
        """Its recording; empty when none was started."""
        return next((sign.path for sign in self.signs if sign.path), "")


class SyntheticCalls:
    """The synthetic calls of this daemon."""

    def __init__(
        self,
        *,
        caller: SyntheticCaller,
        recordings: SyntheticRecordings,
        outbox: TakesEvents,
        clock: Clock,
        is_linked: Callable[[], bool],
    ) -> None:
        """Call through `caller`; while the daemon hears nothing of the PBX (`is_linked`), nothing is judged."""
        self.last: Result | None = None
        """The newest that was judged."""
        self.passed = 0
        self.failed = 0
        self.passed_at: datetime | None = None
        """When the newest that came through was begun."""
        self._caller = caller
        self._recordings = recordings
        self._outbox = outbox
        self._clock = clock
        self._is_linked = is_linked
        self._turn = asyncio.Lock()
        self._order: _Order | None = None
        self._old: tuple[str, ...] = ()
        self._told: str | None = None

    def submit(self, sign: Sign) -> None:
        """Take what a side of a synthetic call says."""
        if self._order:
            self._order.take(sign)

    def not_played(self, call_id: str, prompt: str) -> None:
        """A prompt of the greeting could not be played, in whichever call."""
        if self._order and call_id == self._order.call_id:
            self._order.unplayed.append(prompt)

    async def run(self, every_s: float) -> Never:
        """Call for ever, from one beginning to the next `every_s` seconds; cancel to stop."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            if self._is_linked():
                await self.once()
            await asyncio.sleep(max(0.0, begun + every_s - loop.time()))

    async def once(self) -> Result:
        """Call now, after the one that is under way; returns when it is judged, within half a minute."""
        async with self._turn:
            begun_at = self._clock.now()
            order = _Order(f"test-order-{begun_at:%H%M%S%f}", begun_at, self._old)
            self._order = order
            try:
                seen = await self._seen(order)
            finally:
                self._order = None
            self._old = (*self._old, order.call_id)[-_REMEMBERED:]
            result = judge(seen)
            self._tell(result)
            return result

    async def _seen(self, order: _Order) -> Seen:
        try:
            await self._caller.call(order.order)
        except Cc110Error as error:
            _log.error("the synthetic call is not made", error=str(error))
            return Seen(order=order.order, begun_at=order.begun_at, is_ordered=False)
        if not await order.went_through():
            await self._give_up()
        return Seen(
            order=order.order,
            begun_at=order.begun_at,
            signs=tuple(order.signs),
            unplayed=tuple(order.unplayed),
            recorded_s=await self._recorded_s(order.path) if order.path else None,
        )

    async def _give_up(self) -> None:
        try:
            await self._caller.hang_up()
        except Cc110Error as error:
            _log.warning("the synthetic call is not hung up", error=str(error))

    async def _recorded_s(self, path: str) -> float | None:
        """The recorder closes its file shortly after the hang-up. It is nobody's recording, and goes."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _CLOSED_S
        seconds = None
        while seconds is None and loop.time() < give_up:
            seconds = await self._recordings.test_seconds(path)
            if seconds is None:
                await asyncio.sleep(_LOOK_S)
        await self._recordings.discard_tests()
        return seconds

    def _tell(self, result: Result) -> None:
        """An alarm once for each stage that breaks, and its end once; the log has each failure."""
        self.last = result
        if broken := result.broken:
            self.failed += 1
            self._fails(result, broken)
            return
        self.passed += 1
        self.passed_at = result.begun_at
        took = sum(one.took_s or 0.0 for one in result.stages[:-1])
        if self._told != "":
            _log.info("the synthetic call came through", seconds=round(took, 1))
            self._put(SyntheticCallPassed(seconds=round(took, 3)))
        self._told = ""

    def _fails(self, result: Result, broken: StageResult) -> None:
        assert broken.fault
        said = {"stage": broken.stage, "reason": broken.fault, "detail": broken.detail}
        _log.warning("THE SYNTHETIC CALL DID NOT COME THROUGH", **said, failed=self.failed)
        if self._told != broken.stage:
            self._put(
                SyntheticCallFailed(stage=broken.stage, reason=broken.fault, detail=broken.detail)
            )
        self._told = broken.stage

    def _put(self, data: SyntheticCallFailed | SyntheticCallPassed) -> None:
        self._outbox.put([Event(at=self._clock.now(), data=data)])

    def as_json(self) -> str:
        """The last one, and how many there were, for the control socket."""
        last = None if self.last is None else json.loads(result_json(self.last))
        passed_at = None if self.passed_at is None else self.passed_at.isoformat()
        counts = {"passed": self.passed, "failed": self.failed}
        return json.dumps({"last": last, "passed_at": passed_at, **counts})


def result_json(result: Result) -> str:
    """A result for the control socket and ``--json``."""
    said = asdict(result) | {
        "begun_at": result.begun_at.isoformat(),
        "broken": result.broken.stage if result.broken else None,
    }
    return json.dumps(said)
