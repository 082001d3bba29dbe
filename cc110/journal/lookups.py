"""What the daemon's service asks of the journal's tables, in the core's own types."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection

from cc110.core import attendance, callbacks, guarding, roster, shifts
from cc110.core.attendance import Alarms
from cc110.core.blocking import Block
from cc110.core.callbacks import Book, CallbackPolicy
from cc110.core.counting import Record
from cc110.core.events import Event, NumberBlocked
from cc110.core.guarding import Guarded
from cc110.core.ids import CallId, CaseId, Number
from cc110.core.retention import Kept
from cc110.core.roster import Roster
from cc110.core.shifts import Watch
from cc110.journal import queries
from cc110.journal.engine import Database, ask
from cc110.journal.heard import heard_until
from cc110.journal.recordings import RecordingRow, get_recording, list_kept
from cc110.journal.rows import BlockRow, CallRow, CaseRow


class Lookups:
    """Questions to the tables. Off every caller's path."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    async def open_calls(self) -> Sequence[Sequence[Event]]:
        """The events of each call that has no end or no word on its recording, oldest call first."""
        return await ask(self._database.reads, _open_calls)

    async def find_block(self, number: Number) -> Block | None:
        """The number's block in force or expired; None = not on the list."""
        row = await ask(self._database.reads, queries.get_block, number)
        return _block(row) if row and row.lifted_at is None else None

    async def find_case(self, case_id: CaseId) -> CaseRow | None:
        """A case by its id."""
        return await ask(self._database.reads, queries.get_case, case_id)

    async def find_call(self, call_id: CallId) -> CallRow | None:
        """A call by its id."""
        return await ask(self._database.reads, queries.get_call_row, call_id)

    async def find_recording(self, call_id: CallId) -> RecordingRow | None:
        """A call's recording, or what was said of it."""
        return await ask(self._database.reads, get_recording, call_id)

    async def kept_before(self, before: datetime, after: str, limit: int) -> Sequence[Kept]:
        """Recordings that are there and not held, final before a time, behind a call."""
        return await ask(self._database.reads, list_kept, before=before, after=after, limit=limit)

    async def calls_since(self, at: datetime) -> frozenset[CallId]:
        """The calls that arrived at or after a time."""
        return await ask(self._database.reads, queries.list_call_ids, at)

    async def heard_until(self) -> datetime | None:
        """Until when everything that the PBX did is told; None = it was never listened to."""
        return await ask(self._database.reads, heard_until)

    async def operators(self) -> Roster:
        """The operators' log-ins and pauses, as the journal tells of them."""
        told = await ask(self._database.reads, queries.agent_events)
        return roster.replay(one.event for one in told)

    async def alarms(self) -> Alarms:
        """The queues that were unattended when the journal ended."""
        told = await ask(self._database.reads, queries.list_alarms)
        return attendance.replay(recorded.event for recorded in told)

    async def bans(self) -> Guarded:
        """The bans that the journal tells of, in force or over."""
        told = await ask(self._database.reads, queries.list_bans)
        return guarding.replay(recorded.event for recorded in told)

    async def callbacks(self, now: datetime, policy: CallbackPolicy) -> Book:
        """Who hung up waiting, and the calls that go on, as the journal tells of them."""
        since = now - policy.keep - callbacks.LONGEST_CALL
        told = await ask(self._database.reads, queries.callback_events, since)
        return callbacks.replay((recorded.event for recorded in told), policy)

    async def shifts(self) -> Watch:
        """What was told of shifts when the journal ended."""
        told = await ask(self._database.reads, queries.shift_events)
        return shifts.replay(recorded.event for recorded in told)

    async def of_calls(self, call_ids: Collection[CallId], now: datetime) -> Sequence[Record]:
        """The record of each of these calls' numbers that has pranks or was ever blocked, once."""
        return await ask(self._database.reads, _records, call_ids, now)

    async def known_of(self, number: Number) -> str:
        """A few words for the operator's display: earlier calls, and whether a case is open."""
        return await ask(self._database.reads, _known_of, number)


def _open_calls(connection: Connection) -> list[list[Event]]:
    ids = queries.list_unfinished(connection)
    stories = (queries.get_call(connection, call_id) for call_id in ids)
    return [[recorded.event for recorded in story.events] for story in stories if story]


def _known_of(connection: Connection, number: Number) -> str:
    known = queries.get_history(connection, number)
    said = [f"{known.calls}x"] if known.calls else []
    said += [f"prank {known.pranks}"] if known.pranks else []
    said += [f"senyap {known.silent}"] if known.silent else []
    said += [f"putus {known.hang_ups}"] if known.hang_ups else []
    said += ["kasus buka"] if known.has_open_case else []
    return " ".join(said)


def _records(
    connection: Connection, call_ids: Collection[CallId], now: datetime
) -> Sequence[Record]:
    owners = queries.list_suspects(connection, call_ids)
    return [_record(connection, number, owner, now) for number, owner in owners.items()]


def _record(connection: Connection, number: Number, owner: str, now: datetime) -> Record:
    row = queries.get_block(connection, number)
    return Record(
        number=number,
        owner=owner,
        pranks=queries.list_pranks(connection, number),
        times=row.times if row else 0,
        since=row.counts_since if row else None,
        block=_blocked(row) if row and row.in_force(now) else None,
    )


def _blocked(row: BlockRow) -> NumberBlocked:
    names = (field.name for field in fields(NumberBlocked))
    return NumberBlocked(**{name: getattr(row, name) for name in names})


def _block(row: BlockRow) -> Block:
    return Block(
        number=row.number, until=row.until, reason=row.reason, by=row.by, since=row.blocked_at
    )
