"""Live calls: facts in, events out; a fault in one call ends no other."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from cc110.core import facts as f
from cc110.core.effects import LiftBlock
from cc110.core.events import CallArrived, CallEnded, RecordingFinalised, RecordingMissing
from cc110.core.ids import AgentId, CallId, ChannelId, Number, QueueName
from cc110.core.policy import Policy
from cc110.core.words import EndedBy, NumberSource
from cc110.journal.memory import MemoryJournal
from cc110.ports import Erased, NotSealed, PbxUnavailable, Sealed
from cc110.service.calls import Calls
from cc110.service.clock import SystemClock
from cc110.service.outbox import Outbox


class Control:
    """A PBX that is asked to rescue callers."""

    def __init__(self) -> None:
        self.rescued: list[str] = []
        self.asked = asyncio.Event()

    async def rescue(self, channel: ChannelId, queue: QueueName) -> None:
        self.rescued.append(f"{channel} to {queue}")
        self.asked.set()
        raise PbxUnavailable


class Recordings:
    """A folder with one recording, and one that its recorder closes late."""

    def __init__(self) -> None:
        self.looks = 0

    async def finalise(self, call_id: CallId, path: str) -> Sealed:
        self.looks += 1
        if "good" in path or ("late" in path and self.looks > 1):
            return Sealed(seconds=3.5, sha256="a7" * 32)
        raise FileNotFoundError(path)

    async def sizes(self, paths: Sequence[str]) -> Sequence[int]:
        return [-1 for _ in paths]

    async def free_bytes(self) -> int:
        return -1

    async def unsealed(self, *, days: int | None) -> Sequence[tuple[CallId, str]]:
        return ()

    async def erase(self, call_id: CallId, path: str, *, by: str, reason: str) -> Erased:
        raise NotSealed(path)


POLICY = Policy(recording_check_s=0.01, recording_late_s=0.01, greeting_limit_s=0.05, grace_s=0.01)


def arrival(call_id: str) -> f.Arrived:
    return f.Arrived(
        at=datetime.now(UTC),
        call_id=CallId(call_id),
        channel=ChannelId(f"channel-{call_id}"),
        number=Number("6280000000110"),
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="trunk-demo",
        queue=QueueName("polda-metro-jaya"),
    )


def gone(call_id: str) -> f.CallerGone:
    return f.CallerGone(at=datetime.now(UTC), call_id=CallId(call_id), by=EndedBy.CALLER)


class House:
    """Calls over a journal in memory."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.control = Control()
        self.lifted: list[LiftBlock] = []
        self.was_lifted = asyncio.Event()
        self.outbox = Outbox(self.journal)
        self.calls = Calls(
            policy=POLICY,
            clock=SystemClock(),
            outbox=self.outbox,
            control=self.control,
            recordings=Recordings(),
            lift=self.lift,
        )

    async def lift(self, lift: LiftBlock) -> None:
        self.lifted.append(lift)
        self.was_lifted.set()
        raise PbxUnavailable

    async def __aenter__(self) -> "House":
        self._task = asyncio.create_task(self.outbox.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.calls.aclose()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def told(self, kind: type) -> object:
        """Wait for the first event of that kind."""
        async with asyncio.timeout(5):
            while True:
                for one in self.journal.recorded:
                    if isinstance(one.event.data, kind):
                        return one.event.data
                await asyncio.sleep(0.005)


async def test_a_call_is_forgotten_once_its_recording_is_accounted_for() -> None:
    """Arrival, recorder, end: the recording is measured, and nothing of the call stays in memory."""
    async with House() as house:
        house.calls.hear(arrival("a"))
        house.calls.submit(
            f.RecorderStarted(at=datetime.now(UTC), call_id=CallId("a"), path="2026/01/01/good.wav")
        )
        house.calls.submit(
            f.CallerGone(at=datetime.now(UTC), call_id=CallId("a"), by=EndedBy.CALLER)
        )
        found = await house.told(RecordingFinalised)
        assert isinstance(found, RecordingFinalised)
        assert found.seconds == 3.5
        async with asyncio.timeout(1):
            while house.calls.live:
                await asyncio.sleep(0)
        await house.told(CallEnded)


async def test_a_recording_that_comes_late_is_looked_for_once_more() -> None:
    """A busy PBX closes it after the first look: it is found, and nobody says that it is missing."""
    now = datetime.now(UTC)
    async with House() as house:
        house.calls.hear(arrival("a"))
        house.calls.submit(
            f.RecorderStarted(at=now, call_id=CallId("a"), path="2026/01/01/late.wav")
        )
        house.calls.submit(f.CallerGone(at=now, call_id=CallId("a"), by=EndedBy.CALLER))
        await house.told(RecordingFinalised)

        assert "RecordingMissing" not in {one.event.type for one in house.journal.recorded}


async def test_a_recording_that_is_not_there_is_said_aloud() -> None:
    """Silence about a missing recording would be worse than none."""
    async with House() as house:
        house.calls.hear(arrival("a"))
        house.calls.submit(
            f.RecorderStarted(at=datetime.now(UTC), call_id=CallId("a"), path="2026/01/01/x.wav")
        )
        house.calls.submit(
            f.CallerGone(at=datetime.now(UTC), call_id=CallId("a"), by=EndedBy.CALLER)
        )
        missing = await house.told(RecordingMissing)
        assert isinstance(missing, RecordingMissing)
        assert missing.path == "2026/01/01/x.wav"


async def test_a_caller_who_gets_stuck_in_the_greeting_is_rescued() -> None:
    """The core's deadline is the last resort; a PBX that refuses harms nobody else."""
    async with House() as house:
        house.calls.hear(arrival("a"))
        async with asyncio.timeout(5):
            await house.control.asked.wait()
        assert house.control.rescued == ["channel-a to polda-metro-jaya"]
        house.calls.hear(arrival("b"))
        async with asyncio.timeout(5):
            while CallId("b") not in house.calls.live:
                await asyncio.sleep(0)


async def test_s2_nobody_is_rescued_of_whom_the_pbx_has_not_spoken_yet() -> None:
    """Taken up after a restart, or the link was gone: what the deadline waits for may have come long ago."""
    async with House() as house:
        house.calls.submit(arrival("read-back"))
        house.calls.hear(arrival("heard"))
        await house.calls.settled()
        house.calls.doubt()
        house.calls.hear(arrival("new"))
        async with asyncio.timeout(5):
            await house.control.asked.wait()
        await asyncio.sleep(0.3)  # the others' deadlines have passed as well
        assert set(house.control.rescued) == {"channel-new to polda-metro-jaya"}
        assert list(house.calls.certain) == [CallId("new")]

        house.calls.submit(gone("read-back"))
        house.calls.submit(gone("new"))
        await house.calls.settled()
        house.control.asked.clear()
        house.calls.hear(
            f.RecorderStarted(at=datetime.now(UTC), call_id=CallId("heard"), path="x.wav")
        )
        async with asyncio.timeout(5):
            await house.control.asked.wait()
        assert house.control.rescued[-1] == "channel-heard to polda-metro-jaya"
        assert "channel-read-back to polda-metro-jaya" not in house.control.rescued


async def test_a_process_that_stood_still_listens_before_it_rescues() -> None:
    """The word that the caller is out of the greeting lay in the socket."""
    async with House() as house:
        house.calls.hear(arrival("a"))
        await house.calls.settled()
        loop = asyncio.get_running_loop()
        loop.call_soon(time.sleep, 1.0)
        loop.call_later(1.1, house.calls.hear, gone("a"))
        await asyncio.sleep(2.0)

        assert house.control.rescued == []


async def test_76_lifts_the_block_also_of_a_call_that_nobody_heard_of() -> None:
    """A daemon that came late knows nothing of the call; a PBX out of reach harms no other call."""
    async with House() as house:
        keyed = f.VerifyPassed(
            at=datetime.now(UTC),
            call_id=CallId("unheard"),
            number=Number("6280000000110"),
            agent=AgentId("1101"),
        )
        house.calls.submit(keyed)
        async with asyncio.timeout(5):
            await house.was_lifted.wait()
        assert [lift.number for lift in house.lifted] == [keyed.number]
        house.calls.hear(arrival("b"))
        await house.told(CallArrived)


async def test_a_fault_in_one_call_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even an error in the core's own code costs only that fact."""
    from cc110.service import inbox

    real = inbox.step  # type: ignore[attr-defined]

    def faulty(call: object, fact: f.Fact, **rest: object) -> object:
        if fact.call_id == "bad":
            raise RuntimeError("a fault")
        return real(call, fact, **rest)

    monkeypatch.setattr(inbox, "step", faulty)
    async with House() as house:
        house.calls.hear(arrival("bad"))
        house.calls.hear(arrival("good"))
        await house.told(CallArrived)

        assert set(house.calls.live) == {"good"}
