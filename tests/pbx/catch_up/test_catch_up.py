"""What happened while the daemon was dead is told afterwards as if it had been there (S1, S2, S3, S9)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cc110.core.events import CallEnded, Event
from cc110.core.words import EndedBy
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ...bench.load import job
from ...cache import cache
from ...control_room import ControlRoom
from ...phones.phone import CallHandle, CallState, Phone
from ...phones.sipp import Sipp
from ...phones.timing import limit
from ..scene import dial, log_in
from ..story import Story

EXACT_S = 0.5
ONCE = ("CallArrived", "CallQueued", "CallEnded", "RecordingStarted", "CaseOpened")


class Clock:
    """When a test did what it did."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}

    def note(self, what: str) -> None:
        self._at[what] = datetime.now(UTC)

    def assert_told(self, events: Sequence[Event], what: str, kind: str, times: int = 1) -> None:
        """The event's time is the true one."""
        at = [event.at for event in events if event.type == kind][times - 1]
        assert abs((at - self._at[what]).total_seconds()) < EXACT_S, (what, at, self._at[what])


async def talk_without_a_daemon(
    room: ControlRoom, caller: Phone, operator: Phone, number: str
) -> tuple[CallHandle, CallHandle]:
    """A caller and an operator who talk; returns both ends."""
    call = await dial(room, caller, number)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    return call, desk


async def keyed(room: ControlRoom, desk: CallHandle, keys: str, fact: str) -> None:
    """Press a code and wait until the dialplan has taken it."""
    mark = room.observer.mark()
    await desk.send_dtmf(keys, duration_s=0.08)
    await room.observer.wait_for("UserEvent", lambda e: e["Fact"] == fact, after=mark)


def said_of(events: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in events if event.type == kind]


async def test_s2_a_whole_call_without_the_daemon_is_told_with_its_true_times(
    room: ControlRoom,
) -> None:
    """*71, a Polres that does not answer, and the end: each said once, recovered, when it was."""
    operator, _, caller = await asyncio.gather(
        room.phone("1101", "operator"), room.polres(), room.caller()
    )
    await log_in(room, "1101")
    story, clock = await Story.begin(room), Clock()
    await room.daemon.kill()
    call, desk = await talk_without_a_daemon(room, caller, operator, "6280000000110")
    clock.note("answered")
    await keyed(room, desk, "*71", "judged")
    clock.note("judged")
    mark = room.observer.mark()
    await keyed(room, desk, "*757101#", "transfer")
    clock.note("asked")
    await room.observer.wait_for(
        "UserEvent", lambda e: e["Fact"] == "transfer-failed", after=mark, timeout=9
    )
    clock.note("failed")
    await call.heard(0.5)  # whoever hangs up while it is told has left while the Polres rang
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    clock.note("ended")

    await room.daemon.start()
    await story.told("RecordingFinalised")

    events = await story.events()
    clock.assert_told(events, "answered", "AgentAnswered")
    clock.assert_told(events, "judged", "VerdictGiven")
    clock.assert_told(events, "judged", "CaseOpened")
    clock.assert_told(events, "asked", "TransferStarted")
    clock.assert_told(events, "failed", "TransferReturned")
    clock.assert_told(events, "ended", "CallEnded")
    told = Counter(event.type for event in events)
    assert {kind: told[kind] for kind in told if told[kind] > 1} == {}, "something is said twice"
    assert {"AgentRang", "PolresRang", "MenuChosen", "AgentLeft"} <= set(told)
    measured = ("RecordingFinalised",)
    assert all(getattr(e.data, "recovered", False) for e in events if e.type not in measured)
    (ended,) = said_of(events, "CallEnded")
    assert ended.data.by == "agent"


