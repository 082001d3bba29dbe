"""Many callers, operators and Polres at once, on phones that only signal; and where each leg is."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from ...control_room import TRUNK, ControlRoom
from ...phones.light import LightCall, LightPhone
from ...phones.observer import AmiEvent
from ...phones.phone import SipAccount
from ...phones.timing import limit
from ..scene import log_in
from .site import PASSWORD, PREFIX

_POLL_S: Final = 0.05
Rings = asyncio.Queue[LightCall]


@dataclass
class Desks:
    """The phones of a big site, and the trunk."""

    room: ControlRoom
    trunk: LightPhone
    phones: dict[str, LightPhone] = field(default_factory=dict)
    _rings: defaultdict[tuple[str, str], Rings] = field(
        default_factory=lambda: defaultdict(asyncio.Queue)
    )

    @classmethod
    async def open(cls, room: ControlRoom) -> Self:
        """With a trunk, and nobody at a desk yet."""
        sip = room.config.settings.sip
        trunk = await LightPhone.start("trunk", registrar=(sip.host, sip.port), host=TRUNK)
        return cls(room, trunk)

    async def sit(self, *extensions: str) -> None:
        """Registered phones for these; who sits already stays."""
        await asyncio.gather(*(self._sit(one) for one in extensions if one not in self.phones))

    async def _sit(self, extension: str) -> None:
        phone = await LightPhone.start(
            extension, registrar=self.trunk.registrar, account=self._account(extension)
        )
        phone.on_call = lambda call: self._ring(extension, call)
        self.phones[extension] = phone

    def _account(self, extension: str) -> SipAccount:
        if extension == PREFIX:
            return SipAccount(user=PREFIX, password=PASSWORD)
        return self.room.account(extension)

    async def on_duty(self, *operators: str) -> None:
        """These sit and are logged in."""
        await self.sit(*operators)
        await log_in(self.room, *operators)

    def _ring(self, extension: str, call: LightCall) -> None:
        kind = "operator" if extension.startswith("1") else "polres"
        self._rings[kind, call.caller].put_nowait(call)

    async def rings(self, kind: str, number: str, *, timeout: float = 10) -> LightCall:
        """The next call at an "operator" or a "polres" for the caller with that number."""
        async with asyncio.timeout(limit(timeout)):
            return await self._rings[kind, number].get()

    async def call_in(self, number: str) -> LightCall:
        """A caller who skips the greeting; he is on his way to the queue."""
        call = await self.trunk.dial("110", number)
        assert call.live, f"110 answered {call.code}"
        await call.keys("111")
        return call

    async def talk(self, number: str) -> tuple[LightCall, LightCall]:
        """The caller's and the operator's end of a talk."""
        call = await self.trunk.dial("110", number)
        skipping = asyncio.create_task(call.keys("111"))
        desk = await self.rings("operator", number, timeout=20)
        desk.answer()
        await skipping
        return call, desk

    async def in_bridge_with(self, number: str) -> set[str]:
        """The endpoints that talk with that caller now: nobody, or each once."""
        channels = await self.room.observer.channels()
        own = [it for it in channels if _is_caller(it, number)]
        bridges = {it["BridgeId"] for it in own if it.get("BridgeId")}
        return {
            it["Channel"].partition("/")[2].rpartition("-")[0]
            for it in channels
            if it.get("BridgeId") in bridges and it not in own and it["Channel"].startswith("PJSIP")
        }

    async def comes_true(
        self, number: str, right: Callable[[set[str]], bool], *, timeout: float
    ) -> set[str]:
        """Wait until those who talk with the caller are right; the last look, if it never was."""
        end = time.monotonic() + limit(timeout)
        while not right(found := await self.in_bridge_with(number)) and time.monotonic() < end:
            await asyncio.sleep(_POLL_S)
        return found

    async def quiet(self, *, timeout: float = 1.0) -> list[str]:
        """The channels that are left after so many seconds; none, if all is well."""
        end = time.monotonic() + limit(timeout)
        while left := [it["Channel"] for it in await self.room.observer.channels()]:
            if time.monotonic() > end:
                break
            await asyncio.sleep(_POLL_S)
        return left

    def ghosts(self, number: str) -> list[str]:
        """Phones that still ring or talk for a caller."""
        return [
            f"{name} {call.id}"
            for name, phone in self.phones.items()
            for call in phone.live
            if call.caller == number
        ]

    async def close(self) -> None:
        """Everybody hangs up and goes home."""
        phones = (self.trunk, *self.phones.values())
        live = [call.hang_up() for phone in phones for call in phone.live]
        await asyncio.gather(*live, return_exceptions=True)
        for phone in phones:
            phone.close()


def numbers(first: int, count: int) -> Iterable[str]:
    """Invented numbers, each of another caller."""
    return (f"62840{first + n:08d}" for n in range(count))


def _is_caller(channel: AmiEvent, number: str) -> bool:
    return channel["Channel"].startswith("PJSIP/trunk") and channel["CallerIDNum"] == number
