"""plotting."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

TABLES = ("drawing", "drawing_step", "plot_layer", "plot_snapshot", "symbol")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "drawing",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_drawing_incident_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_drawing_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "incident_id", "id", name=op.f("pk_drawing")),
    )
    op.create_table(
        "drawing_step",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("drawing", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "over",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_drawing_step_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_drawing_step_tenant_id")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "incident_id", "drawing", "rev", name=op.f("pk_drawing_step")
        ),
        sa.UniqueConstraint(
            "tenant_id", "incident_id", "op", name=op.f("uq_drawing_step_tenant_id_incident_id_op")
        ),
    )
    op.create_table(
        "plot_layer",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), server_default="", nullable=False),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_plot_layer_incident_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_plot_layer_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "incident_id", "layer", name=op.f("pk_plot_layer")),
    )
    op.create_table(
        "plot_snapshot",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_plot_snapshot_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_plot_snapshot_tenant_id")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "incident_id", "snapshot", name=op.f("pk_plot_snapshot")
        ),
    )
    op.create_table(
        "symbol",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("svg", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_symbol_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "code", name=op.f("pk_symbol")),
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
