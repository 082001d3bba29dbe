"""What the PBX wrote down by itself while nobody listened: CEL, as `asterisk-conf/cel_custom.conf` has it.

``cc110-tell`` says each fact twice: as an AMI event, and here. Source: Asterisk's Channel Event Logging
specification; cel/cel_custom.c.
"""

import asyncio
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cc110.core.facts import Fact, Rejected
from cc110.pbx.figures import moment
from cc110.pbx.translate import dialplan_fact

_BLOCK: Final = 256 * 1024
_PREFIX: Final = "CC110-"


class CelFile:
    """The PBX's own record of calls, read from its end backwards."""

    def __init__(self, path: Path) -> None:
        """Read this file; one that is not there says nothing."""
        self._path = path

    async def rejections(self, since: datetime, until: datetime) -> Sequence[Rejected]:
        """The calls that were rejected in that time, oldest first.

        Raises:
            OSError: the file is there and can't be read.
        """
        return await asyncio.to_thread(self._rejections, since, until)

    def _rejections(self, since: datetime, until: datetime) -> Sequence[Rejected]:
        found = list[Rejected]()
        for line in _lines_backwards(self._path):
            row = _row(line)
            at = _time(row)
            if at is None or at > until:
                continue
            if at < since:
                break
            if isinstance(fact := _fact(row, at), Rejected):
                found.append(replace(fact, recovered=True))
        return found[::-1]


def _fact(row: list[str], at: datetime) -> Fact | None:
    """What the dialplan told in a line; None when it is one of Asterisk's own, or damaged."""
    kind, channel, extra = row[0], row[2], row[5]
    if not kind.startswith(_PREFIX):
        return None
    try:
        call_id, _, data = str(json.loads(extra)["extra"]).partition("|")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    word = kind.removeprefix(_PREFIX)
    return dialplan_fact(at=at, word=word, call_id=call_id, channel=channel, data=data)


def _row(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _time(row: list[str]) -> datetime | None:
    try:
        return moment(row[1]) if len(row) == 7 else None
    except ValueError:
        return None


def _lines_backwards(path: Path) -> Iterator[str]:
    """Complete lines, the last one first; one that has no end yet is none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        end, rest, seen_an_end = file.seek(0, 2), b"", False
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            rest, *lines = (file.read(end - start) + rest).split(b"\n")
            if lines and not seen_an_end:
                lines.pop()
                seen_an_end = True
            yield from (line.decode("utf-8", "replace") for line in reversed(lines))
            end = start
        if seen_an_end:
            yield rest.decode("utf-8", "replace")
