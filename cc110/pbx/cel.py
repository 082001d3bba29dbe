"""What the PBX wrote down by itself while nobody listened: CEL, as `asterisk-conf/cel_custom.conf` has it.

``cc110-tell`` says each fact twice: as an AMI event, and here. What AMI tells beyond that (whose phone
rings, an attended transfer that was completed) is concluded from the channels' own lines. Source:
Asterisk's Channel Event Logging specification; cel/cel_custom.c.
"""

import asyncio
import csv
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, PolresExt
from cc110.pbx import names, record
from cc110.pbx.figures import moment
from cc110.pbx.translate import dialplan_fact, endpoint_of

_log: Final = structlog.get_logger("cel")
_PREFIX: Final = "CC110-"
_TEST: Final = f"{names.TEST_EVENT}-arrived"
_BATCH: Final = 200
_HELD: Final = 500
_BEGINNING: Final = timedelta(seconds=0.5)
"""A leg that never reaches its phone is told of within so long after its start."""
_EVER: Final = datetime.max.replace(tzinfo=UTC)
_NEEDED: Final = (f'"{_PREFIX}', '"CHAN_START"', '"ATTENDEDTRANSFER"', '"LINKEDID_END"')
_BEGINS: Final = re.compile(r'"[A-Z][\w-]*","\d+\.\d+","')


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the record."""

    kind: str
    at: datetime
    channel: ChannelId
    linked: str
    name: str
    extra: str


class CelFile:
    """The PBX's own record of calls, rotated files included."""

    def __init__(self, path: Path) -> None:
        """Read this file; one that is not there says nothing."""
        self._path = path

    async def facts(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[f.Fact]]:
        """What happened to calls in that time, in order, a few facts at a time; all recovered.

        Raises:
            OSError: a file is there and can't be read.
        """
        told = _in_order(self._facts(since, until))
        while batch := await asyncio.to_thread(lambda: list(islice(told, _BATCH))):
            yield batch

    async def synthetic(
        self, since: datetime, until: datetime
    ) -> AsyncIterator[tuple[datetime, CallId]]:
        """The synthetic calls that were let in from `since` to before `until`.

        Raises:
            OSError: a file is there and can't be read.
        """
        found = self._synthetic(since, until)
        while batch := await asyncio.to_thread(lambda: list(islice(found, _BATCH))):
            for one in batch:
                yield one

    async def begins_at(self) -> datetime | None:
        """When the record begins; what was before it is not known any more.

        Raises:
            OSError: a file is there and can't be read.
        """
        return await asyncio.to_thread(record.begins_at, self._path, _time_of)

    async def silent_since(self, moment: datetime) -> datetime | None:
        """When the PBX wrote for the last time before a moment, such as its own new start.

        Raises:
            OSError: a file is there and can't be read.
        """
        return await asyncio.to_thread(record.last_before, self._path, moment, _time_of)

    def _facts(self, since: datetime, until: datetime) -> Iterator[f.Fact]:
        fold, damaged = _Fold(), 0
        for line in record.lines_since(self._path, since, _time_of):
            row = row_of(line) if line_is_needed(line) else None
            damaged += row is None and line_is_needed(line)
            if row and row.at <= until:
                told = fold.take(row)
                yield from (replace(one, recovered=True) for one in told if one.at >= since)
        last = fold.rung()
        yield from (replace(one, recovered=True) for one in last if one.at >= since)
        if damaged:
            _log.warning("lines of the PBX's own record are damaged", lines=damaged)

    def _synthetic(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, CallId]]:
        for line in record.lines_since(self._path, since, _time_of):
            row = row_of(line) if _TEST in line else None
            if row and row.kind == _TEST and since <= row.at < until:
                yield row.at, CallId(_told(row)[0])


def _in_order(told: Iterator[f.Fact]) -> Iterator[f.Fact]:
    """By their times: Asterisk writes down what happened on two channels at once in any order."""
    held: list[tuple[datetime, int, f.Fact]] = []
    for number, fact in enumerate(told):
        heappush(held, (fact.at, number, fact))
        if len(held) > _HELD:
            yield heappop(held)[2]
    while held:
        yield heappop(held)[2]


def line_is_needed(line: str) -> bool:
    """Whether a line can hold a fact, or tells to which call others belong."""
    return any(word in line for word in _NEEDED)


def row_of(line: str) -> Row | None:
    """A line's row; None when it is damaged. What was torn off before it is left out."""
    begins = [found.start() for found in _BEGINS.finditer(line)]
    if not begins:
        return None
    try:
        kind, at, channel, linked, name, extra, _ = next(csv.reader([line[begins[-1] :]]))
        time = moment(at)
    except (ValueError, csv.Error):
        return None
    return Row(
        kind=kind, at=time, channel=ChannelId(channel), linked=linked, name=name, extra=extra
    )


