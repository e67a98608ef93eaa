"""upkeep: what a tenant switches off of its capabilities and its levels of duty."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = ("capability", "duty_level")


def upgrade() -> None:
    """Apply."""
    for table in TABLES:
        op.add_column(
            table, sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False)
        )


def downgrade() -> None:
    """Take back."""
    for table in TABLES:
        op.drop_column(table, "active")
