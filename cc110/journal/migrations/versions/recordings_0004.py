"""Recordings: what is kept, held and erased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; its reader fills it from the journal."""
    op.create_table(
        "recordings",
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.String),
        sa.Column("path", sa.String),
        sa.Column("seconds", sa.Float),
        sa.Column("missing_s", sa.Float),
        sa.Column("sha256", sa.String),
        sa.Column("held_at", sa.String),
        sa.Column("held_by", sa.String),
        sa.Column("held_reason", sa.String),
        sa.Column("exports", sa.Integer, nullable=False),
        sa.Column("erased_at", sa.String),
        sa.Column("erased_by", sa.String),
        sa.Column("erased_reason", sa.String),
        sa.PrimaryKeyConstraint("call_id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_erased_at_recorded_at", "recordings", ["erased_at", "recorded_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("recordings")
    op.execute("DELETE FROM cursors WHERE name = 'recordings'")
