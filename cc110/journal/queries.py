"""What may be asked of the journal.

Run with ``engine.ask``, from the daemon or from any other process.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import eq, ge, gt, lt
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    select,
    union,
)

from cc110.core.callbacks import KINDS
from cc110.core.events import (
    AddressBanLifted,
    AddressBanned,
    Event,
    Evidence,
    QueueAttended,
    QueueUnattended,
    Recorded,
)
from cc110.core.ids import CallId, Number
from cc110.core.words import BlockCause, BlockWarning, NumberSource, Verdict
from cc110.journal.blocklist import in_force
from cc110.journal.codec import Line, time_text
from cc110.journal.rows import BlockRow, CallRow, CallStory, CaseRow, NumberHistory, Outcome
from cc110.journal.schema import blocks, calls, cases, events
from cc110.journal.store import COLUMNS, Page, line_from, page_of, read_page

R = TypeVar("R")

_CALL = TypeAdapter(CallRow)
_CASE = TypeAdapter(CaseRow)
_BLOCK = TypeAdapter(BlockRow)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_WARNINGS = TypeAdapter(tuple[BlockWarning, ...])
_STORY_EVENTS = 10_000
_ALARMS = 1_000
_BANS = 5_000
_AT_ONCE = 500
_AGENTS = ("AgentLoggedIn", "AgentLoggedOut", "AgentPaused", "AgentUnpaused")
_COUNTS = (
    (calls.c.verdict == Verdict.PRANK)
    & calls.c.answered_at.is_not(None)
    & calls.c.verdict_by.is_not(None)
    & calls.c.number_source.is_not(None)
)
_PRANKS = (
    select(
        calls.c.call_id,
        calls.c.verdict_at,
        calls.c.verdict_by,
        calls.c.number_source,
        calls.c.recording,
    )
    .where(calls.c.number == bindparam("number"), _COUNTS)
    .order_by(calls.c.verdict_at, calls.c.call_id)
)
_CALLERS = (
    select(calls.c.number, calls.c.queue)
    .where(calls.c.call_id.in_(bindparam("call_ids", expanding=True)), calls.c.number.is_not(None))
    .order_by(calls.c.first_seq)
)
_OF_NUMBERS: BindParameter[Sequence[str]] = bindparam("numbers", expanding=True)
_SUSPECTS = union(
    select(calls.c.number).where(calls.c.number.in_(_OF_NUMBERS), _COUNTS),
    select(blocks.c.number).where(blocks.c.number.in_(_OF_NUMBERS)),
)
_HISTORY = (
    select(
        func.count().label("calls"),
        func.count().filter(calls.c.verdict == Verdict.PRANK).label("pranks"),
        func.count().filter(calls.c.verdict == Verdict.SILENT).label("silent"),
        func.count().filter(calls.c.outcome == Outcome.ABANDONED).label("hang_ups"),
        func.count()
        .filter(cases.c.closed_at.is_(None), cases.c.case_id.is_not(None))
        .label("open_cases"),
    )
    .select_from(calls.outerjoin(cases, cases.c.case_id == calls.c.case_id))
    .where(calls.c.number == bindparam("number"))
)


def list_calls(
    connection: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    number: str | None = None,
    queue: str | None = None,
    agent: str | None = None,
    outcome: Outcome | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[CallRow, ...]:
    """Calls, the newest first.

    Args:
        connection: given by ``ask``.
        limit: most rows.
        before: the ``first_seq`` of the last row of the page before.
        number: in normal form.
        queue: the queue that the call is or was in.
        agent: the last operator who answered.
        outcome: how it went.
        since: arrived at or after.
        until: arrived before.
    """
    query = select(calls).order_by(calls.c.first_seq.desc()).limit(limit)
    wanted = _compare(calls.c.number, eq, number) + _compare(calls.c.queue, eq, queue)
    wanted += _compare(calls.c.agent, eq, agent) + _compare(calls.c.outcome, eq, outcome)
    wanted += _compare(calls.c.first_seq, lt, before)
    wanted += _compare(calls.c.arrived_at, ge, since)
    wanted += _compare(calls.c.arrived_at, lt, until)
    return _all(connection, query.where(*wanted), _CALL)


def get_history(connection: Connection, number: str) -> NumberHistory:
    """What is known of a number; asked at each call, so it is one statement and no rows."""
    row = connection.execute(_HISTORY, {"number": number}).one()
    return NumberHistory(
        calls=row.calls,
        pranks=row.pranks,
        silent=row.silent,
        hang_ups=row.hang_ups,
        has_open_case=row.open_cases > 0,
    )


def list_pranks(connection: Connection, number: str) -> tuple[Evidence, ...]:
    """A number's calls whose last verdict is a prank, answered and judged by a named operator."""
    return tuple(
        Evidence(
            call_id=row.call_id,
            at=row.verdict_at,
            agent=row.verdict_by,
            source=NumberSource(row.number_source),
            recording=row.recording,
        )
        for row in connection.execute(_PRANKS, {"number": number})
    )


