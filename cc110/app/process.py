"""How the daemon behaves as a process: callers do not feel it. Commands with long lists borrow some of it."""

import gc
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_NICE: Final = 10
"""The PBX goes first when the processor is short: it carries the call, the daemon decides and remembers. A tenth of the
PBX's share: with a third of it (5), the slowest of 50 calls a second were answered 30 ms later than without a daemon.
"""
_GARBAGE: Final = 20_000
"""New objects before the youngest are looked through; Python's 700 are for programs with little memory."""


def let_the_pbx_go_first() -> None:
    """Take less of the processor than others where there is not enough for all.

    Linux weighs sessions against each other, and only inside of one does nice(2) count (sched(7), "The
    autogroup feature"). So a daemon with a session of its own, as under systemd, lowers its session.
    """
    os.nice(_NICE)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICE))


def spare_the_collector() -> None:
    """All that is loaded stays: do not look for garbage in it while callers wait, or for each row of a long list."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)
