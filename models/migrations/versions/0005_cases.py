"""cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.add_column('ticket', sa.Column('later', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('ticket', sa.Column('later_on', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket_party', sa.Column('contact_sealed', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column('ticket_party', 'contact_sealed')
    op.drop_column('ticket', 'later_on')
    op.drop_column('ticket', 'later')