def list_suspects(connection: Connection, call_ids: Iterable[CallId]) -> Mapping[Number, str]:
    """The numbers of these calls that have pranks or were ever blocked, each with its newest call's queue.

    Args:
        connection: given by ``ask``.
        call_ids: some calls, a page of the journal at most.
    """
    rows = connection.execute(_CALLERS, {"call_ids": tuple(call_ids)}).all()
    queues = {Number(row.number): row.queue or "" for row in rows}
    suspects = set(connection.scalars(_SUSPECTS, {"numbers": tuple(queues)}))
    return {number: queue for number, queue in queues.items() if number in suspects}


def get_call(connection: Connection, call_id: str) -> CallStory | None:
    """A call with its events, in order; None = unknown."""
    row = get_call_row(connection, call_id)
    if row is None:
        return None
    page = read_page(connection, after=0, limit=_STORY_EVENTS, call_id=call_id)
    return CallStory(call=row, events=page.events, unknown=page.unknown)


def get_call_row(connection: Connection, call_id: str) -> CallRow | None:
    """A call without its events; None = unknown."""
    rows = _all(connection, select(calls).where(calls.c.call_id == call_id), _CALL)
    return rows[0] if rows else None


def list_unfinished(connection: Connection) -> tuple[CallId, ...]:
    """Calls of which something is still awaited: their end, or what became of their recording."""
    unheard = (
        calls.c.ended_at.is_not(None)
        & calls.c.recording.is_not(None)
        & calls.c.recording_s.is_(None)
        & calls.c.recording_missing.is_(None)
    )
    wanted = (calls.c.outcome == Outcome.LIVE) | unheard
    ids = connection.scalars(select(calls.c.call_id).where(wanted).order_by(calls.c.first_seq))
    return tuple(CallId(id_) for id_ in ids)


def list_call_ids(connection: Connection, since: datetime) -> frozenset[CallId]:
    """The calls that arrived at or after a time."""
    ids = connection.scalars(select(calls.c.call_id).where(calls.c.arrived_at >= since))
    return frozenset(CallId(id_) for id_ in ids)


def list_alarms(connection: Connection) -> tuple[Recorded, ...]:
    """When queues were unattended and attended again, the newest last."""
    kinds = (QueueUnattended.__name__, QueueAttended.__name__)
    newest = select(*COLUMNS).where(events.c.type.in_(kinds)).order_by(events.c.seq.desc())
    lines = [line_from(row) for row in connection.execute(newest.limit(_ALARMS))]
    return page_of(lines[::-1], after=0, limit=_ALARMS).events


def list_bans(connection: Connection) -> tuple[Recorded, ...]:
    """Bans of addresses and their ends by hand, the newest last."""
    kinds = (AddressBanned.__name__, AddressBanLifted.__name__)
    newest = select(*COLUMNS).where(events.c.type.in_(kinds)).order_by(events.c.seq.desc())
    lines = [line_from(row) for row in connection.execute(newest.limit(_BANS))]
    return page_of(lines[::-1], after=0, limit=_BANS).events


def shift_events(connection: Connection) -> tuple[Recorded, ...]:
    """What was told of shifts, the newest last."""
    kinds = ("ShiftStarted", "ShiftEnded", "ShiftEmpty")
    newest = select(*COLUMNS).where(events.c.type.in_(kinds)).order_by(events.c.seq.desc())
    lines = [line_from(row) for row in connection.execute(newest.limit(_ALARMS))]
    return page_of(lines[::-1], after=0, limit=_ALARMS).events


def callback_events(connection: Connection, since: datetime) -> tuple[Recorded, ...]:
    """What tells who hung up waiting and what became of them, in order, from a time on."""
    query = select(*COLUMNS).where(events.c.type.in_(KINDS), events.c.at >= time_text(since))
    lines = [line_from(row) for row in connection.execute(query.order_by(events.c.seq))]
    return page_of(lines, after=0, limit=len(lines)).events


