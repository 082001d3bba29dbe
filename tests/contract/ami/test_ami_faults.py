"""panoramisk's faults P4 to P15 can not reach us: one test for each, over a real socket."""

import asyncio
import contextlib

import pytest

from cc110.pbx.ami import (
    AmiClient,
    AmiInjection,
    AmiLoginRefused,
    AmiLost,
    AmiMessage,
    AmiOverloaded,
    AmiTimeout,
    LinkState,
)
from cc110.pbx.ami.cage import CagedAction
from tests.contract.ami.fake_ami import (
    BOOTED,
    PATIENCE_S,
    FakeAmi,
    deaf_peer,
    error,
    fake_ami,
    linked,
    running,
    settings,
    silence,
    success,
    until,
)

BIG = {"Action": "Redirect", "Exten": "9" * 1000}


@pytest.mark.asyncio
async def test_x3_p4_a_line_break_in_a_value_never_reaches_the_socket() -> None:
    """It would be an action of the attacker's choice."""
    async with linked() as (peer, client):
        for value in ("x\r\n\r\nAction: Originate\r\nChannel: Local/1@out", "x\nVariable: a=b"):
            with pytest.raises(AmiInjection):
                await client.send({"Action": "Hangup", "Channel": value})
        assert (await client.send({"Action": "Hangup", "Channel": "PJSIP/1101-1"})).ok
        assert [action.get("Channel") for action in peer.of("Hangup")] == ["PJSIP/1101-1"]
        assert b"Originate" not in peer.raw


@pytest.mark.asyncio
async def test_p5_the_answer_to_queueadd_is_an_answer() -> None:
    """Whether an answer is a list is decided by who asked, not by words in its text."""
    async with linked() as (peer, client):
        peer.answers["QueueAdd"] = lambda a: success(a, "Added interface to queue")
        peer.answers["Events"] = lambda a: success(a, "Message successfully queued")
        reply = await client.send({"Action": "QueueAdd", "Queue": "polda-sumut"})
        assert reply.get("Message") == "Added interface to queue"
        assert (await client.send({"Action": "Events"})).ok


@pytest.mark.asyncio
async def test_p6_an_action_without_an_answer_ends_at_its_deadline_and_is_forgotten() -> None:
    """The table of open actions does not grow, and the late answer is dropped and counted."""
    async with linked() as (peer, client):
        peer.answers["Status"] = silence
        with pytest.raises(AmiTimeout, match="no answer to Status"):
            await client.send({"Action": "Status"}, timeout=0.05)
        peer.send(success(peer.of("Status")[0], "late"))
        assert (await client.send({"Action": "Ping"})).get("Message") == "Done"
        assert (client.counts.timeouts, client.counts.late) == (1, 1)
        assert client._link is not None
        async with asyncio.timeout(PATIENCE_S):
            while client._link.in_flight:  # its own ping may be under way
                await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_p6_a_peer_that_stops_answering_pings_is_left() -> None:
    """A half-open link is found by ping_every_s + 2 * ping_timeout_s, with its reason."""
    reasons: asyncio.Queue[str] = asyncio.Queue()
    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_down=reasons.put)
        async with running(client):
            peer.answers["Ping"] = silence
            reason = await asyncio.wait_for(reasons.get(), PATIENCE_S)
            assert "no sign of life" in reason
            del peer.answers["Ping"]
            await asyncio.wait_for(client.await_live(), PATIENCE_S)


@pytest.mark.asyncio
async def test_s8_p7_an_action_is_never_sent_again_on_a_later_link() -> None:
    """An old Redirect would hit the wrong state of a call; its caller is told at once."""
    async with linked() as (peer, client):
        peer.answers["Redirect"] = silence
        redirect = asyncio.create_task(client.send({"Action": "Redirect", "Channel": "PJSIP/1-1"}))
        await peer.got("Redirect")
        peer.cut()
        with pytest.raises(AmiLost, match="before Asterisk answered Redirect"):
            await asyncio.wait_for(redirect, 0.5)
        await peer.got("Login", 2)
        await asyncio.wait_for(client.await_live(), PATIENCE_S)
        peer.send(BOOTED)
        await client.send({"Action": "CoreStatus"})
        assert len(peer.of("Redirect")) == 1


