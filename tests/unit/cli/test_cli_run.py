"""The real thing: `cc110 run` with its PBX, and every command beside it."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.freeze import freeze
from tests.unit.cli.shell import Shell

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

PATIENCE_S = 60.0


class Service:
    """A running `cc110 run` or `cc110 daemon`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def ready(self) -> str:
        """Its first line; what it said else is shown if none comes."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with suppress(queue.Empty):
                return self.lines.get(timeout=0.1)
            if self.process.poll() is not None:
                break
        raise AssertionError("not ready: " + "".join(self.said))

    def children(self) -> list[psutil.Process]:
        """Everything that it started, directly or not."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def _read_out(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stream:
            for line in stream:
                self.lines.put(line.rstrip("\n"))

    def _read_err(self) -> None:
        assert self.process.stderr
        with self.process.stderr as stream:
            self.said.extend(stream)


@pytest.fixture
def services(shell: Shell) -> Iterator[ExitStack]:
    """Whatever a test started is gone afterwards, also if it failed."""
    with ExitStack() as stack:
        yield stack
    shell("pbx", "stop")


def start(shell: Shell, services: ExitStack, *words: str) -> Service:
    process = shell.start(*words)
    services.callback(process.wait, PATIENCE_S)
    services.callback(process.kill)
    return Service(process)


def asterisks(home: Path) -> list[int]:
    """Processes of a PBX that runs on this home."""
    every = psutil.process_iter(["pid", "cmdline"])
    words = ((one.info["pid"], one.info["cmdline"] or ()) for one in every)
    return [pid for pid, line in words if any(str(home) in word for word in line)]


def gone(home: Path, *, within_s: float = 15.0) -> bool:
    """Whether no process of the home is left; the keeper gives the PBX a few seconds."""
    end = time.monotonic() + within_s
    while asterisks(home) and time.monotonic() < end:
        threading.Event().wait(0.05)
    return not asterisks(home)


def test_a_control_room_from_the_first_line_to_the_last(
    shell: Shell, services: ExitStack, home: Path
) -> None:
    """Ready line, doctor, operators, blocklist, status, a second start, and Ctrl-C."""
    service = start(shell, services, "run")

    sip = f"127.0.0.1:{shell.sip_port}"
    assert service.ready() == f"cc110 ready: SIP at {sip}; call sip:110@{sip} from 127.0.0.2"
    rest = [service.lines.get(timeout=PATIENCE_S) for _ in range(4)]
    assert "`cc110 agents account 1101`" in rest[0]
    assert "*11" in rest[0]

    _doctor_finds_all_well(shell)
    _operators_come_and_go(shell)
    _blocks_reach_the_pbx(shell)
    _a_second_start_is_refused(shell)

    children = service.children()
    assert service.end(signal.SIGINT) == 0
    assert not any(child.is_running() for child in children)
    assert gone(home)
    assert service.said[-1] == "cc110 has stopped.\n"


def _doctor_finds_all_well(shell: Shell) -> None:
    answer = shell("doctor", "--json")

    assert answer.code == 0
    assert {one["health"] for one in answer.objects} == {"ok"}
    assert "every file verified" in answer.out or "of this machine" in answer.out
    assert shell("pbx", "status", "--json").object["running"] is True


def _operators_come_and_go(shell: Shell) -> None:
    def state() -> tuple[str, list[str], str, str]:
        first, *_ = shell("agents", "list", "--json").objects
        return first["source"], first["queues"], first["state"], first["reason"]

    assert state() == ("pbx", [], "offline", "")
    assert shell("agents", "pause", "1101").err == (
        "cc110: operator 1101 is not logged in to any queue.\n"
    )
    assert shell("agents", "login", "1101").out == "Operator 1101 (Contoh Satu) takes calls now.\n"
    assert shell("agents", "pause", "1101", "--reason", "sholat").code == 0
    assert state() == ("pbx", ["polda-metro-jaya"], "offline", "sholat")
    assert "telepon tidak terjangkau (sholat)" in shell("agents", "list").out
    assert shell("agents", "unpause", "1101").code == 0
    assert shell("agents", "logout", "1101").code == 0
    assert state() == ("pbx", [], "offline", "")


