"""`cc110 explain` says what the PBX does: for random directories, blocklists and callers, call by call."""

import asyncio
import re
import shutil
import sqlite3
import tempfile
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cc110.cli.foreseeing import foresee_with
from cc110.config.load import checkout
from cc110.config.model import Config
from cc110.config.origins import origins
from cc110.core.foresee import Fate, Foreseen, Said, number_of
from cc110.pbx.astdb_file import FILE, listed_in
from cc110.pbx.tables import call_tables

from ...control_room import ControlRoom, open_room
from ...phones.timing import limit
from ..origin.invites import civic, pidf, with_location
from ..raw_callers.trunk import RawTrunk, raw_trunk
from .random_sites import Caller, Chance, place_key

SHORT_S = 0.1


@asynccontextmanager
async def bare_room() -> AsyncIterator[ControlRoom]:
    """The PBX alone, with a greeting of a tenth of a second, which rejects blocked callers at once."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        shutil.copytree(checkout() / "site", home / "site")
        words = home / "site" / "prompts" / "id" / "greeting-short.wav"
        words.parent.mkdir(parents=True)
        with wave.open(str(words), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x00\x10" * int(8000 * SHORT_S))
        settings = {"blocklist__way_out": "reject", "greeting__menu": "false"}
        async with open_room(home / "h", daemon=False, site=home / "site", **settings) as room:
            yield room
    finally:
        shutil.rmtree(home)


async def takes(room: ControlRoom, site: Config, blocklist: dict[str, str], was: list[str]) -> None:
    """The PBX has this directory and this blocklist, also on the disk."""
    tables = room.config.paths.pbx / "etc" / "tables"
    for name, table in call_tables(site).items():
        (tables / name).write_text(table.text)
    await room.pbx.console("dialplan reload")
    for key in was:
        await room.pbx.console(f"database del {key.replace('/', ' ', 1)}")
    for key, value in {**blocklist, "cc110-probe/at": str(time.time_ns())}.items():
        await room.pbx.console(f"database put {key.replace('/', ' ', 1)} {value}")
    file = room.config.paths.pbx / "lib" / FILE
    async with asyncio.timeout(limit(10)):
        while _probe(file) != await _db(room, "cc110-probe at"):
            await asyncio.sleep(0.1)


async def _db(room: ControlRoom, key: str) -> str:
    found = re.search(r"Value: (\S+)", await room.pbx.console(f"database get {key}"))
    assert found
    return found[1]


def _probe(file: Path) -> str:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
        row = db.execute("select value from astdb where key = '/cc110-probe/at'").fetchone()
    return row[0] if row else ""


def user_in(header: str) -> str:
    """The number as it stands in a header, as somebody would type it after --from."""
    uri = header.rpartition("<")[2].partition(">")[0]
    scheme, _, rest = uri.partition(":")
    return (rest if scheme.lower() == "tel" else rest.partition("@")[0]).partition(";")[0]


def foreseen(room: ControlRoom, site: Config, caller: Caller) -> Foreseen:
    """What `explain` says of him, by the list on the disk."""
    places = origins(site).places
    key = place_key(caller.civic, places)
    said = Said(
        dialled=caller.to,
        trunk="trunk-demo",
        asserted=user_in(caller.asserted) if caller.asserted else None,
        claimed=user_in(caller.said),
        place=places[key] if key else None,
    )
    listed = listed_in(room.config.paths.pbx / "lib" / FILE, number_of(said)[0])
    assert listed is not None
    return foresee_with(site, said, listed, datetime.now(UTC))


async def happens(room: ControlRoom, trunk: RawTrunk, caller: Caller) -> dict[str, Any]:
    """What the PBX does with him."""
    mark = room.observer.mark()
    more: dict[str, Any] = {}
    if caller.civic:
        more = {
            "content": with_location(pidf(civic(**caller.civic))),
            "Geolocation": "<cid:place@carrier.example>",
        }
    answer = trunk.invite(asserted=caller.asserted, said=caller.said, to=caller.to, **more)
    await answer.seconds()
    code = answer.codes[-1]
    if code == 404:
        return {"fate": Fate.UNKNOWN}
    last = "rejected" if code == 403 else "queued"
    end = await room.observer.wait_for(
        "UserEvent", lambda one: one["Fact"] == last, after=mark, timeout=10
    )
    facts = {one["Fact"]: one for one in room.observer.events("UserEvent", after=mark)}
    first = dict(
        pair.partition("=")[::2]
        for pair in facts["rejected" if code == 403 else "arrived"]["Data"].split("|")
    )
    done = {"number": first["number"], "source": first["source"]}
    if code == 403:
        return {"fate": Fate.REJECTED, "until": first["until"], **done}
    queued = dict(pair.partition("=")[::2] for pair in end["Data"].split("|"))
    await room.observer.action("Hangup", Channel=end["Channel"])
    await room.observer.wait_for(
        "Hangup", lambda one: one["Uniqueid"] == end["Uniqueid"], after=mark, timeout=10
    )
    return {
        "fate": Fate.LET_IN,
        "queue": first["queue"],
        "by": first["by"],
        "of": first["of"],
        "waits_in": queued["queue"],
        "priority": queued["priority"],
        **done,
    }


def expected(seen: Foreseen) -> dict[str, Any]:
    """The same of what was foreseen."""
    if seen.fate is Fate.UNKNOWN:
        return {"fate": seen.fate}
    done = {"number": seen.number or "", "source": seen.source}
    if seen.fate is Fate.REJECTED:
        assert seen.block
        return {"fate": seen.fate, "until": str(seen.block.until), **done}
    assert seen.origin
    return {
        "fate": seen.fate,
        "queue": seen.origin.queue,
        "by": seen.origin.by,
        "of": seen.origin.of,
        "waits_in": seen.origin.queue,
        "priority": str(seen.priority),
        **done,
    }


@pytest.mark.parametrize(
    ("sites", "callers"),
    [(4, 10), pytest.param(40, 25, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
    ids=["short", "thousand"],
)
async def test_what_explain_says_is_what_the_pbx_does(sites: int, callers: int) -> None:
    """No difference: let in or not, number, who vouches, Polda, by what, queue, priority."""
    differences, fates = [], []
    async with bare_room() as room, raw_trunk(room) as trunk:
        was: list[str] = []
        for seed in range(sites):
            chance = Chance(seed)
            site = chance.site(room.config)
            blocklist = dict(chance.blocklist(int(time.time())))
            await takes(room, site, blocklist, was)
            was = list(blocklist)
            for _ in range(callers):
                caller = chance.caller(site)
                says, does = (
                    expected(foreseen(room, site, caller)),
                    await happens(room, trunk, caller),
                )
                fates.append(does["fate"])
                if says != does:
                    differences.append((seed, caller, says, does))
    print({fate.value: fates.count(fate) for fate in Fate})
    assert not differences, "\n".join(map(str, differences))
    assert {Fate.UNKNOWN, Fate.REJECTED, Fate.LET_IN} == set(fates)
