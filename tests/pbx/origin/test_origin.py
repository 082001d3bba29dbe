"""Which Polda a call belongs to: what the carrier sends decides, and whatever it sends, the call is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cc110.core import events as e
from cc110.core.words import OriginBy

from ...control_room import ControlRoom
from ...phones.timing import limit
from ..raw_callers.trunk import Answer, RawTrunk, raw_trunk
from .invites import circle, civic, hostile, pidf, point, polygon, with_location

HERE = "<cid:place@carrier.example>"
METRO, SUMUT = "polda-metro-jaya", "polda-sumut"
MOBILE, MEDAN_LINE = "+6281200000001", "+62615550001"
SERVED_S = 1.0
SENSIBLE_ALL_THE_SAME = {"60 kB of points", "a DTD", "many references"}


@pytest.fixture
def with_sound() -> bool:
    """Callers who only wait say nothing."""
    return False


@asynccontextmanager
async def said(room: ControlRoom, **variables: str) -> AsyncIterator[None]:
    """What a directory says, on the running PBX."""
    for name, value in variables.items():
        await room.pbx.console(f"dialplan set global {name.replace('__', '-')} {value}")
    try:
        yield
    finally:
        for name in variables:
            await room.pbx.console(f'dialplan set global {name.replace("__", "-")} ""')


async def gone(room: ControlRoom) -> None:
    """Everybody hangs up."""
    await room.pbx.console("channel request hangup all")
    async with asyncio.timeout(10):
        while await room.observer.channels():
            await asyncio.sleep(0.05)


async def arrived(
    room: ControlRoom,
    trunk: RawTrunk,
    location: str | None = None,
    *,
    number: str = MOBILE,
    to: str = "110",
) -> e.CallArrived:
    """The journal's word of a call with that location."""
    start = await room.last_seq()
    asserted = f"<sip:{number}@carrier.example>"
    if location is None:
        trunk.invite(asserted=asserted, to=to)
    else:
        content = with_location(pidf(location))
        trunk.invite(asserted=asserted, to=to, content=content, Geolocation=HERE)
    found = await room.wait_event("CallArrived", after=start)
    await gone(room)
    assert isinstance(found.event.data, e.CallArrived)
    return found.event.data


async def test_where_a_caller_is_decides_his_polda_and_stands_in_the_journal(
    room: ControlRoom,
) -> None:
    """By an address: tables of the PBX. By degrees: the daemon's map. The area code of a mobile number says nothing."""
    async with raw_trunk(room) as trunk:
        for location, queue, place, unit in (
            (civic(A1="Sumatera Utara", A2="Kota Medan", A3="Medan Baru"), SUMUT, "Kota Medan", "polres-medan"),
            (civic(A1="?", A2="KAB. DELI SERDANG"), SUMUT, "Kabupaten Deli Serdang", "polres-deli-serdang"),
            (civic(A1="Jawa Barat", A3="Bekasi"), METRO, "Bekasi", None),
            (point(3.5952, 98.6722), SUMUT, "Polrestabes Medan", "polres-medan"),
            (circle(-6.2615, 106.8106), METRO, "Polres Metro Jakarta Selatan", "polres-jakarta-selatan"),
            (polygon((3.5, 98.6), (3.6, 98.7), (3.7, 98.75)), SUMUT, "Polrestabes Medan", "polres-medan"),
        ):  # fmt: skip
            call = await arrived(room, trunk, location)
            assert (call.queue, call.origin, call.origin_of) == (queue, "location", place)
            assert (call.place, call.place_unit) == (place, unit)

        for nowhere in (civic(A1="Jawa Timur", A2="Kota Surabaya"), point(51.5, -0.1), None):
            call = await arrived(room, trunk, nowhere)
            assert (call.queue, call.origin, call.origin_of) == (METRO, "default", "")


async def test_the_first_evidence_in_the_site_s_order_decides(room: ControlRoom) -> None:
    """The number dialled, the place, the area code, the trunk; a site may order them otherwise."""
    jakarta = civic(A2="Kota Jakarta Pusat")
    async with raw_trunk(room) as trunk:
        call = await arrived(room, trunk, number=MEDAN_LINE)
        assert (call.queue, call.origin, call.origin_of) == (SUMUT, "area-code", "061")
        call = await arrived(room, trunk, jakarta, number=MEDAN_LINE)
        assert (call.queue, call.origin) == (METRO, "location")

        async with said(room, CC110_ORIGIN_TRUNK_trunk__demo=SUMUT):
            call = await arrived(room, trunk)
            assert (call.queue, call.origin, call.origin_of) == (SUMUT, "trunk", "trunk-demo")
            async with said(room, CC110_ORIGIN_DIALLED_021110=METRO):
                call = await arrived(room, trunk, number=MEDAN_LINE, to="021110")
                assert (call.queue, call.origin, call.origin_of) == (METRO, "dialled", "021110")
            await room.pbx.console("dialplan set global CC110_ORIGIN_ORDER trunk&location")
            try:
                call = await arrived(room, trunk, jakarta)
                assert (call.queue, call.origin) == (SUMUT, "trunk")
                assert call.place == "Kota Jakarta Pusat"
            finally:
                order = "&".join(room.config.directory.origin.order)
                await room.pbx.console(f"dialplan set global CC110_ORIGIN_ORDER {order}")


