"""Journal, tables and PBX compared. Importing this brings everything in."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from cc110.app import open_mirror, open_range_mirror
from cc110.config.model import Config
from cc110.core.ranges import Ranges
from cc110.journal.comparison import Comparison, Difference, comparison
from cc110.journal.engine import ask, reading
from cc110.journal.ranges import read_ranges
from cc110.ports import Entries, PbxUnavailable
from cc110.service.ranges import entries, exemptions

MOST_NAMED: Final = 100
"""Differences that are named for each place; of the rest there is a count."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What a comparison found."""

    numbers: int
    """In force, as the journal has it."""
    counts: dict[str, int]
    """Differences by place: ``tables`` and ``pbx``."""
    named: dict[str, tuple[Difference, ...]]
    ranges: tuple[str, ...]
    """Keys of blocked ranges, and exempt numbers, of which the PBX has something else."""
    pbx_trouble: str
    """Why the PBX was not compared, or the empty text."""

    @property
    def equal(self) -> bool:
        """True when nothing differs in what was compared."""
        return not any(self.counts.values()) and not self.ranges


def compare(config: Config) -> Compared:
    """Compare all three; without a PBX, the other two.

    Raises:
        JournalUnavailable: there is no journal, or it can't be read.
    """
    return asyncio.run(_compare(config))


async def _compare(config: Config) -> Compared:
    with comparison(datetime.now(UTC)) as found:
        there, trouble = await _in_pbx(config)
        async with reading(config.journal_url.get_secret_value()) as engine:
            await ask(engine, lambda connection: found.take_journal(connection))
            known = await ask(engine, read_ranges)
        if there is not None:
            found.take_pbx(_pairs(there))
        places = ("tables",) if there is None else ("tables", "pbx")
        return Compared(
            numbers=found.count(),
            counts={place: sum(1 for _ in found.differences(place)) for place in places},
            named={place: _named(found, place) for place in places},
            ranges=() if there is None else await _differing(config, known),
            pbx_trouble=trouble,
        )


async def _differing(config: Config, known: Ranges) -> tuple[str, ...]:
    async with open_range_mirror(config) as pbx:
        wanted = entries(known, datetime.now(UTC))
        ranges = [key for key, value in wanted.items() if await pbx.get_range(key) != value]
        exempt = [n for n, value in exemptions(known).items() if await pbx.get_exempt(n) != value]
        return (*ranges, *exempt)


def _named(found: Comparison, place: str) -> tuple[Difference, ...]:
    return tuple(islice(found.differences(place), MOST_NAMED))


def _pairs(there: Entries) -> Iterator[tuple[str, int | str]]:
    yield from ((str(n), until) for n, until in zip(there.numbers, there.untils, strict=True))
    yield from ((key, "?") for key in there.odd)


async def _in_pbx(config: Config) -> tuple[Entries | None, str]:
    try:
        async with open_mirror(config) as mirror:
            return await mirror.entries(), ""
    except PbxUnavailable as error:
        return None, str(error)
