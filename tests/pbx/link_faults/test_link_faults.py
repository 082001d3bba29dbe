"""The link to the PBX is cut, falls silent, or is read slowly: callers notice nothing, and nothing is done late.

Research S7, S8 and S10. The daemon reaches the PBX over a wire of the test's; phones and the observer do not.
"""

import asyncio
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import psutil
import pytest
import pytest_asyncio

from cc110.app.wiring import ami_settings
from cc110.core.ids import AgentId, QueueName
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.pbx.ami import AmiClient, AmiError
from cc110.pbx.link import AmiOperators
from cc110.ports import PbxUnavailable
from tests.contract.ami.fake_ami import running

from ...control_room import ControlRoom
from ...freeze import freeze
from ...phones.phone import CallHandle, CallState, Phone
from ..blocking import blocked
from ..hearing import in_talk
from ..raw_callers.trunk import RawTrunk, raw_trunk
from .wire import Wire, wire_to

FOUND_S = 10.0
RESYNC_S = 2.0
P99_S = 0.5
GROWTH = 20 * 1024 * 1024
BLOCKED = "6281200000779"
RATE = 20

Fault = Callable[[Wire], Awaitable[None]]


async def cut(wire: Wire) -> None:
    await wire.cut()


async def silent(wire: Wire) -> None:
    wire.fall_silent()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def way(control_room: ControlRoom) -> AsyncIterator[Wire]:
    """The daemon's way to the PBX; the next scenario's daemon has none of the test's."""
    async with wire_to(control_room.config.settings.ami.port) as between:
        await control_room.daemon.kill()
        await control_room.daemon.start(CC110_AMI__PORT=str(between.port))
        yield between
        await control_room.daemon.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def wire(way: Wire) -> AsyncIterator[Wire]:
    """The same, whole again afterwards."""
    yield way
    await way.mend()


async def talk(room: ControlRoom, caller: Phone, operator: Phone) -> tuple[CallHandle, CallHandle]:
    """A caller who presses 1 talks to the operator."""
    call = await room.dial_110(caller)
    await call.wait_for_talk()
    await call.send_dtmf("1")
    desk = await operator.incoming(timeout=10)
    await desk.answer()
    await desk.wait_for_talk()
    return call, desk


async def calls_of_the_pbx(room: ControlRoom) -> set[str]:
    """The 110 calls that are up, as an independent client asks for them."""
    asked = [
        room.observer.action("Getvar", Channel=one["Channel"], Variable="CC110_CALL")
        for one in await room.observer.channels()
    ]
    return {value for answer in await asyncio.gather(*asked) if (value := answer.get("Value"))}


async def calls_of_the_daemon(room: ControlRoom) -> set[str]:
    """Those that arrived in the journal and have not ended there."""
    async with reading(room.config.journal_url.get_secret_value()) as engine:
        rows = await ask(engine, queries.events_after, 0, limit=100_000)
    said = [(one.event.type, one.event.call_id) for one in rows.events]
    arrived = {call for kind, call in said if kind == "CallArrived"}
    return {call for call in arrived if call and ("CallEnded", call) not in said}


@asynccontextmanager
async def commander(room: ControlRoom, wire: Wire) -> AsyncIterator[AmiClient]:
    """A client of the daemon's own kind on the same wire."""
    settings = ami_settings(room.config, room.secrets, "cc110")
    async with running(AmiClient(replace(settings, port=wire.port))) as client:
        yield client


async def command_in_vain(room: ControlRoom, client: AmiClient) -> None:
    """Send the caller away and pause the operator: both are refused within their deadline."""
    trunk = next(it["Channel"] for it in await room.observer.channels() if "trunk" in it["Channel"])
    away = {"Action": "Redirect", "Channel": trunk, "Context": "cc110-rescue", "Exten": "s"}
    operators = AmiOperators(client, {AgentId("1101"): [(QueueName("any"), 0)]})
    given = asyncio.gather(
        client.send(away | {"Priority": "1"}),
        operators.pause(AgentId("1101"), paused=True, reason="late"),
        return_exceptions=True,
    )
    refused = await asyncio.wait_for(given, client.settings.action_timeout_s + 1)
    assert [isinstance(one, AmiError | PbxUnavailable) for one in refused] == [True, True]


