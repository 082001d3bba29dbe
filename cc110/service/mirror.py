"""The blocklist in the PBX: a reader of the journal. What blocks is what the journal says.

Two write to it: the reader, which carries over each change, and `refill`, which makes the whole equal
again. They take turns, a few thousand numbers at a time, and both write a number's newest state: an
entry is never set back to an older one, and no number is ever taken off only to be put on again.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from cc110.core.events import NumberBlocked, NumberUnblocked, Recorded
from cc110.core.ids import Number
from cc110.ports import BlockMirror, Entries, PbxUnavailable
from cc110.service.usecases import Settled

_log = structlog.get_logger("mirror")
_CHUNK: Final = 2000
_LARGE: Final = 50_000
"""From so many entries on the check looks at samples. For DBGetTree Asterisk reads its whole database under
the lock that each look-up of the dialplan takes: seconds for a million (main/db.c, measured)."""
_SAMPLES: Final = 500
_TABLES_S: Final = 30.0


class KnownState(Protocol):
    """What the tables know of a number."""

    @property
    def until(self) -> int | None:
        """Expiry of the block in force, 0 = for ever; None = no block is in force."""
        ...

    @property
    def last_seq(self) -> int:
        """The newest event about it."""
        ...


class BlockTables(Protocol):
    """The blocklist as the journal's tables have it."""

    async def in_force_after(self, after: str, *, limit: int) -> Sequence[tuple[Number, int]]:
        """The next numbers whose block is in force, in the order of their digits as text."""
        ...

    async def not_in_force_after(self, after: str, *, limit: int) -> Sequence[Number]:
        """The next numbers whose block was lifted or is over, in the same order."""
        ...

    async def states(self, numbers: Sequence[str]) -> Mapping[str, KnownState]:
        """What is known of each; those that were never blocked are left out."""
        ...

    async def count(self) -> int:
        """How many blocks are in force."""
        ...


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How journal and PBX differed when somebody looked; all of it was repaired."""

    at: datetime
    missing: int = 0
    """In the journal and not in the PBX."""
    different: int = 0
    """With another expiry."""
    foreign: int = 0
    """In the PBX and not in force in the journal."""
    sampled: bool = False
    """True when only some entries were looked at."""

    @property
    def found(self) -> int:
        """How many differences."""
        return self.missing + self.different + self.foreign

    def as_json(self) -> str:
        """For those who ask over the control socket."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()})


