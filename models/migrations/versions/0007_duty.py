"""duty."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

TENANT_TABLES = (
    "duty_calendar",
    "duty_contact",
    "duty_delivery",
    "duty_group",
    "duty_handover",
    "duty_level",
    "duty_member",
    "duty_notice",
    "duty_remark",
    "duty_report",
    "duty_report_version",
    "duty_shift",
    "duty_swap",
)
ONCE_WRITTEN = ("duty_remark", "duty_report_version")
"""Rows of these are never changed nor taken away."""


def upgrade() -> None:
    """Apply."""
    op.create_table('duty_contact',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organisation', sa.Text(), server_default='', nullable=False),
    sa.Column('position', sa.Text(), server_default='', nullable=False),
    sa.Column('offices', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('mobiles_sealed', sa.Text(), server_default='', nullable=False),
    sa.Column('masks', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('digests', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('user_id', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_contact_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_contact'))
    )
    op.create_index('ix_duty_contact_name', 'duty_contact', ['tenant_id', 'name'], unique=False)
    op.create_index('uq_duty_contact_user', 'duty_contact', ['tenant_id', 'user_id'], unique=True, postgresql_where=sa.text('user_id <> 0 AND active'))
    op.create_table('duty_group',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_group_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_group')),
    sa.UniqueConstraint('tenant_id', 'name', name=op.f('uq_duty_group_tenant_id_name'))
    )
    op.create_table('duty_level',
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('least', sa.Integer(), server_default='1', nullable=False),
    sa.Column('slots', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_level_tenant_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'code', name=op.f('pk_duty_level'))
    )
    op.create_table('duty_notice',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_by', sa.BigInteger(), nullable=False),
    sa.Column('sent_name', sa.Text(), server_default='', nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_notice_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_notice'))
    )
    op.create_table('duty_remark',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('corrects', sa.BigInteger(), nullable=True),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['corrects'], ['duty_remark.id'], name=op.f('fk_duty_remark_corrects')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_remark_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_remark'))
    )
    op.create_index('ix_duty_remark_at', 'duty_remark', ['tenant_id', 'at'], unique=False)
    op.create_table('duty_report',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), server_default='draft', nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('drafted_by', sa.BigInteger(), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_name', sa.Text(), server_default='', nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_report_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_report'))
    )
    op.create_table('duty_calendar',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['duty_contact.id'], name=op.f('fk_duty_calendar_contact_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_calendar_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_calendar')),
    sa.UniqueConstraint('tenant_id', 'token_hash', name=op.f('uq_duty_calendar_tenant_id_token_hash'))
    )
    op.create_table('duty_delivery',
    sa.Column('notice_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('masked', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['duty_contact.id'], name=op.f('fk_duty_delivery_contact_id')),
    sa.ForeignKeyConstraint(['notice_id'], ['duty_notice.id'], name=op.f('fk_duty_delivery_notice_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_delivery_tenant_id')),
    sa.PrimaryKeyConstraint('notice_id', 'contact_id', name=op.f('pk_duty_delivery'))
    )
    op.create_table('duty_handover',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing', sa.Text(), nullable=False),
    sa.Column('incoming_id', sa.BigInteger(), nullable=False),
    sa.Column('incoming', sa.Text(), nullable=False),
    sa.Column('matters', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('written_by', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['incoming_id'], ['duty_contact.id'], name=op.f('fk_duty_handover_incoming_id')),
    sa.ForeignKeyConstraint(['outgoing_id'], ['duty_contact.id'], name=op.f('fk_duty_handover_outgoing_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_handover_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_handover'))
    )
    op.create_index('ix_duty_handover_written', 'duty_handover', ['tenant_id', 'written_at'], unique=False)
    op.create_table('duty_member',
    sa.Column('group_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['duty_contact.id'], name=op.f('fk_duty_member_contact_id')),
    sa.ForeignKeyConstraint(['group_id'], ['duty_group.id'], name=op.f('fk_duty_member_group_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_member_tenant_id')),
    sa.PrimaryKeyConstraint('group_id', 'contact_id', name=op.f('pk_duty_member'))
    )
    op.create_table('duty_report_version',
    sa.Column('report_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['duty_report.id'], name=op.f('fk_duty_report_version_report_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_report_version_tenant_id')),
    sa.PrimaryKeyConstraint('report_id', 'version', name=op.f('pk_duty_report_version'))
    )
    op.create_table('duty_shift',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('slot', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), server_default='planned', nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['duty_contact.id'], name=op.f('fk_duty_shift_contact_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_shift_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_shift'))
    )
    op.create_index('ix_duty_shift_contact', 'duty_shift', ['contact_id', 'start_at'], unique=False)
    op.create_index('ix_duty_shift_day', 'duty_shift', ['tenant_id', 'day'], unique=False)
    op.create_index('ix_duty_shift_end', 'duty_shift', ['tenant_id', 'end_at'], unique=False, postgresql_where=sa.text("state = 'planned'"))
    op.create_table('duty_swap',
    sa.Column('id', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('shift_id', sa.BigInteger(), nullable=False),
    sa.Column('back_id', sa.BigInteger(), nullable=True),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('other_id', sa.BigInteger(), nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Text(), server_default='asked', nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Text(), server_default='', nullable=False),
    sa.Column('tenant_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['back_id'], ['duty_shift.id'], name=op.f('fk_duty_swap_back_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['duty_contact.id'], name=op.f('fk_duty_swap_contact_id')),
    sa.ForeignKeyConstraint(['other_id'], ['duty_contact.id'], name=op.f('fk_duty_swap_other_id')),
    sa.ForeignKeyConstraint(['shift_id'], ['duty_shift.id'], name=op.f('fk_duty_swap_shift_id')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_duty_swap_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_swap'))
    )
    op.create_index('uq_duty_swap_open', 'duty_swap', ['tenant_id', 'shift_id'], unique=True, postgresql_where=sa.text("state IN ('asked', 'agreed')"))
    op.create_index('ix_audit_verb', 'audit', ['tenant_id', 'verb', 'at'], unique=False)
    op.create_index('ix_event_log_kind', 'event_log', ['tenant_id', 'kind', 'at'], unique=False)
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} "
            "USING (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int) "
            "WITH CHECK (tenant_id = NULLIF(current_setting('hotline.tenant', true), '')::int)"
        )
    for table in ONCE_WRITTEN:
        op.execute(f"CREATE POLICY written ON {table} AS RESTRICTIVE FOR UPDATE USING (false)")
        op.execute(f"CREATE POLICY kept ON {table} AS RESTRICTIVE FOR DELETE USING (false)")
    op.execute(
        "CREATE POLICY signed ON duty_handover AS RESTRICTIVE FOR UPDATE "
        "USING (signed_at IS NULL) WITH CHECK (true)"
    )
    op.execute("CREATE POLICY kept ON duty_handover AS RESTRICTIVE FOR DELETE USING (false)")


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_event_log_kind', table_name='event_log')
    op.drop_index('ix_audit_verb', table_name='audit')
    op.drop_index('uq_duty_swap_open', table_name='duty_swap', postgresql_where=sa.text("state IN ('asked', 'agreed')"))
    op.drop_table('duty_swap')
    op.drop_index('ix_duty_shift_end', table_name='duty_shift', postgresql_where=sa.text("state = 'planned'"))
    op.drop_index('ix_duty_shift_day', table_name='duty_shift')
    op.drop_index('ix_duty_shift_contact', table_name='duty_shift')
    op.drop_table('duty_shift')
    op.drop_table('duty_report_version')
    op.drop_table('duty_member')
    op.drop_index('ix_duty_handover_written', table_name='duty_handover')
    op.drop_table('duty_handover')
    op.drop_table('duty_delivery')
    op.drop_table('duty_calendar')
    op.drop_table('duty_report')
    op.drop_index('ix_duty_remark_at', table_name='duty_remark')
    op.drop_table('duty_remark')
    op.drop_table('duty_notice')
    op.drop_table('duty_level')
    op.drop_table('duty_group')
    op.drop_index('uq_duty_contact_user', table_name='duty_contact', postgresql_where=sa.text('user_id <> 0 AND active'))
    op.drop_index('ix_duty_contact_name', table_name='duty_contact')
    op.drop_table('duty_contact')