def _time_of(line: str) -> datetime | None:
    row = row_of(line)
    return row.at if row else None


@dataclass
class _Fold:
    """Which channels belong to which call, as far as the lines so far tell.

    Forgotten when the last channel of a kin is gone, so it holds what lives at one time.
    """

    calls: dict[str, CallId] = field(default_factory=dict)
    """By the linked id that all channels of a call share."""
    asked: dict[CallId, set[str]] = field(default_factory=dict)
    """The Polres whom somebody brings in."""
    strangers: dict[str, list[Row]] = field(default_factory=dict)
    """Channels that were dialled before a line told for which call."""
    begun: list[Row] = field(default_factory=list)
    """Channels that were begun just now: a line may yet tell that no phone rang."""

    def take(self, row: Row) -> list[f.Fact]:
        """The facts of a line, and of those before it that are now understood."""
        if row.kind == names.SKIPPED:
            self.begun = [one for one in self.begun if one.channel != row.channel]
            return []
        return [*self.rung(row.at - _BEGINNING), *self._taken(row)]

    def rung(self, before: datetime = _EVER) -> list[f.Fact]:
        """The phones that rang, as far as no line can tell otherwise any more."""
        sure = [one for one in self.begun if one.at < before]
        self.begun = [one for one in self.begun if one.at >= before]
        return [fact for one in sure for fact in self._dialled(one)]

    def _taken(self, row: Row) -> list[f.Fact]:
        if row.kind.startswith(_PREFIX):
            return self._told(row)
        match row.kind:
            case "CHAN_START" if row.channel != row.linked and row.name.startswith("PJSIP/"):
                if endpoint_of(row.name) != names.OUTSIDE:
                    self.begun.append(row)
            case "ATTENDEDTRANSFER":
                return self._given_away(row)
            case "LINKEDID_END":
                return self._over(row.linked)
        return []

    def _over(self, linked: str) -> list[f.Fact]:
        """The last line of a call."""
        his = [one for one in self.begun if one.linked == linked]
        self.begun = [one for one in self.begun if one.linked != linked]
        told = [fact for one in his for fact in self._dialled(one)]
        self._forget(linked)
        return told

    def _told(self, row: Row) -> list[f.Fact]:
        fact = fact_of(row)
        if fact is None:
            return []
        self.calls[row.linked] = fact.call_id
        if isinstance(fact, f.TransferAsked):
            self.asked.setdefault(fact.call_id, set()).add(fact.polres)
        waiting = self.strangers.pop(row.linked, [])
        return [*(self._rings(one, fact.call_id) for one in waiting), fact]

    def _dialled(self, row: Row) -> list[f.Fact]:
        if call_id := self.calls.get(row.linked):
            return [self._rings(row, call_id)]
        self.strangers.setdefault(row.linked, []).append(row)
        return []

    def _rings(self, row: Row, call_id: CallId) -> f.Fact:
        who = endpoint_of(row.name)
        if who in self.asked.get(call_id, ()):
            return f.PolresRinging(at=row.at, call_id=call_id, polres=PolresExt(who))
        return f.AgentRinging(at=row.at, call_id=call_id, agent=AgentId(who))

    def _given_away(self, row: Row) -> list[f.Fact]:
        """The operator's phone completed a transfer: the Polres he consulted is in the call."""
        try:
            said = json.loads(row.extra)
            name, channel = (
                said[f"transfer_target_channel_{part}"] for part in ("name", "uniqueid")
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            return []
        call_id, polres = self.calls.get(row.linked), endpoint_of(str(name))
        if call_id is None or polres not in self.asked.get(call_id, ()):
            return []
        took = f.PolresTook(
            at=row.at,
            call_id=call_id,
            polres=PolresExt(polres),
            channel=ChannelId(str(channel)),
        )
        return [took]

    def _forget(self, linked: str) -> None:
        self.strangers.pop(linked, None)
        if (call_id := self.calls.pop(linked, None)) and call_id not in self.calls.values():
            self.asked.pop(call_id, None)


def _told(row: Row) -> tuple[str, str]:
    """The call and the data of what the dialplan told; empty when the line is none of its."""
    try:
        call_id, _, data = str(json.loads(row.extra)["extra"]).partition("|")
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", ""
    return call_id, data


def fact_of(row: Row) -> f.Fact | None:
    """What the dialplan told in a line; None when it is one of Asterisk's own, or damaged."""
    call_id, data = _told(row)
    word = row.kind.removeprefix(_PREFIX)
    return dialplan_fact(at=row.at, word=word, call_id=call_id, channel=row.channel, data=data)
