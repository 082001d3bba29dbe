"""The tables: the journal itself, and what readers make of it.

SQLAlchemy Core, the same on SQLite and PostgreSQL.

Everything but ``events`` can be thrown away and filled again from ``events``; of ``cursors``, the
rows ``spool:...`` say what of the spool is in ``events`` already, and belong to them.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from cc110.journal.codec import text_time, time_text

REVISION = "0004"
"""The schema that this version of cc110 reads and writes: the newest one in
``migrations/versions``.
"""


class UtcMs(TypeDecorator[datetime]):
    """An aware time, stored as the events have it: text that sorts, the same on every database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else time_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else text_time(value)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; on SQLite the type that makes a primary key the row id."""

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

events = Table(
    "events",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("at", String, nullable=False),
    Column("site", String, nullable=False),
    Column("call_id", String),
    Column("case_id", String),
    Column("type", String, nullable=False),
    Column("v", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_events_id", "id", unique=True),
    Index("ix_events_call_id", "call_id", "seq"),
    Index("ix_events_case_id", "case_id", "seq"),
    Index("ix_events_type_at", "type", "at"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", String, primary_key=True),
    Column("first_seq", BigInteger, nullable=False, index=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("arrived_at", UtcMs, nullable=False, index=True),
    Column("number", String, index=True),
    Column("number_source", String),
    Column("dialled", String),
    Column("trunk", String),
    Column("queue", String, index=True),
    Column("priority", Integer),
    Column("menu", String),
    Column("language", String),
    Column("queued_at", UtcMs),
    Column("answered_at", UtcMs),
    Column("agent", String, index=True),
    Column("waited_s", Float),
    Column("verdict", String),
    Column("verdict_at", UtcMs),
    Column("verdict_by", String),
    Column("polres", String),
    Column("transfers", Integer, nullable=False),
    Column("returns", Integer, nullable=False),
    Column("handed_over_at", UtcMs),
    Column("ended_at", UtcMs),
    Column("ended_by", String),
    Column("duration_s", Float),
    Column("outcome", String, nullable=False, index=True),
    Column("case_id", String),
    Column("recording", String),
    Column("recording_s", Float),
    Column("recording_missing", String),
    Column("recovered", Boolean, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("first_seq", BigInteger, nullable=False, index=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("call_id", String),
    Column("number", String),
    Column("opened_at", UtcMs, nullable=False),
    Column("opened_by", String),
    Column("owner", String, index=True),
    Column("reason", String),
    Column("updated_at", UtcMs, nullable=False),
    Column("closed_at", UtcMs),
    Column("closed_by", String),
)

blocks = Table(
    "blocks",
    metadata,
    Column("number", String, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("blocked_at", UtcMs, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("by", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("warnings", String, nullable=False),
    Column("note", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("lifted_at", UtcMs),
    Column("lifted_by", String),
    Column("lifted_reason", String),
    Column("rejections", Integer, nullable=False),
    Column("rejected_at", UtcMs),
)

block_steps = Table(
    "block_steps",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("number", String, nullable=False),
    Index("ix_block_steps_number", "number", "seq"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("call_id", String, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("recorded_at", UtcMs),
    Column("path", String),
    Column("seconds", Float),
    Column("missing_s", Float),
    Column("sha256", String),
    Column("held_at", UtcMs),
    Column("held_by", String),
    Column("held_reason", String),
    Column("exports", Integer, nullable=False),
    Column("erased_at", UtcMs),
    Column("erased_by", String),
    Column("erased_reason", String),
    Index("ix_recordings_erased_at_recorded_at", "erased_at", "recorded_at"),
)
