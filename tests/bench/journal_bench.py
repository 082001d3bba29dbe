"""Measures the journal and prints one JSON object.

SQLite's file lies in a new folder below ``--folder`` (default: the system's temporary folder): the
figures are those of that folder's disk. Table readers run all the time, as in the daemon. Where there
is a PostgreSQL, a server of the bench's own is measured too, with ``fsync`` on.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cc110.core.events import Event
from cc110.core.ids import CallId
from cc110.journal.blocks import BlocksReader
from cc110.journal.calls import CallsReader
from cc110.journal.cases import CasesReader
from cc110.journal.codec import decode, encode
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.readers import Readers
from cc110.journal.samples import sample_event, samples
from cc110.journal.spool import SpoolFolder
from cc110.journal.verify import verify
from cc110.journal.writer import JournalWriter
from cc110.service.outbox import MOST_IN_MEMORY, Outbox
from tests.postgres import NoServer, PostgresServer

Figures = dict[str, float]

STORY = (
    "CallArrived",
    "RecordingStarted",
    "CallQueued",
    "AgentRang",
    "AgentAnswered",
    "VerdictGiven",
    "CallEnded",
    "RecordingFinalised",
)
"""The events of an ordinary short call."""


def of_call(name: str, call: int) -> Event:
    """The named event of the call with that number."""
    return replace(sample_event(name), call_id=CallId(f"bench-{call:08d}"))


def rate(action: Callable[[], object], times: int) -> float:
    """How often the action runs in a second."""
    begin = time.perf_counter()
    for _ in range(times):
        action()
    return round(times / (time.perf_counter() - begin))


async def sustained(journal: JournalWriter, seconds: float, callers: int) -> Figures:
    """Many calls that append as fast as they get through, one event at a time."""
    end = time.perf_counter() + seconds
    first = journal.progress.seq

    async def caller(number: int) -> None:
        while time.perf_counter() < end:
            for name in STORY:
                await journal.append([of_call(name, number)])
            number += callers

    begin = time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(callers)))
    done = journal.progress.seq - first
    return {"sustained_events_per_s": round(done / (time.perf_counter() - begin))}


async def latency(journal: JournalWriter, seconds: float, per_s: int) -> Figures:
    """Appends that come evenly, each awaited by itself."""
    taken: list[float] = []

    async def one(number: int) -> None:
        begin = time.perf_counter()
        event = of_call(STORY[number % len(STORY)], 10_000_000 + number // len(STORY))
        await journal.append([event])
        taken.append((time.perf_counter() - begin) * 1000)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * per_s)):
            await asyncio.sleep(max(0.0, start + number / per_s - time.perf_counter()))
            group.create_task(one(number))
    cuts = statistics.quantiles(taken, n=1000)
    at = f"ms_at_{per_s}_per_s"
    return {
        f"durable_p50_{at}": round(cuts[499], 2),
        f"durable_p99_{at}": round(cuts[989], 2),
        f"durable_max_{at}": round(max(taken), 2),
    }


async def through_the_spool(journal: JournalWriter, folder: Path, seconds: float) -> Figures:
    """The daemon's own way: events at an even pace into the outbox, until each is durable."""
    spool = SpoolFolder(folder, most_bytes=64 << 20)
    outbox = Outbox(journal, spool)
    running = asyncio.create_task(outbox.run())
    taken: list[float] = []
    per_s = 200
    start = time.perf_counter()
    for number in range(int(seconds * per_s)):
        await asyncio.sleep(max(0.0, start + number / per_s - time.perf_counter()))
        begin = time.perf_counter()
        seq = journal.progress.seq + len(outbox) + 1
        outbox.put([of_call(STORY[number % len(STORY)], 20_000_000 + number // len(STORY))])
        task = asyncio.create_task(journal.progress.beyond(seq - 1))
        task.add_done_callback(lambda _, begin=begin: taken.append(time.perf_counter() - begin))  # type: ignore[misc]
    await outbox.drained()
    backlog = 20_000
    begin = time.perf_counter()
    for number in range(backlog):
        outbox.put([of_call(STORY[number % len(STORY)], 30_000_000 + number // len(STORY))])
        if number % 500 == 499:
            await asyncio.sleep(0)
            while len(outbox) > MOST_IN_MEMORY // 2:
                await asyncio.sleep(0.001)
    await outbox.drained()
    drained = round(backlog / (time.perf_counter() - begin))
    running.cancel()
    await asyncio.wait([running])
    spool.close()
    cuts = statistics.quantiles(taken, n=1000)
    return {
        "outbox_durable_p50_ms_at_200_per_s": round(cuts[499] * 1000, 2),
        "outbox_durable_p99_ms_at_200_per_s": round(cuts[989] * 1000, 2),
        "outbox_drains_events_per_s": drained,
    }


async def measure(url: str, folder: Path, seconds: float) -> Figures:
    """All figures of a journal; the spool is in that folder."""
    database = await Database.open(url)
    journal = await JournalWriter.open(database, site="bench")
    readers = Readers(database, journal.progress, [CallsReader(), CasesReader(), BlocksReader()])
    running = asyncio.create_task(readers.run())
    figures = await latency(journal, seconds, 200)
    figures |= await through_the_spool(journal, folder / "spool", seconds)
    figures |= await sustained(journal, seconds, 64)
    await readers.reached(journal.progress.seq)
    events = journal.progress.seq
    begin = time.perf_counter()
    await readers.rebuild("calls")
    await readers.reached(events)
    figures["rebuild_calls_events_per_s"] = round(events / (time.perf_counter() - begin))
    begin = time.perf_counter()
    assert (await verify(database.reads)).ok
    figures["verify_events_per_s"] = round(events / (time.perf_counter() - begin))
    running.cancel()
    await asyncio.wait([running])
    await journal.aclose()
    await database.aclose()
    return figures


async def in_sqlite(folder: Path | None, seconds: float) -> Figures:
    """All figures in a new file below the folder."""
    with tempfile.TemporaryDirectory(dir=folder) as new:
        return await measure(sqlite_url(Path(new) / "journal.db"), Path(new), seconds)


async def in_postgres(seconds: float) -> Figures | None:
    """The same on a server of our own, with ``fsync``; None = there is none here."""
    durable = {"fsync": "on", "full_page_writes": "on"}
    try:
        server = PostgresServer.create(**durable)
    except NoServer:
        return None
    try:
        with tempfile.TemporaryDirectory() as folder:
            return await measure(server.url(server.database()), Path(folder), seconds)
    finally:
        server.remove()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each measurement")
    parser.add_argument("--folder", type=Path, default=None, help="where the database is made")
    options = parser.parse_args()
    sample = samples()["CallArrived"]
    line = encode(sample)
    figures: Figures = {
        "encode_per_s": rate(lambda: encode(sample), 20_000),
        "decode_per_s": rate(lambda: decode(line), 20_000),
    }
    figures |= asyncio.run(in_sqlite(options.folder, options.seconds))
    postgres = asyncio.run(in_postgres(options.seconds))
    print(json.dumps({"journal": figures, "journal_postgres": postgres}))


if __name__ == "__main__":
    main()
