"""Phones of every level, and when each of them was rung."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ...control_room import TRUNK, ControlRoom
from ...phones.light import LightCall, LightPhone
from ..scene import log_in


@dataclass(frozen=True, kw_only=True)
class Ring:
    """An INVITE at a phone."""

    phone: str
    at: float
    """Unix time."""
    call: LightCall


@dataclass
class Stage:
    """Who takes part."""

    room: ControlRoom
    trunk: LightPhone
    outside: LightPhone
    """The telephone of the climb's number, beyond the trunk."""
    rings: list[Ring] = field(default_factory=list)
    phones: dict[str, LightPhone] = field(default_factory=dict)

    async def registered(self, *extensions: str) -> None:
        """Their phones are there."""
        sip = self.room.config.settings.sip
        for one in extensions:
            account = self.room.account(one)
            phone = await LightPhone.start(one, registrar=(sip.host, sip.port), account=account)
            self.watch(one, phone)
            self.phones[one] = phone

    async def on_duty(self, *operators: str) -> None:
        """Their phones are there, and they are logged in."""
        await self.registered(*operators)
        await log_in(self.room, *operators)

    async def leave(self, *others: LightPhone) -> None:
        """Everybody hangs up and is gone, these others as well."""
        phones = (*others, *self.phones.values())
        live = [call.hang_up() for phone in phones for call in phone.live]
        await asyncio.gather(*live, return_exceptions=True)
        for phone in phones:
            phone.close()

    def watch(self, name: str, phone: LightPhone) -> None:
        """Note each INVITE that comes there."""
        phone.on_call = lambda call: self._note(name, call)

    def _note(self, name: str, call: LightCall) -> None:
        self.rings.append(Ring(phone=name, at=time.time(), call=call))

    async def call(self, number: str = "62840000000110") -> "Waiting":
        """Somebody who calls 110 and is in the queue."""
        mark = self.room.observer.mark()
        call = await self.trunk.dial("110", number)
        assert call.live, f"110 answered {call.code}"
        keys = asyncio.create_task(call.keys("111"))
        told = await self.room.observer.wait_for(
            "UserEvent",
            lambda event: event["Fact"] == "queued" and event["Call"] in self._calls(number, mark),
            after=mark,
            timeout=12,
        )
        await keys
        return Waiting(
            stage=self,
            call=call,
            since=float(told["Timestamp"]),
            call_id=told["Call"],
            staff=told["Data"].partition("staff=")[2].partition("|")[0],
        )

    def _calls(self, number: str, mark: int) -> set[str]:
        told = self.room.observer.events("UserEvent", after=mark)
        return {one["Call"] for one in told if one["Data"].startswith(f"number={number}|")}

    async def quiet(self) -> None:
        """Wait until nobody calls any more."""
        async with asyncio.timeout(10):
            while await self.room.observer.channels():
                await asyncio.sleep(0.1)

    async def rung(self, phone: str, *, times: int = 1, within_s: float = 12) -> Ring:
        """Wait for that phone's next ring, or the one after it."""
        end = time.monotonic() + within_s
        while True:
            found = [ring for ring in self.rings if ring.phone == phone]
            if len(found) >= times:
                return found[times - 1]
            if time.monotonic() > end:
                raise TimeoutError(f"{phone} was not rung; {[r.phone for r in self.rings]} were")
            await asyncio.sleep(0.02)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A caller in the queue."""

    stage: Stage
    call: LightCall
    since: float
    """Unix time, by the PBX's clock."""
    call_id: str
    staff: str

    async def heard_by(self, phone: str, *, times: int = 1, within_s: float = 12) -> float:
        """Seconds in the queue at which that phone was rung."""
        ring = await self.stage.rung(phone, times=times, within_s=within_s)
        return ring.at - self.since


@asynccontextmanager
async def open_stage(room: ControlRoom, outside_port: int) -> AsyncIterator[Stage]:
    """A trunk and the outside number; everybody is gone afterwards."""
    sip = room.config.settings.sip
    registrar = (sip.host, sip.port)
    trunk = await LightPhone.start("trunk", registrar=registrar, host=TRUNK)
    outside = await LightPhone.start("outside", registrar=registrar, host=TRUNK, port=outside_port)
    stage = Stage(room, trunk, outside)
    stage.watch("outside", outside)
    try:
        yield stage
    finally:
        await stage.leave(trunk, outside)
