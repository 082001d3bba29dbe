"""A real Asterisk for these tests: fetched once into the project's cache, then warm."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.process import PbxProcess, PbxRun
from cc110.pbx.embedded.progress import NoProgress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cc110.pbx.embedded.installation import Installation

CHECKOUT = Path(__file__).parents[3]
EMPTY = ("cdr", "cel", "extensions", "features", "http", "indications", "manager", "rtp", "udptl")
CONF = """\
[directories]
astetcdir => {home}/etc
astmoddir => {modules}
astvarlibdir => {home}/var
astdbdir => {home}/db
astkeydir => {home}/var
astdatadir => {data}
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
"""


@pytest.fixture(scope="session")
def cache() -> Path:
    """The project's cache."""
    return Path(os.environ.get("CC110_CACHE") or CHECKOUT / ".cache")


@pytest.fixture(scope="session")
def installation(cache: Path) -> Installation:
    """An Asterisk that runs here."""
    return install(cache, progress=NoProgress())


@dataclass(frozen=True, kw_only=True)
class Site:
    """A PBX's directories, with a configuration that loads next to nothing."""

    home: Path
    installation: Installation

    def __post_init__(self) -> None:
        """Write the configuration."""
        (self.home / "etc").mkdir(parents=True)
        for name in EMPTY:
            self.write(f"{name}.conf", "")
        self.write("asterisk.conf", self.asterisk_conf())
        self.write("modules.conf", "[modules]\nautoload=no\nload=pbx_config.so\n")
        self.write("logger.conf", "[logfiles]\nconsole => warning,error\n")

    def asterisk_conf(self) -> str:
        """The text of asterisk.conf."""
        where = self.installation
        return CONF.format(home=self.home, modules=where.modules_dir, data=where.data_dir)

    def write(self, name: str, text: str) -> None:
        """Write a file of the configuration."""
        (self.home / "etc" / name).write_text(text)

    @property
    def run(self) -> PbxRun:
        """How to run it."""
        home = self.home
        return PbxRun(etc_dir=home / "etc", run_dir=home / "run", log=home / "log/console.log")


@pytest.fixture
def site(installation: Installation, tmp_path: Path) -> Site:
    """A site of its own, on a path short enough for the control socket."""
    return Site(home=tmp_path / "s", installation=installation)


@pytest.fixture
async def pbx(site: Site) -> AsyncIterator[PbxProcess]:
    """A running PBX."""
    running = await PbxProcess.start(site.installation, site.run)
    yield running
    await running.stop()
