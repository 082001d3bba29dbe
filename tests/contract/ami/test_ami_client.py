"""The client's link, its states and its limits, over a real socket."""

import asyncio
import socket
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from cc110.pbx.ami import (
    AmiClient,
    AmiError,
    AmiLost,
    AmiMessage,
    AmiOverloaded,
    AmiRefused,
    AmiTimeout,
    LinkState,
)
from tests.contract.ami.fake_ami import (
    PATIENCE_S,
    FakeAmi,
    Headers,
    error,
    fake_ami,
    linked,
    running,
    settings,
    silence,
    success,
    until,
)

pytestmark = pytest.mark.asyncio
T = TypeVar("T")


async def soon(waiting: Awaitable[T]) -> T:
    """Wait, but not for ever."""
    return await asyncio.wait_for(waiting, PATIENCE_S)


async def test_a_link_goes_through_its_states_and_hands_fullybooted_to_the_resync() -> None:
    """DISCONNECTED, LOGIN, RESYNC, LIVE; the client can send from RESYNC on."""
    seen: list[object] = []

    async def resync(ready: AmiMessage) -> None:
        seen.extend([client.state, ready.name, ready["Uptime"]])
        seen.append((await client.send({"Action": "CoreStatus"})).ok)

    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_up=resync)
        seen.append(client.state)
        async with running(client):
            assert (client.state, client.trouble) == (LinkState.LIVE, "")
        assert (client.state, client.trouble) == (LinkState.DISCONNECTED, "stopped")
    assert seen == [LinkState.DISCONNECTED, LinkState.RESYNC, "FullyBooted", "1", True]


async def test_events_that_come_during_the_resync_follow_after_it() -> None:
    """The lists are read first; what happened meanwhile is told in order."""
    order: list[str] = []

    async def resync(_: AmiMessage) -> None:
        peer.send("Event: X\r\nN: 1\r\n\r\nEvent: X\r\nN: 2\r\n\r\n")
        await client.send({"Action": "CoreStatus"})
        order.append("resync done")

    async def read() -> None:
        async for event in client.events:
            order.append(event.get("N", event.name))  # noqa: PERF401 - the loop does not end

    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_up=resync)
        reader = asyncio.create_task(read())
        async with running(client):
            peer.send("Event: X\r\nN: 3\r\n\r\n")
            await until(lambda: len(order) == 5)
        reader.cancel()
    assert order == ["resync done", "FullyBooted", "1", "2", "3"]


async def test_s10_a_full_event_queue_closes_the_link_and_leads_to_a_resync() -> None:
    """Nothing that was accepted is lost or out of order; the next link waits for the reader."""
    ups: asyncio.Queue[AmiMessage] = asyncio.Queue()
    downs: asyncio.Queue[str] = asyncio.Queue()
    async with fake_ami() as peer:
        client = AmiClient(settings(peer, queue_size=10), on_up=ups.put, on_down=downs.put)
        async with running(client):
            await soon(client.events.get())  # FullyBooted
            peer.send("".join(f"Event: X\r\nN: {n}\r\n\r\n" for n in range(30)))
            assert await soon(downs.get()) == "the event queue is full"
            assert (client.counts.overflows, len(client.events)) == (1, 10)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await peer.until(lambda: peer.connections > 1)
            assert [(await soon(client.events.get()))["N"] for _ in range(5)] == list("01234")
            await soon(client.await_live())
            assert ups.qsize() == 2
            rest = [await soon(client.events.get()) for _ in range(6)]
            assert [event.get("N", event.name) for event in rest] == [*"56789", "FullyBooted"]


