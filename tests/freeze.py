"""A process that stands still: its sockets stay open, nothing answers."""

import os
import signal
import time
from pathlib import Path
from typing import Final

_LIMIT_S: Final = 5.0


def freeze(pid: int) -> None:
    """SIGSTOP; returns when every thread has stopped, which takes a moment on a busy machine.

    Raises:
        ProcessLookupError: there is no such process.
        TimeoutError: it does not stop.
    """
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + _LIMIT_S
    while not all(state == "T" for state in _states(pid)):
        if time.monotonic() > end:
            raise TimeoutError(f"process {pid} does not stop")
        time.sleep(0.001)


def _states(pid: int) -> list[str]:
    """One letter for each thread, as in proc_pid_stat(5)."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return [text.rpartition(")")[2].split()[0] for text in stats]
