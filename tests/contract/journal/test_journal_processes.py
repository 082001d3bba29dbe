"""The journal among processes: killed, contended, watched."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

import cc110
from cc110.journal.engine import Database, ask, reading
from cc110.journal.lock import JournalInUse
from cc110.journal.queries import events_after
from cc110.journal.verify import verify

pytestmark = pytest.mark.asyncio

LOOP = Path(__file__).with_name("append_loop.py")


class Appender:
    """A process that appends for ever once it was told to go."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self._process = process
        self.output = process.stdout
        self._input = process.stdin

    def go(self) -> None:
        """Let it open the journal and begin."""
        self._input.write(b"\n")

    async def acknowledged(self, lines: int) -> list[tuple[int, str]]:
        """The next events that it was promised: seq and id."""
        async with asyncio.timeout(60):
            return [entry(await self.output.readline()) for _ in range(lines)]

    async def killed(self) -> list[tuple[int, str]]:
        """Kill it; what it had been promised until then. A line cut short by its end counts not."""
        self._process.kill()
        await self._process.wait()
        return [entry(line) for line in (await self.output.read()).split(b"\n")[:-1]]


def entry(line: bytes) -> tuple[int, str]:
    """Seq and id of a line."""
    seq, id_ = line.split()
    return int(seq), id_.decode()


@asynccontextmanager
async def appender(url: str) -> AsyncIterator[Appender]:
    """A process ready to go, killed at the latest when the block ends."""
    environment = os.environ | {"PYTHONPATH": str(Path(cc110.__file__).parents[1])}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(LOOP), url, "5", stdin=PIPE, stdout=PIPE, env=environment
    )
    try:
        yield Appender(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_acknowledged_is_missing_after_kill_9(url: str) -> None:
    """Killed again and again in full flight, the journal holds all it promised, in pairs, and its
    chain verifies.
    """
    promised: list[tuple[int, str]] = []
    async with AsyncExitStack() as stack:
        appenders = [await stack.enter_async_context(appender(url)) for _ in range(2)]
        for process, lines in zip(appenders, (40, 300), strict=True):
            process.go()
            promised += await process.acknowledged(lines)
            promised += await process.killed()

    async with reading(url) as engine:
        page = await ask(engine, events_after, 0, limit=1_000_000)
        found = await verify(engine)

    assert len(promised) >= 340
    assert set(promised) <= {(recorded.seq, recorded.id) for recorded in page.events}
    assert len(promised) == len({seq for seq, _ in promised}), "a seq was given twice"
    assert 0 == len(page.events) % 2, "an append was half written"
    assert found.ok, found.bad


async def test_while_one_process_writes_others_read_but_never_write(url: str) -> None:
    """A reader never waits for the writer nor sees half an append; a second writer is refused and
    told who has the journal; the first goes on undisturbed.
    """
    async with appender(url) as process, asyncio.timeout(60):
        process.go()
        await process.acknowledged(2)
        async with reading(url) as engine:
            seen = 0
            while seen < 2000:
                page = await ask(engine, events_after, seen, limit=500)
                seqs = [each.seq for each in page.events]
                assert seqs == list(range(seen + 1, page.last_seq + 1))
                assert 0 == page.last_seq % 2
                with pytest.raises(JournalInUse, match=f"process {process.pid}$"):
                    await Database.open(url)
                seen = page.last_seq
                await process.acknowledged(50)


async def test_a_second_writer_in_the_same_process_is_refused(url: str, database: Database) -> None:
    """The lock is the journal's, not the process's."""
    with pytest.raises(JournalInUse, match=f"process {os.getpid()}$"):
        await Database.open(url)