async def test_on_down_is_told_once_for_each_on_up() -> None:
    """An attempt that never came to a resync is no outage of its own, and a hook may fail."""
    calls: list[str] = []

    async def up(_: AmiMessage) -> None:
        calls.append("up")

    async def down(_: str) -> None:
        calls.append("down")
        raise LookupError("a fault of the hook")

    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_up=up, on_down=down)
        async with running(client):
            await peer.stop()
            await until(lambda: calls == ["up", "down"])
            refused = f"no connection to 127.0.0.1:{peer.port}: Connection refused"
            await until(lambda: client.trouble == refused)
            await peer.listen()
            await soon(client.await_live())
        assert calls == ["up", "down", "up"]
        assert (client.counts.links, client.counts.losses) == (2, 1)


async def test_the_secret_goes_to_a_manager_interface_only() -> None:
    """Another service on the port, after a typing error, must not be told the password."""
    async with fake_ami(banner="SSH-2.0-OpenSSH_9.2\r\n") as peer:
        client = AmiClient(settings(peer))
        async with running(client, live=False):
            await until(lambda: "no manager interface: the greeting was 'SSH-2.0" in client.trouble)
            assert bytes(peer.raw) == b""


async def test_a_peer_that_never_greets_is_left() -> None:
    """It is tried again after a pause."""
    async with fake_ami(banner="") as peer:
        client = AmiClient(settings(peer, login_timeout_s=0.05))
        async with running(client, live=False):
            await peer.until(lambda: peer.connections >= 2)
            await until(lambda: "the greeting of 127.0.0.1" in client.trouble)


async def test_a_peer_that_does_not_accept_is_left() -> None:
    """A full backlog answers no connection request at all."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        client = AmiClient(settings(FakeAmi(port=address[1]), connect_timeout_s=0.1))
        async with running(client, live=False):
            await until(lambda: "connecting to 127.0.0.1" in client.trouble)
        for one in waiting:
            one.close()


async def test_an_account_that_can_not_see_fullybooted_is_named_as_the_trouble() -> None:
    """Without read = system the event never comes."""
    async with fake_ami(answers={"Login": success}) as peer:
        client = AmiClient(settings(peer, boot_timeout_s=0.05))
        async with running(client, live=False):
            await until(lambda: client.trouble.endswith("not done within 0.05 s"))
            assert "FullyBooted, which needs read = system" in client.trouble


async def test_an_account_without_events_is_live_after_its_login() -> None:
    """The one that only writes the block list needs no right to read."""
    async with fake_ami() as peer, running(AmiClient(settings(peer, wants_events=False))):
        assert peer.of("Login")[0]["Events"] == "off"


async def test_a_resync_that_hangs_ends_its_link() -> None:
    """Events would pile up behind it."""

    async def hang(_: AmiMessage) -> None:
        await asyncio.Event().wait()

    async with fake_ami() as peer:
        client = AmiClient(settings(peer, resync_timeout_s=0.05), on_up=hang)
        async with running(client, live=False):
            await peer.got("Login", 2)
            await until(lambda: "the resync: not done within" in client.trouble)


async def test_a_resync_that_is_cancelled_from_within_ends_its_link() -> None:
    """It may wait for something that another part cancelled; nobody must take that for done."""

    async def wait_for_the_cancelled(_: AmiMessage) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_up=wait_for_the_cancelled)
        async with running(client, live=False):
            await peer.got("Login", 2)
            await until(lambda: client.trouble == "the resync was cancelled from within")
            assert client.counts.links == 0


async def test_s7_a_peer_that_talks_but_never_answers_is_left_too() -> None:
    """Events alone keep a link for twice the ping's time-out, not for ever."""
    downs: asyncio.Queue[str] = asyncio.Queue()
    async with fake_ami(answers={"Ping": silence}) as peer:
        client = AmiClient(settings(peer, ping_timeout_s=0.1), on_down=downs.put)
        async with running(client, live=False):
            await soon(client.await_live())
            chatter = asyncio.create_task(_chatter(peer))
            try:
                assert "no sign of life" in await soon(downs.get())
            finally:
                chatter.cancel()


async def _chatter(peer: FakeAmi, count: int | None = None) -> None:
    """Send an event every 10 ms."""
    sent = 0
    while sent != count:
        peer.send("Event: X\r\n\r\n")
        sent += 1
        await asyncio.sleep(0.01)


