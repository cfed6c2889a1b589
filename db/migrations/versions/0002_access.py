"""Access: principals, grants, assignments of cases, keys, the log, requests of data subjects, and the version that changes with them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

CHANGED = """
CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('UPDATE %I.access_version SET version = version + 1', TG_TABLE_SCHEMA);
    RETURN NULL;
END
$$
"""
WATCHED = {
    "principal": "UPDATE",
    "access_grant": "UPDATE",
    "case_assignment": "UPDATE",
    "api_key": "UPDATE OF principal_id, prefix, digest, expires_at, revoked_at",
}


def upgrade() -> None:
    op.create_table('access_log',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('principal', sa.Text(), nullable=True),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('case_reference', sa.Text(), nullable=True),
    sa.Column('records', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('fields', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('operation', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_log'))
    )
    op.create_index('ix_access_log_at', 'access_log', ['at'], unique=False)
    op.create_index('ix_access_log_records', 'access_log', ['records'], unique=False, postgresql_using='gin')
    op.create_table('access_version',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_version'))
    )
    op.create_table('principal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('PERSON', 'AGENCY', 'ANALYST', name='principalkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_principal_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_principal')),
    sa.UniqueConstraint('name', name=op.f('uq_principal_name')),
    sa.UniqueConstraint('subject', name=op.f('uq_principal_subject'))
    )
    op.create_table('subject_request',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('EXPORT', 'CORRECTION', 'ERASURE', name='subjectrequestkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_subject_request_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_request'))
    )
    op.create_index(op.f('ix_subject_request_member_id'), 'subject_request', ['member_id'], unique=False)
    op.create_table('access_grant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('principal_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.Enum('GRASSROOTS_UNION', 'FEDERATION', 'INDUSTRY_UNION', 'HR_BUREAU', 'SOCIAL_SECURITY_AGENCY', 'TRIBUNAL', 'EMPLOYERS_BODY', 'CASE_WORKER', 'WORKER', 'ANALYST', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=True),
    sa.Column('hierarchy', sa.Enum('TERRITORIAL', 'INDUSTRIAL', name='hierarchy', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('division_id', sa.BigInteger(), nullable=True),
    sa.Column('granted_by', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('(organization_id IS NULL) = (hierarchy IS NULL)', name=op.f('ck_access_grant_hierarchy_of_organization')),
    sa.CheckConstraint('num_nonnulls(organization_id, division_id) <= 1', name=op.f('ck_access_grant_one_scope')),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_access_grant_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_access_grant_division_id')),
    sa.ForeignKeyConstraint(['granted_by'], ['principal.id'], name=op.f('fk_access_grant_granted_by')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_access_grant_organization_id')),
    sa.ForeignKeyConstraint(['principal_id'], ['principal.id'], name=op.f('fk_access_grant_principal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_grant'))
    )
    op.create_index(op.f('ix_access_grant_organization_id'), 'access_grant', ['organization_id'], unique=False)
    op.create_index(op.f('ix_access_grant_principal_id'), 'access_grant', ['principal_id'], unique=False)
    op.create_table('api_key',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('principal_id', sa.BigInteger(), nullable=False),
    sa.Column('prefix', sa.Text(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['principal_id'], ['principal.id'], name=op.f('fk_api_key_principal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('prefix', name=op.f('uq_api_key_prefix'))
    )
    op.create_index(op.f('ix_api_key_principal_id'), 'api_key', ['principal_id'], unique=False)
    op.create_table('case_assignment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('principal_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_case_assignment_dated')),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_case_assignment_case_id')),
    sa.ForeignKeyConstraint(['principal_id'], ['principal.id'], name=op.f('fk_case_assignment_principal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_assignment'))
    )
    op.create_index(op.f('ix_case_assignment_case_id'), 'case_assignment', ['case_id'], unique=False)
    op.create_index(op.f('ix_case_assignment_principal_id'), 'case_assignment', ['principal_id'], unique=False)
    op.execute("INSERT INTO access_version (id, version) VALUES (1, 0)")
    op.execute(CHANGED)
    for table, updates in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER {table}_changed AFTER INSERT OR DELETE OR TRUNCATE OR {updates} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION access_changed()"
        )


def downgrade() -> None:
    op.drop_index(op.f('ix_case_assignment_principal_id'), table_name='case_assignment')
    op.drop_index(op.f('ix_case_assignment_case_id'), table_name='case_assignment')
    op.drop_table('case_assignment')
    op.drop_index(op.f('ix_api_key_principal_id'), table_name='api_key')
    op.drop_table('api_key')
    op.drop_index(op.f('ix_access_grant_principal_id'), table_name='access_grant')
    op.drop_index(op.f('ix_access_grant_organization_id'), table_name='access_grant')
    op.drop_table('access_grant')
    op.drop_index(op.f('ix_subject_request_member_id'), table_name='subject_request')
    op.drop_table('subject_request')
    op.drop_table('principal')
    op.drop_table('access_version')
    op.drop_index('ix_access_log_records', table_name='access_log', postgresql_using='gin')
    op.drop_index('ix_access_log_at', table_name='access_log')
    op.drop_table('access_log')
    op.execute("DROP FUNCTION access_changed()")
