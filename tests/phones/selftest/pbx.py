"""An Asterisk with nothing but what the phones' own tests need, in a folder of its own."""

import contextlib
import ctypes
import os
import resource
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.progress import NoProgress
from tests.freeze import freeze

from ...cache import cache
from ..phone import SipAccount
from ..timing import limit
from ..tones import TONES, write_tone

ROOT_VARIABLE: Final = "CC110_TEST_PBX_ROOT"
SIP_PORT: Final = 15200
AMI_PORT: Final = 15201
TRUNK: Final = ("127.0.0.2", 15202)
LOAD: Final = ("127.0.0.3", 15203)
PBX_RTP: Final = (15300, 15499)
PHONE_RTP: Final = (15500, 15599)
SIPP_RTP: Final = (15600, 15699)

_PR_SET_PDEATHSIG: Final = 1
_FOLDERS: Final = ("etc", "lib/moh", "lib/sounds/en", "log", "run", "spool")
_CONF: Final = Path(__file__).with_name("conf")


def find_programs() -> Installation:
    """An Asterisk and a SIPp: those in the folder that the variable names, else cc110's own.

    What is missing is fetched and unpacked. Raises PbxInstallError.
    """
    if named := os.environ.get(ROOT_VARIABLE):
        return _in_root(Path(named))
    return install(cache(), bundles=("asterisk", "sipp"), progress=NoProgress())


def _in_root(root: Path) -> Installation:
    """A tree into which Debian's packages were unpacked; it needs its own loader."""
    loader = next((root / "usr/lib").glob("*/ld-linux-*.so.*"))
    start = (str(loader), "--library-path", str(loader.parent))
    return Installation(
        command=(*start, str(root / "usr/sbin/asterisk")),
        modules_dir=loader.parent / "asterisk/modules",
        data_dir=root / "usr/share/asterisk",
        version="",
        origin="embedded",
        tools={"sipp": (*start, str(root / "usr/bin/sipp"))},
    )


@dataclass(kw_only=True)
class SelftestPbx:
    """A PBX on the self tests' ports; its password is made anew each time."""

    programs: Installation
    home: Path
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The PBX's process."""
        assert self.process is not None
        return self.process.pid

    def account(self, user: str, transport: str = "udp") -> SipAccount:
        """An extension of this PBX."""
        return SipAccount(
            user=user, password=self.password, registrar_port=SIP_PORT, transport=transport
        )

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._prepare()
        configuration = ("-C", str(self.home / "etc/asterisk.conf"), "-f")
        with (self.home / "log/console").open("wb") as log:
            self.process = subprocess.Popen(
                [*self.programs.command, *configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_the_tests,
            )
        end = time.monotonic() + limit(20)
        while "Asterisk Ready" not in self._log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the PBX did not start:\n{self._log()[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the PBX stand still while the block runs."""
        freeze(self.pid)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def pause(self, seconds: float) -> None:
        """Let the PBX stand still for so long, as on a machine that is too busy."""
        with self.frozen():
            time.sleep(seconds)

    def _log(self) -> str:
        files = (self.home / "log/console", self.home / "log/full.log")
        return "".join(f.read_text(errors="replace") for f in files if f.exists())

    def _prepare(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        for name in _FOLDERS:
            (self.home / name).mkdir(parents=True)
        # Stasis does not start without its own documentation.
        documentation = self.programs.data_dir / "documentation"
        (self.home / "lib/documentation").symlink_to(documentation)
        for source in _CONF.glob("*.conf"):
            (self.home / "etc" / source.name).write_text(self._filled_in(source.read_text()))
        sounds = self.home / "lib/sounds/en"
        prompt = TONES["prompt"]
        write_tone(sounds / "hole300.wav", [(prompt, 500), (0, 300), (prompt, 500)])
        write_tone(sounds / "tone500.wav", [(prompt, 500)])
        write_tone(self.home / "lib/moh/music.wav", [(TONES["music"], 5000)])

    def _filled_in(self, text: str) -> str:
        values = {
            "HOME": self.home,
            "MODULES": self.programs.modules_dir,
            "PASSWORD": self.password,
            "SIP_PORT": SIP_PORT,
            "AMI_PORT": AMI_PORT,
            "LOAD_PORT": LOAD[1],
            "RTP_FIRST": PBX_RTP[0],
            "RTP_LAST": PBX_RTP[1],
        }
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text


def _die_with_the_tests() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