async def test_a_busy_peer_that_answers_a_ping_late_is_kept() -> None:
    """While data flow, a ping may wait its turn behind them."""
    late: list[Headers] = []

    async with fake_ami(answers={"Ping": late.append}) as peer:
        client = AmiClient(settings(peer, ping_timeout_s=0.3))
        async with running(client):
            await peer.got("Ping")
            await _chatter(peer, 33)
            peer.answers["Ping"] = success
            peer.send(success(late[0]))
            await peer.got("Ping", 3)
            assert client.counts.losses == 0


async def test_hundreds_of_actions_are_under_way_at_once_and_answers_find_their_own() -> None:
    """In whatever order Asterisk answers."""
    kept: list[Headers] = []

    def answer_all_backwards(action: Headers) -> str | None:
        kept.append(action)
        return "".join(success(a, a["Key"]) for a in kept[::-1]) if len(kept) == 500 else None

    async with linked({"DBPut": answer_all_backwards}) as (_, client):
        puts = [client.send({"Action": "DBPut", "Key": n}, timeout=5) for n in range(500)]
        replies = await soon(asyncio.gather(*puts))
    assert [reply["Message"] for reply in replies] == [str(n) for n in range(500)]


async def test_s8_every_open_action_fails_at_once_when_the_link_goes() -> None:
    """None waits for its deadline."""
    async with linked({"DBPut": silence}) as (peer, client):
        puts = [client.send({"Action": "DBPut", "Key": n}, timeout=60) for n in range(50)]
        gathered = asyncio.gather(*puts, return_exceptions=True)
        await peer.got("DBPut", 50)
        peer.cut()
        results = await asyncio.wait_for(gathered, 0.5)
    assert {type(result) for result in results} == {AmiLost}


async def test_too_many_open_actions_are_refused() -> None:
    """Memory is bounded; the one who asked is told, and pings still go."""
    async with linked({"DBPut": silence}, max_in_flight=3) as (peer, client):
        puts = [asyncio.create_task(client.send({"Action": "DBPut"})) for _ in range(3)]
        await peer.got("DBPut", 3)
        with pytest.raises(AmiOverloaded):
            await client.send({"Action": "DBPut"})
        pings = len(peer.of("Ping"))
        await peer.got("Ping", pings + 2)
        for put in puts:
            put.cancel()
        await asyncio.wait(puts)
        assert (await client.send({"Action": "CoreStatus"})).ok


LIST_END = "Event: StatusComplete\r\nActionID: {}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"


def a_list(action: Headers, count: int = 2, *, end: str = LIST_END) -> str:
    """An answer with items, and a stranger's event in between."""
    one = f"Event: Status\r\nActionID: {action['ActionID']}\r\nN: {{}}\r\n\r\n"
    items = "Event: Stranger\r\n\r\n".join(one.format(n) for n in range(count))
    return success(action) + items + end.format(action["ActionID"])


async def test_a_list_is_collected_to_its_end_and_strangers_stay_events() -> None:
    """Items carry the action's ActionID; other events go their usual way."""
    async with linked({"Status": a_list}) as (_, client):
        items = await client.send_list({"Action": "Status"})
        assert [item["N"] for item in items] == ["0", "1"]
        names = [(await soon(client.events.get())).name for _ in range(2)]
        assert names == ["FullyBooted", "Stranger"]


async def test_a_list_may_name_the_event_that_closes_it() -> None:
    """Some older actions do not say EventList: Complete."""
    end = "Event: AgentsComplete\r\nActionID: {}\r\n\r\n"
    async with linked({"Agents": lambda a: a_list(a, end=end)}) as (_, client):
        items = await client.send_list({"Action": "Agents"}, complete="AgentsComplete")
        assert len(items) == 2