async def test_the_operator_sees_where_the_caller_is(room: ControlRoom) -> None:
    """On his telephone's display, behind what is known of the number."""
    async with raw_trunk(room) as trunk:
        mark = room.observer.mark()
        trunk.invite(
            asserted=f"<sip:{MOBILE}@carrier.example>",
            content=with_location(pidf(point(3.5952, 98.6722))),
            Geolocation=HERE,
        )
        shown = await room.observer.wait_for(
            "UserEvent", lambda one: one["Fact"] == "queued", after=mark, timeout=20
        )
        assert "di Polrestabes Medan" in shown["CallerIDName"]
        await gone(room)


async def test_x1_a_hostile_location_harms_no_call(room: ControlRoom) -> None:
    """Each is served within a second; what makes no sense decides nothing; the PBX reads no file for anybody."""
    start = await room.last_seq()
    sent, took = dict[str, tuple[str, Answer]](), dict[str, float]()
    async with raw_trunk(room) as trunk:
        # The daemon has half a second for a place in degrees: those that make sense are not beside all others.
        for sensible in (False, True):
            at_once = {}
            for at, (name, (header, document)) in enumerate(hostile().items()):
                if (name in SENSIBLE_ALL_THE_SAME) is sensible:
                    number = f"62812000003{at:02}"
                    asserted, content = f"<sip:+{number}@carrier.example>", with_location(document)
                    answer = trunk.invite(asserted=asserted, content=content, Geolocation=header)
                    sent[number] = at_once[number] = name, answer
            took |= {name: await answer.seconds() for name, answer in at_once.values()}
        assert {answer.codes[-1] for _, answer in sent.values()} == {200}
        told: dict[str, e.CallArrived] = {}
        async with asyncio.timeout(10):
            while len(told) < len(sent):
                every = [one.event.data for one in await room.events(after=start)]
                told = {
                    sent[one.number or ""][0]: one
                    for one in every
                    if isinstance(one, e.CallArrived)
                }
                await asyncio.sleep(0.1)
        await gone(room)
    placed = {name for name, one in told.items() if one.origin is OriginBy.LOCATION}
    assert placed == SENSIBLE_ALL_THE_SAME
    assert {told[name].queue for name in placed} == {SUMUT}
    assert {one.queue for name, one in told.items() if name not in placed} == {METRO}
    assert "root:" not in repr(told)
    assert max(took.values()) < limit(SERVED_S)
    print(f"{len(took)} hostile locations, served in up to {max(took.values()):.3f} s")


async def test_s3_a_daemon_that_hangs_holds_a_place_in_degrees_up_for_half_a_second(
    room: ControlRoom,
) -> None:
    """Then the next evidence decides; an address needs no daemon."""
    async with raw_trunk(room) as trunk:
        room.daemon.hang()
        for location, number, queue, by in (
            (point(-6.2615, 106.8106), MEDAN_LINE, SUMUT, "area-code"),
            (civic(A2="Kota Medan"), MOBILE, SUMUT, "location"),
        ):
            mark = room.observer.mark()
            answer = trunk.invite(
                asserted=f"<sip:{number}@carrier.example>",
                content=with_location(pidf(location)),
                Geolocation=HERE,
            )
            took = await answer.seconds()
            fact = await room.observer.wait_for(
                "UserEvent", lambda one: one["Fact"] == "arrived", after=mark
            )
            assert f"|queue={queue}|by={by}|" in fact["Data"]
            assert took < room.config.settings.agi.place_s + SERVED_S
            await room.observer.wait_for(
                "UserEvent", lambda one: one["Fact"] == "recording", after=mark
            )
            shown = fact["CallerIDName"].partition(" di ")[2]
            assert shown == ("Kota Medan" if by == "location" else "-6.2615 106.8106")
            await gone(room)
        room.daemon.go_on()
