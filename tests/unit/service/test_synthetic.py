"""Synthetic calls, with a PBX of the test's (O1)."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from cc110.core.events import Event, SyntheticCallFailed, SyntheticCallPassed
from cc110.core.synthetic import Sign
from cc110.ports import PbxUnavailable
from cc110.service import synthetic
from cc110.service.clock import SystemClock
from cc110.service.outbox import Outbox
from cc110.service.synthetic import SyntheticCalls

CALLEE = ("arrived", "recording", "heard", "chose", "queued", "rang", "agent-took", "spoke")


class Told(Outbox):
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, events: Sequence[Event]) -> None:
        self.events += events


class Pbx:
    """Says what a call's sides say, up to a word that never comes."""

    def __init__(self) -> None:
        self.calls: SyntheticCalls
        self.without = ""
        self.is_there = True
        self.made = 0
        self.hung_up = 0
        self.discarded = 0

    async def call(self, order: str) -> None:
        if not self.is_there:
            raise PbxUnavailable
        self.made += 1
        for word in (*CALLEE, "caller-gone"):
            if word == self.without:
                return
            whose = order if word == "heard" else f"test-{self.made}"
            self.say(word, whose)

    def say(self, word: str, call_id: str) -> None:
        path = "a.wav" if word == "recording" else ""
        self.calls.submit(Sign(at=datetime.now(UTC), word=word, call_id=call_id, path=path))

    async def hang_up(self) -> None:
        self.hung_up += 1

    async def test_seconds(self, path: str) -> float | None:
        return 1.0

    async def discard_tests(self) -> None:
        self.discarded += 1


def office() -> tuple[SyntheticCalls, Pbx, Told]:
    """Calls, their PBX, and what the journal would get."""
    pbx, told = Pbx(), Told()
    pbx.calls = SyntheticCalls(
        caller=pbx, recordings=pbx, outbox=told, clock=SystemClock(), is_linked=lambda: pbx.is_there
    )
    return pbx.calls, pbx, told


async def test_an_alarm_is_told_once_for_each_stage_and_ended_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The journal gets changes; figures and log get every call."""
    monkeypatch.setattr(synthetic, "STEPS_S", dict.fromkeys(synthetic.STEPS_S, 0.05))
    calls, pbx, told = office()
    for without in ("", "", "rang", "rang", "spoke", "", ""):
        pbx.without = without
        await calls.once()

    kinds = [getattr(event.data, "stage", "passed") for event in told.events]
    assert kinds == ["passed", "queue", "answer", "passed"]
    assert (calls.passed, calls.failed) == (4, 3)
    assert pbx.hung_up == 3
    assert pbx.discarded == 7
    assert isinstance(told.events[0].data, SyntheticCallPassed)
    assert json.loads(calls.as_json())["last"]["broken"] is None


async def test_what_an_earlier_call_still_says_is_not_the_next_one_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was given up, and goes on for a while."""
    monkeypatch.setattr(synthetic, "STEPS_S", dict.fromkeys(synthetic.STEPS_S, 0.05))
    calls, pbx, _ = office()
    pbx.without = "rang"
    await calls.once()
    pbx.without = "arrived"
    task = asyncio.create_task(calls.once())
    await asyncio.sleep(0)
    for word in ("arrived", "chose", "queued", "rang", "spoke"):
        pbx.say(word, "test-1")

    broken = (await task).broken
    assert broken
    assert broken.stage == "trunk"


async def test_a_pbx_that_takes_no_order_is_named_and_no_link_is_no_call() -> None:
    """While the daemon hears nothing, `PbxLost` is the alarm, and nothing is judged."""
    calls, pbx, told = office()
    pbx.is_there = False
    assert (await calls.once()).broken
    (failed,) = told.events
    assert isinstance(failed.data, SyntheticCallFailed)
    assert failed.data.reason == "the PBX does not take the order"

    task = asyncio.create_task(calls.run(every_s=0.01))
    await asyncio.sleep(0.1)
    assert (calls.failed, pbx.made) == (1, 0)
    pbx.is_there = True
    async with asyncio.timeout(5):
        while calls.passed < 3:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_call_at_a_time() -> None:
    """Who asks meanwhile gets a call of his own, afterwards."""
    calls, pbx, _ = office()
    found = await asyncio.gather(*(calls.once() for _ in range(5)))

    assert all(one.broken is None for one in found)
    assert pbx.made == 5
