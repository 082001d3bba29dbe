"""Which events tell of a number's blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; its reader fills it from the journal."""
    op.create_table(
        "block_steps",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("number", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_block_steps"),
    )
    op.create_index("ix_block_steps_number", "block_steps", ["number", "seq"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("block_steps")
    op.execute("DELETE FROM cursors WHERE name = 'block_steps'")
