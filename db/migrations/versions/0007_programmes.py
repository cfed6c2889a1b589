"""Every programme that unions run: coverage, venues, policies, certifications, activities, relief, assistance, care, mediation, figures."""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('published_figure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('phrase', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('claim', sa.Numeric(), nullable=False),
    sa.Column('unit', sa.Enum('PERSON', 'ATTENDANCE', 'SESSION', 'HOUSEHOLD', 'ORGANIZATION', 'CASE', 'ITEM', 'COPY', 'VEHICLE', 'TONNE', 'YUAN', 'DAY', 'MINUTE', 'RATIO', name='unit', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('qualifier', sa.Enum('EXACT', 'GE', 'APPROX', name='qualifier', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('is_sensitive', sa.Boolean(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_published_figure_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_published_figure_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_published_figure')),
    sa.UniqueConstraint('code', name=op.f('uq_published_figure_code'))
    )
    op.create_index('ix_published_figure_division_id_id', 'published_figure', ['division_id', 'id'], unique=False)
    op.create_index('ix_published_figure_organization_id_id', 'published_figure', ['organization_id', 'id'], unique=False)
    op.create_table('care_case',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('diagnosis', sa.Text(), nullable=True),
    sa.Column('onset_on', sa.Date(), nullable=True),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('closed_on >= opened_on', name=op.f('ck_care_case_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_care_case_division_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_care_case_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_care_case_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_case'))
    )
    op.create_index('ix_care_case_member_id_id', 'care_case', ['member_id', 'id'], unique=False)
    op.create_index('ix_care_case_organization_id_id', 'care_case', ['organization_id', 'id'], unique=False)
    op.create_table('census_round',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_census_round_dated')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_census_round_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_census_round'))
    )
    op.create_index('ix_census_round_organization_id_id', 'census_round', ['organization_id', 'id'], unique=False)
    op.create_table('certification_round',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('FIVE_GOOD_DEMONSTRATION', 'FIVE_GOOD', 'MODEL_HOME', 'STAR_HOME', 'RECUPERATION_BASE', 'HARMONIOUS_UNIT', name='certificationkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('level', sa.Enum('NATIONAL', 'PROVINCIAL', 'CITY', 'COUNTY', name='certificationlevel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('cohort', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('publicised_from', sa.Date(), nullable=True),
    sa.Column('publicised_to', sa.Date(), nullable=True),
    sa.Column('awarded_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_certification_round_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certification_round'))
    )
    op.create_index('ix_certification_round_organization_id_id', 'certification_round', ['organization_id', 'id'], unique=False)
    op.create_table('cooperation_agreement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=False),
    sa.Column('predecessor_id', sa.BigInteger(), nullable=True),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_cooperation_agreement_dated')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_cooperation_agreement_organization_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['organization.id'], name=op.f('fk_cooperation_agreement_partner_id')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['cooperation_agreement.id'], name=op.f('fk_cooperation_agreement_predecessor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cooperation_agreement'))
    )
    op.create_index('ix_cooperation_agreement_organization_id_id', 'cooperation_agreement', ['organization_id', 'id'], unique=False)
    op.create_index('ix_cooperation_agreement_partner_id_id', 'cooperation_agreement', ['partner_id', 'id'], unique=False)
    op.create_table('designation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('NEW_FORM_CONCENTRATED', name='designationkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_designation_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_designation_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_designation_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_designation'))
    )
    op.create_index('ix_designation_division_id_id', 'designation', ['division_id', 'id'], unique=False)
    op.create_index('ix_designation_organization_id_id', 'designation', ['organization_id', 'id'], unique=False)
    op.create_table('household',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('hardship', sa.Enum('LOW_INCOME', 'LOW_INCOME_EDGE', 'ACCIDENT', 'RELATIVE', name='hardshipkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('size > 0', name=op.f('ck_household_positive')),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_household_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_household_division_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_household_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_household_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_household'))
    )
    op.create_index('ix_household_division_id_id', 'household', ['division_id', 'id'], unique=False)
    op.create_index('ix_household_member_id_id', 'household', ['member_id', 'id'], unique=False)
    op.create_index('ix_household_organization_id_id', 'household', ['organization_id', 'id'], unique=False)
    op.create_table('mutual_aid_enrolment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('premium', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_mutual_aid_enrolment_dated')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_mutual_aid_enrolment_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mutual_aid_enrolment_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mutual_aid_enrolment'))
    )
    op.create_index('ix_mutual_aid_enrolment_member_id_id', 'mutual_aid_enrolment', ['member_id', 'id'], unique=False)
    op.create_index('ix_mutual_aid_enrolment_organization_id_id', 'mutual_aid_enrolment', ['organization_id', 'id'], unique=False)
    op.create_table('policy_document',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('kind', sa.Enum('IMPLEMENTING_OPINION', 'WORK_PLAN', 'IMPLEMENTATION_PLAN', 'MANAGEMENT_RULES', 'PROCEDURE', 'CAMPAIGN', name='documentkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_policy_document_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_policy_document_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_policy_document_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_document'))
    )
    op.create_index('ix_policy_document_division_id_id', 'policy_document', ['division_id', 'id'], unique=False)
    op.create_index('ix_policy_document_organization_id_id', 'policy_document', ['organization_id', 'id'], unique=False)
    op.create_table('population_estimate',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('worker_type', sa.Enum('EMPLOYEE', 'TRUCK_DRIVER', 'RIDE_HAILING_DRIVER', 'COURIER', 'FOOD_DELIVERY', 'DOMESTIC_WORKER', 'CARE_WORKER', 'MALL_INFORMATION', 'REAL_ESTATE_AGENT', 'SECURITY_GUARD', 'FLEXIBLE', name='workertype', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.CheckConstraint('value >= 0', name=op.f('ck_population_estimate_not_negative')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_population_estimate_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_population_estimate_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_population_estimate'))
    )
    op.create_index('ix_population_estimate_organization_id_id', 'population_estimate', ['organization_id', 'id'], unique=False)
    op.create_index('uq_population_estimate', 'population_estimate', ['division_id', 'worker_type', 'as_of'], unique=True)
    op.create_table('programme',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_programme_dated')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_programme_organization_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['programme.id'], name=op.f('fk_programme_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme'))
    )
    op.create_index('ix_programme_organization_id_id', 'programme', ['organization_id', 'id'], unique=False)
    op.create_index('ix_programme_parent_id_id', 'programme', ['parent_id', 'id'], unique=False)
    op.create_table('care_shift',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_care_shift_case_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_care_shift_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_shift'))
    )
    op.create_index('ix_care_shift_member_id_id', 'care_shift', ['member_id', 'id'], unique=False)
    op.create_index('uq_care_shift', 'care_shift', ['case_id', 'member_id', 'served_on'], unique=True)
    op.create_table('care_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('VISIT', 'REFERRAL', 'REMOTE_FILING', 'TRANSFER', 'ESCORT', 'CONDOLENCE_APPLIED', 'CLAIM_FILED', 'DISCHARGE', name='carestepkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('from_division_id', sa.BigInteger(), nullable=True),
    sa.Column('to_division_id', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_care_step_case_id')),
    sa.ForeignKeyConstraint(['from_division_id'], ['division.id'], name=op.f('fk_care_step_from_division_id')),
    sa.ForeignKeyConstraint(['to_division_id'], ['division.id'], name=op.f('fk_care_step_to_division_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_step'))
    )
    op.create_index('ix_care_step_case_id_id', 'care_step', ['case_id', 'id'], unique=False)
    op.create_table('census_record',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('round_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=False),
    sa.Column('surveyed_on', sa.Date(), nullable=False),
    sa.Column('has_union', sa.Boolean(), nullable=False),
    sa.Column('headcount', sa.BigInteger(), nullable=False),
    sa.Column('migrant_count', sa.BigInteger(), nullable=False),
    sa.Column('non_member_count', sa.BigInteger(), nullable=False),
    sa.Column('obstacle', sa.Enum('EMPLOYER_UNWILLING', 'WORKERS_UNAWARE', 'TOO_FEW', 'HIGH_TURNOVER', 'NO_FIXED_PLACE', 'OTHER', name='censusobstacle', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('follow_up_on', sa.Date(), nullable=True),
    sa.CheckConstraint('migrant_count <= headcount AND non_member_count <= headcount', name=op.f('ck_census_record_within_headcount')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_census_record_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_census_record_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_census_record_organization_id')),
    sa.ForeignKeyConstraint(['round_id'], ['census_round.id'], name=op.f('fk_census_record_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_census_record'))
    )
    op.create_index('ix_census_record_division_id_id', 'census_record', ['division_id', 'id'], unique=False)
    op.create_index('ix_census_record_employer_id_id', 'census_record', ['employer_id', 'id'], unique=False)
    op.create_index('ix_census_record_organization_id_id', 'census_record', ['organization_id', 'id'], unique=False)
    op.create_index('ix_census_record_round_id_id', 'census_record', ['round_id', 'id'], unique=False)
    op.create_table('construction_project',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('union_id', sa.BigInteger(), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('completed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('completed_on > started_on', name=op.f('ck_construction_project_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_construction_project_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_construction_project_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_construction_project_organization_id')),
    sa.ForeignKeyConstraint(['union_id'], ['organization.id'], name=op.f('fk_construction_project_union_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_construction_project'))
    )
    op.create_index('ix_construction_project_division_id_id', 'construction_project', ['division_id', 'id'], unique=False)
    op.create_index('ix_construction_project_organization_id_id', 'construction_project', ['organization_id', 'id'], unique=False)
    op.create_index('ix_construction_project_union_id', 'construction_project', ['union_id'], unique=False)
    op.create_table('cooperation_line',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('agreement_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('EXCHANGE', 'TRAINING', 'CARE', 'VISIT', name='cooperationlinekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['cooperation_agreement.id'], name=op.f('fk_cooperation_line_agreement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cooperation_line'))
    )
    op.create_index('uq_cooperation_line', 'cooperation_line', ['agreement_id', 'kind'], unique=True)
    op.create_table('dependant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('household_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('birth_year', sa.BigInteger(), nullable=False),
    sa.Column('school_stage', sa.Enum('PRESCHOOL', 'PRIMARY', 'JUNIOR_SECONDARY', 'SENIOR_SECONDARY', 'TERTIARY', name='schoolstage', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_dependant_household_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_dependant_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dependant'))
    )
    op.create_index('ix_dependant_household_id_id', 'dependant', ['household_id', 'id'], unique=False)
    op.create_index('ix_dependant_organization_id_id', 'dependant', ['organization_id', 'id'], unique=False)
    op.create_table('mediation_body',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('ENTERPRISE', 'PEOPLES', 'TOWNSHIP', 'INDUSTRY_REGIONAL', 'JOINT_TRIPARTITE', 'COURT_INVITED', 'ARBITRATION_COMMISSION', 'COURT', name='disputebody', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('document_id', sa.BigInteger(), nullable=True),
    sa.Column('host', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_mediation_body_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_mediation_body_division_id')),
    sa.ForeignKeyConstraint(['document_id'], ['policy_document.id'], name=op.f('fk_mediation_body_document_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mediation_body_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mediation_body'))
    )
    op.create_index('ix_mediation_body_division_id_id', 'mediation_body', ['division_id', 'id'], unique=False)
    op.create_index('ix_mediation_body_organization_id_id', 'mediation_body', ['organization_id', 'id'], unique=False)
    op.create_table('mutual_aid_claim',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('FILED', 'DOCUMENTS_COMPLETE', 'APPROVED', 'PAID', 'REFUSED', name='claimstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('approved_on', sa.Date(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.CheckConstraint('approved_on >= filed_on AND paid_on >= approved_on', name=op.f('ck_mutual_aid_claim_dated')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_mutual_aid_claim_case_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['mutual_aid_enrolment.id'], name=op.f('fk_mutual_aid_claim_enrolment_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_mutual_aid_claim_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mutual_aid_claim_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mutual_aid_claim'))
    )
    op.create_index('ix_mutual_aid_claim_case_id', 'mutual_aid_claim', ['case_id'], unique=False)
    op.create_index('ix_mutual_aid_claim_enrolment_id_id', 'mutual_aid_claim', ['enrolment_id', 'id'], unique=False)
    op.create_index('ix_mutual_aid_claim_member_id_id', 'mutual_aid_claim', ['member_id', 'id'], unique=False)
    op.create_index('ix_mutual_aid_claim_organization_id_id', 'mutual_aid_claim', ['organization_id', 'id'], unique=False)
    op.create_table('policy_issuer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('document_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('UNION', 'HR_BUREAU', 'EMPLOYERS_BODY', 'GOVERNMENT_BODY', name='issuerkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['policy_document.id'], name=op.f('fk_policy_issuer_document_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_policy_issuer_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_issuer'))
    )
    op.create_index('uq_policy_issuer', 'policy_issuer', ['document_id', 'position'], unique=True)
    op.create_table('policy_measure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('document_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('area', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['policy_document.id'], name=op.f('fk_policy_measure_document_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_measure'))
    )
    op.create_index('uq_policy_measure', 'policy_measure', ['document_id', 'position'], unique=True)
    op.create_table('target',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('document_id', sa.BigInteger(), nullable=True),
    sa.Column('metric', sa.Enum('NEW_FORM_JOINS', 'NEW_FORM_COVERAGE', 'NEW_FORM_UNIONS', 'REGIONAL_FEDERATIONS', 'LOGISTICS_PARKS', 'RESPONSE_CENTRES', name='targetmetric', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('operator', sa.Enum('GE', 'LE', name='targetoperator', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('value', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.Column('unit', sa.Enum('PERSON', 'ATTENDANCE', 'SESSION', 'HOUSEHOLD', 'ORGANIZATION', 'CASE', 'ITEM', 'COPY', 'VEHICLE', 'TONNE', 'YUAN', 'DAY', 'MINUTE', 'RATIO', name='unit', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_target_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_target_division_id')),
    sa.ForeignKeyConstraint(['document_id'], ['policy_document.id'], name=op.f('fk_target_document_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_target_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target'))
    )
    op.create_index('ix_target_division_id_id', 'target', ['division_id', 'id'], unique=False)
    op.create_index('ix_target_document_id_id', 'target', ['document_id', 'id'], unique=False)
    op.create_index('ix_target_organization_id_id', 'target', ['organization_id', 'id'], unique=False)
    op.create_table('venue',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('RESPONSE_CENTRE', 'STATION', 'READING_ROOM', 'RECUPERATION_BASE', 'LOGISTICS_PARK', 'BUSINESS_BUILDING', 'GREEN_WINDOW', 'CANTEEN', 'DORMITORY', 'BATHROOM', 'LIBRARY', 'NURSERY', 'FITNESS_ROOM', name='venuekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_venue_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_venue_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_venue_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_venue_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_venue'))
    )
    op.create_index('ix_venue_division_id_id', 'venue', ['division_id', 'id'], unique=False)
    op.create_index('ix_venue_name_grams', 'venue', [sa.literal_column('grams(name)')], unique=False, postgresql_using='gin')
    op.create_index('ix_venue_organization_id_id', 'venue', ['organization_id', 'id'], unique=False)
    op.create_table('activity',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('VISIT', 'EMPLOYER_VISIT', 'TRAINING', 'CADRE_TRAINING', 'COMPETITION', 'JOB_FAIR', 'LEGAL_OUTREACH', 'LEGAL_CHECKUP', 'ORGANIZING', 'CARE', 'RECUPERATION', 'MEETING', name='activitykind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('mode', sa.Enum('OFFLINE', 'ONLINE', name='activitymode', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('skill', sa.Enum('PASTRY', 'FLOUR_ART', 'AQUATIC_PROCESSING', 'TEA', 'COURIER', 'CONSTRUCTION', 'ELECTRICIAN', 'DOMESTIC_SERVICE', 'E_COMMERCE', 'OTHER', name='skill', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('is_free', sa.Boolean(), nullable=False),
    sa.Column('programme_id', sa.BigInteger(), nullable=True),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('measure_id', sa.BigInteger(), nullable=True),
    sa.Column('line_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_activity_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_activity_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_activity_employer_id')),
    sa.ForeignKeyConstraint(['line_id'], ['cooperation_line.id'], name=op.f('fk_activity_line_id')),
    sa.ForeignKeyConstraint(['measure_id'], ['policy_measure.id'], name=op.f('fk_activity_measure_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_activity_organization_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['activity.id'], name=op.f('fk_activity_parent_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_activity_programme_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_activity_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity'))
    )
    op.create_index('ix_activity_division_id_id', 'activity', ['division_id', 'id'], unique=False)
    op.create_index('ix_activity_employer_id_id', 'activity', ['employer_id', 'id'], unique=False)
    op.create_index('ix_activity_venue_id_id', 'activity', ['venue_id', 'id'], unique=False)
    op.create_index('ix_activity_line_id_id', 'activity', ['line_id', 'id'], unique=False)
    op.create_index('ix_activity_measure_id_id', 'activity', ['measure_id', 'id'], unique=False)
    op.create_index('ix_activity_organization_id_id', 'activity', ['organization_id', 'id'], unique=False)
    op.create_index('ix_activity_parent_id_id', 'activity', ['parent_id', 'id'], unique=False)
    op.create_index('ix_activity_programme_id_id', 'activity', ['programme_id', 'id'], unique=False)
    op.create_table('aid_grant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('RELIEF', 'TUITION', 'CONDOLENCE', 'GIFT_IN_KIND', name='grantkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('status', sa.Enum('APPLIED', 'APPROVED', 'PAID', 'REFUSED', name='grantstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('household_id', sa.BigInteger(), nullable=True),
    sa.Column('dependant_id', sa.BigInteger(), nullable=True),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('item', sa.Text(), nullable=True),
    sa.Column('applied_on', sa.Date(), nullable=False),
    sa.Column('approved_on', sa.Date(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_aid_grant_positive')),
    sa.CheckConstraint('approved_on >= applied_on AND paid_on >= approved_on', name=op.f('ck_aid_grant_dated')),
    sa.CheckConstraint('num_nonnulls(amount, item) >= 1', name=op.f('ck_aid_grant_given')),
    sa.CheckConstraint('num_nonnulls(household_id, dependant_id, member_id) >= 1', name=op.f('ck_aid_grant_recipient')),
    sa.ForeignKeyConstraint(['dependant_id'], ['dependant.id'], name=op.f('fk_aid_grant_dependant_id')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_aid_grant_division_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_aid_grant_household_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_aid_grant_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_aid_grant_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aid_grant'))
    )
    op.create_index('ix_aid_grant_dependant_id_id', 'aid_grant', ['dependant_id', 'id'], unique=False)
    op.create_index('ix_aid_grant_division_id_id', 'aid_grant', ['division_id', 'id'], unique=False)
    op.create_index('ix_aid_grant_household_id_id', 'aid_grant', ['household_id', 'id'], unique=False)
    op.create_index('ix_aid_grant_member_id_id', 'aid_grant', ['member_id', 'id'], unique=False)
    op.create_index('ix_aid_grant_organization_id_id', 'aid_grant', ['organization_id', 'id'], unique=False)
    op.create_table('aid_project',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=True),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Enum('STATION', 'RELAY_STATION', 'READING_ROOM', name='aidprojectkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('budget', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('spent', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('completed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('budget > 0 AND spent >= 0', name=op.f('ck_aid_project_positive')),
    sa.CheckConstraint('completed_on >= started_on', name=op.f('ck_aid_project_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_aid_project_division_id')),
    sa.ForeignKeyConstraint(['line_id'], ['cooperation_line.id'], name=op.f('fk_aid_project_line_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_aid_project_organization_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_aid_project_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aid_project'))
    )
    op.create_index('ix_aid_project_division_id_id', 'aid_project', ['division_id', 'id'], unique=False)
    op.create_index('ix_aid_project_organization_id_id', 'aid_project', ['organization_id', 'id'], unique=False)
    op.create_table('certification',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('round_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('APPLIED', 'INSPECTED', 'PUBLICISED', 'AWARDED', 'REVOKED', 'LAPSED', name='certificationstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('applied_on', sa.Date(), nullable=False),
    sa.Column('awarded_on', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("awarded_on IS NOT NULL OR status NOT IN ('AWARDED', 'REVOKED', 'LAPSED')", name=op.f('ck_certification_awarded')),
    sa.CheckConstraint('valid_to > awarded_on', name=op.f('ck_certification_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_certification_division_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_certification_organization_id')),
    sa.ForeignKeyConstraint(['round_id'], ['certification_round.id'], name=op.f('fk_certification_round_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_certification_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certification'))
    )
    op.create_index('ix_certification_division_id_id', 'certification', ['division_id', 'id'], unique=False)
    op.create_index('ix_certification_organization_id_id', 'certification', ['organization_id', 'id'], unique=False)
    op.create_index('ix_certification_round_id_id', 'certification', ['round_id', 'id'], unique=False)
    op.create_index('ix_certification_venue_id', 'certification', ['venue_id'], unique=False)
    op.create_table('donation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=True),
    sa.Column('donor_name', sa.Text(), nullable=True),
    sa.Column('item', sa.Enum('AMBULANCE', 'BUSINESS_VAN', 'HEALTH_PRODUCTS', 'PRODUCE', 'EPIDEMIC_SUPPLIES', name='donationitem', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('quantity', sa.Numeric(precision=14, scale=3), nullable=True),
    sa.Column('unit', sa.Enum('PERSON', 'ATTENDANCE', 'SESSION', 'HOUSEHOLD', 'ORGANIZATION', 'CASE', 'ITEM', 'COPY', 'VEHICLE', 'TONNE', 'YUAN', 'DAY', 'MINUTE', 'RATIO', name='unit', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('donated_on', sa.Date(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_donation_positive')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_donation_division_id')),
    sa.ForeignKeyConstraint(['line_id'], ['cooperation_line.id'], name=op.f('fk_donation_line_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_donation_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_donation'))
    )
    op.create_index('ix_donation_division_id_id', 'donation', ['division_id', 'id'], unique=False)
    op.create_index('ix_donation_organization_id_id', 'donation', ['organization_id', 'id'], unique=False)
    op.create_table('mediation_seat',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('body_id', sa.BigInteger(), nullable=False),
    sa.Column('side', sa.Enum('GOVERNMENT', 'UNION', 'EMPLOYER', name='bodyside', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_mediation_seat_dated')),
    sa.ForeignKeyConstraint(['body_id'], ['mediation_body.id'], name=op.f('fk_mediation_seat_body_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mediation_seat_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mediation_seat'))
    )
    op.create_index('ix_mediation_seat_body_id_id', 'mediation_seat', ['body_id', 'id'], unique=False)
    op.create_table('mediator',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('body_id', sa.BigInteger(), nullable=True),
    sa.Column('principal_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Enum('PANEL_LAWYER', 'STATIONED_LAWYER', 'MEDIATOR', name='mediatorkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('firm', sa.Text(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_mediator_dated')),
    sa.ForeignKeyConstraint(['body_id'], ['mediation_body.id'], name=op.f('fk_mediator_body_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mediator_organization_id')),
    sa.ForeignKeyConstraint(['principal_id'], ['principal.id'], name=op.f('fk_mediator_principal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mediator'))
    )
    op.create_index('ix_mediator_body_id_id', 'mediator', ['body_id', 'id'], unique=False)
    op.create_index('ix_mediator_organization_id_id', 'mediator', ['organization_id', 'id'], unique=False)
    op.create_table('roster',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['cooperation_line.id'], name=op.f('fk_roster_line_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_roster_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster'))
    )
    op.create_index('ix_roster_organization_id_id', 'roster', ['organization_id', 'id'], unique=False)
    op.create_table('service_transaction',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('venue_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('ended_at >= started_at', name=op.f('ck_service_transaction_dated')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_service_transaction_division_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['insurance_enrolment.id'], name=op.f('fk_service_transaction_enrolment_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_service_transaction_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_service_transaction_organization_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_service_transaction_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_transaction'))
    )
    op.create_index('ix_service_transaction_division_id_id', 'service_transaction', ['division_id', 'id'], unique=False)
    op.create_index('ix_service_transaction_venue_id_id', 'service_transaction', ['venue_id', 'id'], unique=False)
    op.create_index('ix_service_transaction_member_id_id', 'service_transaction', ['member_id', 'id'], unique=False)
    op.create_index('ix_service_transaction_organization_id_id', 'service_transaction', ['organization_id', 'id'], unique=False)
    op.create_table('venue_coverage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('venue_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_venue_coverage_dated')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_venue_coverage_organization_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_venue_coverage_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_venue_coverage'))
    )
    op.create_index('ix_venue_coverage_organization_id_id', 'venue_coverage', ['organization_id', 'id'], unique=False)
    op.create_index('ix_venue_coverage_venue_id_id', 'venue_coverage', ['venue_id', 'id'], unique=False)
    op.create_table('wish',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=True),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('is_collective', sa.Boolean(), nullable=False),
    sa.Column('item', sa.Enum('DAILY_GOODS', 'STUDY_GOODS', name='wishitem', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('standard_value', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('status', sa.Enum('PROPOSED', 'VERIFIED', 'PUBLISHED', 'CLAIMED', 'DELIVERED', 'CONFIRMED', 'LAPSED', name='wishstatus', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('claimant_kind', sa.Enum('UNION', 'UNIT', 'INDIVIDUAL', name='claimantkind', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('claimant_id', sa.BigInteger(), nullable=True),
    sa.Column('claimant_name', sa.Text(), nullable=True),
    sa.Column('proposed_on', sa.Date(), nullable=False),
    sa.Column('claimed_on', sa.Date(), nullable=True),
    sa.Column('delivered_on', sa.Date(), nullable=True),
    sa.Column('confirmed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('(claimed_on IS NULL) = (claimant_kind IS NULL)', name=op.f('ck_wish_claimed')),
    sa.CheckConstraint('claimed_on >= proposed_on AND delivered_on >= claimed_on', name=op.f('ck_wish_dated')),
    sa.ForeignKeyConstraint(['claimant_id'], ['organization.id'], name=op.f('fk_wish_claimant_id')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_wish_division_id')),
    sa.ForeignKeyConstraint(['line_id'], ['cooperation_line.id'], name=op.f('fk_wish_line_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_wish_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_wish_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wish'))
    )
    op.create_index('ix_wish_claimant_id_id', 'wish', ['claimant_id', 'id'], unique=False)
    op.create_index('ix_wish_division_id_id', 'wish', ['division_id', 'id'], unique=False)
    op.create_index('ix_wish_line_id_id', 'wish', ['line_id', 'id'], unique=False)
    op.create_index('ix_wish_member_id', 'wish', ['member_id'], unique=False)
    op.create_index('ix_wish_organization_id_id', 'wish', ['organization_id', 'id'], unique=False)
    op.create_table('attendance',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('activity_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=True),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('household_id', sa.BigInteger(), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('role', sa.Enum('PARTICIPANT', 'TRAINEE', 'CONTESTANT', 'BENEFICIARY', 'CADRE', 'CARER', name='attendancerole', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('attended_on', sa.Date(), nullable=False),
    sa.Column('award', sa.Enum('FIRST', 'SECOND', 'THIRD', name='award', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('certificate_number', sa.Text(), nullable=True),
    sa.CheckConstraint('num_nonnulls(member_id, household_id) <= 1', name=op.f('ck_attendance_one_subject')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_attendance_activity_id')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_attendance_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_attendance_employer_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_attendance_household_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_attendance_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_attendance_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance'))
    )
    op.create_index('ix_attendance_activity_id_id', 'attendance', ['activity_id', 'id'], unique=False)
    op.create_index('ix_attendance_division_id_id', 'attendance', ['division_id', 'id'], unique=False)
    op.create_index('ix_attendance_employer_id_id', 'attendance', ['employer_id', 'id'], unique=False)
    op.create_index('ix_attendance_household_id_id', 'attendance', ['household_id', 'id'], unique=False)
    op.create_index('ix_attendance_member_id_id', 'attendance', ['member_id', 'id'], unique=False)
    op.create_index('ix_attendance_organization_id_id', 'attendance', ['organization_id', 'id'], unique=False)
    op.create_table('certification_score',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('certification_id', sa.BigInteger(), nullable=False),
    sa.Column('criterion', sa.Enum('LEADERSHIP', 'TEAM', 'PLACE', 'FINANCE', 'EXPERIENCE', name='criterion', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=False),
    sa.Column('is_passed', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.CheckConstraint('score BETWEEN 0 AND 100', name=op.f('ck_certification_score_in_range')),
    sa.ForeignKeyConstraint(['certification_id'], ['certification.id'], name=op.f('fk_certification_score_certification_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certification_score'))
    )
    op.create_index('uq_certification_score', 'certification_score', ['certification_id', 'criterion'], unique=True)
    op.create_table('exhibitor',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('activity_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_exhibitor_activity_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_exhibitor_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_exhibitor_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exhibitor'))
    )
    op.create_index('ix_exhibitor_employer_id_id', 'exhibitor', ['employer_id', 'id'], unique=False)
    op.create_index('ix_exhibitor_organization_id_id', 'exhibitor', ['organization_id', 'id'], unique=False)
    op.create_index('uq_exhibitor', 'exhibitor', ['activity_id', 'employer_id'], unique=True)
    op.create_table('legal_service',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('link', sa.Enum('OUTREACH', 'CONSULTATION', 'DAILY_MEDIATION', 'PRE_ARBITRATION', 'PRE_TRIAL', 'LEGAL_AID', name='legalservicelink', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('outcome', sa.Enum('SETTLED', 'PASSED_ON', 'WITHDRAWN', 'CLOSED', name='legalserviceoutcome', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('body_id', sa.BigInteger(), nullable=True),
    sa.Column('mediator_id', sa.BigInteger(), nullable=True),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('member_id', sa.BigInteger(), nullable=True),
    sa.Column('previous_id', sa.BigInteger(), nullable=True),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('(closed_on IS NULL) = (outcome IS NULL)', name=op.f('ck_legal_service_closed')),
    sa.CheckConstraint('closed_on >= opened_on', name=op.f('ck_legal_service_dated')),
    sa.ForeignKeyConstraint(['body_id'], ['mediation_body.id'], name=op.f('fk_legal_service_body_id')),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_legal_service_case_id')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_legal_service_division_id')),
    sa.ForeignKeyConstraint(['mediator_id'], ['mediator.id'], name=op.f('fk_legal_service_mediator_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_legal_service_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_legal_service_organization_id')),
    sa.ForeignKeyConstraint(['previous_id'], ['legal_service.id'], name=op.f('fk_legal_service_previous_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_service'))
    )
    op.create_index('ix_legal_service_body_id_id', 'legal_service', ['body_id', 'id'], unique=False)
    op.create_index('ix_legal_service_case_id_id', 'legal_service', ['case_id', 'id'], unique=False)
    op.create_index('ix_legal_service_division_id_id', 'legal_service', ['division_id', 'id'], unique=False)
    op.create_index('ix_legal_service_mediator_id_id', 'legal_service', ['mediator_id', 'id'], unique=False)
    op.create_index('ix_legal_service_member_id_id', 'legal_service', ['member_id', 'id'], unique=False)
    op.create_index('ix_legal_service_organization_id_id', 'legal_service', ['organization_id', 'id'], unique=False)
    op.create_index('ix_legal_service_previous_id', 'legal_service', ['previous_id'], unique=False)
    op.create_table('material_distribution',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('activity_id', sa.BigInteger(), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Enum('BOOK', 'LEAFLET', 'GIFT_PARCEL', name='materialkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.Enum('PERSON', 'ATTENDANCE', 'SESSION', 'HOUSEHOLD', 'ORGANIZATION', 'CASE', 'ITEM', 'COPY', 'VEHICLE', 'TONNE', 'YUAN', 'DAY', 'MINUTE', 'RATIO', name='unit', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('distributed_on', sa.Date(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_material_distribution_positive')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_material_distribution_activity_id')),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_material_distribution_division_id')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_material_distribution_employer_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_material_distribution_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_material_distribution'))
    )
    op.create_index('ix_material_distribution_division_id_id', 'material_distribution', ['division_id', 'id'], unique=False)
    op.create_index('ix_material_distribution_activity_id_id', 'material_distribution', ['activity_id', 'id'], unique=False)
    op.create_index('ix_material_distribution_employer_id_id', 'material_distribution', ['employer_id', 'id'], unique=False)
    op.create_index('ix_material_distribution_organization_id_id', 'material_distribution', ['organization_id', 'id'], unique=False)
    op.create_table('roster_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('roster_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('division_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['division_id'], ['division.id'], name=op.f('fk_roster_entry_division_id')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_roster_entry_member_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_roster_entry_organization_id')),
    sa.ForeignKeyConstraint(['roster_id'], ['roster.id'], name=op.f('fk_roster_entry_roster_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_entry'))
    )
    op.create_index('ix_roster_entry_member_id_id', 'roster_entry', ['member_id', 'id'], unique=False)
    op.create_index('ix_roster_entry_organization_id_id', 'roster_entry', ['organization_id', 'id'], unique=False)
    op.create_index('uq_roster_entry', 'roster_entry', ['roster_id', 'member_id'], unique=True)
    op.create_table('job_offer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('exhibitor_id', sa.BigInteger(), nullable=False),
    sa.Column('organization_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('headcount', sa.BigInteger(), nullable=False),
    sa.Column('filled_count', sa.BigInteger(), nullable=True),
    sa.Column('monthly_wage', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('is_flexible', sa.Boolean(), nullable=False),
    sa.CheckConstraint('headcount > 0 AND filled_count BETWEEN 0 AND headcount', name=op.f('ck_job_offer_counts')),
    sa.ForeignKeyConstraint(['exhibitor_id'], ['exhibitor.id'], name=op.f('fk_job_offer_exhibitor_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_job_offer_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_offer'))
    )
    op.create_index('ix_job_offer_exhibitor_id_id', 'job_offer', ['exhibitor_id', 'id'], unique=False)
    op.create_index('ix_job_offer_organization_id_id', 'job_offer', ['organization_id', 'id'], unique=False)
    op.add_column('employer', sa.Column('is_platform_head', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('employer', 'is_platform_head')
    op.drop_index('ix_job_offer_organization_id_id', table_name='job_offer')
    op.drop_index('ix_job_offer_exhibitor_id_id', table_name='job_offer')
    op.drop_table('job_offer')
    op.drop_index('uq_roster_entry', table_name='roster_entry')
    op.drop_index('ix_roster_entry_organization_id_id', table_name='roster_entry')
    op.drop_index('ix_roster_entry_member_id_id', table_name='roster_entry')
    op.drop_table('roster_entry')
    op.drop_index('ix_material_distribution_organization_id_id', table_name='material_distribution')
    op.drop_index('ix_material_distribution_employer_id_id', table_name='material_distribution')
    op.drop_index('ix_material_distribution_division_id_id', table_name='material_distribution')
    op.drop_table('material_distribution')
    op.drop_index('ix_legal_service_previous_id', table_name='legal_service')
    op.drop_index('ix_legal_service_organization_id_id', table_name='legal_service')
    op.drop_index('ix_legal_service_member_id_id', table_name='legal_service')
    op.drop_index('ix_legal_service_mediator_id_id', table_name='legal_service')
    op.drop_index('ix_legal_service_division_id_id', table_name='legal_service')
    op.drop_index('ix_legal_service_case_id_id', table_name='legal_service')
    op.drop_index('ix_legal_service_body_id_id', table_name='legal_service')
    op.drop_table('legal_service')
    op.drop_index('uq_exhibitor', table_name='exhibitor')
    op.drop_index('ix_exhibitor_organization_id_id', table_name='exhibitor')
    op.drop_index('ix_exhibitor_employer_id_id', table_name='exhibitor')
    op.drop_table('exhibitor')
    op.drop_index('uq_certification_score', table_name='certification_score')
    op.drop_table('certification_score')
    op.drop_index('ix_attendance_organization_id_id', table_name='attendance')
    op.drop_index('ix_attendance_member_id_id', table_name='attendance')
    op.drop_index('ix_attendance_household_id_id', table_name='attendance')
    op.drop_index('ix_attendance_employer_id_id', table_name='attendance')
    op.drop_index('ix_attendance_activity_id_id', table_name='attendance')
    op.drop_table('attendance')
    op.drop_index('ix_wish_organization_id_id', table_name='wish')
    op.drop_index('ix_wish_member_id', table_name='wish')
    op.drop_index('ix_wish_line_id_id', table_name='wish')
    op.drop_index('ix_wish_division_id_id', table_name='wish')
    op.drop_index('ix_wish_claimant_id_id', table_name='wish')
    op.drop_table('wish')
    op.drop_index('ix_venue_coverage_venue_id_id', table_name='venue_coverage')
    op.drop_index('ix_venue_coverage_organization_id_id', table_name='venue_coverage')
    op.drop_table('venue_coverage')
    op.drop_index('ix_service_transaction_organization_id_id', table_name='service_transaction')
    op.drop_index('ix_service_transaction_member_id_id', table_name='service_transaction')
    op.drop_index('ix_service_transaction_division_id_id', table_name='service_transaction')
    op.drop_table('service_transaction')
    op.drop_index('ix_roster_organization_id_id', table_name='roster')
    op.drop_table('roster')
    op.drop_index('ix_mediator_organization_id_id', table_name='mediator')
    op.drop_index('ix_mediator_body_id_id', table_name='mediator')
    op.drop_table('mediator')
    op.drop_index('ix_mediation_seat_body_id_id', table_name='mediation_seat')
    op.drop_table('mediation_seat')
    op.drop_index('ix_donation_organization_id_id', table_name='donation')
    op.drop_index('ix_donation_division_id_id', table_name='donation')
    op.drop_table('donation')
    op.drop_index('ix_certification_venue_id', table_name='certification')
    op.drop_index('ix_certification_round_id_id', table_name='certification')
    op.drop_index('ix_certification_organization_id_id', table_name='certification')
    op.drop_index('ix_certification_division_id_id', table_name='certification')
    op.drop_table('certification')
    op.drop_index('ix_aid_project_organization_id_id', table_name='aid_project')
    op.drop_index('ix_aid_project_division_id_id', table_name='aid_project')
    op.drop_table('aid_project')
    op.drop_index('ix_aid_grant_organization_id_id', table_name='aid_grant')
    op.drop_index('ix_aid_grant_member_id_id', table_name='aid_grant')
    op.drop_index('ix_aid_grant_household_id_id', table_name='aid_grant')
    op.drop_index('ix_aid_grant_division_id_id', table_name='aid_grant')
    op.drop_index('ix_aid_grant_dependant_id_id', table_name='aid_grant')
    op.drop_table('aid_grant')
    op.drop_index('ix_activity_programme_id_id', table_name='activity')
    op.drop_index('ix_activity_parent_id_id', table_name='activity')
    op.drop_index('ix_activity_organization_id_id', table_name='activity')
    op.drop_index('ix_activity_measure_id_id', table_name='activity')
    op.drop_index('ix_activity_line_id_id', table_name='activity')
    op.drop_index('ix_activity_employer_id_id', table_name='activity')
    op.drop_index('ix_activity_division_id_id', table_name='activity')
    op.drop_table('activity')
    op.drop_index('ix_venue_organization_id_id', table_name='venue')
    op.drop_index('ix_venue_name_grams', table_name='venue', postgresql_using='gin')
    op.drop_index('ix_venue_division_id_id', table_name='venue')
    op.drop_table('venue')
    op.drop_index('ix_target_organization_id_id', table_name='target')
    op.drop_index('ix_target_document_id_id', table_name='target')
    op.drop_index('ix_target_division_id_id', table_name='target')
    op.drop_table('target')
    op.drop_index('uq_policy_measure', table_name='policy_measure')
    op.drop_table('policy_measure')
    op.drop_index('uq_policy_issuer', table_name='policy_issuer')
    op.drop_table('policy_issuer')
    op.drop_index('ix_mutual_aid_claim_organization_id_id', table_name='mutual_aid_claim')
    op.drop_index('ix_mutual_aid_claim_member_id_id', table_name='mutual_aid_claim')
    op.drop_index('ix_mutual_aid_claim_enrolment_id_id', table_name='mutual_aid_claim')
    op.drop_index('ix_mutual_aid_claim_case_id', table_name='mutual_aid_claim')
    op.drop_table('mutual_aid_claim')
    op.drop_index('ix_mediation_body_organization_id_id', table_name='mediation_body')
    op.drop_index('ix_mediation_body_division_id_id', table_name='mediation_body')
    op.drop_table('mediation_body')
    op.drop_index('ix_dependant_organization_id_id', table_name='dependant')
    op.drop_index('ix_dependant_household_id_id', table_name='dependant')
    op.drop_table('dependant')
    op.drop_index('uq_cooperation_line', table_name='cooperation_line')
    op.drop_table('cooperation_line')
    op.drop_index('ix_construction_project_union_id', table_name='construction_project')
    op.drop_index('ix_construction_project_organization_id_id', table_name='construction_project')
    op.drop_index('ix_construction_project_division_id_id', table_name='construction_project')
    op.drop_table('construction_project')
    op.drop_index('ix_census_record_round_id_id', table_name='census_record')
    op.drop_index('ix_census_record_organization_id_id', table_name='census_record')
    op.drop_index('ix_census_record_employer_id_id', table_name='census_record')
    op.drop_index('ix_census_record_division_id_id', table_name='census_record')
    op.drop_table('census_record')
    op.drop_index('ix_care_step_case_id_id', table_name='care_step')
    op.drop_table('care_step')
    op.drop_index('uq_care_shift', table_name='care_shift')
    op.drop_index('ix_care_shift_member_id_id', table_name='care_shift')
    op.drop_table('care_shift')
    op.drop_index('ix_programme_parent_id_id', table_name='programme')
    op.drop_index('ix_programme_organization_id_id', table_name='programme')
    op.drop_table('programme')
    op.drop_index('uq_population_estimate', table_name='population_estimate')
    op.drop_index('ix_population_estimate_organization_id_id', table_name='population_estimate')
    op.drop_table('population_estimate')
    op.drop_index('ix_policy_document_organization_id_id', table_name='policy_document')
    op.drop_index('ix_policy_document_division_id_id', table_name='policy_document')
    op.drop_table('policy_document')
    op.drop_index('ix_mutual_aid_enrolment_organization_id_id', table_name='mutual_aid_enrolment')
    op.drop_index('ix_mutual_aid_enrolment_member_id_id', table_name='mutual_aid_enrolment')
    op.drop_table('mutual_aid_enrolment')
    op.drop_index('ix_household_organization_id_id', table_name='household')
    op.drop_index('ix_household_member_id_id', table_name='household')
    op.drop_index('ix_household_division_id_id', table_name='household')
    op.drop_table('household')
    op.drop_index('ix_designation_organization_id_id', table_name='designation')
    op.drop_index('ix_designation_division_id_id', table_name='designation')
    op.drop_table('designation')
    op.drop_index('ix_cooperation_agreement_partner_id_id', table_name='cooperation_agreement')
    op.drop_index('ix_cooperation_agreement_organization_id_id', table_name='cooperation_agreement')
    op.drop_table('cooperation_agreement')
    op.drop_index('ix_certification_round_organization_id_id', table_name='certification_round')
    op.drop_table('certification_round')
    op.drop_index('ix_census_round_organization_id_id', table_name='census_round')
    op.drop_table('census_round')
    op.drop_index('ix_care_case_organization_id_id', table_name='care_case')
    op.drop_index('ix_care_case_member_id_id', table_name='care_case')
    op.drop_table('care_case')
    op.drop_table('published_figure')
