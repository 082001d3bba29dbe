"""The table of blocked numbers, with how often each block was met.

Lifted blocks stay, marked as lifted.
"""

from datetime import datetime

from cc110.core import events
from cc110.core.events import Recorded
from cc110.journal.codec import packed
from cc110.journal.rowreader import Row, RowReader
from cc110.journal.schema import blocks


class BlocksReader(RowReader):
    """Fills ``blocks``."""

    name = "blocks"
    table = blocks
    key = "number"

    def key_of(self, recorded: Recorded) -> str | None:
        """The number that the event is about."""
        match recorded.event.data:
            case (
                events.NumberBlocked(number=number)
                | events.NumberUnblocked(number=number)
                | events.CallRejected(number=number)
            ):
                return number
            case _:
                return None

    def fold(self, row: Row | None, recorded: Recorded) -> Row | None:
        """The number's row after the event; a number that was never blocked has none."""
        at = recorded.event.at
        seen = {"last_seq": recorded.seq}
        match recorded.event.data:
            case events.NumberBlocked() as blocked:
                return _blocked(row, blocked, at) | seen
            case events.NumberUnblocked(reason=reason, by=by) if row:
                return {**row, **seen, "lifted_at": at, "lifted_by": by, "lifted_reason": reason}
            case events.CallRejected() if row:
                times = row["rejections"] + 1
                return {**row, **seen, "rejections": times, "rejected_at": at}
            case _:
                return row


def _blocked(row: Row | None, blocked: events.NumberBlocked, at: datetime) -> Row:
    return {
        "number": blocked.number,
        "blocked_at": at,
        "until": blocked.until,
        "reason": blocked.reason,
        "by": blocked.by,
        "cause": blocked.cause,
        "evidence": packed(blocked.evidence),
        "warnings": packed(blocked.warnings),
        "note": blocked.note,
        "owner": blocked.owner,
        "times": row["times"] + 1 if row else 1,
        "lifted_at": None,
        "lifted_by": None,
        "lifted_reason": None,
        "rejections": row["rejections"] if row else 0,
        "rejected_at": row["rejected_at"] if row else None,
    }
