"""alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

TABLES = ("alert",)


def upgrade() -> None:
    """Apply."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("alert_no", start=1001)))
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("msg_type", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("headline", sa.Text(), server_default="", nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("xml", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_alert_incident_id")),
        sa.ForeignKeyConstraint(["supersedes"], ["alert.id"], name=op.f("fk_alert_supersedes")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_alert_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("tenant_id", "identifier", name=op.f("uq_alert_tenant_id_identifier")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_alert_tenant_id_number")),
    )
    op.create_index("ix_alert_incident", "alert", ["tenant_id", "incident_id"])
    op.create_index("ix_alert_written", "alert", ["tenant_id", "written_at"])
    op.create_index("ix_alert_current", "alert", ["tenant_id", "expires_at"], postgresql_where=sa.text("state = 'published'"))
    op.create_index(
        "uq_alert_successor", "alert", ["tenant_id", "supersedes"], unique=True,
        postgresql_where=sa.text("supersedes IS NOT NULL AND state <> 'refused'"),
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} "
            "USING (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int) "
            "WITH CHECK (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int)"
        )


def downgrade() -> None:
    """Take back."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP SEQUENCE alert_no")
