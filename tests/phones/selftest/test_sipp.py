"""SIPp calls, answers, refuses and dies, and its results are read right."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psutil
import pytest

from ..observer import AmiEvent, Observer
from ..phone import CallEnded, CallState
from ..rawsip import exchange
from ..sipp import Sipp, SippJob
from ..tones import PRESENT, TONES, alaw_tone
from .conftest import PhoneMaker
from .pbx import LOAD, SIP_PORT, SIPP_RTP, TRUNK

pytestmark = [
    pytest.mark.usefixtures("pbx"),
    pytest.mark.pbx,
    pytest.mark.asyncio(loop_scope="session"),
]

PBX = ("127.0.0.1", SIP_PORT)


def trunk(scenario: str = "uac_call", **settings: Any) -> SippJob:
    """A job that calls the PBX from the trunk's address."""
    job = SippJob(scenario=scenario, bind=TRUNK, target=PBX, rtp_ports=SIPP_RTP, limit_s=8.0)
    return replace(job, **settings)


def load(scenario: str, **settings: Any) -> SippJob:
    """A job that waits to be called by the PBX's extension 500."""
    job = SippJob(scenario=scenario, bind=LOAD, rtp_ports=SIPP_RTP, limit_s=8.0)
    return replace(job, **settings)


def _named(name: str) -> Callable[[AmiEvent], bool]:
    return lambda e: e["UserEvent"] == name


async def test_callers_bring_their_numbers_and_headers(sipp: Sipp, observer: Observer) -> None:
    """Each call has its own From and P-Asserted-Identity and the odd header as it is."""
    mark = observer.mark()
    job = trunk(
        callers=[("0811", "+62811"), ("0812", "+62812")],
        calls=3,
        rate=20,
        headers=["X-Odd: %0d%0aEvent: forged"],
    )
    result = await sipp.run(job)
    assert result.ok, result
    events = await observer.wait_for_several("UserEvent", 3, _named("TrunkCall"), after=mark)
    assert [_user(e, "Pai") for e in events] == ["+62811", "+62812", "+62811"]
    assert [_user(e, "From") for e in events] == ["0811", "0812", "0811"]
    assert events[0]["Odd"] == "%0d%0aEvent: forged"


def _user(event: AmiEvent, header: str) -> str:
    return event[header].partition("sip:")[2].partition("@")[0]


async def test_response_times_are_measured_per_call(sipp: Sipp) -> None:
    """Fifty calls in a second give fifty times and sane percentiles."""
    result = await sipp.run(trunk(calls=50, rate=50, hold_s=0.1))
    assert result.ok, result
    assert len(result.response_times_s) == 50
    assert 0 < result.response_time(0.5) <= result.response_time(0.99) < 1
    assert 0.8 < result.duration_s < 4


async def test_a_call_that_goes_wrong_is_counted_as_failed(sipp: Sipp) -> None:
    """Whoever expects to be refused and is answered instead has failed, and is told why."""
    result = await sipp.run(trunk("uac_refused", code=403))
    assert not result.ok
    assert result.failed == 1
    assert result.failures == {"UnexpectedMessage": 1}
    assert "200" in result.errors


async def test_a_refusal_that_is_expected_is_a_success(sipp: Sipp) -> None:
    """An extension that does not exist is refused with 404."""
    result = await sipp.run(trunk("uac_refused", extension="119", code=404))
    assert result.ok, result


async def test_a_sipp_that_hangs_is_ended_in_time(sipp: Sipp) -> None:
    """A caller who never hangs up is bounded by the job's time limit."""
    before = time.monotonic()
    result = await sipp.run(trunk("uac_stay", limit_s=1.0))
    assert time.monotonic() - before < 4
    assert not result.ok


async def test_a_run_ends_with_its_block(sipp: Sipp) -> None:
    """Nobody has to remember to stop a SIPp."""
    async with sipp.running(load("uas_answer", calls=9)) as run:
        process = psutil.Process(run.pid)
    assert not process.is_running()


async def test_a_taken_port_is_said_at_once(sipp: Sipp) -> None:
    """A second SIPp on the same port raises with SIPp's own words."""
    async with sipp.running(load("uas_answer", calls=9)) as first:
        run = await sipp.run(load("uas_answer", limit_s=1.0))
        assert run.exit_code not in (0, 1)
        await first.kill()


async def test_a_caller_on_the_trunk_is_heard(sipp: Sipp, make_phone: PhoneMaker) -> None:
    """SIPp's tone reaches a phone, and it stays until the phone hangs up."""
    phone = await make_phone("operator", "202", auto_answer=0)
    tone = alaw_tone(sipp.folder / "tone.raw", TONES["caller"])
    async with sipp.running(trunk("uac_stay", extension="202", tone=tone)) as run:
        call = await phone.incoming()
        await call.wait_for_talk()
        assert (await call.heard(0.3))[TONES["caller"]] > PRESENT
        await call.hangup()
        result = await run.wait()
    assert result.ok, result


