"""The audit trail of the blocklist: which events tell of a number, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from cc110.core import events as e
from cc110.core.events import Recorded
from cc110.journal.codec import time_text
from cc110.journal.schema import block_steps, blocks, events
from cc110.journal.store import COLUMNS, line_from, page_of


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event of a number's story."""

    number: str
    recorded: Recorded
    rejections: int
    """How many calls of the number were rejected up to now, over all its blocks."""


class BlockStepsReader:
    """Fills ``block_steps``: a number for each event of its story, rejected calls aside."""

    name = "block_steps"

    def apply(self, batch: Sequence[Recorded], connection: Connection) -> None:
        """Note the events that tell of a number."""
        rows = [
            {"seq": one.seq, "number": number}
            for one in batch
            if (number := _number_of(one, connection))
        ]
        if rows:
            connection.execute(insert(block_steps), rows)

    def clear(self, connection: Connection) -> None:
        """Empty the table."""
        connection.execute(delete(block_steps))


def list_steps(
    connection: Connection,
    *,
    number: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Step]:
    """The audit trail, the newest first.

    Args:
        connection: given by ``ask``.
        number: in normal form; None = of all numbers.
        since: only what happened at or after.
        limit: most steps.
    """
    query = (
        select(block_steps.c.number, blocks.c.rejections, *COLUMNS)
        .select_from(block_steps.join(events, events.c.seq == block_steps.c.seq))
        .outerjoin(blocks, blocks.c.number == block_steps.c.number)
        .order_by(block_steps.c.seq.desc())
        .limit(limit)
    )
    if number is not None:
        query = query.where(block_steps.c.number == number)
    if since is not None:
        query = query.where(events.c.at >= time_text(since))
    rows = connection.execute(query).all()
    known = {
        one.seq: one
        for one in page_of([line_from(row[2:]) for row in rows], after=0, limit=0).events
    }
    return [
        Step(number=row.number, recorded=known[row.seq], rejections=row.rejections or 0)
        for row in rows
        if row.seq in known
    ]


def _number_of(recorded: Recorded, connection: Connection) -> str | None:
    match recorded.event.data:
        case (
            e.NumberBlocked(number=number)
            | e.NumberUnblocked(number=number)
            | e.NumberExempted(number=number)
            | e.BlockVerificationAsked(number=number)
            | e.BlockVerificationRefused(number=number)
        ):
            return number
        case e.VerdictWithdrawn():
            return _caller(recorded, connection)
        case _:
            return None


def _caller(recorded: Recorded, connection: Connection) -> str | None:
    """Whose call it was, from the journal itself: other tables may be behind."""
    arrival = (events.c.call_id == recorded.event.call_id) & (events.c.type == "CallArrived")
    row = connection.execute(select(*COLUMNS).where(arrival).limit(1)).first()
    found = page_of([line_from(row)], after=0, limit=0).events if row else ()
    data = found[0].event.data if found else None
    return data.number if isinstance(data, e.CallArrived) else None
