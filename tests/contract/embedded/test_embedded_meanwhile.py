"""What this process does while the PBX starts: it may read the configuration, and its failure leaves no PBX."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cc110 import app
from cc110.config.load import load
from cc110.config.model import Config
from cc110.config.secrets import ensure_secrets
from cc110.pbx.embedded.console import require_stopped
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress
from cc110.pbx.generations import Generations
from cc110.pbx.render import Folders
from cc110.ports import Cc110Error
from tests.control_room import environ_of

pytestmark = pytest.mark.pbx


@pytest.fixture
def config() -> Iterator[Config]:
    """The demo site in a new and short home: a socket's path may have 107 bytes."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    yield load(environ=environ_of(home, None, {}))
    shutil.rmtree(home)


async def test_the_configuration_is_there_while_the_pbx_starts(config: Config) -> None:
    seen: list[int | None] = []
    async with app.embedded_pbx(
        config,
        ensure_secrets(config),
        install(config.paths.cache, progress=NoProgress()),
        meanwhile=lambda: seen.append(Generations(config.paths.pbx).live),
    ) as pbx:
        assert seen == [1]
        assert (await pbx.status()).pid


async def test_whoever_fails_meanwhile_leaves_no_pbx(config: Config) -> None:
    programs = install(config.paths.cache, progress=NoProgress())

    def fails() -> None:
        raise Cc110Error("it can't be read")

    with pytest.raises(Cc110Error, match="it can't be read"):
        async with app.embedded_pbx(config, ensure_secrets(config), programs, meanwhile=fails):
            raise AssertionError("not to be reached")
    require_stopped(Folders.under(config.paths.pbx, modules=Path("/opt/pbx/modules")).run)
