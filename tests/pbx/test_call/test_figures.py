"""The figures agree with the journal, on a real PBX."""

import asyncio
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from tests.contract.metrics.test_metrics_server import ask

from ...control_room import ControlRoom
from ..scene import all_over, talk

Figures = dict[tuple[str, ...], float]


async def read(room: ControlRoom) -> Figures:
    """Each figure by its name and labels."""
    _, _, body = (await ask(room.config.settings.watch.metrics_port)).partition(b"\r\n\r\n")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


async def test_the_figures_of_a_call_are_the_journal_s(room: ControlRoom) -> None:
    """While it lives and when it is over: a talk, a transfer that comes back, a recording."""
    start = await room.last_seq()
    before = await _settled(room, start)
    scene = await talk(room)

    during = await _read_until(room, ("cc110_operators", "talking"), 1.0)
    assert during["cc110_calls_live",] == 1
    assert during["cc110_ami_up", "control"] == 1
    assert during["cc110_queue_waiting", "polda-metro-jaya"] == 0
    await scene.key("*757103#")
    await scene.story.told("TransferReturned")
    await scene.call.hangup()
    await all_over(scene.desk)
    await room.accounted()

    seq = await room.last_seq()
    after = await _settled(room, seq)
    journal = await room.events(after=start)
    told = Counter(one.event.type for one in journal)
    (waited_s,) = (one.event.data.waited_s for one in journal if one.event.type == "AgentAnswered")

    def grew(*name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    assert grew("cc110_events_counted_total") == len(journal)
    assert grew("cc110_calls_arrived_total", "trunk-demo") == told["CallArrived"] == 1
    assert grew("cc110_calls_ended_total", "talked") == told["CallEnded"] == 1
    assert grew("cc110_answer_seconds_count") == told["AgentAnswered"]
    assert abs(grew("cc110_answer_seconds_sum") - waited_s) < 0.001
    assert grew("cc110_transfers_total", "7103") == told["TransferStarted"] == 1
    assert grew("cc110_transfers_returned_total", "7103", "unavailable") == 1
    assert grew("cc110_recordings_total", "final") == told["RecordingFinalised"] == 1
    assert after["cc110_calls_live",] == 0
    assert after["cc110_calls_unrecorded",] == 0
    assert after["cc110_journal_seq",] == seq
    assert after["cc110_journal_waiting_events",] == 0
    assert after["cc110_events_lost_total",] == 0


async def test_who_storms_the_figures_is_not_felt_by_a_call(room: ControlRoom) -> None:
    """Hundreds of silent, garbled and endless requests: the next caller is greeted and answered, and told of."""
    port = room.config.settings.watch.metrics_port
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    storm = asyncio.create_task(_storm(port))
    try:
        scene = await talk(room)
        await scene.story.told("AgentAnswered")
        await scene.call.hangup()
        await all_over(scene.desk)
        await scene.story.told("CallEnded")
    finally:
        storm.cancel()
        await asyncio.gather(storm, return_exceptions=True)
        for _, writer in silent:
            writer.transport.abort()
    found = await _read_until(room, ("cc110_calls_live",), 0.0)
    assert found["cc110_ami_up", "control"] == 1


async def _storm(port: int) -> None:
    """Ten at a time, each with more than a request may have."""
    while True:
        await asyncio.gather(*(ask(port, b"GET /" + b"A" * 100_000) for _ in range(10)))
        await asyncio.sleep(0.02)


async def _read_until(room: ControlRoom, name: tuple[str, ...], value: float) -> Figures:
    for _ in range(100):
        found = await read(room)
        if found.get(name) == value:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name} is not {value}: {found.get(name)}")


async def _settled(room: ControlRoom, seq: int) -> Figures:
    """The figures once they are as new as that event, and every reader has it."""
    for _ in range(200):
        found = await read(room)
        behind = [value for name, value in found.items() if name[0] == "cc110_reader_lag_events"]
        if found["cc110_journal_seq",] >= seq and not any(behind):
            await asyncio.sleep(
                1.2
            )  # the figures are a second old, and their count is behind by a look
            return await read(room)
        await asyncio.sleep(0.05)
    raise AssertionError("the readers do not come to the end")