async def test_s2_a_prank_judged_without_the_daemon_counts_and_nothing_is_said_twice(
    room: ControlRoom,
) -> None:
    """Heard live up to the answer, read back from there on; a second start adds nothing."""
    number = "6280000000911"
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    story = await Story.begin(room, number)
    call, desk = await talk_without_a_daemon(room, caller, operator, number)
    await story.told("AgentAnswered")
    await room.daemon.kill()
    await keyed(room, desk, "*73", "judged")
    await call.hangup()
    await desk.wait_for(CallState.DISCONNECTED)

    await room.daemon.start()
    await story.told("RecordingFinalised")
    once = await story.kinds()
    await room.daemon.kill()
    start = await room.last_seq()
    await room.daemon.start()
    await room.wait_event("PbxBack", after=start)

    assert await story.kinds() == once
    assert max(Counter(once).values()) == 1, once
    assert (await story.told("VerdictGiven")).verdict == "prank"


async def test_s1_asterisk_alone_serves_and_a_new_daemon_knows_of_every_call(
    room: ControlRoom, tmp_path: Path
) -> None:
    """Five calls that reach operators while nobody listens; each is in the journal, with its recording."""
    await room.daemon.kill()
    await _calls(room, tmp_path, calls=5, rate=5.0)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_s1_asterisk_alone_serves_fifty_calls(room: ControlRoom, tmp_path: Path) -> None:
    """The long form."""
    await room.daemon.kill()
    await _calls(room, tmp_path, calls=50, rate=5.0)


async def test_s2_the_daemon_is_killed_at_random_moments_of_twelve_calls(
    room: ControlRoom, tmp_path: Path
) -> None:
    """The journal is complete, and has nothing twice."""
    await _calls(room, tmp_path, calls=12, rate=3.0, kills=random.Random(110), most_s=2.0)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_s2_the_daemon_is_killed_at_random_moments_of_two_hundred_calls(
    room: ControlRoom, tmp_path: Path
) -> None:
    """The long form: one call a second, killed after 1 to 10 s."""
    await _calls(room, tmp_path, calls=200, rate=1.0, kills=random.Random(110), most_s=10.0)


async def _calls(
    room: ControlRoom,
    folder: Path,
    *,
    calls: int,
    rate: float,
    kills: random.Random | None = None,
    most_s: float = 0.0,
) -> None:
    """So many callers, as many operators as they need, and a daemon that dies again and again."""
    start, agents = await room.last_seq(), ("1101", "1102", "1103", "1104")
    await asyncio.gather(*(room.phone(one, "operator", auto_answer=0.2) for one in agents))
    await log_in(room, *agents)
    load = job(room, calls=calls, rate=rate, at_once=calls, hold_s=5.0)
    sipp = asyncio.create_task(Sipp(await _sipp(), folder).run(load))
    while kills and not sipp.done():
        if not room.daemon.running:
            await room.daemon.start()
        await asyncio.sleep(kills.uniform(most_s / 10, most_s))
        await room.daemon.kill()
    result = await sipp
    assert (result.succeeded, result.failed) == (calls, 0), str(result)
    if not room.daemon.running:
        await room.daemon.start()
    await _complete(room, start, calls)


async def _sipp() -> tuple[str, ...]:
    bundles = ("asterisk", "sipp")
    programs = await asyncio.to_thread(install, cache(), bundles=bundles, progress=NoProgress())
    return programs.tool("sipp")


async def _complete(room: ControlRoom, start: int, calls: int) -> None:
    end = time.monotonic() + limit(20)
    while True:
        events = [one.event for one in await room.events(after=start)]
        done = said_of(events, "RecordingFinalised") + said_of(events, "RecordingMissing")
        if len(done) >= calls or time.monotonic() > end:
            break
        await asyncio.sleep(0.05)
    told = Counter((event.call_id, event.type) for event in events if event.type in ONCE)
    assert len(said_of(events, "CallArrived")) == calls
    assert len(said_of(events, "CallEnded")) == calls
    assert [what for what, times in told.items() if times > 1] == []
    assert not said_of(events, "RecordingMissing")
    assert not said_of(events, "RecordingStalled"), "of a call that was over"
    ends = [one.data for one in said_of(events, "CallEnded")]
    assert EndedBy.LOST not in {end.by for end in ends if isinstance(end, CallEnded)}