def events_of(
    connection: Connection, call_ids: Sequence[CallId]
) -> Mapping[CallId, Sequence[Event]]:
    """The events of each of these calls, in order; of an unknown call nothing."""
    columns = [events.c[one.name] for one in fields(Line)]
    found: dict[CallId, list[Event]] = {}
    for first in range(0, len(call_ids), _AT_ONCE):
        wanted = events.c.call_id.in_(call_ids[first : first + _AT_ONCE])
        rows = connection.execute(select(*columns).where(wanted).order_by(events.c.seq)).mappings()
        lines = [Line(**row) for row in rows]
        for recorded in page_of(lines, after=0, limit=len(lines)).events:
            if call_id := recorded.event.call_id:
                found.setdefault(call_id, []).append(recorded.event)
    return found


def agent_events(connection: Connection) -> tuple[Recorded, ...]:
    """Every log-in, log-out and pause of operators, in order."""
    columns = (events.c[one.name] for one in fields(Line))
    query = select(*columns).where(events.c.type.in_(_AGENTS)).order_by(events.c.seq)
    lines = [Line(**row) for row in connection.execute(query).mappings()]
    return page_of(lines, after=0, limit=len(lines)).events


def list_cases(
    connection: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    open_only: bool = False,
    owner: str | None = None,
) -> tuple[CaseRow, ...]:
    """Cases, the newest first; ``before`` is the ``first_seq`` of the last row of the page
    before.
    """
    query = select(cases).order_by(cases.c.first_seq.desc()).limit(limit)
    wanted = _compare(cases.c.first_seq, lt, before) + _compare(cases.c.owner, eq, owner)
    wanted += [cases.c.closed_at.is_(None)] if open_only else []
    return _all(connection, query.where(*wanted), _CASE)


def get_case(connection: Connection, case_id: str) -> CaseRow | None:
    """One case; None = unknown."""
    rows = _all(connection, select(cases).where(cases.c.case_id == case_id), _CASE)
    return rows[0] if rows else None


def list_blocks(
    connection: Connection,
    *,
    in_force_at: datetime | None = None,
    limit: int = 1000,
    after: str | None = None,
    cause: BlockCause | None = None,
    by: str | None = None,
    owner: str | None = None,
) -> tuple[BlockRow, ...]:
    """Blocks by number; ``after`` is the last number of the page before.

    Args:
        connection: given by ``ask``.
        in_force_at: only blocks that reject calls at this time; None = lifted and expired ones as
            well.
        limit: most rows.
        after: number to go on after.
        cause: how it came onto the list.
        by: who made it.
        owner: who answers for it.
    """
    query = select(blocks).order_by(blocks.c.number).limit(limit)
    wanted = _compare(blocks.c.number, gt, after) + _compare(blocks.c.cause, eq, cause)
    wanted += _compare(blocks.c.by, eq, by) + _compare(blocks.c.owner, eq, owner)
    if in_force_at is not None:
        wanted.append(in_force(in_force_at))
    return _blocks(connection, query.where(*wanted))


def get_block(connection: Connection, number: str) -> BlockRow | None:
    """A number's last block, in force or not; None = it was never blocked."""
    rows = _blocks(connection, select(blocks).where(blocks.c.number == number))
    return rows[0] if rows else None


def events_after(
    connection: Connection, seq: int, *, limit: int = 500, call_id: str | None = None
) -> Page:
    """The next events, for those who follow the journal: go on at ``last_seq``."""
    return read_page(connection, after=seq, limit=limit, call_id=call_id)


def _compare(
    column: Column[Any], by: Callable[[Any, Any], Any], value: object
) -> list[ColumnElement[bool]]:
    return [] if value is None else [by(column, value)]


def _all(connection: Connection, query: Select[Any], kind: TypeAdapter[R]) -> tuple[R, ...]:
    rows: Iterable[Any] = connection.execute(query).mappings()
    return tuple(kind.validate_python(dict(row)) for row in rows)


def _blocks(connection: Connection, query: Select[Any]) -> tuple[BlockRow, ...]:
    return tuple(_block(dict(row)) for row in connection.execute(query).mappings())


def _block(row: dict[str, Any]) -> BlockRow:
    evidence = _EVIDENCE.validate_json(row.pop("evidence"))
    warnings = _WARNINGS.validate_json(row.pop("warnings"))
    return _BLOCK.validate_python({**row, "evidence": evidence, "warnings": warnings})
