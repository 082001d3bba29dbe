"""The journal and its first read tables."""

import sqlalchemy as sa
from alembic import op

from cc110.journal.schema import UtcMs

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_big_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _events()
    _calls()
    _cases()
    _blocks()
    op.create_table(
        "cursors",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )


def downgrade() -> None:
    """Remove the tables, the journal among them."""
    for table in ("cursors", "blocks", "cases", "calls", "events"):
        op.drop_table(table)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", _big_id, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("call_id", sa.String),
        sa.Column("case_id", sa.String),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("v", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_id", "events", ["id"], unique=True)
    op.create_index("ix_events_call_id", "events", ["call_id", "seq"])
    op.create_index("ix_events_case_id", "events", ["case_id", "seq"])
    op.create_index("ix_events_type_at", "events", ["type", "at"])


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", UtcMs, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("number_source", sa.String),
        sa.Column("dialled", sa.String),
        sa.Column("trunk", sa.String),
        sa.Column("queue", sa.String),
        sa.Column("priority", sa.Integer),
        sa.Column("menu", sa.String),
        sa.Column("language", sa.String),
        sa.Column("queued_at", UtcMs),
        sa.Column("answered_at", UtcMs),
        sa.Column("agent", sa.String),
        sa.Column("waited_s", sa.Float),
        sa.Column("verdict", sa.String),
        sa.Column("polres", sa.String),
        sa.Column("transfers", sa.Integer, nullable=False),
        sa.Column("returns", sa.Integer, nullable=False),
        sa.Column("handed_over_at", UtcMs),
        sa.Column("ended_at", UtcMs),
        sa.Column("ended_by", sa.String),
        sa.Column("duration_s", sa.Float),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("case_id", sa.String),
        sa.Column("recording", sa.String),
        sa.Column("recording_s", sa.Float),
        sa.Column("recording_missing", sa.String),
        sa.Column("recovered", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_calls"),
    )
    for column in ("first_seq", "arrived_at", "number", "queue", "agent", "outcome"):
        op.create_index(f"ix_calls_{column}", "calls", [column])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("call_id", sa.String),
        sa.Column("number", sa.String),
        sa.Column("opened_at", UtcMs, nullable=False),
        sa.Column("opened_by", sa.String),
        sa.Column("owner", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("updated_at", UtcMs, nullable=False),
        sa.Column("closed_at", UtcMs),
        sa.Column("closed_by", sa.String),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
    )
    for column in ("first_seq", "owner"):
        op.create_index(f"ix_cases_{column}", "cases", [column])


def _blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("number", sa.String, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("blocked_at", UtcMs, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("lifted_at", UtcMs),
        sa.Column("lifted_by", sa.String),
        sa.Column("lifted_reason", sa.String),
        sa.Column("rejections", sa.Integer, nullable=False),
        sa.Column("rejected_at", UtcMs),
        sa.PrimaryKeyConstraint("number", name="pk_blocks"),
    )
