"""Processes that measure nothing leave the processor to those that do."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

STEP: Final = 10
_GROUP: Final = Path("/proc/self/autogroup")
"""Linux shares the processor among sessions first (sched(7), "The autogroup feature"): a process's own niceness counts
within its session only."""


def step_back() -> None:
    """This process, in a session of its own with all that it starts there, is nice to all others."""
    with suppress(PermissionError):
        os.setsid()  # who leads a session already has one
    os.nice(max(0, STEP - os.nice(0)))  # a whole suite may have stepped back further
    with suppress(OSError):
        _GROUP.write_text(str(STEP))


def is_in_background() -> bool:
    """Whether whoever started this process has stepped back."""
    return os.nice(0) >= STEP