async def test_a_refused_list_says_why() -> None:
    """Asterisk's own words."""
    async with linked({"Status": lambda a: error(a, "No such channel")}) as (_, client):
        with pytest.raises(AmiRefused, match="No such channel") as refused:
            await client.send_list({"Action": "Status"})
        assert refused.value.reply.name == "Error"


async def test_a_list_without_end_is_bounded_and_the_rest_of_it_is_dropped() -> None:
    """Its late items do not turn up as events."""
    async with linked({"Status": lambda a: a_list(a, 9)}, max_list=3) as (_, client):
        with pytest.raises(AmiError, match="more than 3 items"):
            await client.send_list({"Action": "Status"})
        await client.send({"Action": "CoreStatus"})
        await soon(client.events.get())  # FullyBooted
        names = [(await soon(client.events.get())).name for _ in range(8)]
        assert names == ["Stranger"] * 8


async def test_the_items_of_a_list_that_came_too_late_are_dropped() -> None:
    """Until the list's own end; the ActionID means nothing any more then."""
    async with linked({"Status": silence}) as (peer, client):
        await soon(client.events.get())  # FullyBooted
        with pytest.raises(AmiTimeout):
            await client.send_list({"Action": "Status"}, timeout=0.05)
        peer.send(a_list(peer.of("Status")[0]))
        assert (await soon(client.events.get())).name == "Stranger"
        await client.send({"Action": "CoreStatus"})
        assert len(client.events) == 0
        assert client.counts.late == 4


async def test_an_originate_response_is_an_event_for_who_asked() -> None:
    """It carries the ActionID but comes long after the answer."""
    async with linked() as (peer, client):
        await soon(client.events.get())  # FullyBooted
        reply = await client.send({"Action": "Originate", "Async": "true", "ActionID": "mine-1"})
        peer.send("Event: OriginateResponse\r\nActionID: mine-1\r\nResponse: Success\r\n\r\n")
        event = await soon(client.events.get())
        assert event.action_id == reply.action_id == "mine-1"


async def test_an_actionid_in_use_is_refused() -> None:
    """Two answers could not be told apart."""
    async with linked({"Status": silence}) as (peer, client):
        first = asyncio.create_task(client.send({"Action": "Status", "ActionID": "a"}))
        await peer.got("Status")
        with pytest.raises(AmiError, match="in use"):
            await client.send({"Action": "Status", "ActionID": "a"})
        first.cancel()


async def test_a_caller_that_gives_up_leaves_nothing_behind() -> None:
    """A cancelled action's answer is dropped like a late one."""
    async with linked({"Status": silence}) as (peer, client):
        asked = asyncio.create_task(client.send({"Action": "Status"}))
        await peer.got("Status")
        asked.cancel()
        await asyncio.wait([asked])
        peer.send(success(peer.of("Status")[0]))
        await client.send({"Action": "CoreStatus"})
        assert client.counts.late == 1


async def test_the_socket_finds_a_dead_peer_by_itself_too() -> None:
    """No delay, keep-alive and a limit on unacknowledged data, should pings fail."""
    async with fake_ami() as peer:
        given = settings(peer, ping_every_s=2.0, ping_timeout_s=3.0)
        async with running(AmiClient(given)) as client:
            assert client._link is not None
            transport = client._link.protocol.transport
            assert transport is not None
            sock = transport.get_extra_info("socket")
            options = [
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            ]
    assert options == [1, 8000, 1, 2]


async def test_a_stop_that_meets_a_lost_link_is_a_stop() -> None:
    """Whatever the order of the two in one turn of the loop; run() never goes on."""
    for turns in range(6):
        async with fake_ami() as peer:
            client = AmiClient(settings(peer))
            async with running(client):
                peer.cut()
                for _ in range(turns):
                    await asyncio.sleep(0)
            assert client.trouble == "stopped"


async def test_a_client_runs_once() -> None:
    """Two loops would fight for one state."""
    async with linked() as (_, client):
        with pytest.raises(RuntimeError, match="runs already"):
            await client.run()
        assert client.state is LinkState.LIVE
