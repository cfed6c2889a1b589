"""The first slices: divisions, organizations, members, employers, agreements, insurance, disputes, deadline rules."""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

GRAMS = r"""
CREATE FUNCTION grams(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE length(value)
    WHEN 1 THEN ARRAY[value]
    WHEN 2 THEN ARRAY[substr(value, 1, 1), substr(value, 2, 1), value]
    WHEN 3 THEN ARRAY[substr(value, 1, 1), substr(value, 2, 1), substr(value, 3, 1),
                      substr(value, 1, 2), substr(value, 2, 2)]
    WHEN 4 THEN ARRAY[substr(value, 1, 1), substr(value, 2, 1), substr(value, 3, 1), substr(value, 4, 1),
                      substr(value, 1, 2), substr(value, 2, 2), substr(value, 3, 2)]
    ELSE string_to_array(value, NULL) || string_to_array(rtrim(regexp_replace(value, '(..)', E'\\1\x01', 'g'), E'\x01'), E'\x01') || string_to_array(rtrim(regexp_replace(substr(value, 2), '(..)', E'\\1\x01', 'g'), E'\x01'), E'\x01')
END
"""
NEEDLE_GRAMS = r"""
CREATE FUNCTION needle_grams(needle text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN length(needle) < 2 THEN string_to_array(needle, NULL)
    ELSE array_remove(string_to_array(rtrim(regexp_replace(needle, '(..)', E'\\1\x01', 'g'), E'\x01'), E'\x01') || string_to_array(rtrim(regexp_replace(substr(needle, 2), '(..)', E'\\1\x01', 'g'), E'\x01'), E'\x01'), right(needle, 1))
END
"""

