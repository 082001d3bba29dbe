"""AstDB as it lies on the disk: read without the PBX, a second behind it at most (main/db.c syncs each second)."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from cc110.core.foresee import Listed
from cc110.core.ids import Number
from cc110.pbx import names
from cc110.ports import Cc110Error

FILE: Final = "astdb.sqlite3"
_WAIT_S: Final = 2.0


class ListUnreadable(Cc110Error):
    """The PBX's list is there and can't be read."""


def listed_in(file: Path, number: Number | None) -> Listed | None:
    """What the PBX's list says of a number; None when there is no such file.

    Raises:
        ListUnreadable: it can't be read.
    """
    if number is None:
        return Listed()
    if not file.is_file():
        return None
    prefixes = [number[:length] for length in range(1, len(number) + 1)]
    wanted = {
        f"/{names.BLOCK_FAMILY}/{number}",
        f"/{names.EXEMPT_FAMILY}/{number}",
        f"/{names.RANGE_FAMILY}/lengths",
        *(f"/{names.RANGE_FAMILY}/{prefix}" for prefix in prefixes),
    }
    found = _read(file, sorted(wanted))
    return Listed(
        entry=found.get(f"/{names.BLOCK_FAMILY}/{number}"),
        lengths=found.get(f"/{names.RANGE_FAMILY}/lengths", ""),
        ranges={
            prefix: found[key]
            for prefix in prefixes
            if (key := f"/{names.RANGE_FAMILY}/{prefix}") in found
        },
        exempt=f"/{names.EXEMPT_FAMILY}/{number}" in found,
    )


def _read(file: Path, keys: list[str]) -> Mapping[str, str]:
    marks = ", ".join("?" * len(keys))
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
        ) as db:
            return dict(db.execute(f"select key, value from astdb where key in ({marks})", keys))
    except sqlite3.Error as error:
        raise ListUnreadable(f"the PBX's list {file} can't be read: {error}") from None
