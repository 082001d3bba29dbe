"""kill -9 at every step on the way from a decision to the journal (research S2, S11, R4)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cc110
from cc110.core.events import PbxLost
from cc110.journal.engine import ask, reading
from cc110.journal.queries import events_after
from cc110.journal.spool import SpoolFolder
from cc110.journal.verify import verify

PROGRAM = Path(__file__).with_name("kill_points.py")
POINTS = [
    "spool: before the write",
    "spool: in the middle of the write",
    "spool: after the write",
    "journal: transaction begun",
    "journal: events sent",
    "journal: mark sent",
    "journal: committed",
    "drain: before it is noted",
    "drain: after it is noted",
    "drain: before an old file goes",
    "drain: after an old file went",
]
KILLED = -signal.SIGKILL


class Daemons:
    """One process after the other on the same journal and spool."""

    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        self.taken: list[int] = []
        """What their spool has promised to keep."""
        self._process = process
        self._where = {"url": url, "folder": str(folder)}
        self._runs = 0

    def run(self, point: str = "", hit: int = 1) -> int:
        """Start the next, wait for its end, and return its exit code."""
        self._runs += 1
        order = self._where | {"run": self._runs, "point": point, "hit": hit}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith("ended"):
            assert line, "the processes' parent has gone"
            self.taken.append(int(line))
        return int(line.split()[1])


@pytest.fixture
def daemons(url: str, tmp_path: Path) -> Iterator[Daemons]:
    """Nobody yet."""
    environment = os.environ | {"PYTHONPATH": str(Path(cc110.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield Daemons(process, url, tmp_path / "spool")
        assert process.stdin
        process.stdin.close()


async def journaled(url: str) -> list[int]:
    """The numbers of all events, in order; the chain holds."""
    async with reading(url) as engine:
        page = await ask(engine, events_after, 0, limit=10_000)
        assert (await verify(engine)).ok
    data = [recorded.event.data for recorded in page.events]
    return [int(each.reason) for each in data if isinstance(each, PbxLost)]


@pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)
async def test_s11_killed_at_any_step_nothing_taken_is_lost_and_nothing_comes_twice(
    url: str, daemons: Daemons, tmp_path: Path
) -> None:
    """At each step the daemon is killed, the one after it as well, and a third one makes good."""
    for point in POINTS:
        if "old file" in point:  # there has to be one
            assert KILLED == daemons.run("journal: committed")
        else:
            assert KILLED == daemons.run(point, hit=2), point
        assert KILLED == daemons.run(point), point
    assert 0 == daemons.run()

    found = await journaled(url)
    assert len(found) == len(set(found)), "an event came twice"
    assert not set(daemons.taken) - set(found), "an event is lost"
    assert sorted(found) == found, "the order is another"
    spool = SpoolFolder(tmp_path / "spool", most_bytes=1 << 20)
    assert 0 == len(spool)
    spool.close()
