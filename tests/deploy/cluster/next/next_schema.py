"""What a next version may do to tables in use: add."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "@HEAD@"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "next_remark",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Unicode(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_next_remark")),
    )
    op.add_column("contact_request", sa.Column("next_remark", sa.Unicode(length=255)))
    op.create_index("ix_contact_request_next_remark", "contact_request", ["next_remark"])
    op.add_column("job", sa.Column("next_rank", sa.Integer(), server_default="0"))


def downgrade() -> None:
    """Take back."""
    op.drop_column("job", "next_rank")
    op.drop_index("ix_contact_request_next_remark", "contact_request")
    op.drop_column("contact_request", "next_remark")
    op.drop_table("next_remark")
