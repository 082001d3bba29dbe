"""A daemon's way of writing, in processes made to be killed at a certain step.

Each line of input is a JSON object: `url` and `folder` say where journal and spool are, `run` numbers the
events, `point` and `hit` say when the process kills itself; no point = it lives until all is journaled.
What the spool has taken is printed at once, as the events' numbers; then a line with the way it ended.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cc110.core.events import Event, PbxLost
from cc110.journal import engine_postgres, engine_sqlite, spool, writer  # noqa: F401
from cc110.journal.engine import Database
from cc110.journal.samples import sample_event
from cc110.journal.spool import SpoolFile, SpoolFolder
from cc110.journal.writer import JournalWriter
from cc110.service.outbox import Outbox

EVENTS = 12
STEPS: dict[str, tuple[object, str, str]] = {
    "spool: before the write": (SpoolFile, "write", "before"),
    "spool: in the middle of the write": (os, "pwrite", "middle"),
    "spool: after the write": (SpoolFile, "write", "after"),
    "journal: transaction begun": (writer, "write_links", "before"),
    "journal: events sent": (writer, "write_links", "after"),
    "journal: mark sent": (writer, "write_mark", "after"),
    "journal: committed": (JournalWriter, "_settle", "before"),
    "drain: before it is noted": (SpoolFolder, "settle", "before"),
    "drain: after it is noted": (SpoolFolder, "settle", "after"),
    "drain: before an old file goes": (SpoolFile, "remove", "before"),
    "drain: after an old file went": (SpoolFile, "remove", "after"),
}


def die() -> None:
    """As ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, hit: int) -> None:
    """Kill this process when it comes to that step for the `hit`th time."""
    owner, name, when = STEPS[point]
    real: Callable[..., Any] = getattr(owner, name)
    seen = 0

    def step(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == hit and when == "middle":
            descriptor, data, at = args
            real(descriptor, data[: len(data) * 2 // 3], at)
        if seen == hit and when != "after":
            die()
        result = real(*args, **kwargs)
        if seen == hit:
            die()
        return result

    setattr(owner, name, step)


def tell_what_is_taken() -> None:
    """Print each event's number once the spool has it."""
    real = SpoolFolder.write

    def write(self: SpoolFolder, events: list[Event], *, to_disk: bool) -> None:
        real(self, events, to_disk=to_disk)
        taken = [one.data.reason for one in events if isinstance(one.data, PbxLost)]
        os.write(1, "".join(f"{number}\n" for number in taken).encode())

    SpoolFolder.write = write  # type: ignore[method-assign,assignment]


async def run(url: str, folder: Path, number: int) -> None:
    """Take events in three goes, and bring all to the journal."""
    database = await Database.open(url)
    journal = await JournalWriter.open(database, site="sample")
    spooled = SpoolFolder(folder, most_bytes=1 << 20)
    outbox = Outbox(journal, spooled)
    task = asyncio.create_task(outbox.run())
    for each in range(EVENTS):
        data = PbxLost(reason=str(number * 1000 + each))
        outbox.put([replace(sample_event("PbxLost"), data=data)])
        if each % 4 == 3:
            await outbox.drained()
    task.cancel()
    await asyncio.wait([task])
    spooled.close()
    await journal.aclose()
    await database.aclose()


def child(order: dict[str, Any]) -> None:
    """One process."""
    tell_what_is_taken()
    if order["point"]:
        arm(order["point"], order["hit"])
    asyncio.run(run(order["url"], Path(order["folder"]), order["run"]))


def main() -> None:
    """Fork a process for each line: the imports are made once."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
