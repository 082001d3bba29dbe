"""Until when the PBX was listened to: where reading back begins (docs/adr/0010-catch-up.md)."""

from datetime import datetime

from sqlalchemy import Connection, select

from cc110.core.events import PbxReadBack
from cc110.journal.codec import text_time
from cc110.journal.schema import events
from cc110.journal.store import COLUMNS, line_from, page_of

_NEWEST = 1000
"""Events are journaled nearly in the order of their times."""
_FROM_A_DESK = (
    "ShiftStarted",
    "ShiftEnded",
    "ShiftEmpty",
    "RosterTaken",
    "RosterRefused",
    "CallbackClaimed",
    "CallbackDropped",
    "NumberBlocked",
    "NumberUnblocked",
    "NumberExempted",
    "RangeBlockProposed",
    "RangeBlocked",
    "RangeUnblocked",
    "AddressBanned",
    "AddressBanLifted",
    "VerdictWithdrawn",
    "CaseClosed",
    "RecordingFinalised",
    "RecordingMissing",
    "RecordingExported",
    "RecordingHeld",
    "RecordingReleased",
    "RecordingErased",
)
"""What may be journaled while nobody listens to the PBX."""


def heard_until(connection: Connection) -> datetime | None:
    """Until when the PBX was listened to and everything before is told; None = it never was.

    That is up to the first loss after the last ``PbxBack``, which is said when all is read back, or as
    far as reading has come since then; or, when the daemon died without a word, up to the newest event
    that came from the PBX.
    """
    newest_back = select(events.c.seq).where(events.c.type == "PbxBack")
    back = connection.scalar(newest_back.order_by(events.c.seq.desc()).limit(1))
    if read := _read_back(connection, after=back or 0):
        return read
    if back is None:
        return None
    after = select(events.c.at).where(events.c.seq >= back)
    lost = after.where(events.c.type == "PbxLost").order_by(events.c.seq).limit(1)
    first_lost = connection.scalar(lost)
    if first_lost is not None:
        return text_time(first_lost)
    newest = after.add_columns(events.c.type).order_by(events.c.seq.desc()).limit(_NEWEST)
    heard = [row.at for row in connection.execute(newest) if row.type not in _FROM_A_DESK]
    at = max(heard) if heard else connection.scalar(after.order_by(events.c.seq).limit(1))
    return None if at is None else text_time(at)


def _read_back(connection: Connection, *, after: int) -> datetime | None:
    """How far reading back has come since it began; None = not even a little."""
    newest = select(*COLUMNS).where(events.c.type == "PbxReadBack", events.c.seq > after)
    row = connection.execute(newest.order_by(events.c.seq.desc()).limit(1)).first()
    said = page_of([line_from(row)], after=0, limit=1).events if row else ()
    return next(
        (one.event.data.until for one in said if isinstance(one.event.data, PbxReadBack)), None
    )