class MirrorReader:
    """Carries changes to the PBX, and keeps the whole equal.

    A failure leaves the cursor: the changes are tried again, in order.
    """

    name = "astdb"

    def __init__(self, mirror: BlockMirror, tables: BlockTables, settled: Settled) -> None:
        """Write to this mirror what these tables know; `settled` waits for them."""
        self._mirror = mirror
        self._tables = tables
        self._settled = settled
        self._turn = asyncio.Lock()
        self._done = 0
        self._is_readable = True
        self.last: Drift | None = None

    async def handle(self, recorded: Recorded) -> None:
        """Carry over one change; any other event is none of ours.

        Raises:
            PbxUnavailable, PbxRefused: the PBX did not take it.
        """
        await self.handle_all((recorded,))

    async def handle_all(self, batch: Sequence[Recorded]) -> None:
        """Carry over what these events change, the last word on each number.

        Raises:
            PbxUnavailable, PbxRefused: the PBX did not take it.
        """
        wanted = dict(change for one in batch if (change := _change(one)))
        async with self._turn:
            if wanted:
                await self._write(await self._newest(wanted, batch[-1].seq))
            self._done = max(self._done, batch[-1].seq)

    async def refill(self) -> Drift:
        """Make the PBX's list the journal's: first all that is to be there, then away with the rest.

        AstDB commits about once a second, so a crash may have lost the newest entries, or brought
        back what was removed (Asterisk main/db.c).

        Raises:
            PbxUnavailable, PbxRefused: the PBX does not take it.
            TimeoutError: the tables are far behind.
        """
        after = ""
        while page := await self._put_next(after):
            after = page[-1][0]
        after = ""
        while gone := await self._remove_next(after):
            after = gone[-1]
        return await self.check()

    async def check(self) -> Drift:
        """Compare, and repair what differs; of a large list, samples.

        Raises:
            PbxUnavailable, PbxRefused, TimeoutError: as in `refill`.
        """
        if self._is_readable and await self._tables.count() < _LARGE:
            drift = await self._compare(await self._read())
        else:
            drift = await self._sample()
        self.last = drift
        log = _log.warning if drift.found else _log.info
        log(
            "blocklist compared with the PBX", **{k: v for k, v in vars(drift).items() if k != "at"}
        )
        return drift

    # --- one turn each --------------------------------------------------------------------------

    async def _put_next(self, after: str) -> Sequence[tuple[Number, int]]:
        async with self._turn:
            await self._tables_know()
            page = await self._tables.in_force_after(after, limit=_CHUNK)
            await self._mirror.put_all(page)
            return page

    async def _remove_next(self, after: str) -> Sequence[Number]:
        """What was lifted or is over: a removal may have been lost as a new entry may."""
        async with self._turn:
            await self._tables_know()
            page = await self._tables.not_in_force_after(after, limit=_CHUNK)
            await self._mirror.delete_all(page)
            return page

    async def _read(self) -> Entries:
        """One that can't be read, for its size, is not tried again: each try holds up calls."""
        try:
            return await self._mirror.entries()
        except PbxUnavailable:
            self._is_readable = False
            raise

    async def _repair(self, numbers: Sequence[str]) -> None:
        """Write what is true now, whatever it was when the difference was found."""
        async with self._turn:
            await self._tables_know()
            known = await self._tables.states(numbers)
            await self._write({n: known[n].until if n in known else None for n in numbers})

    async def _tables_know(self) -> None:
        """All that the reader has carried over: the tables may not be behind the PBX."""
        async with asyncio.timeout(_TABLES_S):
            await self._settled(self._done)

    async def _newest(self, wanted: Mapping[str, int | None], seq: int) -> dict[str, int | None]:
        """The events' word, unless the tables know of a later one: a replay sets nothing back."""
        known = await self._tables.states(tuple(wanted))
        later = {n: it.until for n, it in known.items() if it.last_seq > seq}
        return {**wanted, **later}

    async def _write(self, wanted: Mapping[str, int | None]) -> None:
        await self._mirror.put_all([(Number(n), u) for n, u in wanted.items() if u is not None])
        await self._mirror.delete_all([n for n, until in wanted.items() if until is None])

    # --- finding differences --------------------------------------------------------------------

    async def _compare(self, there: Entries) -> Drift:
        counts = Counter(foreign=len(there.odd))
        differing = list(there.odd)
        async for kind, number in _differences(self._tables, there):
            counts[kind] += 1
            differing.append(number)
            if len(differing) >= _CHUNK:
                await self._repair(differing)
                differing.clear()
        await self._repair(differing)
        return Drift(
            at=datetime.now(UTC),
            missing=counts["missing"],
            different=counts["different"],
            foreign=counts["foreign"],
        )

    async def _sample(self) -> Drift:
        """Some in force, spread over the list by the second: another part each time."""
        after = f"{datetime.now(UTC).microsecond % 90 + 10}"
        page = list(await self._tables.in_force_after(f"628{after}", limit=_SAMPLES))
        page = page or list(await self._tables.in_force_after("", limit=_SAMPLES))
        there = {number: await self._mirror.get(number) for number, _ in page}
        missing = [number for number, _ in page if there[number] is None]
        different = [n for n, until in page if there[n] not in (None, str(until))]
        await self._repair([*missing, *different])
        at = datetime.now(UTC)
        return Drift(at=at, missing=len(missing), different=len(different), sampled=True)


def _change(recorded: Recorded) -> tuple[str, int | None] | None:
    match recorded.event.data:
        case NumberBlocked(number=number, until=until):
            return number, until
        case NumberUnblocked(number=number):
            return number, None
        case _:
            return None


async def _differences(tables: BlockTables, there: Entries) -> AsyncIterator[tuple[str, str]]:
    """Kind and number of each difference; both sides come in the order of digits as text."""
    have = zip(map(str, there.numbers), there.untils, strict=True)
    held = next(have, None)
    async for number, until in _all_in_force(tables):
        while held and held[0] < number:
            yield "foreign", held[0]
            held = next(have, None)
        if held and held[0] == number:
            if held[1] != until:
                yield "different", number
            held = next(have, None)
        else:
            yield "missing", number
    while held:
        yield "foreign", held[0]
        held = next(have, None)


async def _all_in_force(tables: BlockTables) -> AsyncIterator[tuple[Number, int]]:
    after = ""
    while page := await tables.in_force_after(after, limit=_CHUNK):
        for entry in page:
            yield entry
        after = page[-1][0]