@pytest.mark.asyncio
async def test_p7_an_action_without_a_link_fails_at_once() -> None:
    """It is not kept for later either."""
    async with fake_ami() as peer:
        client = AmiClient(settings(peer))
        with pytest.raises(AmiLost):
            await client.send({"Action": "Redirect"})
        async with running(client):
            await client.send({"Action": "CoreStatus"})
            assert peer.of("Redirect") == []


@pytest.mark.asyncio
async def test_s8_p7_the_kernel_does_not_deliver_later_what_the_peer_has_not_taken() -> None:
    """A closed connection's unsent bytes are dropped, not tried again until the peer is back."""
    taken = 0
    async with deaf_peer() as (port, accepted):
        client = AmiClient(settings(FakeAmi(port=port), ping_timeout_s=5.0))
        async with running(client):
            sent = [asyncio.create_task(client.send(BIG)) for _ in range(500)]
            await until(lambda: client._link is not None and client._link.in_flight == 500)
            await until(lambda: client._link is not None and not client._link.unsent)
        await asyncio.gather(*sent, return_exceptions=True)
        with contextlib.suppress(ConnectionResetError):
            while data := accepted[0].recv(65536):
                taken += len(data)
    assert taken < 100_000


@pytest.mark.asyncio
async def test_p6_a_peer_that_does_not_read_does_not_fill_our_memory() -> None:
    """Some megabytes beyond what the kernel takes, then whoever asks is told."""
    async with deaf_peer() as (port, _):
        quiet = {"ping_timeout_s": 5.0, "max_in_flight": 100_000}
        client = AmiClient(settings(FakeAmi(port=port), **quiet))
        async with running(client):
            sent: list[asyncio.Task[AmiMessage]] = []
            while not any(task.done() for task in sent):
                sent += [asyncio.create_task(client.send(BIG)) for _ in range(500)]
                await asyncio.sleep(0)
                assert len(sent) < 40_000
            with pytest.raises(AmiOverloaded, match="has not read"):
                await client.send(BIG)
        await asyncio.gather(*sent, return_exceptions=True)


@pytest.mark.asyncio
async def test_p8_a_refused_login_is_no_login() -> None:
    """It shows in a sentence, nothing can be sent, and the next attempt takes its time."""
    refuse = {"Login": lambda a: error(a, "Authentication failed")}
    async with fake_ami(answers=refuse) as peer:
        client = AmiClient(settings(peer, login_retry_s=0.3))
        async with running(client, live=False):
            await peer.got("Login")
            await asyncio.wait_for(client.await_state(LinkState.DISCONNECTED), PATIENCE_S)
            refused_at = asyncio.get_running_loop().time()
            expected = f"Asterisk at 127.0.0.1:{peer.port} refuses the account 'cc110'"
            assert expected in client.trouble
            assert "Authentication failed" in client.trouble
            with pytest.raises(AmiLost, match="refuses the account"):
                await client.send({"Action": "Ping"})
            await peer.got("Login", 2)
            assert asyncio.get_running_loop().time() - refused_at >= 0.25
            assert client.counts.refusals >= 1
            del peer.answers["Login"]
            await asyncio.wait_for(client.await_live(), PATIENCE_S)
    assert issubclass(AmiLoginRefused, Exception)


@pytest.mark.asyncio
async def test_p8_a_refusal_is_told_from_the_lost_link_that_follows_it() -> None:
    """Asterisk closes the connection right after its answer; the slow retry must not turn fast."""

    def refuse_and_close(action: dict[str, str]) -> None:
        peer.send(error(action, "Authentication failed"))
        peer.hang_up()

    async with fake_ami(answers={"Login": refuse_and_close}) as peer:
        client = AmiClient(settings(peer, login_retry_s=30))
        async with running(client, live=False):
            await until(lambda: client.counts.refusals > 0)
            assert len(peer.of("Login")) == 1


