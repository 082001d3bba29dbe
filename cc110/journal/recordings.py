"""The table of recordings: what is kept, held and erased, and what is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from cc110.core import events
from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId, CaseId
from cc110.core.retention import Kept
from cc110.core.words import Verdict
from cc110.journal.rowreader import Row, RowReader
from cc110.journal.schema import calls, cases, recordings


@dataclass(frozen=True, kw_only=True)
class RecordingRow:
    """One recording. Times are UTC; None = has not happened, or is not known."""

    call_id: CallId
    last_seq: int
    recorded_at: datetime | None
    """When it was final; None = it is not, and somebody asked to hold it all the same."""
    path: str | None
    seconds: float | None
    missing_s: float | None
    """Seconds of the call that it does not hold."""
    sha256: str | None
    held_at: datetime | None
    held_by: str | None
    held_reason: str | None
    exports: int
    """How often it was handed out."""
    erased_at: datetime | None
    erased_by: str | None
    erased_reason: str | None
    verdict: Verdict | None
    """The call's last one."""
    case_id: CaseId | None
    has_open_case: bool

    def kept(self) -> Kept | None:
        """As the rules of retention see it; None = there is nothing to erase."""
        if self.recorded_at is None or self.path is None or self.erased_at is not None:
            return None
        return Kept(
            call_id=self.call_id,
            path=self.path,
            recorded_at=self.recorded_at,
            verdict=self.verdict,
            is_held=self.held_at is not None,
            has_open_case=self.has_open_case,
        )


class RecordingsReader(RowReader):
    """Fills ``recordings``."""

    name = "recordings"
    table = recordings
    key = "call_id"

    def key_of(self, recorded: Recorded) -> str | None:
        """The call whose recording the event is about."""
        match recorded.event.data:
            case (
                events.RecordingFinalised()
                | events.RecordingHeld()
                | events.RecordingReleased()
                | events.RecordingExported()
                | events.RecordingErased()
            ):
                return recorded.event.call_id
            case _:
                return None

    def fold(self, row: Row | None, recorded: Recorded) -> Row:
        """The recording's row after the event."""
        row = row or _new_row(recorded)
        return {**row, "last_seq": recorded.seq, **_changes(row, recorded.event)}


def _new_row(recorded: Recorded) -> Row:
    empty: Row = dict.fromkeys(column.name for column in recordings.columns)
    return empty | {"call_id": recorded.event.call_id, "exports": 0}


def _changes(row: Row, event: Event) -> dict[str, Any]:
    match event.data:
        case events.RecordingFinalised() as final:
            return {
                "recorded_at": row["recorded_at"] or event.at,
                "path": final.path,
                "seconds": final.seconds,
                "missing_s": final.missing_s,
                "sha256": final.sha256 or row["sha256"],
            }
        case events.RecordingHeld(by=by, reason=reason):
            return {"held_at": event.at, "held_by": by, "held_reason": reason}
        case events.RecordingReleased():
            return {"held_at": None, "held_by": None, "held_reason": None}
        case events.RecordingExported():
            return {"exports": row["exports"] + 1}
        case events.RecordingErased(by=by, reason=reason):
            return {"erased_at": event.at, "erased_by": by, "erased_reason": reason}
        case _:
            return {}


def _rows() -> Select[Any]:
    is_open = cases.c.case_id.is_not(None) & cases.c.closed_at.is_(None)
    return (
        select(recordings, calls.c.verdict, calls.c.case_id, is_open.label("has_open_case"))
        .outerjoin(calls, calls.c.call_id == recordings.c.call_id)
        .outerjoin(cases, cases.c.case_id == calls.c.case_id)
    )


def _row(found: Any) -> RecordingRow:
    said = dict(found)
    verdict = Verdict(said["verdict"]) if said["verdict"] else None
    return RecordingRow(
        **{**said, "verdict": verdict, "has_open_case": bool(said["has_open_case"])}
    )


def get_recording(connection: Connection, call_id: str) -> RecordingRow | None:
    """A call's recording, or what was said of it."""
    query = _rows().where(recordings.c.call_id == call_id)
    found = connection.execute(query).mappings().first()
    return _row(found) if found else None


def list_recordings(
    connection: Connection,
    *,
    limit: int = 50,
    held_only: bool = False,
    erased: bool = False,
    missing_only: bool = False,
) -> list[RecordingRow]:
    """Recordings, the newest first.

    Args:
        connection: given by ``ask``.
        limit: most rows.
        held_only: those under legal hold.
        erased: those that were erased, instead of those that are there.
        missing_only: those that do not hold all of their call.
    """
    gone = recordings.c.erased_at
    query = _rows().where(gone.is_not(None) if erased else gone.is_(None))
    if held_only:
        query = query.where(recordings.c.held_at.is_not(None))
    if missing_only:
        query = query.where(recordings.c.missing_s > 0)
    query = query.order_by(recordings.c.call_id.desc()).limit(limit)
    return [_row(found) for found in connection.execute(query).mappings()]


def list_kept(
    connection: Connection, *, before: datetime, after: str = "", limit: int = 1000
) -> list[Kept]:
    """Recordings that are there and were final before a time, the oldest first; held ones are left out.

    Args:
        connection: given by ``ask``.
        before: in UTC.
        after: go on behind this call.
        limit: most rows.
    """
    query = (
        _rows()
        .where(recordings.c.erased_at.is_(None), recordings.c.held_at.is_(None))
        .where(recordings.c.recorded_at < before, recordings.c.call_id > after)
        .order_by(recordings.c.call_id)
        .limit(limit)
    )
    rows = (_row(found) for found in connection.execute(query).mappings())
    return [kept for row in rows if (kept := row.kept())]


def journaled(connection: Connection) -> dict[str, tuple[str, str]]:
    """Path and hash of each recording that should be in the manifest, by call."""
    columns = (recordings.c.call_id, recordings.c.path, recordings.c.sha256)
    query = select(*columns).where(recordings.c.sha256.is_not(None))
    return {row.call_id: (row.path, row.sha256) for row in connection.execute(query)}
