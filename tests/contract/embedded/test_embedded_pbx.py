"""A real Asterisk under our hands: started, asked, stopped, broken and orphaned."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.console import Console
from cc110.pbx.embedded.errors import (
    AlreadyRunning,
    ConsoleTimeout,
    PbxDied,
    PbxNotReady,
    PbxNotRunning,
    PortInUse,
    RunDirMismatch,
    RunDirTooLong,
)
from cc110.pbx.embedded.install import find
from cc110.pbx.embedded.ports import Listen
from cc110.pbx.embedded.process import DESCRIPTORS, PbxProcess
from cc110.pbx.embedded.stopping import stop_running
from tests.contract.embedded.conftest import CHECKOUT, Site
from tests.freeze import freeze

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.pbx

PATIENCE = 30.0
AMI_PORT = 15095
RUNNER = """
import asyncio, sys
from pathlib import Path
from cc110.pbx.embedded.install import find
from cc110.pbx.embedded.process import PbxProcess, PbxRun
cache, home, loop, tied = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
async def main():
    etc, run, log = home / "etc", home / "run", home / "log/console.log"
    run = PbxRun(etc_dir=etc, run_dir=run, log=log, tied=tied == "tied")
    pbx = await PbxProcess.start(find(cache), run)
    print((await pbx.status()).pid, flush=True)
    if not run.tied:
        return
    try:
        await asyncio.Event().wait()
    finally:
        print("stopped", await pbx.stop(), flush=True)
if loop == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


async def pid_of(pbx: PbxProcess) -> int:
    """Return the number of Asterisk's own process."""
    pid = (await pbx.status()).pid
    assert pid
    return pid


def alive(pid: int) -> bool:
    """Return whether the process runs at this moment; one that awaits its parent's look does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def modes(directory: Path, mask: int) -> dict[str, int]:
    """Return the masked mode of each file in `directory`."""
    return {file.name: file.stat().st_mode & mask for file in directory.iterdir()}


async def gone(pid: int) -> bool:
    """Wait until a process has ended."""
    ended = asyncio.Event()
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(PATIENCE):
            return await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


@pytest.fixture
async def runner(
    site: Site, cache: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A process of its own that runs a PBX, and the PBX's process number."""
    loop, tied = getattr(request, "param", ("asyncio", "tied"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUNNER, str(cache), str(site.home), loop, tied),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        start_new_session=True,
    )
    assert process.stdout
    yield process, int(await process.stdout.readline())
    if process.returncode is None:
        process.kill()
    await process.wait()
    await stop_running(console_of(site))


def console_of(site: Site) -> Console:
    """Return the console as another process would open it."""
    return Console(site.installation, etc_dir=site.run.etc_dir, run_dir=site.run.run_dir)


async def test_a_started_pbx_has_fully_booted(pbx: PbxProcess) -> None:
    """It answers on its console and says which version it is."""
    status = await pbx.status()

    assert status.running
    assert status.version == (await pbx.console("core show version")).split()[1]
    assert (status.calls, status.processed) == (0, 0)
    assert status.uptime is not None


async def test_a_warm_start_is_a_matter_of_seconds(site: Site, cache: Path) -> None:
    """From the unpacked cache to a booted PBX in less than 10 s, as promised."""
    before = time.monotonic()
    pbx = await PbxProcess.start(find(cache), site.run)
    took = time.monotonic() - before
    await pbx.stop()

    assert took < 10


async def test_a_stopped_pbx_leaves_no_process(pbx: PbxProcess) -> None:
    """stop() returns after the end, not before, and Asterisk ends well by itself."""
    pid = await pid_of(pbx)

    assert await pbx.stop() == 0
    assert not alive(pid)
    assert not pbx.running
    assert await pbx.stop() == 0


async def test_a_stopped_pbx_can_be_started_again_at_once(pbx: PbxProcess, site: Site) -> None:
    """Nothing of the first run is in the way of the second."""
    await pbx.stop()
    again = await PbxProcess.start(site.installation, site.run)

    assert (await again.status()).running
    await again.stop()


