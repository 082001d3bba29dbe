"""Which tests may run side by side (`make test` runs several processes, see pytest-xdist)."""

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that puts us into the background has Ctrl-C ignored, by all whom we start as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about us; a test's own time-out stays.
hypothesis.settings.register_profile("cc110", deadline=None)
hypothesis.settings.load_profile("cc110")

_TOGETHER: Final = {
    "tests/phones/selftest": "tests/phones/selftest",
    "tests/contract/embedded": "embedded",
    "tests/unit/embedded": "embedded",
}
"""Folders that use the same ports, or share what takes long to set up, stay in one process."""


_CALLS: Final = ("tests/pbx/", "tests/phones/")
"""Where real phones call each other in real time: they wait more than they work, and they measure sound."""
_AT_CALLS: Final = 2
"""Processes that make such calls. Any more do the rest, and leave the processor to them."""


def _is_spare(worker: str) -> bool:
    """Whether a worker such as ``gw2`` is one more than may make calls."""
    return int(worker.removeprefix("gw")) >= _AT_CALLS


def pytest_configure(config: pytest.Config) -> None:
    """A spare worker yields to calls in progress."""
    if _is_spare(getattr(config, "workerinput", {}).get("workerid", "gw0")):
        os.nice(10)


class _Modules(LoadScopeScheduling):  # type: ignore[misc]
    """A module's tests stay together as well, for they share their fixtures."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        if scope := self._fitting(node):
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if self.workqueue and not self._fitting(node) and not node.shutting_down:
            node.shutdown()
        super()._reschedule(node)

    def _fitting(self, node: WorkerController) -> str | None:
        """The next module for a worker: calls first, or none at all for a spare one."""
        spare, rest = _is_spare(node.gateway.id), None
        for scope in self.workqueue:
            if scope.startswith(_CALLS) is not spare:
                return str(scope)
            rest = rest or scope
        return None if spare else rest

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
