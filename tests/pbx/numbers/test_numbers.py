"""Who calls: whatever a trunk sends as number, the call is served, and nothing expands or forges (X1).

The dialplan's rules (`dialplan/number.conf`) and the core's (`cc110.core.numbers`) are the same.
"""

import asyncio
import math
import shutil
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from cc110.config.load import checkout
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ...control_room import TRUNK, ControlRoom, open_room
from ...phones.sipp import Sipp, SippJob
from ..raw_callers.trunk import raw_trunk
from .forms import headers
from .headers import number_in

FORMS: Final = headers()
OF_THE_SITE: Final = "622155501100"
"""A number that this site's own configuration names as nobody's."""
ASKED: Final = (*FORMS, f"<sip:{OF_THE_SITE}@x>", f"<sip:{OF_THE_SITE}1@x>")
PROBE: Final = "9118"
TOGETHER: Final = 40
"""How many results one event carries."""


def _dialplan() -> str:
    """Takes each header through the dialplan's own reading and rules, and says what came out.

    A header stands in it percent-encoded, so that no sign of it means anything to the parser.
    """
    lines = ["[from-trunk](+)", f"exten => {PROBE},1,Set(told=)"]
    for first in range(0, len(ASKED), TOGETHER):
        texts = (quote(header, safe="") for header in ASKED[first : first + TOGETHER])
        lines += [f" same => n,Gosub(probe-one,s,1({text}))" for text in texts]
        lines.append(f" same => n,UserEvent(CC110,Fact: forms,Call: {first},Data: ${{told}})")
        lines.append(" same => n,Set(told=)")
    lines += [" same => n,Hangup(21)", "[cc110-special](+)", f"exten => {OF_THE_SITE},1,Return()"]
    lines += ["[probe-one]"]
    lines += ["exten => s,1,Set(hdr=${URIDECODE(${ARG1})})"]
    lines += [" same => n,Gosub(cc110-number-in,s,1)"]
    lines += [" same => n,Set(told=${told}${CC110_NUMBER}|)", " same => n,Return()"]
    return "\n".join(lines) + "\n"


async def test_the_dialplan_and_the_core_read_the_same_number_from_every_form() -> None:
    """More than three thousand headers, one result each on both sides."""
    events = math.ceil(len(ASKED) / TOGETHER)
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        (home / "site" / "local.conf").write_text(_dialplan())
        async with (
            open_room(home / "h", daemon=False, site=home / "site") as room,
            raw_trunk(room) as trunk,
        ):
            call = trunk.invite(asserted=None, to=PROBE)
            told = await room.observer.wait_for_several(
                "UserEvent", events, lambda e: e["Fact"] == "forms", timeout=20
            )
            await call.seconds()
    finally:
        shutil.rmtree(home)

    read = [number for one in told for number in one["Data"].split("|")[:-1]]
    found = dict(zip(ASKED, read, strict=True))
    of_the_site, beside = (found.pop(header) for header in ASKED[-2:])
    assert {header: number_in(header) for header in FORMS} == found
    assert (of_the_site, beside) == ("", f"{OF_THE_SITE}1")
    assert len(FORMS) > 3000
    assert len([number for number in read if number]) > 2000
    took = told[-1].at - told[0].at
    print(f"{len(FORMS)} forms read, {took / (len(ASKED) - TOGETHER) * 1e6:.0f} us each")


@pytest.mark.parametrize(
    ("asserted", "number", "source"),
    [
        ("<sip:+6281200000001@127.0.0.2>", "6281200000001", "asserted"),
        ('"A <sip:+6289999999999@x>" <sip:+6281200000001@127.0.0.2>', "6281200000001", "asserted"),
        ("<tel:+62-812-0000-0001>", "6281200000001", "asserted"),
        ("sip:081200000001@127.0.0.2;user=phone", "6281200000001", "asserted"),
        ("<sip:+62(0)81200000001@127.0.0.2>", "6281200000001", "asserted"),
        ("<tel:+62-021-1500123>", None, "none"),
        ("<sip:110@127.0.0.2>", None, "none"),
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
        install, room.config.paths.cache, bundles=("asterisk", "sipp"), progress=NoProgress()
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
