"""Which tests may run side by side (`make test` runs several processes, see pytest-xdist)."""

import fcntl
import signal
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that puts us into the background has Ctrl-C ignored, by all whom we start as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about us; a test's own time-out stays.
hypothesis.settings.register_profile("cc110", deadline=None)
hypothesis.settings.load_profile("cc110")

_TOGETHER: Final = {
    "tests/phones/selftest": "phones",
    "tests/contract/embedded": "embedded",
    "tests/unit/embedded": "embedded",
}
"""Folders that use the same ports, or share what takes long to set up, stay in one process."""


class _Modules(LoadScopeScheduling):  # type: ignore[misc]
    """A module's tests stay together as well, for they share their fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        module = PurePath(nodeid.partition("::")[0])
        return _TOGETHER.get(module.parent.as_posix(), module.as_posix())


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test marked `alone` runs while no other process runs one; whoever waits at the gate is next."""
    folder = request.config.cache.mkdir("turn")
    how = fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH
    with (folder / "gate").open("w") as gate, (folder / "room").open("w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, how)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def pytest_xdist_make_scheduler(config: Any, log: Any) -> LoadScopeScheduling:
    """Called by `--dist`."""
    return _Modules(config, log)
