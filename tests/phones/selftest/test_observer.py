"""The observer sees all that the PBX says, and outlives pyst2's faults."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from asterisk.manager import ManagerException

from ..observer import ActionFailed, AmiEvent, Observer
from ..phone import CallState
from ..pyst import GuardedManager
from .conftest import Pair
from .pbx import AMI_PORT, SelftestPbx

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session")]


async def test_channels_are_listed_while_they_exist(talking: Pair, observer: Observer) -> None:
    """Two phones that talk are two channels in one bridge, and none when they have hung up."""
    _, call, _, answered = talking
    channels = await observer.channels()
    assert sorted(c["CallerIDNum"] for c in channels) == ["201", "202"]
    assert len({c["BridgeId"] for c in channels}) == 1
    mark = observer.mark()
    await call.hangup()
    await answered.wait_for(CallState.DISCONNECTED)
    names = {c["Channel"] for c in channels}
    await asyncio.gather(*(observer.wait_for("Hangup", _on(name), after=mark) for name in names))
    assert await observer.channels() == ()


def _on(channel: str) -> Callable[[AmiEvent], bool]:
    return lambda e: e["Channel"] == channel


async def test_channel_variables_in_events_are_read(observer: Observer) -> None:
    """Events with ChanVariable headers, which pyst2 itself fails on, come through whole."""
    mark = observer.mark()
    await observer.action(
        "Originate",
        Channel="Local/305@phones/n",
        Application="Wait",
        Data="1",
        Async="true",
        Variable=["FIRST=one", "SECOND=two"],
    )
    event = await observer.wait_for(
        "Newstate", lambda e: "FIRST=one" in e.get("ChanVariable"), after=mark
    )
    assert event["ChanVariable"].splitlines() == ["FIRST=one", "SECOND=two"]
    await observer.action("Hangup", Channel=event["Channel"])
    await observer.wait_for("Hangup", _on(event["Channel"]), after=mark)


async def test_a_command_returns_all_its_lines(observer: Observer) -> None:
    """Repeated Output headers are kept, each on a line of its own."""
    lines = (await observer.command("core show settings")).splitlines()
    assert len(lines) > 20
    assert any("Maximum open file handles" in line for line in lines)


async def test_lists_come_apart_even_where_pyst2_lumps_them(
    observer: Observer, talking: Pair
) -> None:
    """An answer that says "status will follow" does not swallow the events behind it."""
    found = await observer.listing("Status", "StatusComplete")
    assert len(found) == 2
    assert {e.name for e in found} == {"Status"}


async def test_a_queue_is_shown_with_its_members(observer: Observer) -> None:
    """QueueStatus gives the queue and its members."""
    found = await observer.queue_status("selftest")
    assert [e.name for e in found] == ["QueueParams", "QueueMember"]
    assert found[1]["Location"] == "PJSIP/201"


async def test_a_refused_action_is_an_error(observer: Observer) -> None:
    """The PBX's own words are in the message."""
    with pytest.raises(ActionFailed, match="No such channel"):
        await observer.action("Hangup", Channel="PJSIP/none-1")


async def test_a_wrong_password_is_an_error(pbx: SelftestPbx) -> None:
    """Nobody observes with a wrong password, and nothing is left of the attempt."""
    before = set(threading.enumerate())
    with pytest.raises(ActionFailed, match="Authentication failed"):
        await Observer.connect(port=AMI_PORT, user="observer", secret="wrong")
    assert [t.name for t in set(threading.enumerate()) - before if "ami" in t.name] == []


async def test_what_does_not_come_is_said_with_what_came(observer: Observer) -> None:
    """A time-out names what was waited for."""
    with pytest.raises(TimeoutError, match="no NeverSent within"):
        await observer.wait_for("NeverSent", timeout=0.05)


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(pbx: SelftestPbx) -> None:
    """A PBX that stands still is given up on, and what it says later confuses nobody."""
    manager = GuardedManager(lambda _: None, limit_s=3.0)
    manager.connect("127.0.0.1", AMI_PORT)
    manager.act({"Action": "Login", "Username": "observer", "Secret": pbx.password})
    manager._response_queue._limit_s = 0.3
    with pbx.frozen(), pytest.raises(TimeoutError, match="no response to the action Ping"):
        manager.act({"Action": "Ping"})
    manager._response_queue._limit_s = 3.0
    answer = manager.act({"Action": "CoreSettings"})
    assert answer.get("AsteriskVersion")
    manager.close()
    with pytest.raises(ManagerException):
        manager.act({"Action": "Ping"})


async def test_concurrent_actions_get_their_own_answers(observer: Observer) -> None:
    """Fifty actions at once are each answered with their own value."""

    async def put_and_get(n: int) -> None:
        await observer.action("DBPut", Family="selftest", Key=str(n), Val=f"v{n}")
        mark = observer.mark()
        await observer.action("DBGet", Family="selftest", Key=str(n))
        await observer.wait_for(
            "DBGetResponse", lambda e: e["Key"] == str(n) and e["Val"] == f"v{n}", after=mark
        )

    await asyncio.gather(*(put_and_get(n) for n in range(50)))
