"""A real Asterisk in a folder of its own, with nothing loaded but what these tests need."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.progress import NoProgress
from tests.freeze import freeze

MODULES = (
    "res_timing_timerfd",
    "res_speech",
    "res_agi",
    "format_pcm",
    "codec_ulaw",
    "pbx_config",
    "app_playback",
    "app_senddtmf",
    "app_userevent",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_timeout",
    "bridge_simple",
    "bridge_holding",
    "app_bridgewait",
)


@cache
def installation() -> Installation:
    """The project's own Asterisk, fetched into its cache where it is not there yet."""
    place = os.environ.get("CC110_CACHE") or Path(__file__).parents[3] / ".cache"
    return install(Path(place), progress=NoProgress())


@dataclass(kw_only=True)
class RealPbx:
    """An Asterisk with an AMI port; start, freeze and kill it as often as a test likes."""

    ami_port: int
    dialplan: str
    password: str = "sample-secret"
    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pbx")))
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for name in ("etc", "lib", "run", "log", "spool"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.sound.with_suffix(".ulaw").write_bytes(b"\xff" * 8000)
        for name, text in self._files().items():
            (self.home / "etc" / name).write_text(text)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def _files(self) -> dict[str, str]:
        folders = {
            "astetcdir": "etc", "astvarlibdir": "lib", "astdbdir": "lib", "astkeydir": "lib",
            "astagidir": "lib", "astspooldir": "spool", "astrundir": "run", "astlogdir": "log",
        }  # fmt: skip
        lines = [f"{key} => {self.home / folder}" for key, folder in folders.items()]
        lines.append(f"astmoddir => {installation().modules_dir}")
        lines.append(f"astdatadir => {installation().data_dir}")
        return {
            "asterisk.conf": "\n".join(["[directories]", *lines, "[options]", "nocolor=yes", ""]),
            "modules.conf": "[modules]\nautoload=no\n"
            + "".join(f"load={module}.so\n" for module in MODULES),
            "logger.conf": "[logfiles]\nfull => notice,warning,error,verbose\n",
            "manager.conf": self._manager(),
            "extensions.conf": self.dialplan,
        }

    def _manager(self) -> str:
        return (
            f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nport={self.ami_port}\n"
            f"[cc110]\nsecret={self.password}\nread=all\nwrite=all\nwritetimeout=5000\n"
            f"[blind]\nsecret={self.password}\nread=call\nwrite=system\n"
        )

    @property
    def sound(self) -> Path:
        """A prompt of one second of silence, as Asterisk wants it named: without its suffix."""
        return self.home / "lib/second"

    def start(self) -> None:
        """Start it and wait until its AMI port answers (not: until it has booted)."""
        command = [*installation().command, "-C", f"{self.home}/etc/asterisk.conf", "-f"]
        with (self.home / "log/console").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                preexec_fn=_more_files, start_new_session=True,
            )  # fmt: skip
        self._wait_for_port()

    def _wait_for_port(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            try:
                socket.create_connection(("127.0.0.1", self.ami_port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the AMI port did not open\n" + self.log())

    def log(self) -> str:
        """What Asterisk wrote, to explain a failure."""
        return (self.home / "log/console").read_text(errors="replace")[-4000:]

    def freeze(self) -> None:
        """Stop every thread with all sockets open, and return when the last one stands still."""
        assert self.process is not None
        freeze(self.process.pid)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def _more_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
