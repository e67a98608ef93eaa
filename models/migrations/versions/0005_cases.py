"""cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


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


def downgrade() -> None:
    """Take back."""
    op.drop_column("call_ledger", "seal")
    op.drop_table("customer")
    op.drop_index("ix_ticket_party_name", table_name="ticket_party")
    op.drop_column("ticket_party", "name_digest")