@pytest.mark.asyncio
async def test_p9_a_reader_that_fails_loses_no_other_event_and_no_link() -> None:
    """Nor does a message that can not be understood, in the same segment."""
    segment = (
        "Event: Newchannel\r\nN: 1\r\n\r\nEvent: A\r\nEvent: B\r\nN: 2\r\n\r\nno colon\r\n\r\n"
        "Event: Hangup\r\nN: 3\r\n\r\n"
    )
    async with linked() as (peer, client):
        await client.events.get()  # FullyBooted
        peer.send(segment)
        with pytest.raises(ZeroDivisionError):
            await _fail_at(await client.events.get())
        assert (await asyncio.wait_for(client.events.get(), PATIENCE_S))["N"] == "3"
        assert (client.counts.wire.forged, client.counts.wire.junk) == (1, 1)
        assert client.state is LinkState.LIVE
        assert client.counts.losses == 0


async def _fail_at(_: AmiMessage) -> None:
    1 / 0  # noqa: B018


@pytest.mark.asyncio
async def test_p10_events_are_handled_one_after_the_other_in_order() -> None:
    """A slow handler makes the later events wait; it is not overtaken."""
    handled: list[str] = []
    started: list[str] = []
    async with linked() as (peer, client):
        await client.events.get()  # FullyBooted
        peer.send("".join(f"Event: X\r\nN: {n}\r\n\r\n" for n in range(50)))
        async with asyncio.timeout(PATIENCE_S):
            async for event in client.events:
                started.append(event["N"])
                for _ in range(50 - len(started)):  # the first takes longest
                    await asyncio.sleep(0)
                handled.append(event["N"])
                if len(handled) == 50:
                    break
    assert started == handled == [str(n) for n in range(50)]


@pytest.mark.asyncio
async def test_p10_an_exception_in_a_hook_is_not_lost() -> None:
    """A failed resync is a failed link: it shows, and it is tried again."""
    attempts: list[AmiMessage] = []

    async def resync(ready: AmiMessage) -> None:
        attempts.append(ready)
        if len(attempts) == 1:
            raise LookupError("the journal is not there")

    reasons: asyncio.Queue[str] = asyncio.Queue()
    async with fake_ami() as peer:
        client = AmiClient(settings(peer), on_up=resync, on_down=reasons.put)
        async with running(client):
            assert await asyncio.wait_for(reasons.get(), PATIENCE_S) == "the journal is not there"
            assert len(attempts) == 2


@pytest.mark.asyncio
async def test_p11_a_letter_cut_between_two_segments_arrives_whole() -> None:
    """Text is made of complete messages only."""
    name = "Ñurhaliza 警察"
    data = f"Event: UserEvent\r\nNama: {name}\r\n\r\n".encode()
    async with linked() as (peer, client):
        await client.events.get()  # FullyBooted
        link = client._link
        assert link is not None
        for at in range(len(data)):
            before = client.counts.wire.bytes
            peer.send(data[at : at + 1])
            await until(lambda: client.counts.wire.bytes > before)  # noqa: B023 - used at once
        event = await asyncio.wait_for(client.events.get(), PATIENCE_S)
        assert event["Nama"] == name


def test_p13_an_action_outside_a_running_loop_is_refused_and_a_client_needs_none() -> None:
    """A future of whatever loop is found there would never resolve."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        CagedAction([("Action", "Ping")])
    peer = FakeAmi(port=1)
    client = AmiClient(settings(peer))
    assert client.state is LinkState.DISCONNECTED


@pytest.mark.asyncio
async def test_p15_a_client_that_was_stopped_does_not_connect_again() -> None:
    """Neither after a lost link nor while it waits for the next attempt."""
    async with fake_ami() as peer:
        client = AmiClient(settings(peer, backoff_s=0.1, backoff_most_s=0.1))
        async with running(client):
            peer.cut()
            await asyncio.wait_for(client.await_state(LinkState.DISCONNECTED), PATIENCE_S)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await peer.until(lambda: peer.connections > 1)


@pytest.mark.asyncio
async def test_p15_a_link_that_is_lost_makes_no_connection_of_its_own() -> None:
    """Panoramisk would: a second connection beside the supervised one, with the same account."""
    async with fake_ami() as peer:
        client = AmiClient(settings(peer, backoff_s=5, backoff_most_s=5))
        async with running(client):
            peer.cut()
            await asyncio.wait_for(client.await_state(LinkState.DISCONNECTED), PATIENCE_S)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2.4):  # its fixed pause is 2 s
                    await peer.until(lambda: peer.connections > 1)
