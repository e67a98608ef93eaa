"""site: whose crew a person is."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "app_user", sa.Column("force", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("app_user", "force")
