"""The PBX calls itself (O1): a healthy call passes every stage, and each stage that breaks is named.

One room for all: what a test breaks, it mends.
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cc110.app import control_socket
from cc110.app.day import Span, verify
from cc110.core.invariant import Outcome
from cc110.service.control import ControlClient

from ...control_room import ControlRoom, open_room
from ...phones.observer import ActionFailed, Observer
from ...phones.sipmessage import SipMessage, compose, digest

pytestmark = pytest.mark.timeout(90)
STAGES = ["trunk", "greeting", "queue", "answer", "recording"]
HERE = "127.0.0.1"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def own_room() -> AsyncIterator[ControlRoom]:
    """A control room whose greeting is short."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, greeting__menu="false") as room:
            await room.wait_event("PbxBack")
            yield room
    finally:
        shutil.rmtree(home)


async def call(room: ControlRoom) -> dict[str, Any]:
    """One synthetic call, as the daemon judges it."""
    found: dict[str, Any] = json.loads(await ControlClient(control_socket(room.config)).test_call())
    return found


async def broken_at(room: ControlRoom) -> tuple[str | None, str | None]:
    """Stage and fault of one synthetic call, also as the journal has them."""
    start = await room.last_seq()
    last = (await call(room))["stages"][-1]
    told = (await room.wait_event("SyntheticCallFailed", after=start)).event.data
    assert (told.stage, told.reason) == (last["stage"], last["fault"])
    assert "THE SYNTHETIC CALL DID NOT COME THROUGH" in room.daemon.said()
    return last["stage"], last["fault"]


@asynccontextmanager
async def without(path: Path) -> AsyncIterator[None]:
    """A file or folder is away for a while."""
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


@asynccontextmanager
async def console(room: ControlRoom, command: str, *mend: str) -> AsyncIterator[None]:
    """What an administrator's console command breaks, and others mend."""
    print(command, await room.pbx.console(command))
    try:
        yield
    finally:
        for one in mend:
            await room.pbx.console(one)


async def test_o1_a_daemon_that_returns_takes_no_synthetic_call_for_a_real_one(
    own_room: ControlRoom,
) -> None:
    """It is in the PBX's lists and in its record, and in neither a call."""
    start = await own_room.last_seq()
    mark = own_room.observer.mark()
    under_way = asyncio.create_task(call(own_room))
    await own_room.observer.wait_for(
        "UserEvent", lambda event: event["Fact"] == "arrived", after=mark
    )
    await own_room.daemon.kill()
    await asyncio.gather(under_way, return_exceptions=True)
    await own_room.daemon.start()
    await own_room.wait_event("PbxBack", after=start)

    told = {one.event.type for one in await own_room.events(after=start)}
    assert told <= {"PbxLost", "PbxBack"}
    queues = {getattr(one.event.data, "queue", None) for one in await own_room.events()}
    assert "cc110-test" not in queues  # who answers there is no operator
    assert (await call(own_room))["broken"] is None
    assert not list(own_room.recordings.rglob("*.wav"))


async def test_o1_a_trunk_that_lets_nobody_in_is_named(own_room: ControlRoom) -> None:
    """What is dialled is not in the dialplan any more."""
    take_out = "dialplan remove extension 110@from-trunk"
    async with console(own_room, take_out, "dialplan reload"):
        assert await broken_at(own_room) == ("trunk", "the call was not let in")


async def test_o1_a_greeting_without_a_prompt_is_named(own_room: ControlRoom) -> None:
    """One missing prompt by its name, all of them as silence. Missing in one language, it is played in the other."""
    sounds = own_room.config.paths.pbx / "data" / "sounds"
    indonesian, english = sounds / "id" / "cc110", sounds / "en" / "cc110"
    prompt = "notice-recorded.wav"
    async with without(indonesian / prompt), without(english / prompt):
        found = await call(own_room)
        assert found["stages"][-1]["detail"] == "notice-recorded"
        assert found["broken"] == "greeting"
    async with without(indonesian), without(english):
        last = (await call(own_room))["stages"][-1]
        assert (last["stage"], last["fault"]) == ("greeting", "nothing was heard of the greeting")


@pytest.mark.slow
async def test_o1_a_queue_that_is_gone_is_named(own_room: ControlRoom) -> None:
    """Its section is not in the PBX's configuration any more."""
    queues = own_room.config.paths.pbx / "etc" / "queues.conf"
    whole = queues.read_text()
    queues.write_text(whole.replace("[cc110-test](polda)", "[somebody-else](polda)"))
    reload = "queue reload all"
    try:
        async with console(own_room, reload):
            assert await broken_at(own_room) == ("queue", "the queue did not ring")
    finally:
        queues.write_text(whole)
        await own_room.pbx.console(reload)


@pytest.mark.slow
async def test_o1_an_answer_that_leads_to_nobody_is_named(own_room: ControlRoom) -> None:
    """Who answers has no sound: the caller is not heard."""
    take_out = "dialplan remove extension s@cc110-agent-leg"
    async with console(own_room, take_out, "dialplan reload"):
        assert (await broken_at(own_room))[0] == "answer"


async def test_o1_a_recording_that_can_t_be_written_is_named(own_room: ControlRoom) -> None:
    """A file is in the place of the folder."""
    year = own_room.recordings / f"{datetime.now(UTC):%Y}"
    year.mkdir(exist_ok=True)
    async with without(year):
        year.write_text("in the way")
        try:
            stage, _ = await broken_at(own_room)
        finally:
            year.unlink()
    assert stage == "recording"