@pytest.mark.parametrize("fault", [cut, silent])
async def test_s7_s8_a_lost_link_is_noticed_nothing_is_done_late_and_the_state_is_the_pbx_s(
    room: ControlRoom, wire: Wire, fault: Fault
) -> None:
    """Noticed in 10 s, read again 2 s after the return.

    Who left meanwhile has left, who talks goes on talking, and no command of that time is carried out.
    """
    operator, caller, leaver = await asyncio.gather(
        room.operator(), room.caller(), room.caller("supervisor")
    )
    stays, desk = await talk(room, caller, operator)
    leaves, _ = await talk(room, leaver, await room.operator("1102", "second_operator"))
    start, mark = await room.last_seq(), room.observer.mark()
    async with commander(room, wire) as client:
        began = time.monotonic()
        await fault(wire)
        await leaves.hangup()
        await room.observer.action("QueuePause", Interface="PJSIP/1102", Paused="true")
        await command_in_vain(room, client)
        await room.wait_event("PbxLost", after=start, timeout=FOUND_S)
        assert time.monotonic() - began < FOUND_S
        if fault is silent:
            assert b"Action: Redirect" in wire.swallowed
            assert b"Action: QueuePause" in wire.swallowed
        mended = time.monotonic()
        await wire.mend()
        await room.wait_event("PbxBack", after=start, timeout=RESYNC_S)
        assert time.monotonic() - mended < RESYNC_S
        await asyncio.wait_for(client.await_live(), RESYNC_S)
        assert (await client.send({"Action": "Ping"})).ok
    await room.wait_event("CallEnded", after=start, where=lambda it: it.recovered)
    await room.wait_event("AgentPaused", after=start, where=lambda it: it.agent == "1102")
    assert await calls_of_the_daemon(room) == await calls_of_the_pbx(room) != set()
    assert await in_talk(caller=stays, operator=desk)
    paused = room.observer.events("QueueMemberPause", after=mark)
    assert {one["Interface"] for one in paused} == {"PJSIP/1102"}
    await desk.hangup()
    await stays.wait_for(CallState.DISCONNECTED)


# --- a slow reader --------------------------------------------------------------------------------


async def _throttle(room: ControlRoom, share: float) -> None:
    """Let the daemon run for that share of each second, as if it had so much of a processor."""
    while True:
        freeze(room.daemon.pid)
        await asyncio.sleep(1 - share)
        os.kill(room.daemon.pid, signal.SIGCONT)
        await asyncio.sleep(share)


async def _rejections(trunk: RawTrunk, count: int) -> list[float]:
    """So many calls of a blocked number, 20 a second; how long each waited for its answer."""
    answers = []
    for _ in range(count):
        answers.append(trunk.invite(asserted=f"<sip:+{BLOCKED}@127.0.0.2>"))
        await asyncio.sleep(1 / RATE)  # the pace is the load
    return list(await asyncio.gather(*(answer.seconds() for answer in answers)))


@asynccontextmanager
async def throttled(room: ControlRoom, share: float = 0.05) -> AsyncIterator[None]:
    """The daemon has so little of a processor for the length of a block."""
    task = asyncio.create_task(_throttle(room, share))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        room.daemon.go_on()


@pytest.mark.alone
@pytest.mark.parametrize("seconds", [5, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.timeout(400)
async def test_s10_a_daemon_that_hardly_runs_slows_nobody_and_loses_nothing(
    room: ControlRoom, seconds: int
) -> None:
    """20 calls a second with 5 % of a processor: answers in time, the PBX's memory flat, each one journaled."""
    count, start = seconds * RATE, await room.last_seq()
    pbx = psutil.Process((await room.pbx.status()).pid)
    async with blocked(room, BLOCKED), raw_trunk(room) as trunk:
        await _rejections(trunk, RATE)
        before = pbx.memory_info().rss
        async with throttled(room):
            times = sorted(await _rejections(trunk, count))
        growth = pbx.memory_info().rss - before
    told = await _rejected(room, start, count + RATE)
    p99 = times[math.ceil(len(times) * 0.99) - 1]
    print(f"{count} calls: p99 {p99 * 1000:.0f} ms, the PBX grew by {growth / 1e6:.1f} MB")
    assert len(told) == len(set(told)) == count + RATE
    assert p99 < P99_S
    assert growth < GROWTH


async def _rejected(room: ControlRoom, start: int, count: int) -> Sequence[str | None]:
    """The calls of the rejections in the journal, once there are so many or 15 s have gone."""
    end = time.monotonic() + 15
    while True:
        found = [
            one.event.call_id
            for one in await room.events(after=start)
            if one.event.type == "CallRejected"
        ]
        if len(found) >= count or time.monotonic() > end:
            return found
        await asyncio.sleep(0.1)
