"""The table of cases: what calls are about, and whose work they are."""

from typing import Any

from cc110.core import events
from cc110.core.events import Event, Recorded
from cc110.journal.rowreader import Row, RowReader
from cc110.journal.schema import cases


class CasesReader(RowReader):
    """Fills ``cases``."""

    name = "cases"
    table = cases
    key = "case_id"

    def key_of(self, recorded: Recorded) -> str | None:
        """The case that the event is about."""
        match recorded.event.data:
            case events.CaseOpened() | events.CaseUpdated() | events.CaseClosed():
                return recorded.event.case_id
            case _:
                return None

    def fold(self, row: Row | None, recorded: Recorded) -> Row:
        """The case's row after the event."""
        event = recorded.event
        row = row or _new_row(recorded)
        return {**row, "last_seq": recorded.seq, "updated_at": event.at, **_changes(event)}


def _new_row(recorded: Recorded) -> Row:
    empty: Row = dict.fromkeys(column.name for column in cases.columns)
    return empty | {
        "case_id": recorded.event.case_id,
        "first_seq": recorded.seq,
        "call_id": recorded.event.call_id,
        "opened_at": recorded.event.at,
    }


def _changes(event: Event) -> dict[str, Any]:
    match event.data:
        case events.CaseOpened(owner=owner, agent=agent, number=number):
            return {"owner": owner, "opened_by": agent, "number": number, "opened_at": event.at}
        case events.CaseUpdated(owner=owner, reason=reason):
            return {"owner": owner, "reason": reason}
        case events.CaseClosed(by=by):
            return {"closed_at": event.at, "closed_by": by}
        case _:
            return {}
