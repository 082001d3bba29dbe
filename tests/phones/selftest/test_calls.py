"""Calls come, go and fail as they do with phones on a desk."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..observer import AmiEvent, Observer
from ..phone import (
    LOGS_VARIABLE,
    CallEnded,
    CallState,
    PhoneDied,
    PhoneError,
    RegistrationFailed,
    SipAccount,
)
from ..timing import limit
from ..tones import PRESENT, TONES
from .conftest import Pair, PhoneMaker
from .pbx import SIP_PORT, TRUNK, SelftestPbx

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session")]

CALLER, OPERATOR = TONES["caller"], TONES["operator"]


async def test_a_wrong_password_is_refused(make_phone: PhoneMaker) -> None:
    """The registrar's word reaches the test, and the phone's process is gone."""
    account = SipAccount(user="201", password="wrong", registrar_port=SIP_PORT)
    with pytest.raises(RegistrationFailed, match=r"40[13]"):
        await make_phone("caller", "201", account=account)


async def test_a_phone_registers_and_unregisters(
    make_phone: PhoneMaker, observer: Observer
) -> None:
    """The PBX sees the contact come and go."""
    mark = observer.mark()
    phone = await make_phone("caller", "201")
    await observer.wait_for("ContactStatus", _of("201", "Reachable", "NonQualified"), after=mark)
    await phone.unregister()
    await observer.wait_for("ContactStatus", _of("201", "Removed"), after=mark)


def _of(user: str, *states: str) -> Callable[[AmiEvent], bool]:
    return lambda e: e["AOR"] == user and e["ContactStatus"] in states


async def test_a_taken_port_is_said_at_once(make_phone: PhoneMaker) -> None:
    """A second phone on the same SIP port does not start."""
    await make_phone("caller", "201", bind=("127.0.0.1", 15210))
    with pytest.raises(PhoneError, match="in use"):
        await make_phone("operator", "202", bind=("127.0.0.1", 15210))


async def test_a_busy_phone_refuses_with_486(make_phone: PhoneMaker) -> None:
    """The caller learns the status, and whoever waits for an answer learns it at once."""
    caller, operator = await asyncio.gather(
        make_phone("caller", "201"), make_phone("operator", "202")
    )
    call = await caller.dial("202")
    await call.wait_for(CallState.EARLY)
    await (await operator.incoming()).reject(486)
    with pytest.raises(CallEnded) as ended:
        await call.wait_for(CallState.CONFIRMED)
    assert ended.value.code == 486


async def test_a_caller_who_gives_up_stops_the_ringing(make_phone: PhoneMaker) -> None:
    """CANCEL ends the call on both phones."""
    caller, operator = await asyncio.gather(
        make_phone("caller", "201"), make_phone("operator", "202")
    )
    call = await caller.dial("202")
    ringing = await operator.incoming()
    await call.wait_for(CallState.EARLY)
    await call.hangup()
    assert call.ended is not None
    assert call.ended.code == 487
    await ringing.wait_for(CallState.DISCONNECTED)


async def test_a_phone_that_does_not_ring_by_itself_rings_when_told(
    make_phone: PhoneMaker,
) -> None:
    """Without 180 the caller waits in silence; with it he hears the ringing."""
    caller, operator = await asyncio.gather(
        make_phone("caller", "201"), make_phone("operator", "202", rings=False)
    )
    call = await caller.dial("202")
    ringing = await operator.incoming()
    await ringing.mute()  # whatever the phone did by itself has been reported by now
    assert ringing.state is CallState.INCOMING
    await ringing.ring()
    assert (await call.wait_for(CallState.EARLY)).code == 180


async def test_a_phone_answers_by_itself_after_its_time(make_phone: PhoneMaker) -> None:
    """Auto-answer keeps the delay it was given."""
    caller, _ = await asyncio.gather(
        make_phone("caller", "201"), make_phone("operator", "202", auto_answer=0.3)
    )
    call = await caller.dial("202")
    ringing = await call.wait_for(CallState.EARLY)
    confirmed = await call.wait_for(CallState.CONFIRMED)
    assert 0.25 < confirmed.at - ringing.at < 0.25 + limit(0.5)


async def test_a_phone_obeys_answer_after_only_if_told_to(make_phone: PhoneMaker) -> None:
    """Call-Info with answer-after=0 is answered at once by a phone that honours it."""
    caller, obeying, other = await asyncio.gather(
        make_phone("caller", "201"),
        make_phone("operator", "202", honour_answer_after=True),
        make_phone("polres", "203"),
    )
    first = await caller.dial("402")
    await first.wait_for(CallState.CONFIRMED)
    assert "answer-after=0" in (await obeying.incoming()).headers["Call-Info"]
    second = await caller.dial("403")
    ringing = await other.incoming()
    assert "answer-after=0" in ringing.headers["call-info"]
    await second.wait_for(CallState.EARLY)
    await second.heard(0.2)
    assert second.state is CallState.EARLY


async def test_the_display_shows_who_calls(talking: Pair) -> None:
    """The display name of the INVITE and its other headers can be read."""
    _, _, _, answered = talking
    assert answered.shown == "Operator Satu"
    assert answered.headers["P-Asserted-Identity"] == '"Operator Satu" <sip:201@127.0.0.1>'
    assert answered.headers.get("X-None") is None


async def test_a_trunk_calls_in_with_any_number_and_header(
    make_phone: PhoneMaker, observer: Observer
) -> None:
    """From, P-Asserted-Identity and odd headers arrive as they were given; sound comes back."""
    mark = observer.mark()
    trunk = await make_phone("caller", "trunk", account=None, bind=TRUNK)
    call = await trunk.dial(
        f"sip:110@127.0.0.1:{SIP_PORT}",
        from_user="081200000001",
        from_name="Warga Contoh",
        headers={"P-Asserted-Identity": "<sip:+6281200000001@127.0.0.2>", "X-Odd": "a;b=c"},
    )
    await call.wait_for_talk()
    event = await observer.wait_for(
        "UserEvent", lambda e: e["UserEvent"] == "TrunkCall", after=mark
    )
    assert event["From"].startswith("Warga Contoh <sip:081200000001@127.0.0.2>")
    assert event["Pai"] == "<sip:+6281200000001@127.0.0.2>"
    assert event["Odd"] == "a;b=c"
    assert event["Channel"].startswith("PJSIP/trunk-")
    assert (await call.heard(0.2))[CALLER] > PRESENT
    await call.hangup()


async def test_a_phone_offers_only_its_codecs(make_phone: PhoneMaker, observer: Observer) -> None:
    """The PBX, which prefers A-law, has to take mu-law."""
    phone = await make_phone("caller", "201", codecs=("PCMU",))
    call = await phone.dial("300")
    await call.wait_for_talk()
    assert "ulaw" in await observer.command("pjsip show channelstats")
    assert (await call.heard(0.2))[CALLER] > PRESENT


async def test_a_phone_writes_its_messages_where_it_is_told(
    make_phone: PhoneMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every SIP message can be read afterwards."""
    monkeypatch.setenv(LOGS_VARIABLE, str(tmp_path))
    await make_phone("caller", "201")
    assert "REGISTER sip:127.0.0.1" in (tmp_path / "201-1.log").read_text()


