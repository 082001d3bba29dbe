"""Who judged a call and when; what a block rests on."""

import sqlalchemy as sa
from alembic import op

from cc110.journal.schema import UtcMs

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CALLS = (sa.Column("verdict_at", UtcMs), sa.Column("verdict_by", sa.String))
_BLOCKS = tuple(
    sa.Column(name, kind, nullable=False, server_default=text)
    for name, kind, text in (
        ("cause", sa.String, "by-hand"),
        ("evidence", sa.Text, "[]"),
        ("warnings", sa.String, "[]"),
        ("note", sa.String, ""),
        ("owner", sa.String, ""),
    )
)


def upgrade() -> None:
    """Add the columns, and have the tables filled anew from the journal."""
    for column in _CALLS:
        op.add_column("calls", column)
    for column in _BLOCKS:
        op.add_column("blocks", column)
    op.execute("DELETE FROM calls")
    op.execute("DELETE FROM blocks")
    op.execute("UPDATE cursors SET seq = 0 WHERE name IN ('calls', 'blocks')")


def downgrade() -> None:
    """Remove the columns."""
    for table, columns in (("blocks", _BLOCKS), ("calls", _CALLS)):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
