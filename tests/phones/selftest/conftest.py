"""One PBX for all self tests, and phones that are gone after each of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio

from ..observer import Observer
from ..phone import CallHandle, Phone, SipAccount
from ..sipp import Sipp
from ..tones import TONES
from .pbx import AMI_PORT, PHONE_RTP, SelftestPbx, find_programs


class PhoneMaker(Protocol):
    """Starts an extension of the PBX, or with ``account=None`` a phone without one."""

    async def __call__(self, tone: str, user: str, **settings: Any) -> Phone:
        """Start a phone that speaks the named tone."""
        ...


@pytest.fixture(scope="session")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SelftestPbx]:
    """A running PBX."""
    # A socket's path may not be longer than 108 bytes, so the folder's name is short.
    pbx = SelftestPbx(programs=find_programs(), home=tmp_path_factory.mktemp("pbx"))
    try:
        pbx.start()
        yield pbx
    finally:
        pbx.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def observer(pbx: SelftestPbx) -> AsyncIterator[Observer]:
    """A witness of what the PBX says."""
    async with await Observer.connect(
        port=AMI_PORT, user="observer", secret=pbx.password
    ) as observer:
        yield observer


@pytest_asyncio.fixture(loop_scope="session")
async def make_phone(pbx: SelftestPbx) -> AsyncIterator[PhoneMaker]:
    """Starts phones and stops them when the test is over."""
    phones: list[Phone] = []

    async def make(tone: str, user: str, **settings: Any) -> Phone:
        account: SipAccount | None = settings.pop("account", pbx.account(user))
        hertz = TONES[tone] if tone else 0
        phone = await Phone.start(user, hertz, account=account, rtp_ports=PHONE_RTP, **settings)
        phones.append(phone)
        return phone

    yield make
    await asyncio.gather(*(phone.stop() for phone in phones))


@pytest.fixture
def sipp(pbx: SelftestPbx, tmp_path: Path) -> Sipp:
    """SIPp from the unpacked tree."""
    return Sipp(pbx.programs.tool("sipp"), tmp_path)


Pair = tuple[Phone, CallHandle, Phone, CallHandle]


@pytest_asyncio.fixture(loop_scope="session")
async def talking(make_phone: PhoneMaker) -> Pair:
    """A caller (201) and an operator (202) who talk to each other."""
    caller, operator = await asyncio.gather(
        make_phone("caller", "201"), make_phone("operator", "202", auto_answer=0)
    )
    call = await caller.dial("202")
    answered = await operator.incoming()
    await asyncio.gather(call.wait_for_talk(), answered.wait_for_talk())
    return caller, call, operator, answered
