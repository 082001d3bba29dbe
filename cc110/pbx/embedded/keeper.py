"""Runs one program and makes sure that it ends when whoever started it ends.

A program of its own, run by its path with nothing but the standard library:

    python keeper.py tied|free DIRECTORY DESCRIPTORS GRACE PROGRAM [ARGUMENT...]

If `tied`, standard input is the lifeline. When its other end closes (on purpose, or because the
process that held it was killed) the program gets SIGTERM, and SIGKILL if it is still there GRACE
seconds later. SIGTERM to the keeper does the same. If the keeper itself is killed, the kernel kills
the program. The exit code is the program's own, or 128 plus the signal that ended it.

The kernel's parent-death signal alone would not do: it comes when the *thread* that started the
program ends, and it cannot be SIGTERM first and SIGKILL later, which open recordings need.
"""

import ctypes
import os
import resource
import select
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1


def main(lifelines: tuple[int, ...], descriptors: int, grace: float, command: list[str]) -> int:
    """Run `command` until it ends or one of `lifelines` closes; return its exit code."""
    woken = _catch_signals()
    raise_descriptors(descriptors)
    # What a PBX writes holds personal data: nobody but its own user may read it.
    os.umask(0o077)
    keeper = os.getpid()
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        process_group=0,
        # This process has one thread, so nothing can go wrong between fork and exec.
        preexec_fn=lambda: _die_with(keeper),
    )
    ended = os.pidfd_open(program.pid)
    _wait((*lifelines, woken, ended), None)
    if not _wait((ended,), 0):
        _end(program, ended, grace)
    # With it goes what it has left behind. Not yet reaped, so its number still means its group.
    os.killpg(program.pid, signal.SIGKILL)
    code = program.wait()
    return 128 - code if code < 0 else code


def _catch_signals() -> int:
    """Return a descriptor that can be read once this process is told to end."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return woken


def raise_descriptors(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`, or as near as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _wait(descriptors: tuple[int, ...], seconds: float | None) -> bool:
    return bool(select.select(descriptors, (), (), seconds)[0])


def _end(program: subprocess.Popen[bytes], ended: int, grace: float) -> None:
    program.terminate()
    if not _wait((ended,), grace):
        os.write(1, f"keeper: still running {grace:g} s after SIGTERM, so killed\n".encode())


def _die_with(keeper: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != keeper:
        os._exit(1)


if __name__ == "__main__":
    mode, directory, descriptors, grace, *command = sys.argv[1:]
    os.chdir(directory)
    sys.exit(main((0,) if mode == "tied" else (), int(descriptors), float(grace), command))
