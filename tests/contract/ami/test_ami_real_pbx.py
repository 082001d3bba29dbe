"""The client against a real Asterisk: what its peer in the other tests only plays."""

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest

from cc110.pbx.ami import (
    AmiAction,
    AmiClient,
    AmiError,
    AmiLost,
    AmiMessage,
    AmiRefused,
    AmiSettings,
)
from tests.contract.ami.fake_ami import running, until
from tests.contract.ami.real_pbx import RealPbx

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio]

COUNTED = 60
DIALPLAN = (
    "[ami]\nexten => wait,1,Answer()\n same => n,Wait(60)\nexten => count,1,Answer()\n"
    + "".join(f" same => n,UserEvent(Counted,N: {n})\n" for n in range(COUNTED))
)


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def pbx() -> Iterator[RealPbx]:
    """One Asterisk for this file; a test that kills it starts it again."""
    with RealPbx(ami_port=unused_port(), dialplan=DIALPLAN) as started:
        yield started


def settings(pbx: RealPbx, **changes: float | str | bool) -> AmiSettings:
    """The settings of a real site: the defaults."""
    known = {"port": pbx.ami_port, "username": "cc110", "secret": pbx.password}
    return AmiSettings(**(known | changes))


async def read_until(client: AmiClient, met: Callable[[AmiMessage], bool]) -> AmiMessage:
    """Read events up to the one that is meant."""
    async with asyncio.timeout(10):
        async for event in client.events:
            if met(event):
                return event
    raise AssertionError("the events do not end")


async def test_a_login_hands_over_fullybooted_with_the_uptime(pbx: RealPbx) -> None:
    """A small Uptime tells a restart from a mere reconnect."""
    ups: list[AmiMessage] = []

    async def up(ready: AmiMessage) -> None:
        ups.append(ready)

    async with running(AmiClient(settings(pbx), on_up=up)) as client:
        assert ups[0].name == "FullyBooted"
        assert int(ups[0]["Uptime"]) < 600
        assert (await client.send({"Action": "Ping"}))["Ping"] == "Pong"
        assert client.counts.wire.odd == 0


async def test_a_wrong_password_is_a_clear_sentence(pbx: RealPbx) -> None:
    """Asterisk takes a second for its answer; the next attempt comes much later."""
    async with running(AmiClient(settings(pbx, secret="wrong")), live=False) as client:
        await until(lambda: client.counts.refusals > 0)
        assert client.trouble == (
            f"Asterisk at 127.0.0.1:{pbx.ami_port} refuses the account 'cc110':"
            " Authentication failed"
        )


async def test_an_account_without_system_never_sees_fullybooted(pbx: RealPbx) -> None:
    """The trouble names the missing right; without events it is good for writing."""
    blind = settings(pbx, username="blind", boot_timeout_s=0.3)
    async with running(AmiClient(blind), live=False) as client:
        await until(lambda: client.trouble.endswith("not done within 0.3 s"))
        assert "needs read = system" in client.trouble
    async with running(AmiClient(settings(pbx, username="blind", wants_events=False))) as client:
        put: AmiAction = {"Action": "DBPut", "Family": "cc110-block", "Key": "62811", "Val": 0}
        assert (await client.send(put)).ok


async def test_lists_are_complete_and_an_error_is_one(pbx: RealPbx) -> None:
    """Both legs of a Local channel are listed while it lasts."""
    async with running(AmiClient(settings(pbx))) as client:
        assert (await originate(client, "wait")).ok
        await read_until(client, lambda e: e.name == "Newexten" and e["Application"] == "Wait")
        channels = await client.send_list({"Action": "CoreShowChannels"})
        assert sorted(c["Channel"][-2:] for c in channels) == [";1", ";2"]
        assert await client.send_list({"Action": "BridgeList"}) == ()
        for channel in channels:
            await client.send({"Action": "Hangup", "Channel": channel["Channel"]})
        missing = {"Action": "DBGet", "Family": "cc110-block", "Key": "none"}
        with pytest.raises(AmiRefused, match="not found"):
            await client.send_list(missing)


async def originate(client: AmiClient, exten: str) -> AmiMessage:
    """Start a channel in the dialplan with its other leg waiting."""
    return await client.send(
        {
            "Action": "Originate",
            "Channel": f"Local/{exten}@ami",
            "Application": "Wait",
            "Data": 60,
            "Async": "true",
        }
    )


async def test_pipelined_writes_are_all_there(pbx: RealPbx) -> None:
    """Two thousand numbers, five hundred under way at any time."""
    numbers = [f"62812{n:08d}" for n in range(2_000)]
    async with running(AmiClient(settings(pbx))) as client:
        await asyncio.gather(*(_put(client, numbers[lane::500]) for lane in range(500)))
        tree = {"Action": "DBGetTree", "Family": "cc110-block"}
        stored = await client.send_list(tree, timeout=10)
        assert {f"/cc110-block/{number}" for number in numbers} <= {row["Key"] for row in stored}


