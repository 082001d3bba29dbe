"""Everything that is left behind is named."""

import asyncio
import os
import re
import socket
import sys
import threading
from pathlib import Path

import pytest

from ..leaks import LeakProbe, assert_no_leaks, leaks
from ..observer import Observer
from .conftest import Pair, PhoneMaker
from .pbx import SelftestPbx

SLEEPER = [sys.executable, "-c", "input()"]


@pytest.mark.pbx
@pytest.mark.asyncio(loop_scope="session")
async def test_a_finished_call_leaves_nothing(
    make_phone: PhoneMaker, observer: Observer, pbx: SelftestPbx
) -> None:
    """Channels, descriptors, threads and processes are as they were before."""
    probe = LeakProbe(observer=observer, pid=pbx.pid)
    before = await probe.look()
    phone = await make_phone("caller", "201")
    call = await phone.dial("300")
    await call.wait_for_talk()
    during = leaks(before, await probe.look())
    assert any(line.startswith("channel: PJSIP/201-") for line in during)
    assert any(re.match("descriptor: udp6? socket at", line) for line in during)
    assert any(line.startswith("process: ") for line in during)
    await call.hangup()
    await phone.stop()
    assert_no_leaks(before, await probe.settled(before))


@pytest.mark.pbx
@pytest.mark.asyncio(loop_scope="session")
async def test_a_call_that_stays_is_named(
    talking: Pair, observer: Observer, pbx: SelftestPbx
) -> None:
    """A channel that is still there fails the comparison with its name."""
    probe = LeakProbe(observer=observer, pid=pbx.pid, own_children=False)
    now = await probe.look()
    nothing = type(now)(threads=now.threads, descriptors=now.descriptors)
    with pytest.raises(AssertionError, match="channel: PJSIP/201-"):
        assert_no_leaks(nothing, await probe.settled(nothing, timeout=0.2))


@pytest.mark.asyncio
async def test_a_process_that_stays_is_named() -> None:
    """A child that was not ended is found, and no longer once it is gone."""
    probe = LeakProbe()
    before = await probe.look()
    child = await asyncio.create_subprocess_exec(*SLEEPER, stdin=asyncio.subprocess.PIPE)
    with pytest.raises(AssertionError, match=f"process: {child.pid} .*input"):
        assert_no_leaks(before, await probe.look())
    await child.communicate(b"")
    assert_no_leaks(before, await probe.settled(before))


@pytest.mark.asyncio
async def test_files_descriptors_and_threads_that_stay_are_named(tmp_path: Path) -> None:
    """What a process holds open and what lies in a folder is found by its name."""
    probe = LeakProbe(pid=os.getpid(), own_children=False, folders=[tmp_path], thread_slack=0)
    before = await probe.look()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    with (tmp_path / "left.wav").open("w"), socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        found = "\n".join(leaks(before, await probe.look()))
        assert f"descriptor: {tmp_path / 'left.wav'}" in found
        assert f"descriptor: udp socket at 127.0.0.1:{udp.getsockname()[1]}" in found
        assert f"file: {tmp_path / 'left.wav'}" in found
        assert "threads: 1 more than before" in found
    done.set()
    thread.join()
    (tmp_path / "left.wav").unlink()
    assert_no_leaks(before, await probe.settled(before))


@pytest.mark.asyncio
async def test_a_task_that_stays_is_named() -> None:
    """Whatever the callable lists is compared."""
    probe = LeakProbe(own_children=False, tasks=lambda: [t.get_name() for t in asyncio.all_tasks()])
    before = await probe.look()
    task = asyncio.create_task(asyncio.Event().wait(), name="forgotten")
    assert leaks(before, await probe.look()) == ("task: forgotten",)
    task.cancel()
    assert_no_leaks(before, await probe.settled(before))
