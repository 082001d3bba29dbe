"""The port under attack: every kind of stranger alone and all of them at once, and callers meanwhile (S6)."""

import asyncio
import gc

import psutil
import pytest

from cc110.pbx.agi import AgiServer, AgiSession
from cc110.pbx.agi.connection import Connection
from cc110.pbx.agi.wire import AgiWire
from tests.contract.agi import strangers
from tests.contract.agi.fake_call import calling, until
from tests.contract.agi.lag import measured_lag

pytestmark = pytest.mark.asyncio
MOST_LAG_S = 0.05
LISTEN_S = 0.2
STEPS = 6


async def listen(session: AgiSession) -> None:
    """A caller in the menu: prompt after prompt, and a word at the end."""
    for step in range(STEPS):
        await session.set_variable("TIMEOUT(absolute)", "3.00")
        assert await session.stream_file(f"prompt-{step}", "1") == ""
    await session.set_variable("CC110_CHOICE", "emergency")


async def a_caller(server: AgiServer) -> list[str]:
    """Listen to it as Asterisk does, a while to each prompt; return what was played."""
    played = []
    async with calling(server, "ivr") as call:
        while command := await call.command():
            if command.startswith("STREAM FILE"):
                played.append(command.split('"')[1])
                await asyncio.sleep(LISTEN_S)  # a prompt lasts; nothing is waited for
            call.send("200 result=0\n" if command.startswith("STREAM") else "200 result=1\n")
            if "CC110_CHOICE" in command:
                assert await call.rest() == ""
                return played
    raise AssertionError(f"the caller was left after {played}")


def listening() -> AgiServer:
    """A server whose script ``ivr`` plays prompts, with short deadlines for the others."""
    return AgiServer("127.0.0.1", 0, {"ivr": listen, "ok": listen})


async def test_s6_no_stranger_harms_a_caller() -> None:
    """Ten callers hear all of their prompts with 240 strangers of every kind at the door."""
    async with listening() as server:
        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(a_caller(server)) for _ in range(10)]
            group.create_task(strangers.crowd(server.port, 240))
        for caller in callers:
            assert caller.result() == [f"prompt-{step}" for step in range(STEPS)]
        await until(lambda: server.connections == server.sessions == 0)


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param({"closes_at_once": 1_000}, id="a port scan"),
        pytest.param(
            {"never_ends": 20, "answers_unasked": 20, "hangs_up_for_ever": 20}, id="floods"
        ),
        pytest.param(
            {
                "speaks_http": 100,
                "forges": 100,
                "wants_another_script": 100,
                "dies_in_a_reply": 100,
            },
            id="fools",
        ),
    ],
)
async def test_s6_strangers_cost_neither_time_nor_memory(kinds: dict[str, int]) -> None:
    """The loop is never kept for 50 ms, and nothing of them stays (S6)."""
    async with listening() as server:
        await strangers.send(server.port, **dict.fromkeys(kinds, 5))
        before = psutil.Process().memory_info().rss
        async with measured_lag() as lag:
            # From a thread of their own: what they cost themselves is not the server's.
            await asyncio.to_thread(asyncio.run, strangers.send(server.port, **kinds))
        await until(lambda: server.connections == server.sessions == 0)
        assert lag.work_s < MOST_LAG_S
        assert left_alive() == 0
        assert psutil.Process().memory_info().rss - before < 4_000_000


def left_alive() -> int:
    """Objects of connections that are gone."""
    gc.collect()
    return sum(isinstance(one, Connection | AgiSession | AgiWire) for one in gc.get_objects())
