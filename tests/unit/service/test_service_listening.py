"""Live calls that are not recorded are flagged while they live (R2, R3)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cc110.core import facts as f
from cc110.core.call import Call
from cc110.core.decide import step
from cc110.core.events import Event, RecordingResumed, RecordingStalled
from cc110.core.facts import Fact
from cc110.core.ids import CallId, ChannelId, Number, QueueName
from cc110.core.policy import Policy
from cc110.core.recording import SILENT_S
from cc110.core.words import EndedBy, NumberSource
from cc110.ports import Erased, NotSealed, Sealed
from cc110.service.clock import SystemClock
from cc110.service.listening import LOOK_EVERY_S, RecorderWatch

CALL = CallId("20260817-030405-000017-5f3a9c")
PATH = f"2026/08/17/{CALL}.wav"


class Disk:
    """Files that grow when the test says so."""

    def __init__(self) -> None:
        self.size = -1
        self.free = 10**12
        self.hangs = False

    async def sizes(self, paths: Sequence[str]) -> Sequence[int]:
        if self.hangs:
            await asyncio.Event().wait()
        return [self.size for _ in paths]

    async def free_bytes(self) -> int:
        return self.free

    async def finalise(self, call_id: CallId, path: str) -> Sealed:
        raise NotSealed(path)

    async def unsealed(self, *, days: int | None) -> Sequence[tuple[CallId, str]]:
        return ()

    async def erase(self, call_id: CallId, path: str, *, by: str, reason: str) -> Erased:
        raise NotSealed(path)


class House:
    """One live call, decided by the core."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.events: list[Event] = []
        self.disk = Disk()
        self.watch = RecorderWatch(self, self.disk, SystemClock())
        self.now = 100.0
        now = datetime.now(UTC)
        self.submit(
            f.Arrived(
                at=now,
                call_id=CALL,
                channel=ChannelId("1.17"),
                number=Number("6284000000001"),
                source=NumberSource.ASSERTED,
                dialled="110",
                trunk="demo",
                queue=QueueName("polda-metro-jaya"),
            )
        )

    @property
    def certain(self) -> Mapping[CallId, Call]:
        return {CALL: self.call} if self.call else {}

    def submit(self, fact: Fact) -> None:
        done = step(self.call, fact, now=datetime.now(UTC), policy=Policy())
        self.call = done.call
        self.events += done.events

    async def goes_on(self, seconds: float, *, grows: bool) -> float | None:
        """Look again and again; after how many seconds it was flagged for the first time."""
        began, flagged = self.now, None
        while self.now < began + seconds:
            self.now += LOOK_EVERY_S
            self.disk.size += 32_768 if grows else 0
            await self.watch.look(self.now)
            if flagged is None and self.watch.seen.unrecorded:
                flagged = self.now - began
        return flagged

    def told(self, kind: type) -> list[object]:
        return [event.data for event in self.events if isinstance(event.data, kind)]


async def test_r3_whoever_stood_still_hears_first_who_ended_meanwhile() -> None:
    """Stopped for twenty seconds, the process takes no finished recording for one that failed; patience begins anew."""
    house = House()
    watching = asyncio.create_task(house.watch.run())
    await asyncio.sleep(0.1)
    time.sleep(SILENT_S + LOOK_EVERY_S)  # noqa: ASYNC251 - nothing else runs either: that is the point
    await asyncio.sleep(2 * LOOK_EVERY_S)
    assert (house.watch.seen.live, house.watch.seen.flagged) == (1, 0)
    watching.cancel()


async def test_r3_what_is_flagged_stays_flagged_while_the_process_stands_still() -> None:
    """Only growth says that it is recorded again; what is not flagged has its five seconds anew."""
    house = House()
    await house.goes_on(3, grows=False)
    house.watch.stood_still()
    flagged = await house.goes_on(5, grows=False)
    assert flagged is not None
    assert SILENT_S < flagged <= 5.0
    house.watch.stood_still()
    await house.goes_on(1, grows=False)
    assert (house.watch.seen.unrecorded, house.told(RecordingResumed)) == (1, [])


async def test_r3_a_call_without_a_file_is_flagged_within_five_seconds() -> None:
    """Once, however long it lasts; also when nobody heard of the recorder's start."""
    house = House()

    flagged = await house.goes_on(30, grows=False)

    assert flagged is not None
    assert flagged <= 5.0
    assert [RecordingStalled(path=PATH, reason="there is no file")] == house.told(RecordingStalled)
    assert (1, 1, 1) == (
        house.watch.seen.live,
        house.watch.seen.unrecorded,
        house.watch.seen.flagged,
    )


async def test_r2_a_file_that_stops_growing_is_flagged_and_its_recovery_told() -> None:
    """Disk full for half a minute."""
    house = House()
    assert await house.goes_on(10, grows=True) is None
    house.disk.free = 0

    flagged = await house.goes_on(30, grows=False)
    assert flagged is not None
    assert flagged <= 5.0
    await house.goes_on(5, grows=True)

    (stalled,), (resumed,) = house.told(RecordingStalled), house.told(RecordingResumed)
    assert RecordingStalled(path=PATH, reason="the disk is full") == stalled
    assert isinstance(resumed, RecordingResumed)
    assert 0 == house.watch.seen.unrecorded


async def test_r2_the_rest_of_a_block_is_no_growth() -> None:
    """A full disk takes a few more bytes into the block that the file has already."""
    house = House()
    await house.goes_on(10, grows=True)
    house.disk.size += 3000

    flagged = await house.goes_on(10, grows=False)
    assert flagged is not None
    assert flagged <= 4.0


async def test_a_portion_every_two_seconds_is_a_recording() -> None:
    """That is how the PBX writes."""
    house = House()
    for _ in range(10):
        assert await house.goes_on(LOOK_EVERY_S, grows=True) is None
        assert await house.goes_on(2.0 - LOOK_EVERY_S, grows=False) is None
    assert [] == house.told(RecordingStalled)


async def test_a_disk_that_does_not_answer_is_no_recording() -> None:
    """A network disk that hangs: no look waits for it twice."""
    house = House()
    await house.goes_on(1, grows=True)
    house.disk.hangs = True

    flagged = await house.goes_on(6, grows=False)

    assert flagged is not None
    assert [RecordingStalled(path=PATH, reason="the disk does not answer")] == house.told(
        RecordingStalled
    )
    house.watch.stop()


async def test_a_call_that_is_over_is_watched_no_more() -> None:
    """Its recording is looked for by other means."""
    house = House()
    house.submit(f.CallerGone(at=datetime.now(UTC), call_id=CALL, by=EndedBy.CALLER))

    assert await house.goes_on(30, grows=False) is None
    assert 0 == house.watch.seen.live
