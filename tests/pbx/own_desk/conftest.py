"""A site whose climb begins below the Polda, with a trunk from a Polsek, one from a Polres and one from anywhere."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from cc110.config.load import checkout

from ...control_room import TRUNK, ControlRoom, open_room
from ...phones.light import LightPhone
from ...phones.phone import Phone
from ..climb.stage import Stage, Waiting

EVERY_S: Final = 3
LEVELS: Final = ("polsek", "polres", "polda", "mabes")
POLSEK: Final = "7711"
POLRES: Final = "7101"
"""The Polres above it; its second phone is `SECOND`."""
SECOND: Final = "7199"
ELSEWHERE: Final = "7201"
POLSEK_ELSEWHERE: Final = "7712"
"""Another Polres, of another Polda, and a Polsek of it."""
TRUNKS: Final = {"polsek": TRUNK, "polres": "127.0.0.3", "anywhere": "127.0.0.4"}
_MORE: Final = f"""
[[unit]]
code = "polsek-contoh"
name = "Polsek Contoh"
kind = "polsek"
parent = "polres-jakarta-selatan"
extension = "{POLSEK}"
area = {{ centre = [-6.26, 106.81] }}

[[unit]]
code = "polsek-medan-contoh"
name = "Polsek Medan Contoh"
kind = "polsek"
parent = "polres-medan"
extension = "{POLSEK_ELSEWHERE}"
area = {{ centre = [3.60, 98.67] }}

[[trunk]]
id = "medan"
addresses = ["{TRUNKS["polres"]}"]
dialled = ["110"]
unit = "polres-medan"

[[trunk]]
id = "anywhere"
addresses = ["{TRUNKS["anywhere"]}"]
dialled = ["110"]
"""


def site_from_below(folder: Path) -> Path:
    """Write it."""
    site = folder / "site"
    shutil.copytree(checkout() / "site", site)
    file = site / "directory.toml"
    text = file.read_text()
    for before, after in (
        ('extension = "7101"\n', f'extension = "{POLRES}"\nmore_extensions = ["{SECOND}"]\n'),
        ('id = "demo"\n', 'id = "demo"\nunit = "polsek-contoh"\n'),
    ):
        assert before in text
        text = text.replace(before, after, 1)
    levels = (
        f'\n[[climb.level]]\nafter_s = {at * EVERY_S}\nwho = "{who}"\n'
        for at, who in enumerate(LEVELS)
    )
    file.write_text(text + _MORE + "".join(levels))
    return site


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def control_room() -> AsyncIterator[ControlRoom]:
    """Polsek, Polres, Polda, Mabes."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        limits = {"queue__wrap_up_s": 0, "sip__dead_after_s": 60, "greeting__menu": False}
        async with open_room(home, site=site_from_below(home), **limits) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.fixture
def with_sound() -> bool:
    """These phones have none."""
    return False


@dataclass
class Below:
    """The stage, and callers from each trunk."""

    stage: Stage
    trunks: dict[str, LightPhone]

    async def call(self, trunk: str, number: str = "62840000000110") -> Waiting:
        """Somebody who calls 110 there and is in the queue."""
        return await replace(self.stage, trunk=self.trunks[trunk]).call(number)

    @property
    def rang(self) -> set[str]:
        """Whose phones rang."""
        return {ring.phone for ring in self.stage.rings}


async def _rested(room: ControlRoom) -> None:
    """The wrap-up of the member that stands for all desks: the clock's second in which one of their talks ended."""
    async with asyncio.timeout(3):
        while True:
            told = await room.observer.queue_status("polda-metro-jaya")
            ends = [int(one["LastCall"]) for one in told if "own-desk" in one.get("Location", "")]
            if int(time.time()) > max(ends):
                return
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(loop_scope="session")
async def below(room: ControlRoom) -> AsyncIterator[Below]:
    """Nobody on duty yet."""
    await _rested(room)
    sip = room.config.settings.sip
    trunks = {
        name: await LightPhone.start(name, registrar=(sip.host, sip.port), host=host)
        for name, host in TRUNKS.items()
    }
    stage = Stage(room, trunks["polsek"], trunks["anywhere"])
    try:
        yield Below(stage, trunks)
    finally:
        await asyncio.gather(*(phone.register(0) for phone in stage.phones.values()))
        await stage.leave(*trunks.values())


@pytest_asyncio.fixture(loop_scope="session")
async def second(room: ControlRoom) -> AsyncIterator[Phone]:
    """The second phone of the Polres, with sound. In the next scenario nobody is there."""
    phone = await room.polres(SECOND)
    try:
        yield phone
    finally:
        await phone.unregister()