def upgrade() -> None:
    op.execute(GRAMS)
    op.execute(NEEDLE_GRAMS)
    op.create_table('division',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('full_name', sa.Text(), nullable=False),
    sa.Column('level', sa.Enum('PROVINCE', 'CITY', 'COUNTY', 'TOWNSHIP', 'VILLAGE', name='divisionlevel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('kind', sa.Enum('STATUTORY', 'STATISTICAL_ZONE', 'FUNCTIONAL_ZONE', name='divisionkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('predecessor_id', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_division_dated')),
    sa.ForeignKeyConstraint(['parent_id'], ['division.id'], name=op.f('fk_division_parent_id')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['division.id'], name=op.f('fk_division_predecessor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_division'))
    )
    op.create_index('ix_division_level_code', 'division', ['level', 'code'], unique=False)
    op.create_index(op.f('ix_division_parent_id'), 'division', ['parent_id'], unique=False)
    op.create_index('uq_division_code', 'division', ['code'], unique=True, postgresql_where=sa.text('valid_to IS NULL'))
    op.create_table('deadline_rule',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('procedure', sa.Text(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=True),
    sa.Column('length', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.Enum('CALENDAR_DAY', 'WORKING_DAY', 'MONTH', 'YEAR', name='deadlineunit', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('starts_on', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_deadline_rule_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_deadline_rule_division_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_rule'))
    )
    op.create_index('ix_deadline_rule_procedure_step', 'deadline_rule', ['procedure', 'step'], unique=False)
    op.create_table('division_alias',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_division_alias_division_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_division_alias'))
    )
    op.create_index(op.f('ix_division_alias_division_id'), 'division_alias', ['division_id'], unique=False)
    op.create_table('division_closure',
    sa.Column('ancestor_id', sa.BigInteger(), nullable=False),
    sa.Column('descendant_id', sa.BigInteger(), nullable=False),
    sa.Column('depth', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['ancestor_id'], ['division.id'], name=op.f('fk_division_closure_ancestor_id')),
    sa.ForeignKeyConstraint(['descendant_id'], ['division.id'], name=op.f('fk_division_closure_descendant_id')),
    sa.PrimaryKeyConstraint('ancestor_id', 'descendant_id', name=op.f('pk_division_closure'))
    )
    op.create_index('ix_division_closure_descendant_id_depth', 'division_closure', ['descendant_id', 'depth'], unique=False)
    op.create_table('member',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sex', sa.Enum('UNKNOWN', 'MALE', 'FEMALE', 'UNSTATED', name='sex', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('resident_number', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('worker_type', sa.Enum('EMPLOYEE', 'TRUCK_DRIVER', 'RIDE_HAILING_DRIVER', 'COURIER', 'FOOD_DELIVERY', 'DOMESTIC_WORKER', 'CARE_WORKER', 'MALL_INFORMATION', 'REAL_ESTATE_AGENT', 'SECURITY_GUARD', 'FLEXIBLE', name='workertype', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('is_migrant_worker', sa.Boolean(), nullable=False),
    sa.Column('is_model_worker', sa.Boolean(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_member_division_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_member')),
    sa.UniqueConstraint('resident_number', name=op.f('uq_member_resident_number'))
    )
    op.create_table('organization',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('level', sa.Enum('NATIONAL', 'PROVINCIAL', 'CITY', 'COUNTY', 'TOWNSHIP', 'VILLAGE', 'GRASSROOTS', name='organizationlevel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('kind', sa.Enum('LOCAL_FEDERATION', 'INDUSTRY_UNION', 'GRASSROOTS_UNION', name='organizationkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('form', sa.Enum('FEDERATION', 'INDEPENDENT', 'JOINT', 'UNION_FEDERATION', 'WORKING_COMMITTEE', 'PROJECT', 'NEW_FORM', 'ONLINE_HOME', 'BRANCH', name='organizationform', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('PREPARING', 'NORMAL', 'DISSOLVED', name='organizationstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=True),
    sa.Column('industry', sa.Text(), nullable=True),
    sa.Column('credit_code', sa.Text(), nullable=True),
    sa.Column('established_on', sa.Date(), nullable=True),
    sa.Column('dissolved_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_organization_division_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization')),
    sa.UniqueConstraint('credit_code', name=op.f('uq_organization_credit_code'))
    )
    op.create_index(op.f('ix_organization_division_id'), 'organization', ['division_id'], unique=False)
    op.create_index('ix_organization_level_id', 'organization', ['level', 'id'], unique=False)
    op.create_table('committee_term',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('committee', sa.Enum('COMMITTEE', 'ECONOMIC_REVIEW', 'WOMEN', 'LABOUR_SUPERVISION', 'MEDIATION', name='committeekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('elected_on', sa.Date(), nullable=False),
    sa.Column('chair_name', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_committee_term_dated')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_committee_term_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_committee_term'))
    )
    op.create_index(op.f('ix_committee_term_organization_id'), 'committee_term', ['organization_id'], unique=False)
    op.create_table('employer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('STATE_ENTERPRISE', 'PRIVATE_ENTERPRISE', 'FOREIGN_ENTERPRISE', 'PUBLIC_INSTITUTION', 'GOVERNMENT_BODY', 'SOCIAL_ORGANIZATION', 'SELF_EMPLOYED', 'PLATFORM', name='employerkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('credit_code', sa.Text(), nullable=True),
    sa.Column('industry', sa.Text(), nullable=True),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('headcount', sa.BigInteger(), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_employer_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_employer_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employer')),
    sa.UniqueConstraint('credit_code', name=op.f('uq_employer_credit_code'))
    )
    op.create_index('ix_employer_division_id_id', 'employer', ['division_id', 'id'], unique=False)
    op.create_index('ix_employer_organization_id_id', 'employer', ['organization_id', 'id'], unique=False)
    op.create_table('industrial_closure',
    sa.Column('ancestor_id', sa.BigInteger(), nullable=False),
    sa.Column('descendant_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('depth', sa.BigInteger(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_industrial_closure_dated')),
    sa.ForeignKeyConstraint(['ancestor_id'], ['organization.id'], name=op.f('fk_industrial_closure_ancestor_id')),
    sa.ForeignKeyConstraint(['descendant_id'], ['organization.id'], name=op.f('fk_industrial_closure_descendant_id')),
    sa.PrimaryKeyConstraint('ancestor_id', 'descendant_id', 'valid_from', name=op.f('pk_industrial_closure'))
    )
    op.create_index('ix_industrial_closure_descendant_id_depth', 'industrial_closure', ['descendant_id', 'depth'], unique=False)
    op.create_table('membership',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('APPLIED', 'UNDER_REVIEW', 'ACTIVE', 'RETAINED', 'TRANSFERRED_OUT', 'WITHDRAWN', 'AUTO_WITHDRAWN', 'EXPELLED', 'DECEASED', name='membershipstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('channel', sa.Enum('PAPER', 'QR', 'APP', 'COLLECTIVE', 'PROJECT', 'FALLBACK', name='membershipchannel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('applied_on', sa.Date(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=True),
    sa.CheckConstraint("valid_from IS NOT NULL OR status IN ('APPLIED', 'UNDER_REVIEW')", name=op.f('ck_membership_begun')),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_membership_dated')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_membership_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_membership_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership'))
    )
    op.create_index('ix_membership_member_id_id', 'membership', ['member_id', 'id'], unique=False)
    op.create_index('ix_membership_organization_id_id', 'membership', ['organization_id', 'id'], unique=False)
    op.create_index('uq_membership_active', 'membership', ['member_id'], unique=True, postgresql_where=sa.text('valid_to IS NULL AND valid_from IS NOT NULL'))
    op.create_table('organization_link',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('child_id', sa.BigInteger(), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=False),
    sa.Column('hierarchy', sa.Enum('TERRITORIAL', 'INDUSTRIAL', name='hierarchy', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('is_lead', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_organization_link_dated')),
    sa.ForeignKeyConstraint(['child_id'], ['organization.id'], name=op.f('fk_organization_link_child_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['organization.id'], name=op.f('fk_organization_link_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization_link'))
    )
    op.create_index(op.f('ix_organization_link_child_id'), 'organization_link', ['child_id'], unique=False)
    op.create_index('ix_organization_link_parent_id_hierarchy_child_id', 'organization_link', ['parent_id', 'hierarchy', 'child_id'], unique=False)
    op.create_index('uq_organization_link_lead', 'organization_link', ['child_id'], unique=True, postgresql_where=sa.text('valid_to IS NULL AND is_lead'))
    op.create_index('uq_organization_link_open', 'organization_link', ['child_id', 'hierarchy'], unique=True, postgresql_where=sa.text('valid_to IS NULL'))
    op.create_table('territorial_closure',
    sa.Column('ancestor_id', sa.BigInteger(), nullable=False),
    sa.Column('descendant_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('depth', sa.BigInteger(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_territorial_closure_dated')),
    sa.ForeignKeyConstraint(['ancestor_id'], ['organization.id'], name=op.f('fk_territorial_closure_ancestor_id')),
    sa.ForeignKeyConstraint(['descendant_id'], ['organization.id'], name=op.f('fk_territorial_closure_descendant_id')),
    sa.PrimaryKeyConstraint('ancestor_id', 'descendant_id', 'valid_from', name=op.f('pk_territorial_closure'))
    )
    op.create_index('ix_territorial_closure_descendant_id_depth', 'territorial_closure', ['descendant_id', 'depth'], unique=False)
    op.create_table('collective_agreement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('COMPREHENSIVE', 'WAGE', 'WOMEN', 'SAFETY', 'INDUSTRY', 'REGIONAL', name='agreementkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('REQUESTED', 'REPLIED', 'BARGAINING', 'SUSPENDED', 'DRAFTED', 'CONGRESS_PASSED', 'SIGNED', 'SUBMITTED', 'UNDER_REVIEW', 'OBJECTED', 'EFFECTIVE', 'EXPIRED', 'TERMINATED', name='agreementstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('industry', sa.Text(), nullable=True),
    sa.Column('worker_count', sa.BigInteger(), nullable=False),
    sa.Column('requested_on', sa.Date(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('submitted_on', sa.Date(), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=True),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('term_from', sa.Date(), nullable=True),
    sa.Column('term_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_collective_agreement_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_collective_agreement_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_collective_agreement_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collective_agreement')),
    sa.UniqueConstraint('number', name=op.f('uq_collective_agreement_number'))
    )
    op.create_index(op.f('ix_collective_agreement_division_id'), 'collective_agreement', ['division_id'], unique=False)
    op.create_index(op.f('ix_collective_agreement_employer_id'), 'collective_agreement', ['employer_id'], unique=False)
    op.create_index('ix_collective_agreement_organization_id_id', 'collective_agreement', ['organization_id', 'id'], unique=False)
    op.create_table('dispute_case',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('cause', sa.Enum('CONFIRM_RELATION', 'CONTRACT', 'DISMISSAL', 'HOURS_INSURANCE_WELFARE', 'UNPAID_WAGES', 'OVERTIME', 'WORK_INJURY', 'SEVERANCE', 'COLLECTIVE_CONTRACT', 'OTHER', name='disputecause', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('phase', sa.Enum('COUNSELLING', 'DAILY_MEDIATION', 'PRE_ARBITRATION', 'ARBITRATION', 'PRE_TRIAL', 'FIRST_TRIAL', 'SECOND_TRIAL', 'ENFORCEMENT', name='disputephase', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('RECEIVED', 'ACCEPTED', 'IN_PROGRESS', 'SETTLED', 'DECIDED', 'WITHDRAWN', 'CLOSED', name='disputestatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('body', sa.Enum('ENTERPRISE', 'PEOPLES', 'TOWNSHIP', 'INDUSTRY_REGIONAL', 'JOINT_TRIPARTITE', 'COURT_INVITED', 'ARBITRATION_COMMISSION', 'COURT', name='disputebody', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('claimant_count', sa.BigInteger(), nullable=False),
    sa.Column('is_collective', sa.Boolean(), nullable=False),
    sa.Column('amount_claimed', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.CheckConstraint('closed_on >= received_on', name=op.f('ck_dispute_case_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_dispute_case_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_dispute_case_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_dispute_case_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_case')),
    sa.UniqueConstraint('number', name=op.f('uq_dispute_case_number'))
    )
    op.create_index(op.f('ix_dispute_case_division_id'), 'dispute_case', ['division_id'], unique=False)
    op.create_index('ix_dispute_case_employer_id_id', 'dispute_case', ['employer_id', 'id'], unique=False)
    op.create_index('ix_dispute_case_organization_id_id', 'dispute_case', ['organization_id', 'id'], unique=False)
    op.create_table('employer_coverage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_employer_coverage_dated')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_employer_coverage_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_employer_coverage_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employer_coverage'))
    )
    op.create_index(op.f('ix_employer_coverage_employer_id'), 'employer_coverage', ['employer_id'], unique=False)
    op.create_index('ix_employer_coverage_organization_id_id', 'employer_coverage', ['organization_id', 'id'], unique=False)
    op.create_table('engagement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('LABOUR_CONTRACT', 'DE_FACTO', 'DISPATCH', 'OUTSOURCED', 'PLATFORM', 'SELF_EMPLOYED', name='engagementkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('job_title', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_engagement_dated')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_engagement_employer_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_engagement_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_engagement_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engagement'))
    )
    op.create_index('ix_engagement_employer_id_id', 'engagement', ['employer_id', 'id'], unique=False)
    op.create_index('ix_engagement_member_id_id', 'engagement', ['member_id', 'id'], unique=False)
    op.create_table('insurance_enrolment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('participant_id', sa.BigInteger(), nullable=True),
    sa.Column('scheme', sa.Enum('STANDARD_WORK_INJURY', 'COURIER_PRIORITY_WORK_INJURY', 'CONSTRUCTION_PROJECT', 'PLATFORM_OCCUPATIONAL_INJURY', name='insurancescheme', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('cohort', sa.BigInteger(), nullable=True),
    sa.Column('base_amount', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('rate', sa.Numeric(precision=6, scale=5), nullable=True),
    sa.Column('source_system', sa.Text(), nullable=True),
    sa.Column('source_number', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_insurance_enrolment_dated')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_insurance_enrolment_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_insurance_enrolment_organization_id')),
    sa.ForeignKeyConstraint(['participant_id'], ['employer.id'], name=op.f('fk_insurance_enrolment_participant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_enrolment'))
    )
    op.create_index('ix_insurance_enrolment_member_id_id', 'insurance_enrolment', ['member_id', 'id'], unique=False)
    op.create_index('ix_insurance_enrolment_organization_id_id', 'insurance_enrolment', ['organization_id', 'id'], unique=False)
    op.create_index('ix_insurance_enrolment_participant_id_id', 'insurance_enrolment', ['participant_id', 'id'], unique=False)
    op.create_table('agreement_coverage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('agreement_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=False),
    sa.Column('worker_count', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_agreement_coverage_dated')),
    sa.ForeignKeyConstraint(['agreement_id'], ['collective_agreement.id'], name=op.f('fk_agreement_coverage_agreement_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_agreement_coverage_employer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_coverage'))
    )
    op.create_index('ix_agreement_coverage_agreement_id_id', 'agreement_coverage', ['agreement_id', 'id'], unique=False)
    op.create_index(op.f('ix_agreement_coverage_employer_id'), 'agreement_coverage', ['employer_id'], unique=False)
    op.create_table('agreement_party',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('agreement_id', sa.BigInteger(), nullable=False),
    sa.Column('side', sa.Enum('UNION', 'EMPLOYER', name='partyside', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('chief_representative', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['agreement_id'], ['collective_agreement.id'], name=op.f('fk_agreement_party_agreement_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_agreement_party_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_agreement_party_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_party'))
    )
    op.create_index(op.f('ix_agreement_party_agreement_id'), 'agreement_party', ['agreement_id'], unique=False)
    op.create_table('agreement_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('agreement_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('REQUESTED', 'REPLIED', 'BARGAINING', 'SUSPENDED', 'DRAFTED', 'CONGRESS_PASSED', 'SIGNED', 'SUBMITTED', 'UNDER_REVIEW', 'OBJECTED', 'EFFECTIVE', 'EXPIRED', 'TERMINATED', name='agreementstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor', sa.Enum('UNION', 'EMPLOYER', 'WORKERS_CONGRESS', 'HR_BUREAU', 'MEDIATION_BODY', 'ARBITRATION_COMMISSION', 'COURT', 'WORKER', name='actorrole', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=True),
    sa.Column('roster_count', sa.BigInteger(), nullable=True),
    sa.Column('present_count', sa.BigInteger(), nullable=True),
    sa.Column('votes_for', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['agreement_id'], ['collective_agreement.id'], name=op.f('fk_agreement_step_agreement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_step'))
    )
    op.create_index(op.f('ix_agreement_step_agreement_id'), 'agreement_step', ['agreement_id'], unique=False)
    op.create_table('dispute_claim',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('WAGE', 'COMPENSATION', 'INJURY', 'OTHER', name='claimkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_dispute_claim_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_claim'))
    )
    op.create_index(op.f('ix_dispute_claim_case_id'), 'dispute_claim', ['case_id'], unique=False)
    op.create_table('dispute_party',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.Enum('CLAIMANT', 'RESPONDENT', 'THIRD_PARTY', name='partyrole', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('organization_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('num_nonnulls(member_id, employer_id, organization_id) <= 1', name=op.f('ck_dispute_party_one_subject')),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_dispute_party_case_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_dispute_party_employer_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_dispute_party_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_dispute_party_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_party'))
    )
    op.create_index('ix_dispute_party_case_id_id', 'dispute_party', ['case_id', 'id'], unique=False)
    op.create_index('ix_dispute_party_member_id_case_id', 'dispute_party', ['member_id', 'case_id'], unique=False)
    op.create_table('dispute_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('phase', sa.Enum('COUNSELLING', 'DAILY_MEDIATION', 'PRE_ARBITRATION', 'ARBITRATION', 'PRE_TRIAL', 'FIRST_TRIAL', 'SECOND_TRIAL', 'ENFORCEMENT', name='disputephase', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('RECEIVED', 'ACCEPTED', 'IN_PROGRESS', 'SETTLED', 'DECIDED', 'WITHDRAWN', 'CLOSED', name='disputestatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor', sa.Enum('UNION', 'EMPLOYER', 'WORKERS_CONGRESS', 'HR_BUREAU', 'MEDIATION_BODY', 'ARBITRATION_COMMISSION', 'COURT', 'WORKER', name='actorrole', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_dispute_step_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_step'))
    )
    op.create_index(op.f('ix_dispute_step_case_id'), 'dispute_step', ['case_id'], unique=False)
    op.create_table('recovery',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Enum('WAGE', 'COMPENSATION', 'INJURY', 'OTHER', name='claimkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_recovery_case_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_recovery_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery'))
    )
    op.create_index('ix_recovery_case_id_id', 'recovery', ['case_id', 'id'], unique=False)
    op.create_index('ix_member_name_grams', 'member', [sa.text('grams(name)')], unique=False, postgresql_using='gin')
    op.create_index('ix_organization_name_grams', 'organization', [sa.text('grams(name)')], unique=False, postgresql_using='gin')
    op.create_index('ix_employer_name_grams', 'employer', [sa.text('grams(name)')], unique=False, postgresql_using='gin')
    op.create_index('ix_division_name_grams', 'division', [sa.text('grams(name)')], unique=False, postgresql_using='gin')
    op.create_index('ix_division_full_name_grams', 'division', [sa.text('grams(full_name)')], unique=False, postgresql_using='gin')


def downgrade() -> None:
    op.drop_table('recovery')
    op.drop_table('dispute_step')
    op.drop_table('dispute_party')
    op.drop_table('dispute_claim')
    op.drop_table('agreement_step')
    op.drop_table('agreement_party')
    op.drop_table('agreement_coverage')
    op.drop_table('insurance_enrolment')
    op.drop_table('engagement')
    op.drop_table('employer_coverage')
    op.drop_table('dispute_case')
    op.drop_table('collective_agreement')
    op.drop_table('territorial_closure')
    op.drop_table('organization_link')
    op.drop_table('membership')
    op.drop_table('industrial_closure')
    op.drop_table('employer')
    op.drop_table('committee_term')
    op.drop_table('organization')
    op.drop_table('member')
    op.drop_table('division_closure')
    op.drop_table('division_alias')
    op.drop_table('deadline_rule')
    op.drop_table('division')
    op.execute("DROP FUNCTION needle_grams(text)")
    op.execute("DROP FUNCTION grams(text)")
