"""The production profile: phones over TLS with SRTP, and nothing else.

The phones here check the PBX's certificate and refuse a call without SRTP, as PJSIP does with these settings.
"""

import asyncio
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallState, Phone, RegistrationFailed
from ...phones.tones import TONES
from ..hearing import in_talk
from ..intruders.strangers import forge, guess, log_in
from ..intruders.torture import INVALID, VALID, WORSE
from ..scene import all_over, talk


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """A site with phones = "tls" and a certificate that signs itself."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(
            home, sip__phones="tls", queue__wrap_up_s=0, blocklist__way_out="reject"
        ) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def _of_channel(room: ControlRoom, phone: str, what: str) -> str:
    """What the PBX says of a phone's leg."""
    (leg,) = [
        one
        for one in await room.observer.channels()
        if one["Channel"].startswith(f"PJSIP/{phone}-")
    ]
    answer = await room.observer.action("Getvar", Channel=leg["Channel"], Variable=what)
    return answer["Value"]


async def test_an_operator_over_tls_answers_with_srtp_and_both_hear_each_other(
    room: ControlRoom,
) -> None:
    """Caller on a plain trunk, operator and Polres encrypted; the transfer works as ever."""
    scene = await talk(room)
    assert await in_talk(caller=scene.call, operator=scene.desk)
    for what in ("CHANNEL(rtp,secure)", "CHANNEL(pjsip,secure)"):
        assert await _of_channel(room, "1101", what) == "1"
        assert await _of_channel(room, "trunk-demo", what) == "0"

    await scene.key("*757101#")
    unit = await scene.polres_answers()
    await scene.story.told("PolresAnswered")
    assert await in_talk(caller=scene.call, operator=scene.desk, polres=unit)
    assert await _of_channel(room, "7101", "CHANNEL(rtp,secure)") == "1"
    await scene.desk.hangup()
    assert await in_talk(caller=scene.call, polres=unit)
    await scene.call.hangup()
    await all_over(unit)


@pytest.mark.parametrize("extension", ["1101", "7101"])
async def test_a_phone_without_tls_is_refused_with_the_right_password(
    room: ControlRoom, extension: str
) -> None:
    """As if there were no such account."""
    assert await log_in(room, extension, "127.0.0.1") == 401
    sip = room.config.settings.sip
    plain = replace(room.account(extension), transport="udp", registrar_port=sip.port)
    with pytest.raises(RegistrationFailed):
        await Phone.start(extension, TONES["operator"], account=plain, rtp_ports=room.phone_rtp)


async def test_a_phone_that_offers_no_srtp_gets_no_call_through(room: ControlRoom) -> None:
    """TLS alone is not enough: its INVITE is refused."""
    account = room.account("1101")
    phone = await Phone.start(
        "1101", TONES["operator"], account=account, rtp_ports=room.phone_rtp, srtp=False
    )
    try:
        call = await phone.dial("7101")
        assert (await call.wait_for(CallState.DISCONNECTED)).code == 488
    finally:
        await phone.stop()


async def test_x1_torture_over_a_stream_brings_nothing_down_and_lets_nobody_in(
    room: ControlRoom,
) -> None:
    """RFC 4475 and worse by TLS, each on a connection of its own, then all on one; then a person calls 110."""
    sip = room.config.settings.sip
    context = ssl.create_default_context(cafile=str(room.config.phones_certificate[0]))
    mark = room.observer.mark()
    everything = (*VALID, *INVALID, *WORSE)
    for batch in [*([one] for one in everything), everything]:
        reader, writer = await asyncio.open_connection(
            sip.host, sip.tls_port, ssl=context, local_addr=("127.0.0.94", 0)
        )
        source = "{}:{}".format(*writer.get_extra_info("sockname"))
        for number, one in enumerate(batch):
            wire = one.datagram(sip.host, sip.tls_port, source, number)
            writer.write(wire.replace(b"SIP/2.0/UDP", b"SIP/2.0/TLS"))
        with suppress(ConnectionError):
            await writer.drain()
        writer.transport.abort()
        reader.feed_eof()
    scene = await talk(room, polres=())
    assert await in_talk(caller=scene.call, operator=scene.desk)
    arrived = [e for e in room.observer.events("UserEvent", after=mark) if e["Fact"] == "arrived"]
    assert len(arrived) == 1
    await scene.call.hangup()


async def test_a_key_of_ours_is_for_our_eyes_only(room: ControlRoom) -> None:
    """Mode 0600; the certificate names the address that phones are told."""
    certificate, key = room.config.phones_certificate
    assert key.stat().st_mode & 0o777 == 0o600
    assert certificate.is_file()


async def test_x6_a_forger_s_datagrams_ban_nobody_here(room: ControlRoom) -> None:
    """Nobody can log in by them, so they count for nothing; over TLS the address is proven."""
    start = await room.last_seq()
    forge(room, "127.0.0.73", 60)
    forge(room, "127.0.0.73", 60, via="TLS")
    await guess(room, "127.0.0.74", 25)
    wrong = replace(room.account("1102"), password="wrong")
    for _ in range(20):
        with pytest.raises(RegistrationFailed):
            await Phone.start(
                "1102",
                0,
                bind=("127.0.0.75", 0),
                account=wrong,
                rtp_ports=room.phone_rtp,
            )
    banned = await room.wait_event("AddressBanned", after=start)
    assert banned.event.data.address == "127.0.0.75"