async def test_a_caller_who_gives_up_cancels(sipp: Sipp, make_phone: PhoneMaker) -> None:
    """The phone rings until the CANCEL comes."""
    phone = await make_phone("operator", "202")
    result = await sipp.run(trunk("uac_cancel", extension="202", hold_s=0.2))
    assert result.ok, result
    await (await phone.incoming()).wait_for(CallState.DISCONNECTED)


async def test_an_answering_sipp_echoes_the_caller(sipp: Sipp, make_phone: PhoneMaker) -> None:
    """A called SIPp answers after its ringing time and sends the sound back."""
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_answer", echo=True, ring_s=0.3)) as run:
        call = await phone.dial("500")
        early = await call.wait_for(CallState.EARLY)
        await call.wait_for_talk()
        confirmed = await call.wait_for(CallState.CONFIRMED)
        assert confirmed.at - early.at == pytest.approx(0.3, abs=0.1)
        assert (await call.heard(0.3))[TONES["caller"]] > PRESENT
        await call.hangup()
        assert (await run.wait()).ok


@pytest.mark.parametrize("code", [486, 603])
async def test_a_refusing_sipp_gives_its_code(
    sipp: Sipp, make_phone: PhoneMaker, observer: Observer, code: int
) -> None:
    """The PBX sees the refusal, and SIPp counts it as a success."""
    mark = observer.mark()
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_refuse", code=code)) as run:
        call = await phone.dial("500")
        done = await observer.wait_for("UserEvent", _named("LoadDone"), after=mark)
        assert done["Status"] == ("BUSY" if code == 486 else "CHANUNAVAIL")
        with pytest.raises(CallEnded):
            await call.wait_for(CallState.CONFIRMED)
        assert (await run.wait()).ok


async def test_a_ringing_sipp_never_answers(sipp: Sipp, make_phone: PhoneMaker) -> None:
    """It rings until the caller gives up, and takes the CANCEL well."""
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_ring")) as run:
        call = await phone.dial("500")
        await call.wait_for(CallState.EARLY)
        await call.hangup()
        assert (await run.wait()).ok


async def test_a_sipp_that_answers_can_hang_up_by_itself(
    sipp: Sipp, make_phone: PhoneMaker
) -> None:
    """The BYE comes after the pause."""
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_answer_bye", hold_s=0.5)) as run:
        call = await phone.dial("500")
        confirmed = await call.wait_for(CallState.CONFIRMED)
        ended = await call.wait_for(CallState.DISCONNECTED)
        assert ended.at - confirmed.at == pytest.approx(0.5, abs=0.15)
        assert (await run.wait()).ok


async def test_a_sipp_that_dies_leaves_the_caller_ringing(
    sipp: Sipp, make_phone: PhoneMaker
) -> None:
    """After its death nothing more comes: the call neither proceeds nor ends."""
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_dies", hold_s=0.1)) as run:
        call = await phone.dial("500")
        await call.wait_for(CallState.EARLY)
        await run.wait()
        await call.heard(0.2)
        assert call.state is CallState.EARLY


async def test_a_stopped_sipp_lets_its_call_end(sipp: Sipp, make_phone: PhoneMaker) -> None:
    """Stopping takes no more calls but finishes the one under way."""
    phone = await make_phone("caller", "201")
    async with sipp.running(load("uas_answer", calls=100)) as run:
        call = await phone.dial("500")
        await call.wait_for_talk()
        _, result = await asyncio.gather(call.hangup(), run.stop())
        assert result.succeeded == 1, result


async def test_raw_bytes_get_the_answer_they_deserve() -> None:
    """A malformed request is answered with 400 or not at all; a sound one is answered."""
    sound = (
        b"OPTIONS sip:110@127.0.0.1 SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.2:%d;branch=z9hG4bKraw1\r\n"
        b"From: <sip:x@127.0.0.2>;tag=1\r\nTo: <sip:110@127.0.0.1>\r\nCall-ID: raw1\r\n"
        b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" % TRUNK[1]
    )
    (answer,) = await exchange(sound, target=PBX, source=TRUNK)
    assert answer.startswith(b"SIP/2.0 200 ")
    broken = sound.replace(b"CSeq: 1 OPTIONS", b"CSeq: \xff\x00").replace(b"raw1", b"raw2")
    answers = await exchange(broken, target=PBX, source=TRUNK, timeout=0.3)
    # The answer before may come once more, or a request of a call that was here.
    ours = [a for a in answers if a.startswith(b"SIP/2.0") and b"raw2" in a]
    assert all(a.startswith(b"SIP/2.0 4") for a in ours), answers
