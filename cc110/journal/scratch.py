"""A place on the disk for what is too much for the memory: SQLite's private temporary database.

Nobody else sees it, and it is gone with the process.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def scratch() -> Iterator[sqlite3.Connection]:
    """An empty database, gone when the block is left."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16384"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        yield database
    finally:
        database.close()