async def test_o1_a_healthy_call_passes_every_stage_and_is_no_call(own_room: ControlRoom) -> None:
    """No event but its own, which ends the alarms before; no recording that stays; the day's proof counts it apart."""
    began, start = datetime.now(UTC), await own_room.last_seq()
    log = own_room.config.paths.pbx / "log" / "messages.log"
    said = len(log.read_text())
    found = await call(own_room)

    assert [one["stage"] for one in found["stages"]] == STAGES
    assert all(one["fault"] is None and one["took_s"] is not None for one in found["stages"])
    await own_room.wait_event("SyntheticCallPassed", after=start)
    told = [one.event.type for one in await own_room.events(after=start)]
    assert told == ["SyntheticCallPassed"]
    assert not list(own_room.recordings.rglob("*.wav"))
    proved = await verify(own_room.config, Span(start=began, end=datetime.now(UTC)))
    assert [(one.outcome, one.faults) for one in proved] == [(Outcome.SYNTHETIC, ())]
    assert not re.search("WARNING|ERROR", log.read_text()[said:])


class _Once(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[SipMessage] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait(SipMessage.read(data))


async def invite_as_the_test(room: ControlRoom, host: str, password: str | None = None) -> int:
    """The last word on an INVITE whose From names the synthetic call's account."""
    sip = room.config.settings.sip
    loop = asyncio.get_running_loop()
    transport, inbox = await loop.create_datagram_endpoint(_Once, local_addr=(host, 0))
    port, uri = transport.get_extra_info("sockname")[1], f"sip:110@{sip.host}"

    async def send(number: int, *more: tuple[str, str]) -> SipMessage:
        headers = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{port}-{number}"),
            ("From", f"<sip:cc110-test@{host}>;tag={port}"),
            ("To", f"<{uri}>"),
            ("Call-ID", f"{port}@{host}"),
            ("CSeq", f"{number} INVITE"),
            ("Contact", f"<sip:cc110-test@{host}:{port}>"),
            ("Max-Forwards", "70"),
            *more,
        ]
        transport.sendto(compose(f"INVITE {uri} SIP/2.0", headers), (sip.host, sip.port))
        while True:
            answer = await inbox.came.get()
            if answer.code >= 200 and answer["cseq"].startswith(f"{number} "):
                return answer

    try:
        async with asyncio.timeout(10):
            answer = await send(1)
            if password and answer.code == 401:
                proof = {"user": "cc110-test", "password": password, "method": "INVITE", "uri": uri}
                said = digest(answer["www-authenticate"], **proof)
                answer = await send(2, ("Authorization", said))
    finally:
        transport.close()
    return answer.code


async def test_o1_nobody_else_makes_a_synthetic_call(own_room: ControlRoom) -> None:
    """Without the password, or with it from another address, there is no call at all."""
    mark = own_room.observer.mark()
    password = own_room.secrets.sip["cc110-test"].get_secret_value()

    assert await invite_as_the_test(own_room, HERE) == 401
    assert await invite_as_the_test(own_room, HERE, "0" * 32) == 401
    assert await invite_as_the_test(own_room, "127.0.0.3", password) in (401, 403)
    assert not [one for one in own_room.observer.log.since(mark) if one.get("Fact") == "arrived"]
    assert await invite_as_the_test(own_room, HERE, password) == 200


async def test_x5_who_orders_synthetic_calls_may_do_nothing_else(own_room: ControlRoom) -> None:
    """The AMI account hears nothing, steers no call, reads no database and runs no command."""
    secret = own_room.secrets.ami["cc110-test"].get_secret_value()
    port = own_room.config.settings.ami.port
    account = await Observer.connect(port=port, user="cc110-test", secret=secret)
    forbidden: list[tuple[str, dict[str, str]]] = [
        ("Command", {"Command": "core show channels"}),
        ("DBGet", {"Family": "cc110-block", "Key": "1"}),
        ("DBPut", {"Family": "cc110-block", "Key": "1", "Val": "0"}),
        ("Hangup", {"Channel": "PJSIP/x"}),
        ("Redirect", {"Channel": "PJSIP/x", "Context": "a", "Exten": "s", "Priority": "1"}),
        ("QueueAdd", {"Queue": "polda-sumut", "Interface": "PJSIP/1201"}),
        ("ModuleLoad", {"LoadType": "unload", "Module": "app_queue.so"}),
        ("GetConfig", {"Filename": "pjsip.conf"}),
    ]
    try:
        for action, said in forbidden:
            with pytest.raises(ActionFailed, match="Permission denied"):
                await account.action(action, **said)
    finally:
        await account.close()


async def test_o1_a_caller_on_a_trunk_who_takes_the_name_stays_a_real_call(
    own_room: ControlRoom,
) -> None:
    """Trunks are told by their address: what From says changes nothing."""
    start = await own_room.last_seq()

    assert await invite_as_the_test(own_room, "127.0.0.2") == 200
    arrived = await own_room.wait_event("CallArrived", after=start)
    assert arrived.event.data.trunk == "trunk-demo"
    assert arrived.event.data.queue == "polda-metro-jaya"
