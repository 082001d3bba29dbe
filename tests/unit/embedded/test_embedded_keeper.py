"""The keeper: what it runs ends with whoever started it, and is never cut off without warning."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded import keeper

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0
# Each says when it is ready, which in a shell is after its traps are set.
OBEDIENT = "trap 'echo told; exit 7' TERM; echo $$ ready; while :; do sleep 0.02; done"
STUBBORN = "trap '' TERM; echo $$ ready; while :; do sleep 0.02; done"
PARENT = "sleep 600 & echo $! ready; wait"


@dataclass(kw_only=True)
class Kept:
    """A keeper and the process number that its program printed."""

    process: subprocess.Popen[str]
    program: int

    def cut(self) -> None:
        """Close the lifeline."""
        assert self.process.stdin
        self.process.stdin.close()

    def rest(self) -> str:
        """Wait for the end and return all that was printed since the start."""
        assert self.process.stdout
        self.process.wait(PATIENCE)
        return self.process.stdout.read()


@contextmanager
def keeping(script: str, *, mode: str = "tied", grace: float = 0.3) -> Iterator[Kept]:
    """Run a shell script under a keeper until the block ends."""
    command = [sys.executable, "-I", "-S", keeper.__file__, mode, "/", "32768", str(grace)]
    with subprocess.Popen(
        [*command, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield Kept(process=process, program=int(process.stdout.readline().split()[0]))
        finally:
            process.terminate()


def ended(pid: int) -> bool:
    """Wait until a process that is not ours is gone; False if it stays."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(handle):
        return bool(select.select([handle], [], [], PATIENCE)[0])


def test_a_closed_lifeline_ends_the_program_with_sigterm() -> None:
    """The program gets the chance to close its files, and its exit code is passed on."""
    with keeping(OBEDIENT, grace=PATIENCE) as kept:
        kept.cut()

        assert "told" in kept.rest()
        assert kept.process.returncode == 7


def test_a_program_that_ignores_sigterm_is_killed_after_its_grace() -> None:
    """It is killed, and the keeper says so in the log."""
    with keeping(STUBBORN) as kept:
        kept.cut()

        assert "still running 0.3 s after SIGTERM" in kept.rest()
        assert kept.process.returncode == 128 + signal.SIGKILL


def test_sigterm_to_the_keeper_ends_the_program() -> None:
    """A service manager may end the keeper instead of its parent."""
    with keeping(OBEDIENT, grace=PATIENCE) as kept:
        kept.process.terminate()

        assert "told" in kept.rest()


def test_a_killed_keeper_takes_the_program_along() -> None:
    """The kernel ends what the keeper can no longer end."""
    with keeping(STUBBORN) as kept:
        kept.process.kill()

        assert ended(kept.program)


def test_a_killed_parent_takes_the_program_along() -> None:
    """The lifeline closes however its owner ends."""
    script = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen({[sys.executable, keeper.__file__, 'tied', '/', '99', '0.3']!r}"
        f" + ['sh', '-c', {STUBBORN!r}], stdin=subprocess.PIPE, start_new_session=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        program = int(parent.stdout.readline().split()[0])
        parent.kill()

        assert ended(program)


def test_what_the_program_left_behind_is_ended_too() -> None:
    """A player that the PBX had started does not outlast it."""
    with keeping(PARENT) as kept:
        kept.cut()
        kept.process.wait(PATIENCE)

        assert ended(kept.program)


def test_a_program_of_its_own_accord_ends_the_keeper() -> None:
    """The keeper has nothing to stay for, and passes the exit code on."""
    with keeping("echo $$ ready; exit 3") as kept:
        kept.rest()

        assert kept.process.returncode == 3


def test_a_free_keeper_does_not_mind_its_standard_input() -> None:
    """In the background nobody holds a lifeline."""
    with keeping("echo $$ ready; sleep 0.5; echo lived; exit 4", mode="free") as kept:
        kept.cut()

        assert "lived" in kept.rest()
        assert kept.process.returncode == 4


def test_the_programs_files_are_for_its_own_user_alone() -> None:
    """Recordings and logs hold personal data."""
    with keeping("echo $$ ready; umask") as kept:
        assert kept.rest().strip() in {"0077", "077"}


@pytest.mark.parametrize(("wanted", "limit"), [(300, 300), (10**7, 4000)])
def test_the_descriptor_limit_is_as_wanted_or_as_high_as_allowed(wanted: int, limit: int) -> None:
    """A soft limit too low for a PBX is raised, up to the hard one."""
    script = f"ulimit -n 4000; ulimit -S -n 64; exec {sys.executable} {keeper.__file__} free /"
    command = ["sh", "-c", f"{script} {wanted} 1 sh -c 'ulimit -n'"]
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4000:
        pytest.skip("this user may not open 4000 files")
    printed = subprocess.run(command, capture_output=True, check=False)

    assert printed.stdout.split() == [str(limit).encode()]


def test_the_keeper_needs_nothing_but_the_standard_library() -> None:
    """It is run by its path and without site-packages, so that it starts in a moment."""
    text = Path(keeper.__file__).read_text()

    assert "cc110" not in text
