"""Nobody makes the PBX call outside: no stranger, no caller, no phone that is logged in (X6).

There is no way out in the dialplan, and the trunk has no contact to be called at. Two things would show if it were
otherwise: a leg to the trunk, or to nobody whom the directory knows, in the PBX's own record; or a packet at the
address that the fraudster wants to be called.
"""

import asyncio
import csv
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from ...control_room import TRUNK, ControlRoom
from ...phones.light import LightPhone
from ...phones.phone import CallState, PhoneError
from ...phones.sipmessage import SipMessage, answer_to, compose
from ..scene import dial, log_in, talk
from .strangers import asked, authorised, request, target

SINK = "127.0.0.95"
"""Where the fraudster's own PBX is."""
OUTSIDE = (
    "0900123456", "+628001234567", "00628001234567", "9008001234567", "0", "9", "112", "110",
    "500&PJSIP/trunk-demo", "7101&PJSIP/trunk-demo/sip:1@127.0.0.95", "PJSIP%2Ftrunk-demo", "7101%26Local%2F1",
    "s", "i", "h", "t", "e", "T", "failed-busy", "polres", "blocked", "front", "*75", "*70", "_XXX", "${EXTEN}",
    "1101@from-trunk", "7101,1,System(id)", "trunk-demo",
)  # fmt: skip
"""What a fraudster dials: numbers, outbound prefixes, the dialplan's own steps, and what breaks out of an argument."""
NOT_110 = (
    "0900123456",
    "7101",
    "1101",
    "*11",
    "1100",
    "11",
    "112",
    "s",
    "blocked",
    "failed-busy",
    "500&PJSIP/1",
)


@pytest.fixture
def with_sound() -> bool:
    """Callers who only wait say nothing."""
    return False


class Sink:
    """A SIP port of the fraudster's."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self.port = wire.getsockname()[1]

    def uri(self, user: str = "0900123456") -> str:
        """Where he wants to be called."""
        return f"sip:{user}@{SINK}:{self.port}"

    def got(self) -> list[bytes]:
        """The first lines of all that came."""
        found = []
        while True:
            try:
                found.append(self._wire.recv(65536).split(b"\r\n")[0])
            except BlockingIOError:
                return found


@contextmanager
def sink() -> Iterator[Sink]:
    """Listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((SINK, 0))
        wire.setblocking(False)
        yield Sink(wire)


@asynccontextmanager
async def no_way_out(room: ControlRoom, *, calls: int = 0) -> AsyncIterator[Sink]:
    """Within it, nothing goes outside. `calls` is how many come in on the trunk."""
    record = room.config.paths.pbx / "log" / "cel-custom" / "cel.csv"
    before = record.stat().st_size if record.exists() else 0
    with sink() as outside:
        yield outside
        await room.pbx.console("channel request hangup all")
        async with asyncio.timeout(10):
            while await room.observer.channels():
                await asyncio.sleep(0.05)
        assert outside.got() == []
    with record.open(newline="") as file:
        file.seek(before)
        rows = list(csv.reader(file))
    legs = [row[4] for row in rows if row[0] == "CHAN_START"]
    known: set[str] = {one.id for one in room.config.directory.operators}
    known |= {extension for extension, _ in room.config.polres_units}
    phones = [re.match(r"PJSIP/(.+)-[0-9a-f]{8}$", leg) for leg in legs if leg.startswith("PJSIP/")]
    called = [found[1] for found in phones if found]
    assert len(called) == len(phones)
    assert called.count("trunk-demo") == calls, called
    assert {one for one in called if one != "trunk-demo"} <= known
    assert not [leg for leg in legs if not leg.startswith(("PJSIP/", "Local/"))]


@pytest.mark.parametrize("extension", ["1101", pytest.param("7101", marks=pytest.mark.slow)])
async def test_x6_a_phone_that_is_logged_in_reaches_nobody_outside(
    room: ControlRoom, extension: str
) -> None:
    """Whatever an operator or a Polres dials: refused, or told that there is no such desk."""
    phone = await room.phone(extension, "operator")
    sip = room.config.settings.sip
    async with no_way_out(room):
        for user in OUTSIDE:
            try:
                call = await phone.dial(f"sip:{user}@{sip.host}:{sip.port}")
            except PhoneError:
                continue  # not even a URI
            await call.wait_for(CallState.DISCONNECTED, timeout=10)


async def test_x6_strangers_and_callers_reach_nothing_but_110(room: ControlRoom) -> None:
    """A stranger gets 401 for all; the trunk, 404 for all that is not 110."""
    async with no_way_out(room, calls=0):
        for user in NOT_110:
            invite = request(room, "INVITE", "0900123456", "127.0.0.96", to=user)
            assert (await asked(room, invite, "127.0.0.96")).code == 401
            invite = request(room, "INVITE", "081200000001", TRUNK, to=user)
            assert (await asked(room, invite, TRUNK)).code == 404
        for method in ("REFER", "MESSAGE", "SUBSCRIBE", "PUBLISH", "REGISTER"):
            more = (("Refer-To", "<sip:0900123456@x>"), ("Event", "refer"), ("Expires", "60"))
            for source in ("127.0.0.96", TRUNK):
                said = await asked(
                    room, request(room, method, "1101", source, *more, to="110"), source
                )
                assert said.code >= 400


