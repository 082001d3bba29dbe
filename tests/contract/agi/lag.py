"""How long the event loop keeps a task waiting that is ready."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(kw_only=True)
class Lag:
    """The longest time that a ticking task did not get its turn, in seconds.

    Attributes:
        work_s: in which this thread was working: what the code under test costs, whatever else the
            machine has to do.
        wall_s: by the clock.
    """

    work_s: float = 0.0
    wall_s: float = 0.0


@asynccontextmanager
async def measured_lag() -> AsyncIterator[Lag]:
    """Watch the loop for the length of a block."""
    lag = Lag()

    async def tick() -> None:
        while True:
            wall, work = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            lag.wall_s = max(lag.wall_s, time.perf_counter() - wall - 0.001)
            lag.work_s = max(lag.work_s, time.thread_time() - work)

    task = asyncio.create_task(tick())
    try:
        yield lag
    finally:
        task.cancel()
        await asyncio.wait([task])
