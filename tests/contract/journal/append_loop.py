"""Appends to a journal for ever and prints each acknowledged ``seq id`` at once: a process made
to be killed.

Arguments: the journal's URL and how many appends run side by side. Begins when it gets a line on
its input.
"""

import asyncio
import os
import sys

from cc110.journal.engine import Database
from cc110.journal.samples import sample_event
from cc110.journal.writer import JournalWriter


async def caller(journal: JournalWriter) -> None:
    """Append pairs of events, one pair after the other."""
    pair = [sample_event("CallArrived"), sample_event("CallEnded")]
    while True:
        recorded = await journal.append(pair)
        lines = "".join(f"{each.seq} {each.id}\n" for each in recorded)
        os.write(1, lines.encode())


async def main() -> None:
    """Run until killed."""
    database = await Database.open(sys.argv[1])
    journal = await JournalWriter.open(database, site="sample")
    await asyncio.gather(*(caller(journal) for _ in range(int(sys.argv[2]))))


if __name__ == "__main__":
    sys.stdin.readline()
    asyncio.run(main())