def _blocks_reach_the_pbx(shell: Shell) -> None:
    reason = ("--reason", "prank calls")
    added = shell("blocklist", "add", "0840-1234-5678", *reason, "--forever")
    in_pbx = shell("pbx", "console", "database show cc110-block").out

    assert added.out == "6284012345678 (0840-1234-5678) is blocked for ever. The PBX knows it.\n"
    assert "/cc110-block/6284012345678" in in_pbx
    assert shell("blocklist", "remove", "084012345678", *reason, "--json").object["in_pbx"] is True
    assert "0 results" in shell("pbx", "console", "database", "show", "cc110-block").out


def _a_second_start_is_refused(shell: Shell) -> None:
    for command in ("run", "pbx start"):
        out, err = shell.start(*command.split()).communicate(timeout=PATIENCE_S)

        assert out == ""
        assert err.startswith("cc110: A PBX is already running on ")
        assert len(err.splitlines()) == 1


def test_a_pbx_in_the_background_and_a_daemon_beside_it(
    shell: Shell, services: ExitStack, home: Path
) -> None:
    """`pbx start` comes back at once and leaves the PBX; the daemon finds, loses and outlives it."""
    services.callback(shell, "pbx", "stop")  # also when something here fails
    started = shell.start("pbx", "start", "--json")
    out, err = started.communicate(timeout=PATIENCE_S)
    assert (started.returncode, err) == (0, "")
    assert '"running": true' in out

    service = start(shell, services, "run", "--pbx", "external")
    assert service.ready().startswith("cc110 ready: SIP ")
    assert service.end(signal.SIGTERM) == 0
    assert shell("pbx", "status", "--json").object["running"] is True

    service = start(shell, services, "daemon")
    assert service.ready().startswith("cc110 ready: ")
    assert shell("pbx", "stop").out == "The PBX has stopped.\n"
    assert shell("pbx", "stop").out == "No PBX was running.\n"
    assert shell("pbx", "status").lines == ["PBX  not running"]
    later = shell("blocklist", "add", "0840-1234-5678", "--reason", "x")
    assert later.out.endswith("as soon as the daemon has a link to it.\n")
    assert shell("doctor", "--json").code == 1
    assert service.end(signal.SIGTERM) == 0
    assert gone(home)


def test_a_run_that_is_killed_leaves_no_process(
    shell: Shell, services: ExitStack, home: Path
) -> None:
    """SIGKILL gives nobody time to clean up; the PBX ends by itself."""
    service = start(shell, services, "run")
    service.ready()
    service.end(signal.SIGKILL)

    assert gone(home)


def test_a_second_signal_ends_it_at_once(shell: Shell, services: ExitStack, home: Path) -> None:
    """Even if the PBX hangs and the first signal has to wait for it."""
    service = start(shell, services, "run")
    service.ready()
    pid = shell("pbx", "status", "--json").object["pid"]
    freeze(pid)
    service.process.send_signal(signal.SIGINT)
    while not any("Stopping" in line for line in service.said):
        assert service.process.poll() is None
        threading.Event().wait(0.02)
    began = time.monotonic()

    assert service.end(signal.SIGINT) == 1
    assert time.monotonic() - began < 3
    assert gone(home)


def test_a_pbx_that_does_not_come_back_ends_the_run(
    shell: Shell, services: ExitStack, home: Path
) -> None:
    """Exit code 1, so that whoever watches it starts it again."""
    service = start(shell, services, "run")
    service.ready()
    pid = shell("pbx", "status", "--json").object["pid"]
    (home / "pbx/etc/asterisk.conf").unlink()
    os.kill(pid, signal.SIGKILL)

    assert service.wait() == 1
    assert service.said[-1].startswith("cc110: The PBX keeps ending by itself: see ")
    assert gone(home)


def test_a_signal_during_the_start_leaves_no_process(
    shell: Shell, services: ExitStack, home: Path
) -> None:
    """As soon as the PBX's process is there it can be interrupted."""
    service = start(shell, services, "run")
    while not asterisks(home):
        assert service.process.poll() is None
        threading.Event().wait(0.01)

    assert service.end(signal.SIGTERM) == 1
    assert service.said[-1] == "cc110: It was stopped before it was ready.\n"
    assert gone(home)
