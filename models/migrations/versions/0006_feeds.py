"""feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

TENANT_TABLES = ("feed", "feed_dead", "camera")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("bureau", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("secret_sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("token_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("datum", sa.Text(), server_default="wgs84", nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("good_s", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_key", sa.Text(), server_default="", nullable=False),
        sa.Column("fails", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("modified", sa.Text(), server_default="", nullable=False),
        sa.Column("messages", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("readings", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused_last", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_feed_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_feed_tenant_id_name")),
    )
    op.create_index("ix_feed_due", "feed", ["tenant_id", "next_at"], postgresql_where=sa.text("active"))
    op.create_table(
        "feed_dead",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_by", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_feed_dead_feed_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_feed_dead_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_dead")),
        sa.UniqueConstraint("feed_id", "sha256", name=op.f("uq_feed_dead_feed_id_sha256")),
    )
    op.create_index("ix_feed_dead_open", "feed_dead", ["tenant_id", "feed_id", "at"])
    op.create_table(
        "camera",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("bureau", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_camera_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "bureau", "key", name=op.f("pk_camera")),
    )
    op.add_column("city_state", sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False))
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} "
            "USING (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int) "
            "WITH CHECK (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int)"
        )


def downgrade() -> None:
    """Take back."""
    op.drop_column("city_state", "facts")
    op.drop_table("camera")
    op.drop_index("ix_feed_dead_open", table_name="feed_dead")
    op.drop_table("feed_dead")
    op.drop_index("ix_feed_due", table_name="feed", postgresql_where=sa.text("active"))
    op.drop_table("feed")
