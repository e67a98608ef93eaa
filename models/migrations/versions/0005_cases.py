"""cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INDEXES = (
    # what desks and timers look for, each a handful of a million
    ("ix_ticket_quality", "ticket", ["tenant_id", "quality", "opened_at"], "quality <> ''"),
    ("ix_ticket_contested", "ticket", ["tenant_id"], "contested"),
    ("ix_ticket_paused", "ticket", ["paused_at"], "paused_at IS NOT NULL"),
    ("ix_ticket_leg_urged", "ticket_leg", ["ticket_id"],
     "urges > 0 AND handled_at IS NULL AND returned_at IS NULL"),
    ("ix_ticket_history_instruct", "ticket_history", ["ticket_id"], "verb = 'instruct'"),
    ("ix_supervision_open", "supervision", ["ticket_id"], "ended_at IS NULL"),
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.add_column("ticket_party", sa.Column("name_digest", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_ticket_party_name", "ticket_party", ["tenant_id", "name_digest"], postgresql_where=sa.text("name_digest <> ''"))
    op.create_table(
        "customer",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("note_sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_customer_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_customer")),
    )
    op.execute("ALTER TABLE customer ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY tenant ON customer "
        "USING (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int) "
        "WITH CHECK (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int)"
    )
    op.add_column("call_ledger", sa.Column("seal", sa.Text(), server_default="", nullable=False))
    op.add_column('ticket', sa.Column('later', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('ticket', sa.Column('later_on', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket_party', sa.Column('contact_sealed', sa.Text(), server_default='', nullable=False))
    op.add_column("ticket", sa.Column("quality", sa.Text(), server_default="", nullable=False))
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    """Take back."""
    op.drop_column('ticket_party', 'contact_sealed')
    op.drop_column('ticket', 'later_on')
    op.drop_column('ticket', 'later')
    for name, table, *_ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_column("ticket", "quality")
    op.drop_column("call_ledger", "seal")
    op.drop_table("customer")
    op.drop_index("ix_ticket_party_name", table_name="ticket_party")
    op.drop_column("ticket_party", "name_digest")
