"""Keys that are pressed arrive, and arrive once."""

import time

import pytest

from ..observer import Observer
from .conftest import PhoneMaker

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("method", "duration_s", "gap_s", "longest_s"),
    [
        ("rfc2833", 0.1, 0.04, 0.6),
        ("rfc2833", 0.04, 0.04, 0.4),
        ("rfc2833", 0.1, 0.3, 1.4),
        ("info", 0.1, 0.04, 0.6),
    ],
)
async def test_digits_reach_the_pbx(
    make_phone: PhoneMaker,
    observer: Observer,
    method: str,
    duration_s: float,
    gap_s: float,
    longest_s: float,
) -> None:
    """Three digits, fast or slow, by both methods, are read once each and in order."""
    mark = observer.mark()
    phone = await make_phone("operator", "202")
    call = await phone.dial("301")
    await call.wait_for_talk()
    before = time.monotonic()
    await call.send_dtmf("*71", method=method, duration_s=duration_s, gap_s=gap_s)
    event = await observer.wait_for("UserEvent", lambda e: e["UserEvent"] == "Digits", after=mark)
    assert event["Digits"] == "*71"
    assert event.at - before < longest_s


async def test_doubled_digits_are_not_swallowed(make_phone: PhoneMaker, observer: Observer) -> None:
    """The same digit three times in a row is three digits."""
    mark = observer.mark()
    phone = await make_phone("operator", "202")
    call = await phone.dial("301")
    await call.wait_for_talk()
    await call.send_dtmf("777")
    event = await observer.wait_for("UserEvent", lambda e: e["UserEvent"] == "Digits", after=mark)
    assert event["Digits"] == "777"


async def test_digits_from_the_pbx_are_reported(make_phone: PhoneMaker) -> None:
    """The phone sees each digit that the PBX sends once."""
    phone = await make_phone("operator", "202")
    call = await phone.dial("304")
    await call.wait_for_digits("159")
    await call.heard(0.2)
    assert call.digits == "159"
