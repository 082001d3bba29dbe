"""What callers' networks send, byte by byte: the dialplan reads the same number from it as the core (X1, X8).

Other scenarios take numbers through the rules; here whole headers go through the PBX's own parser, the
dialplan's taking apart of the URI, and the rules.
"""

import asyncio
import random
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import ControlRoom, open_room
from ..blocking import blocked
from ..numbers.headers import number_in
from .trunk import RawTrunk, raw_trunk

SEED = 110
PROBE = "9119"
MOST_S = 0.05
BLOCKED = "6281200000778"

DIALPLAN = f"""
[from-trunk](+)
exten => {PROBE},1,Gosub(cc110-number,s,1)
 same => n,Set(form=${{FILTER(0-9,${{PJSIP_HEADER(read,X-Form)}})}})
 same => n,UserEvent(CC110,Fact: form,Call: ${{form}},Data: ${{CC110_NUMBER}}|${{CC110_SOURCE}})
 same => n,Hangup(21)
"""

HOSTILE = (
    '"A <sip:+6289999999999@x>" <sip:+6281200000001@x>',
    '"62, 812; ${HANGUP}" <sip:081200000001@x>',
    "<sip:0812)0000:0:3@x>",
    "<sip:(0812)00000001)(@x>",
    "<sip:0812${EXTEN}00000001@x>",
    "<sip:$[0812+1]@x>",
    "<sip:081200000001,9@x>",
    "<sip:081200000001&9@x>",
    "<sip:0812\\00000001@x>",
    "<sip:081200000001;phone-context=x@x>",
    "<sip:081200000001>",
    "<sip:081200000001@>",
    "<sip:@081200000001>",
    "<sip:x@081200000001>",
    "<sips:+62 812 0000 0001@x>",
    "<tel:0812-0000-0001;phone-context=+62>",
    "tel:+6281200000001",
    "sip:081200000001@x",
    "SIP:081200000001@x",
    "<urn:service:sos>",
    "<http://081200000001@x>",
    "<sip:%30812%30000001@x>",
    "<sip:081200000001:secret@x>",
    "<<<>>>",
    "",
    "|" * 50,
    "'; DROP TABLE calls; --",
    "<sip:" + "8" * 300 + "@x>",
    "<sip:+" + "9" * 16 + "@x>",
    "<sip:0000000000@x>",
)
"""P-Asserted-Identity headers that no carrier should send."""


def _invented() -> list[str]:
    """Numbers put together at random from what numbers are made of, and now and then from what not."""
    chance = random.Random(SEED)
    starts = ["", "+", "00", "0", "62", "+62", "0062", "062", "6262", "08", "8", "021", "+1", "628"]
    signs = "0123456789" * 8 + "-.()" + "+*#a%:;,$"
    made = (
        chance.choice(starts) + "".join(chance.choices(signs, k=chance.randint(3, 16)))
        for _ in range(320)
    )
    return [f"<sip:{number}@127.0.0.2>" for number in made]


@pytest_asyncio.fixture(loop_scope="session")
async def probing_room() -> AsyncIterator[ControlRoom]:
    """A PBX alone, with an extension that only says which number it reads."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        (home / "site" / "local.conf").write_text(DIALPLAN)
        async with open_room(home / "h", daemon=False, site=home / "site") as room:
            yield room
    finally:
        shutil.rmtree(home)


async def _read(room: ControlRoom, trunk: RawTrunk, headers: list[str]) -> dict[str, str]:
    """The number that the dialplan reads from each header, empty for none."""
    mark = room.observer.mark()
    sent = [
        trunk.invite(asserted=header, to=PROBE, **{"X-Form": str(n)})
        for n, header in enumerate(headers)
    ]
    await asyncio.gather(*(answer.seconds() for answer in sent))
    told = await room.observer.wait_for_several(
        "UserEvent", len(headers), lambda event: event["Fact"] == "form", after=mark
    )
    return {headers[int(one["Call"])]: one["Data"].partition("|")[0] for one in told}


async def test_the_dialplan_reads_the_core_s_number_from_every_header(
    probing_room: ControlRoom,
) -> None:
    """350 headers, well-meant and hostile: one number, or none, and the same on both sides."""
    headers = list(dict.fromkeys([*HOSTILE, *_invented()]))
    found: dict[str, str] = {}
    async with raw_trunk(probing_room) as trunk:
        for first in range(0, len(headers), 50):
            found |= await _read(probing_room, trunk, headers[first : first + 50])

    assert found == {header: number_in(header) for header in headers}
    assert len([number for number in found.values() if number]) > 50


async def test_a_blocked_number_is_rejected_within_50_ms(room: ControlRoom) -> None:
    """403 and nothing before it but "trying"; the way there is one look into the PBX's own database (X8)."""
    times = []
    async with blocked(room, BLOCKED), raw_trunk(room) as trunk:
        for _ in range(20):
            answer = trunk.invite(asserted=f"<sip:+{BLOCKED}@127.0.0.2>")
            times.append(await answer.seconds())
            assert [code for code in answer.codes if code != 100] == [403]

    median = statistics.median(times)
    print(f"rejected after {median * 1000:.1f} ms, at most {max(times) * 1000:.1f} ms")
    assert median < MOST_S