async def test_a_hung_pbx_is_killed(site: Site) -> None:
    """A PBX that answers nothing does not keep the service from ending."""
    pbx = await PbxProcess.start(site.installation, replace(site.run, term_grace=0.3))
    freeze(await pid_of(pbx))

    assert await pbx.stop(grace=0.5) == 128 + signal.SIGKILL


async def test_a_console_command_on_a_hung_pbx_ends_in_time(pbx: PbxProcess) -> None:
    """The command is given up; the PBX can go on when it wakes up."""
    pid = await pid_of(pbx)
    freeze(pid)
    try:
        with pytest.raises(ConsoleTimeout, match=r"`core show version` within 0\.5 s"):
            await pbx.console("core show version", limit=0.5)
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_console_command_without_a_pbx_says_so(site: Site) -> None:
    """The message says how to start it."""
    with pytest.raises(PbxNotRunning, match="cc110 pbx start"):
        await console_of(site).run("core show version")
    assert not (await console_of(site).status()).running


async def test_the_end_of_a_pbx_can_be_waited_for(pbx: PbxProcess) -> None:
    """Whoever supervises it learns that it was killed."""
    os.kill(await pid_of(pbx), signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        assert await pbx.wait() == 128 + signal.SIGKILL


async def test_a_restart_from_the_console_works(pbx: PbxProcess) -> None:
    """An administrator's `core restart now` comes back with the same process and libraries."""
    pid = await pid_of(pbx)
    first = await boots(pbx)
    await pbx.console("core restart now")
    async with asyncio.timeout(PATIENCE):
        while await boots(pbx) in {first, None}:
            await asyncio.sleep(0.05)

    assert await pid_of(pbx) == pid


async def boots(pbx: PbxProcess) -> str | None:
    """Return when the console socket was made, or None while there is none to answer."""
    try:
        await pbx.console("core waitfullybooted")
        return str(pbx.socket.stat().st_ctime_ns)
    except (PbxNotRunning, FileNotFoundError):
        return None


async def test_a_pbx_that_cannot_start_says_why(site: Site) -> None:
    """The message has the first error of its log, the detail has the last lines."""
    site.write("modules.conf", "[modules]\nautoload=no\nrequire=res_missing.so\n")

    with pytest.raises(PbxDied, match=r"Error loading module 'res_missing\.so'.*console\.log") as e:
        await PbxProcess.start(site.installation, site.run)
    assert "ASTERISK EXITING" in e.value.detail


async def test_a_pbx_that_does_not_boot_in_time_is_ended(site: Site) -> None:
    """A start that hangs is given up and leaves no process."""
    stand_in = site.home / "asterisk"
    stand_in.write_text("#!/bin/sh\necho $$ is still thinking\nexec sleep 600\n")
    stand_in.chmod(0o755)
    slow = replace(site.installation, command=(str(stand_in),))

    with pytest.raises(PbxNotReady, match=r"within 0\.5 s: (\d+) is still thinking") as error:
        await PbxProcess.start(slow, replace(site.run, boot_limit=0.5))
    assert await gone(int(error.value.detail.split()[0]))


async def test_a_cancelled_start_leaves_no_process(site: Site) -> None:
    """Ctrl-C while the PBX boots ends it as well."""
    run = replace(site.run, term_grace=0.3)
    starting = asyncio.create_task(PbxProcess.start(site.installation, run))
    console = console_of(site)
    async with asyncio.timeout(PATIENCE):
        while console.pid() is None:
            await asyncio.sleep(0.01)
    pid = console.pid()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert pid
    assert await gone(pid)


async def test_a_second_pbx_on_one_run_directory_is_refused(pbx: PbxProcess, site: Site) -> None:
    """The message names the process that is there."""
    with pytest.raises(AlreadyRunning, match=rf"pid {await pid_of(pbx)}\); stop it"):
        await PbxProcess.start(site.installation, site.run)
    assert (await pbx.status()).running


async def test_a_port_that_a_pbx_has_is_reported_with_its_name(site: Site, tmp_path: Path) -> None:
    """A PBX run by its own loader is still called asterisk."""
    ami = f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nport={AMI_PORT}\n"
    site.write("manager.conf", ami)
    first = await PbxProcess.start(site.installation, site.run)
    other = Site(home=tmp_path / "o", installation=site.installation)
    wanted = Listen(proto="tcp", host="127.0.0.1", port=AMI_PORT, setting="ami.port")
    said = rf"TCP port 127\.0\.0\.1:{AMI_PORT} is in use by asterisk \(pid {await pid_of(first)}\)"
    try:
        with pytest.raises(PortInUse, match=said):
            await PbxProcess.start(site.installation, replace(other.run, listens=(wanted,)))
    finally:
        await first.stop()


async def test_a_run_directory_too_deep_for_the_socket_is_refused(site: Site) -> None:
    """Asterisk would cut the path short and nobody would find its socket."""
    deep = Site(home=site.home / ("deep" * 25), installation=site.installation)

    with pytest.raises(RunDirTooLong, match="107 are allowed"):
        await PbxProcess.start(site.installation, deep.run)


async def test_a_configuration_for_another_run_directory_is_refused(site: Site) -> None:
    """The console would look for the socket where it is not."""
    with pytest.raises(RunDirMismatch, match="render it again"):
        await PbxProcess.start(site.installation, replace(site.run, run_dir=site.home / "other"))


async def test_the_descriptor_limit_is_raised(pbx: PbxProcess) -> None:
    """A PBX with the usual 1024 descriptors spins when they run out."""
    soft, _ = resource.prlimit(await pid_of(pbx), resource.RLIMIT_NOFILE)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    assert soft == (DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard))


