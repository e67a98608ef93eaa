"""evaluation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

TABLES = ("evaluation_indicator", "evaluation")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "evaluation_indicator",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("target", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_evaluation_indicator_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "version", "code", name=op.f("pk_evaluation_indicator")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("indicators", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approver", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'approved')", name=op.f("ck_evaluation_state")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_evaluation_incident_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_evaluation_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("tenant_id", "incident_id", "version", name=op.f("uq_evaluation_tenant_id_incident_id_version")),
    )
    op.create_index(
        "uq_evaluation_unapproved", "evaluation", ["tenant_id", "incident_id"], unique=True,
        postgresql_where=sa.text("state <> 'approved'"),
    )
    op.create_index("ix_call_ledger_counted", "call_ledger", ["tenant_id", "counted_at"])
    # under row-level security an index on what `->>` takes out of the event is never asked: it is no leakproof function
    op.drop_index("ix_event_log_incident", table_name="event_log")
    op.add_column(
        "event_log",
        sa.Column("incident", sa.BigInteger(), sa.Computed("(event ->> 'incident')::bigint", persisted=True), nullable=True),
    )
    op.create_index(
        "ix_event_log_incident", "event_log", ["tenant_id", "incident", "id"],
        postgresql_where=sa.text("incident IS NOT NULL"),
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
    op.drop_index("ix_event_log_incident", table_name="event_log")
    op.drop_column("event_log", "incident")
    op.create_index(
        "ix_event_log_incident", "event_log",
        [sa.text("tenant_id"), sa.text("((event ->> 'incident')::bigint)"), sa.text("((event ->> 'seq')::int)")],
        postgresql_where=sa.text("event ? 'incident'"),
    )
    op.drop_index("ix_call_ledger_counted", table_name="call_ledger")
    for table in reversed(TABLES):
        op.drop_table(table)
