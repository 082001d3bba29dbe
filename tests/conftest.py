"""Which tests may run side by side (`make test` runs several processes, see pytest-xdist)."""

import fcntl
import gc
import signal
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from .background import step_back

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


_SOUND: Final = (
    "tests/pbx/",
    "tests/phones",
    _TOGETHER["tests/phones/selftest"],
    "tests/contract/agi/test_agi_real",
    "tests/contract/ami/test_ami_real",
)
"""Where sound and moments are measured: by two processes at a time, as many as a small machine has cores."""
_MEASURE_SOUND: Final = 2


_LONG: Final = {"tests/unit/cli/test_cli_run.py", "tests/pbx/party_leaves/test_party_leaves.py"}
"""What takes long begins early."""


class _Modules(LoadScopeScheduling):  # type: ignore[misc]
    """A module's tests stay together as well, for they share their fixtures.

    A third process, and all after it, have the tests that measure nothing: while calls are waited for, these
    have the processor.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = PurePath(nodeid.partition("::")[0])
        return _TOGETHER.get(module.parent.as_posix(), module.as_posix())

    def _assign_work_unit(self, node: Any) -> None:
        spare = _is_spare(node.gateway.id)
        waiting = sorted(self.workqueue, key=lambda scope: scope not in _LONG)
        other = [scope for scope in waiting if not scope.startswith(_SOUND)]
        sound = [scope for scope in waiting if scope.startswith(_SOUND)]
        if wanted := other if spare else sound or other:
            self.workqueue.move_to_end(wanted[0], last=False)
            super()._assign_work_unit(node)
        else:
            node.shutdown()


def _is_spare(worker: str) -> bool:
    """Whether that one is beyond those that measure: "gw2", "gw3" ..."""
    return int(worker.removeprefix("gw")) >= _MEASURE_SOUND


def pytest_configure(config: Any) -> None:
    """Who measures nothing steps back for those who do."""
    if _is_spare(getattr(config, "workerinput", {}).get("workerid", "gw0")):
        step_back()


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


def pytest_collection_finish() -> None:
    """What was read and collected stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: Any, log: Any) -> LoadScopeScheduling:
    """Called by `--dist`."""
    return _Modules(config, log)
