"""Who calls: whatever a trunk sends as number, the call is served, and nothing expands or forges (X1).

The dialplan's rules (`dialplan/number.conf`) and the core's (`cc110.core.numbers`) are the same.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from cc110.config.load import checkout
from cc110.core.numbers import normalise
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ...control_room import TRUNK, ControlRoom, open_room
from ...phones.phone import CallState
from ...phones.sipp import Sipp, SippJob

EXTENSION = "9901"


def _forms() -> Iterator[str]:
    """Some hundred real-looking forms: mobile, landline, short, foreign, doubled, broken."""
    bodies = [
        "81200000001",
        "8120000001",
        "811000001",
        "81",
        "214000111",
        "614000111",
        "628111",
        "62281234",
    ]
    prefixes = ["", "0", "62", "+62", "0062", "062", "6262", "+6262", "00", "+", "++62", "62+"]
    for prefix, body in product(prefixes, bodies):
        yield prefix + body
        yield f"{prefix}{body[:3]}-{body[3:6]} {body[6:]}".strip()
        yield f"({prefix}{body[:2]}){body[2:]}"
    yield from (
        "",
        "110",
        "112",
        "1500123",
        "+6591234567",
        "6591234567",
        "+12025550123",
        "0",
        "00",
        "+",
    )
    yield from (
        "anonymous",
        "unknown",
        "08120000o001",
        "8" * 60,
        "+" + "9" * 16,
        "+" + "9" * 15,
        "0812.0000.0001",
    )


FORMS = tuple(dict.fromkeys(_forms()))


def _dialplan() -> str:
    """One extension that takes each form through the dialplan's own rules and says what came out."""
    lines = ["[from-agent](+)", f"exten => {EXTENSION},1,Answer()"]
    for number, form in enumerate(FORMS):
        lines += [
            f" same => n,Set(CC110_USER={form})",
            " same => n,Gosub(cc110-number-form,s,1)",
            f" same => n,UserEvent(CC110,Fact: form,Call: form-{number},Data: ${{CC110_NUMBER}})",
        ]
    return "\n".join([*lines, " same => n,Hangup()"]) + "\n"


async def test_the_dialplan_and_the_core_bring_every_form_to_the_same_number() -> None:
    """Some hundred forms, one result each on both sides."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        (home / "site" / "local.conf").write_text(_dialplan())
        async with open_room(home / "h", daemon=False, site=home / "site") as room:
            phone = await room.phone("1101", "operator")
            call = await phone.dial(EXTENSION)
            told = await room.observer.wait_for_several(
                "UserEvent", len(FORMS), lambda e: e.get("Fact") == "form", timeout=20
            )
            await call.wait_for(CallState.DISCONNECTED)
    finally:
        shutil.rmtree(home)

    found = {FORMS[int(one["Call"].removeprefix("form-"))]: one["Data"] for one in told}
    assert {form: normalise(form) or "" for form in FORMS} == found


@pytest.mark.parametrize(
    ("asserted", "number", "source"),
    [
        ("<sip:+6281200000001@127.0.0.2>", "6281200000001", "asserted"),
        ('"A <sip:+6289999999999@x>" <sip:+6281200000001@127.0.0.2>', "6281200000001", "asserted"),
        ("<tel:+62-812-0000-0001>", "6281200000001", "asserted"),
        ("sip:081200000001@127.0.0.2;user=phone", "6281200000001", "asserted"),
        ("<sip:anonymous@anonymous.invalid>", None, "none"),
        ("<sip:127.0.0.1:5060>", None, "none"),
        ("<sip:${HANGUP}@127.0.0.2>", None, "none"),
        ("<sip:$[1+1]@127.0.0.2>", None, "none"),
        ("<sip:62812%0d%0aX-Forged:yes@127.0.0.2>", None, "none"),
        ('<sip:"0812"@127.0.0.2>', None, "none"),
        (f"<sip:{'8' * 60}@127.0.0.2>", None, "none"),
        ("(((,,,;;;|||", None, "none"),
    ],
)
async def test_whatever_the_trunk_asserts_the_call_is_served(
    room: ControlRoom, asserted: str, number: str | None, source: str
) -> None:
    """The number is the right one, or there is none; the caller is answered either way."""
    start = await room.last_seq()
    caller = await room.caller()
    sip = room.config.settings.sip
    call = await caller.dial(
        f"sip:110@{sip.host}:{sip.port}",
        headers={"P-Asserted-Identity": asserted},
        from_user="anonymous",
    )
    await call.wait_for_talk()
    arrived = await room.wait_event("CallArrived", after=start)
    assert (arrived.event.data.number, arrived.event.data.source) == (number, source)
    await call.hangup()


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("<sip:+6281200000002@[local_ip]>", "6281200000002"),
        ('"62 812" <sip:081200000002@[local_ip]>', "6281200000002"),
        ("<sip:62%0d%0aX-Forged%3a%20yes%0d%0aEvent%3a%20Hangup@[local_ip]>", None),
        ("<sip:%24%7bSYSTEM(id)%7d@[local_ip]>", None),
        ('"a\\"b" <sip:anonymous@[local_ip]>', None),
    ],
)
async def test_a_forged_from_forges_nothing(
    room: ControlRoom, tmp_path: Path, said: str, number: str | None
) -> None:
    """Without an asserted number From is claimed; control characters in it reach nobody's AMI."""
    programs = await asyncio.to_thread(
        install, checkout() / ".cache", bundles=("asterisk", "sipp"), progress=NoProgress()
    )
    start, mark = await room.last_seq(), room.observer.mark()
    sip = room.config.settings.sip
    result = await Sipp(programs.tool("sipp"), tmp_path).run(
        SippJob(
            scenario="uac_call",
            bind=(TRUNK, 25070),
            target=(sip.host, sip.port),
            callers=(("anonymous", "anonymous"),),
            from_header=said,
        )
    )
    assert result.ok, str(result)
    arrived = await room.wait_event("CallArrived", after=start)
    assert arrived.event.data.number == number
    assert arrived.event.data.source == ("claimed" if number else "none")
    assert not [one for one in room.observer.log.since(mark) if "X-Forged" in one.headers]