async def test_x6_a_caller_can_t_transfer_himself(room: ControlRoom) -> None:
    """His REFER is refused, in the queue and in talk, not even to 110; he stays where he is."""
    host, port = target(room)
    scene = await talk(room, polres=())
    waiting = await dial(room, await room.caller(), "6280000000111")
    async with no_way_out(room) as outside:
        for call in (waiting, scene.call):
            for where in (outside.uri(), f"sip:110@{host}:{port}", "sip:0900123456@x"):
                assert (await call.blind_transfer(where)).code >= 400
            assert call.live
        assert scene.desk.live


@pytest.mark.parametrize("extension", ["1101", "7101"])
async def test_x6_a_phone_can_t_transfer_a_caller_outside(
    room: ControlRoom, extension: str
) -> None:
    """Blind, by REFER: to a number, to another PBX, to the dialplan's own steps."""
    scene = await talk(room)
    leg = scene.desk
    if extension == "7101":
        await scene.key("*757101#")
        leg = await scene.polres_answers()
    async with no_way_out(room, calls=0) as outside:
        for where in (
            outside.uri(),
            "sip:0900123456@x",
            "sip:s@x",
            "sip:failed-busy@x",
            "sip:+62800@x",
        ):
            host, port = target(room)
            uri = where.replace("@x", f"@{host}:{port}")
            if leg.live:
                await leg.blind_transfer(uri)
            assert outside.got() == []


@pytest.mark.parametrize("phone", ["1101", "7101"])
async def test_x6_replaces_takes_over_no_call_of_others(room: ControlRoom, phone: str) -> None:
    """A guessed dialog is none: 481 for a phone, 401 for a stranger."""
    source = "127.0.0.97"
    replaces = ("Replaces", "abc@127.0.0.1;to-tag=1;from-tag=2")
    async with no_way_out(room):
        stranger = request(room, "INVITE", "x", source, replaces, to="7102")
        assert (await asked(room, stranger, source)).code == 401
        first = request(room, "INVITE", phone, source, replaces, to="7102")
        challenge = await asked(room, first, source)
        password = room.secrets.sip[phone].get_secret_value()
        proof = authorised(room, challenge, phone, password, "INVITE", "7102")
        again = request(room, "INVITE", phone, source, replaces, proof, to="7102", cseq=2)
        assert (await asked(room, again, source)).code in {481, 488, 501}


class Diverting(LightPhone):
    """A phone that sends every call on: 302 to wherever it was told to."""

    to = ""

    def _rings(self, message: SipMessage) -> None:
        headers = answer_to(message, "302 Moved Temporarily", tag=f"d{message['call-id'][:8]}")
        headers += [("Contact", f"<{self.to}>"), ("Diversion", f"<{self.to}>;reason=unconditional")]
        self._send(compose("SIP/2.0 302 Moved Temporarily", headers))
        self.calls.pop(message["call-id"], None)
        self.diverted.set()

    diverted: asyncio.Event


async def test_x6_a_phone_that_diverts_its_calls_sends_no_caller_outside(room: ControlRoom) -> None:
    """302 to a premium number, to the fraudster's PBX, to 110 itself: the caller stays, the next operator has him."""
    host, port = target(room)
    async with no_way_out(room, calls=2) as outside:
        phone = await Diverting.start("1101", registrar=(host, port), account=room.account("1101"))
        try:
            for where in (
                outside.uri(),
                "sip:110@x",
            ):
                phone.to, phone.diverted = where.replace("@x", f"@{host}:{port}"), asyncio.Event()
                await log_in(room, "1101")
                call = await dial(room, await room.caller())
                async with asyncio.timeout(10):
                    await phone.diverted.wait()
                other = await room.operator("1102")
                taken = await other.incoming(timeout=10)
                await taken.answer()
                await taken.wait_for_talk()
                await call.hangup()
                await taken.wait_for(CallState.DISCONNECTED)
                await room.everyone_home()
        finally:
            phone.close()


async def test_x6_a_polres_desk_that_diverts_is_a_desk_that_does_not_answer(
    room: ControlRoom,
) -> None:
    """The operator has the caller all the time, and nobody else is called."""
    host, port = target(room)
    scene = await talk(room, polres=())
    async with no_way_out(room) as outside:
        phone = await Diverting.start("7101", registrar=(host, port), account=room.account("7101"))
        phone.to, phone.diverted = outside.uri(), asyncio.Event()
        try:
            await scene.key("*757101#")
            async with asyncio.timeout(10):
                await phone.diverted.wait()
            returned = await scene.story.told("TransferReturned")
            assert returned
            assert scene.call.live
            assert scene.desk.live
        finally:
            phone.close()
