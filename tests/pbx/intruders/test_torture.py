"""SIP that tortures the parser: RFC 4475's messages and worse ones (X1).

Nothing brings the PBX down, nothing but an INVITE for 110 on the trunk becomes a call, a stranger's becomes none,
and after all of them a person who dials 110 is answered.
"""

import asyncio
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count

import pytest

from ...control_room import TRUNK, ControlRoom
from ...phones.observer import AmiEvent
from ...phones.rawsip import exchange
from ...phones.sipmessage import SipMessage
from ...phones.timing import limit
from ..scene import dial
from .strangers import request, target
from .torture import INVALID, TOLERATED, VALID, WORSE, Torture

STRANGER = "127.0.0.90"
EVERYTHING = (*VALID, *INVALID, *WORSE)
HOSTILE = (
    "A%0d%0aEvent:%20Hangup%0d%0aX-Forged:%20yes",
    "A%00B",
    'q\\"q',
    "semi;colon=1;tag=2",
    "amp&ersand&PJSIP/7101",
    "${CC110_SITE}${SHELL(id)}${DB(cc110-block/62812)}",
    "$[6*7]",
    "a,b,c|d^e",
    "x" * 4096,
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "\x1b[31mred\x1b[0m",
)
"""Display names of the X1 list."""
_NUMBER = count(1)
_LATE_S = 0.5


@pytest.fixture
def with_sound() -> bool:
    """These callers say nothing."""
    return False


@contextmanager
def wire(room: ControlRoom, source: str) -> Iterator[socket.socket]:
    """A socket at that address that asks the PBX."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((source, 0))
        opened.setblocking(False)
        opened.connect(target(room))
        yield opened


def send(room: ControlRoom, sock: socket.socket, one: Torture) -> str:
    """Send it; returns the number that is in its Call-ID."""
    number = str(next(_NUMBER))
    host, port = target(room)
    source = "{}:{}".format(*sock.getsockname())
    sock.send(one.datagram(host, port, source, int(number)))
    return number


async def alive(room: ControlRoom) -> int:
    """The PBX answers a plain OPTIONS of a stranger, so all that was sent before is dealt with; its uptime in s."""
    probe = request(room, "OPTIONS", "probe", "127.0.0.91", to="probe")
    assert await exchange(probe, target=target(room), source=("127.0.0.91", 0)), "the PBX is silent"
    found = re.search(r"System uptime: (.*)", await room.pbx.console("core show uptime seconds"))
    assert found, "the PBX's console is silent"
    return int(found[1].split()[0])


async def answers(
    sock: socket.socket, numbers: Sequence[str], *, at_most_s: float = 3
) -> dict[str, int]:
    """The final code of each INVITE that has one by its number; returns when all have, or nothing more comes."""
    loop, found = asyncio.get_running_loop(), dict[str, int]()
    end = loop.time() + limit(at_most_s)
    while (left := end - loop.time()) > 0:
        if found.keys() >= set(numbers):
            end = min(end, loop.time() + _LATE_S)
        try:
            async with asyncio.timeout(left):
                said = SipMessage.read(await loop.sock_recv(sock, 65536))
        except TimeoutError:
            break
        except ConnectionError:
            continue
        number = re.match(r"t(\d+)", said["call-id"])
        if said.code >= 200 and said["cseq"].endswith("INVITE") and number:
            found[number[1]] = said.code
    return found


def _is_arrival(number: str, event: AmiEvent) -> bool:
    return event["Fact"] == "arrived" and f"number={number}|" in event["Data"]


async def no_call_is_left(room: ControlRoom) -> None:
    """Hang all up."""
    async with asyncio.timeout(limit(10)):
        while await room.observer.channels():
            await room.pbx.console("channel request hangup all")
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("source", [TRUNK, pytest.param(STRANGER, marks=pytest.mark.slow)])
async def test_x1_the_pbx_survives_rfc_4475_and_worse(room: ControlRoom, source: str) -> None:
    """Each message alone, then all at once; then a person calls 110."""
    mark = room.observer.mark()
    before = await alive(room)
    with wire(room, source) as sock:
        sent = {}
        for one in EVERYTHING:
            sent[send(room, sock, one)] = one
            await alive(room)
        wanted = [number for number, one in sent.items() if one.calls]
        codes = {sent[number].name: code for number, code in (await answers(sock, wanted)).items()}
        for one in EVERYTHING * 3:
            send(room, sock, one)
        await alive(room)
    await no_call_is_left(room)
    calls = {name for name, code in codes.items() if 200 <= code < 300}
    wanted_calls = {one.name for one in EVERYTHING if one.calls} if source == TRUNK else set()
    assert wanted_calls <= calls <= (wanted_calls | TOLERATED if source == TRUNK else set())
    assert await alive(room) >= before, "the PBX was started again"
    await no_call_is_left(room)
    if source != TRUNK:
        assert not room.observer.events("UserEvent", after=mark)
    assert not [e for e in room.observer.log.since(mark) if "X-Forged" in e.headers]

    operator = await room.operator("1101")
    call = await dial(room, await room.caller())
    desk = await operator.incoming()
    await desk.answer()
    await call.wait_for_talk()
    await call.hangup()


async def test_x1_hostile_names_are_neither_expanded_nor_believed_and_the_call_is_answered(
    room: ControlRoom,
) -> None:
    """From, To, Contact and P-Asserted-Identity with all that means something to a dialplan, a terminal or a table."""
    mark = room.observer.mark()
    with wire(room, TRUNK) as sock:
        for text in HOSTILE:
            number = next(_NUMBER)
            source = "{}:{}".format(*sock.getsockname())
            # Of a header longer than 4 KB the PBX knows the beginning alone: the caller is unidentified.
            known = "" if len(text) > 4000 else f"62812{number:08d}"
            shown = known or "anonim"
            quoted = text.replace('"', "").replace("\\", "")
            more = [
                ("P-Asserted-Identity", f'"{quoted}" <sip:+62812{number:08d}@x>'),
                ("Subject", text),
            ]
            invite = request(room, "INVITE", "0812", TRUNK, *more, to="110")
            lines = invite.decode().split("\r\n")
            lines = [
                f'From: "{quoted}" <sip:0812@x>;tag=h{number}' if line.startswith("From:") else line
                for line in lines
            ]
            lines = [line.replace(f"{TRUNK}:5999", source) for line in lines]
            sock.send("\r\n".join(lines).encode())
            arrived = await room.observer.wait_for(
                "UserEvent",
                partial(_is_arrival, known),
                after=mark,
            )
            assert arrived["CallerIDName"] == f"110 {known or 'tanpa nomor'}"
            assert arrived["CallerIDNum"] == shown
    await no_call_is_left(room)
    told = [value for e in room.observer.log.since(mark) for value in e.headers.values()]
    assert not any("X-Forged" in value or "uid=" in value or value == "42" for value in told)
    assert await alive(room)


async def test_x1_nothing_of_sip_is_listened_to_but_what_the_site_says(room: ControlRoom) -> None:
    """No TCP unless phones come over TLS: torture over a stream finds no one."""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*target(room))
