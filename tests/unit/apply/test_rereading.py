"""A running daemon reads its site again while the PBX still reads its part."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from cc110.app.rereading import SiteAgain, SiteNotTaken
from cc110.config.load import load
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid, Problem


@dataclass
class Files:
    """A site that changes; counts how often it was read."""

    config: Config
    reads: int = 0
    broken: bool = False

    def read(self) -> Config:
        self.reads += 1
        if self.broken:
            raise ConfigInvalid((Problem(file="directory.toml", line=7, message="no"),))
        return self.config


@pytest.fixture
def files() -> Files:
    return Files(config=load(environ={}))


async def test_what_was_read_ahead_is_taken_once_and_only_for_its_generation(files: Files) -> None:
    """A way back, or a change by somebody else meanwhile, is read anew."""
    again = SiteAgain(files.read)
    await again.read_ahead(7)
    ahead = files.config
    files.config = replace(ahead)
    assert (await again.taken(7)).config is ahead
    assert (await again.taken(7)).config is files.config
    await again.read_ahead(8)
    assert (await again.taken(None)).config is files.config
    await again.read_ahead(9)
    assert (await again.taken(8)).config is files.config
    assert files.reads == 6


async def test_whoever_takes_it_meanwhile_waits_for_the_same_reading(files: Files) -> None:
    """Also when the one who asked for it has gone."""
    again = SiteAgain(files.read)
    asking = asyncio.create_task(again.read_ahead(7))
    await asyncio.sleep(0)
    asking.cancel()
    assert (await again.taken(7)).config is files.config
    assert files.reads == 1


async def test_what_is_wrong_is_told_to_both(files: Files) -> None:
    """The next reading is another one."""
    files.broken = True
    again = SiteAgain(files.read)
    for attempt in (again.read_ahead(7), again.taken(7)):
        with pytest.raises(ConfigInvalid):
            await attempt
    files.broken = False
    assert (await again.taken(7)).config is files.config
    with pytest.raises(SiteNotTaken):
        await SiteAgain(None).taken(7)