async def _put(client: AmiClient, numbers: list[str]) -> None:
    for number in numbers:
        put: AmiAction = {"Action": "DBPut", "Family": "cc110-block", "Key": number, "Val": 0}
        assert (await client.send(put, timeout=10)).ok


async def test_events_come_in_the_order_in_which_the_dialplan_sent_them(pbx: RealPbx) -> None:
    """One channel's events are one sequence."""
    async with running(AmiClient(settings(pbx))) as client:
        await originate(client, "count")
        seen = [
            (await read_until(client, lambda e: e.get("UserEvent") == "Counted"))["N"]
            for _ in range(COUNTED)
        ]
        assert seen == [str(n) for n in range(COUNTED)]


async def test_asterisk_takes_the_longest_line_and_the_most_headers_that_we_send(
    pbx: RealPbx,
) -> None:
    """Our limits are within its own."""
    async with running(AmiClient(settings(pbx))) as client:
        key = {"Action": "DBPut", "Family": "cc110-test", "Key": "long"}
        value = "x" * (1024 - len("Val: \r\n"))
        assert (await client.send(key | {"Val": value})).ok
        rows = await client.send_list({"Action": "DBGet", "Family": "cc110-test", "Key": "long"})
        assert rows[0]["Val"] == value
        many = [("Action", "Ping"), *[("Variable", "x")] * 98]
        assert (await client.send(many)).ok


async def test_after_a_kill_open_actions_fail_and_the_link_comes_back(pbx: RealPbx) -> None:
    """The restarted Asterisk's small Uptime says that it has forgotten its calls."""
    ups: asyncio.Queue[AmiMessage] = asyncio.Queue()
    downs: asyncio.Queue[str] = asyncio.Queue()
    async with running(AmiClient(settings(pbx), on_up=ups.put, on_down=downs.put)) as client:
        pbx.freeze()
        waiting = asyncio.create_task(client.send({"Action": "CoreStatus"}, timeout=30))
        await asyncio.sleep(0)
        pbx.kill()
        with pytest.raises(AmiLost):
            await asyncio.wait_for(waiting, 1)
        assert await asyncio.wait_for(downs.get(), 1)
        await asyncio.get_running_loop().run_in_executor(None, pbx.start)
        async with asyncio.timeout(2):  # of the port's being open again
            await client.await_live()
        assert int([await ups.get(), await ups.get()][-1]["Uptime"]) <= 5
        assert (await client.send({"Action": "Ping"})).ok


async def test_s7_a_frozen_asterisk_is_found_within_ten_seconds(pbx: RealPbx) -> None:
    """Its kernel still accepts what we write; with the defaults the link is left in time."""
    downs: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    async with running(AmiClient(settings(pbx), on_down=downs.put)) as client:
        pbx.freeze()
        frozen_at = loop.time()
        try:
            waiting = asyncio.create_task(client.send({"Action": "CoreStatus"}, timeout=60))
            assert "no sign of life" in await asyncio.wait_for(downs.get(), 10)
            assert 2 < loop.time() - frozen_at < 10
            with pytest.raises(AmiLost):
                await asyncio.wait_for(waiting, 0.1)
            with pytest.raises(AmiError):
                await client.send({"Action": "CoreStatus"})
        finally:
            pbx.thaw()
        async with asyncio.timeout(2):
            await client.await_live()


async def test_s8_what_a_frozen_asterisk_had_accepted_is_not_carried_out_when_it_thaws(
    pbx: RealPbx,
) -> None:
    """Its kernel holds the action; whoever asked was told that it failed (S8)."""
    put = {"Action": "DBPut", "Family": "cc110-stale", "Key": "1", "Val": "1"}
    quick = settings(pbx, ping_every_s=0.2, ping_timeout_s=0.3)
    async with running(AmiClient(quick)) as client:
        assert (await client.send(put | {"Family": "cc110-fresh"})).ok
        pbx.freeze()
        try:
            asked = asyncio.gather(client.send(put), client.send(put), return_exceptions=True)
            assert {type(one) for one in await asyncio.wait_for(asked, 10)} == {AmiLost}
        finally:
            pbx.thaw()
        async with asyncio.timeout(5):
            await client.await_live()
        await read_until(client, lambda e: e.name == "FullyBooted")
        rows = await client.send_list({"Action": "DBGetTree"}, timeout=10)
        keys = {row["Key"] for row in rows}
        assert "/cc110-fresh/1" in keys
        assert "/cc110-stale/1" not in keys
