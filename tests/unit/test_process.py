"""The daemon as a process: where the processor is short, the PBX goes first."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

_PROGRAM: Final = """
import os
from pathlib import Path
from cc110.app.process import let_the_pbx_go_first

def session() -> str:
    # Empty in a session as old as the machine: it has no group of its own, and nothing to lower.
    return Path("/proc/self/autogroup").read_text().partition(" nice ")[2].strip() or "none"

before = os.nice(0), session()
let_the_pbx_go_first()
print(before[0], os.nice(0), before[1], session())
"""


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="a kernel without autogroup")
@pytest.mark.parametrize("own_session", [True, False])
def test_a_daemon_takes_less_than_the_pbx(own_session: bool) -> None:
    """Its session too, when that is its own; a session that it shares stays as it was."""
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        start_new_session=own_session,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    own_before, own_after, before, after = said.stdout.split()

    assert int(own_after) == min(int(own_before) + 10, 19), "19 is the least that there is"
    assert after == ("10" if own_session else before)
