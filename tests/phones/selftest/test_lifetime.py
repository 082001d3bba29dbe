"""No phone outlives the one who started it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ..link import PhoneLink
from ..timing import UNIT_VARIABLE, limit

_OWNER = """
import asyncio, os, sys
sys.path.insert(0, {root!r})
from {package}.phone import Phone

async def main():
    phone = await Phone.start("orphan", 700, bind=("127.0.0.5", 0))
    if {forks}:
        heir = os.fork()  # holds the phone's pipes open
        if not heir:
            os.read({hold}, 1)
            os._exit(0)
    print(phone.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("forks", [False, True])
def test_a_phone_dies_with_its_owner(forks: bool) -> None:
    """A killed owner takes its phones along, even if somebody else still holds their pipes."""
    hold, release = os.pipe()
    owner = subprocess.Popen(
        [sys.executable, "-c", _program(forks, hold)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[hold],
    )
    assert owner.stdout is not None
    phone = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait(limit())
    owner.stdout.close()
    _, alive = psutil.wait_procs([phone], timeout=limit())
    os.close(release)
    os.close(hold)
    assert not alive


def _program(forks: bool, hold: int) -> str:
    package = __package__.rpartition(".")[0]
    root = Path(__file__).resolve().parents[len(package.split(".")) + 1]
    return _OWNER.format(root=str(root), package=package, forks=forks, hold=hold)


@pytest.mark.asyncio
async def test_a_phone_ends_when_its_pipe_does() -> None:
    """Without an owner that writes, there is nobody to be a phone for."""
    link = await PhoneLink.start("piped", _settings(), lambda _: None)
    phone = psutil.Process(link.pid)
    assert link._process.stdin is not None
    link._process.stdin.close()
    await link._process.wait()
    assert not phone.is_running()
    await link.kill()


def _settings() -> dict[str, object]:
    return {
        "tone_hz": 0, "host": "127.0.0.5", "port": 0, "rtp_first": 15500, "rtp_last": 15599,
        "transport": "udp", "user": "piped", "password": "", "registrar": "",
        "auto_answer_s": None, "honour_answer_after": False, "rings": True,
        "codecs": ("PCMA",), "log": "",
    }  # fmt: skip


def test_all_limits_stretch_by_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine multiplies every limit; nonsense is refused."""
    monkeypatch.setenv(UNIT_VARIABLE, "3")
    assert limit(2) == 6
    monkeypatch.delenv(UNIT_VARIABLE)
    assert limit(2) == 2
    monkeypatch.setenv(UNIT_VARIABLE, "0")
    with pytest.raises(ValueError, match="above 0"):
        limit()