async def test_a_phone_works_over_tcp(make_phone: PhoneMaker, pbx: SelftestPbx) -> None:
    """Registration, a call out and a call in, all over TCP."""
    caller, operator = await asyncio.gather(
        make_phone("caller", "201", account=pbx.account("201", "tcp")),
        make_phone("operator", "202", account=pbx.account("202", "tcp"), auto_answer=0),
    )
    call = await caller.dial("202")
    await call.wait_for_talk()
    assert "TCP" in (await operator.incoming()).headers["Via"]
    assert (await call.heard(0.2))[OPERATOR] > PRESENT


async def test_a_phone_holds_two_calls_and_hears_them_apart(make_phone: PhoneMaker) -> None:
    """Each call of a phone has its own ear."""
    operator, first, second = await asyncio.gather(
        make_phone("operator", "202"),
        make_phone("caller", "201", auto_answer=0),
        make_phone("polres", "203", auto_answer=0),
    )
    one, two = await operator.dial("201"), await operator.dial("203")
    await asyncio.gather(one.wait_for_talk(), two.wait_for_talk())
    heard_one, heard_two = await asyncio.gather(one.heard(0.2), two.heard(0.2))
    assert heard_one[first.tone_hz] > PRESENT > heard_one[second.tone_hz]
    assert heard_two[second.tone_hz] > PRESENT > heard_two[first.tone_hz]
    with pytest.raises(LookupError, match="2 live calls"):
        _ = operator.call


async def test_a_killed_phone_says_nothing_more(talking: Pair) -> None:
    """After SIGKILL no BYE is sent: the other side stays in the call and hears nobody."""
    _, call, operator, _ = talking
    await operator.kill()
    assert (await call.heard(0.3))[OPERATOR] < PRESENT
    assert call.state is CallState.CONFIRMED
    with pytest.raises(PhoneDied):
        await operator.dial("201")


async def test_events_carry_the_time_at_which_they_happened(talking: Pair) -> None:
    """The times of a call's events are in order and lie between its start and now."""
    _, call, operator, _ = talking
    times = [e.at for e in call.events]
    assert times == sorted(times)
    assert time.monotonic() - 5 < times[0]
    assert times[-1] < time.monotonic()
    seen = []
    async for event in operator.events():
        seen.append(event)
        if event.text == CallState.CONFIRMED:
            break
    assert next(e.text for e in seen if e.kind == "state") == CallState.INCOMING


async def test_ten_phones_start_in_parallel_in_two_seconds(make_phone: PhoneMaker) -> None:
    """A small machine can be given many phones."""
    before = time.monotonic()
    trunks = [
        make_phone("", f"trunk{n}", account=None, bind=("127.0.0.4", 15220 + n)) for n in range(10)
    ]
    phones = await asyncio.gather(*trunks)
    assert time.monotonic() - before < 2.0
    assert len({phone.pid for phone in phones}) == 10