async def test_what_the_pbx_writes_is_for_its_user_alone(pbx: PbxProcess, site: Site) -> None:
    """Nobody else on the machine may use its console or read its files."""
    assert (await pbx.status()).running
    assert {"asterisk.ctl": 0, "asterisk.pid": 0} == modes(site.run.run_dir, 0o077)


async def test_ctrl_c_reaches_the_runner_alone(
    runner: tuple[asyncio.subprocess.Process, int],
) -> None:
    """The runner gets the chance to stop the PBX in order."""
    process, pid = runner
    assert os.getsid(pid) != os.getsid(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        said = await process.stdout.read()

    assert said.strip() == b"stopped 0"
    assert await gone(pid)


@pytest.mark.parametrize(
    "runner", [("asyncio", "tied"), ("uvloop", "tied")], indirect=True, ids=["asyncio", "uvloop"]
)
async def test_a_killed_runner_takes_the_pbx_along(
    runner: tuple[asyncio.subprocess.Process, int],
) -> None:
    """Not even SIGKILL leaves a PBX that holds the ports."""
    process, pid = runner
    process.kill()

    assert await gone(pid)


@pytest.mark.parametrize(
    "runner", [("asyncio", "free"), ("uvloop", "free")], indirect=True, ids=["asyncio", "uvloop"]
)
async def test_a_free_pbx_outlives_its_runner_and_can_be_stopped(
    runner: tuple[asyncio.subprocess.Process, int], site: Site
) -> None:
    """Started in the background it stays, until another process stops it."""
    process, pid = runner
    assert await process.wait() == 0
    console = console_of(site)

    assert (await console.status()).pid == pid
    assert await stop_running(console)
    assert not alive(pid)


async def test_stopping_a_hung_pbx_from_elsewhere_kills_it(pbx: PbxProcess, site: Site) -> None:
    """What does not answer gets SIGTERM, then SIGKILL."""
    pid = await pid_of(pbx)
    freeze(pid)

    assert await stop_running(console_of(site), grace=0.3, term_grace=0.3)
    assert await gone(pid)


async def test_stopping_nothing_is_no_error(site: Site) -> None:
    """There is nothing to stop, and that is said."""
    assert not await stop_running(console_of(site))
