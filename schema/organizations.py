"""Unions (工会组织) in the schema: both hierarchies, and every list that is reached through them."""

from datetime import date

import strawberry

from db.model import Term
from db.organizations import (
    CommitteeKind,
    Hierarchy,
    OrganizationForm,
    OrganizationKind,
    OrganizationLevel,
    OrganizationStatus,
)
from schema.activities import ActivitiesOfOrganization
from schema.agreements import AgreementField
from schema.assistance import AssistanceOfOrganization
from schema.care import CareOfOrganization
from schema.certifications import CertificationFilter, CertificationsOfOrganization
from schema.code_lists import describe
from schema.coverage import CoverageOfOrganization
from schema.coverage_filters import ConstructionProjectFilter
from schema.disputes import DisputeField
from schema.employers import CoverageField, CoverageFilter, EmployerField
from schema.fairs import FairsOfOrganization
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, Held, IdFilter, Order, StringFilter, conditions
from schema.insurance import EnrolmentField
from schema.mediation import MediationOfOrganization
from schema.members import MemberField, MembershipField
from schema.policies import PoliciesOfOrganization
from schema.refs import (
    AgreementFilterRef,
    CollectiveAgreementRef,
    DisputeCaseRef,
    DisputeFilterRef,
    DivisionFilterRef,
    DivisionRef,
    EmployerCoverageRef,
    EmployerFilterRef,
    EmployerRef,
    EnrolmentFilterRef,
    InsuranceEnrolmentRef,
    MemberFilterRef,
    MemberRef,
    MembershipFilterRef,
    MembershipRef,
    StatisticsRef,
)
from schema.relay import DATED, HIERARCHY, PLACED, SUBTREE, Connection, Node, page
from schema.relief import ReliefOfOrganization
from schema.services import ServicesOfOrganization
from schema.statistics import statistics
from schema.venues import VenueFilter, VenuesOfOrganization


class OrganizationField(Term):
    """Columns that unions can be ordered by (工会排序字段)."""

    NAME = "Name (名称)"
    LEVEL = "Level (层级)"
    ESTABLISHED_ON = "Day of establishment (成立日期)"
    DISSOLVED_ON = "Day of dissolution (撤销日期)"
    NAME_MATCH = (
        "How well the name fits what the filter says of it: equal names first, then those that begin so, each the shorter ones first"
        " (名称匹配程度)"
    )


describe(OrganizationField)


@conditions("Which unions (工会筛选)")
class OrganizationFilter:
    """Which unions (工会筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    level: Choice[OrganizationLevel] | None = optional("Level (层级)")
    kind: Choice[OrganizationKind] | None = optional("Kind (类型)")
    form: Choice[OrganizationForm] | None = optional("Form (组织形式)")
    status: Choice[OrganizationStatus] | None = optional("State (状态)")
    industry: StringFilter | None = optional("Industry, GB/T 4754-2017 (行业)")
    credit_code: StringFilter | None = optional("Unified social credit code (统一社会信用代码)")
    established_on: DateFilter | None = optional("Day of establishment (成立日期)")
    dissolved_on: DateFilter | None = optional("Day of dissolution (撤销日期)")
    division: DivisionFilterRef | None = optional(
        'Where it stands; anywhere in 苏州市: `{within: {name: {eq: "苏州市"}}}` (所在区划)'
    )
    coverages: Held[CoverageFilter] | None = optional("Employers whose workers it covers (覆盖单位)")
    venues: Held[VenueFilter] | None = optional("Venues that it and the unions below run (场所)")
    certifications: Held[CertificationFilter] | None = optional("Certifications of it and below (评选认定)")
    works: Held[ConstructionProjectFilter] | None = optional("Projects whose project union it is (所属工程)")


@strawberry.type(description="Dated link of a union to a parent in one hierarchy (隶属关系)")
class OrganizationLink(Node):
    """Dated link of a union to a parent in one hierarchy (隶属关系)."""

    hierarchy: Hierarchy = field("The hierarchy (隶属体系)")
    is_lead: bool = field("Whether this parent leads: approval, fees and counting follow it (是否主管)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    reason: str | None = field("Why it was made or ended (原因)")
    child: "Organization | None" = field("The lower union (下级工会)")
    parent: "Organization | None" = field("The higher union (上级工会)")


@strawberry.type(description="Term of a union's committee (届期)")
class CommitteeTerm(Node):
    """Term of a union's committee (届期)."""

    committee: CommitteeKind = field("Which committee (委员会种类)")
    number: int = field("Number of the term, counted from 1 (届次)")
    elected_on: date = field("Day of the election (选举日期)")
    chair_name: str = field("Name of the chair (主席姓名)")
    valid_from: date = field("First day (任期起)")
    valid_to: date | None = field("Day on which it ends (任期止)")
    organization: "Organization | None" = field("The union (工会)")


@strawberry.type(description="Union: a federation, an industry union or a grassroots union (工会组织)")
class Organization(
    CoverageOfOrganization,
    VenuesOfOrganization,
    PoliciesOfOrganization,
    CertificationsOfOrganization,
    ReliefOfOrganization,
    AssistanceOfOrganization,
    CareOfOrganization,
    ActivitiesOfOrganization,
    FairsOfOrganization,
    ServicesOfOrganization,
    MediationOfOrganization,
    Node,
):
    """Union: a federation, an industry union or a grassroots union (工会组织)."""

    name: str = field("Name (名称)")
    level: OrganizationLevel = field("Level (层级)")
    kind: OrganizationKind = field("Kind (类型)")
    form: OrganizationForm = field("Form (组织形式)")
    status: OrganizationStatus = field("State (状态)")
    industry: str | None = field("Industry: letter and two digits of GB/T 4754-2017, e.g. `G60` (行业)")
    credit_code: str | None = field(
        "Unified social credit code, GB 32100, once registered as a legal person (统一社会信用代码)"
    )
    established_on: date | None = field("Day of establishment (成立日期)")
    dissolved_on: date | None = field("Day of dissolution (撤销日期)")
    division: DivisionRef | None = field("Where it stands (所在区划)")
    parents: list[OrganizationLink] = field("Its links to higher unions (上级隶属关系)", **DATED)
    ancestors: list["Organization"] = field(
        "The unions above it, the topmost first; of a dissolved union those where it last stood (各级上级工会)",
        **HIERARCHY,
        **PLACED,
    )
    children: Connection["Organization"] = page(
        "The unions right below it (下级工会)",
        OrganizationFilter,
        Order[OrganizationField],
        HIERARCHY,
        PLACED,
    )
    descendants: Connection["Organization"] = page(
        "All unions below it (各级下级工会)",
        OrganizationFilter,
        Order[OrganizationField],
        HIERARCHY,
        PLACED,
    )
    committee_terms: list[CommitteeTerm] = field("Terms of its committees (届期)", **DATED)
    coverages: Connection[EmployerCoverageRef] = page(
        "Employers whose workers it covers, with dates (覆盖单位)",
        CoverageFilter,
        Order[CoverageField],
        DATED,
    )
    employers: Connection[EmployerRef] = page(
        "Employers that it or a union below is answerable for (用人单位)",
        EmployerFilterRef,
        Order[EmployerField],
        SUBTREE,
        DATED,
    )
    members: Connection[MemberRef] = page(
        "Members of it and of the unions below (会员)",
        MemberFilterRef,
        Order[MemberField],
        SUBTREE,
        PLACED,
    )
    memberships: Connection[MembershipRef] = page(
        "Memberships in force; applications by `validity: NOT_BEGUN` (会籍)",
        MembershipFilterRef,
        Order[MembershipField],
        SUBTREE,
        DATED,
    )
    collective_agreements: Connection[CollectiveAgreementRef] = page(
        "Collective agreements in term; those under way by `validity: NOT_BEGUN` (集体合同)",
        AgreementFilterRef,
        Order[AgreementField],
        SUBTREE,
        DATED,
    )
    insurance_enrolments: Connection[InsuranceEnrolmentRef] = page(
        "Insurance enrolments (参保记录)",
        EnrolmentFilterRef,
        Order[EnrolmentField],
        SUBTREE,
        DATED,
    )
    dispute_cases: Connection[DisputeCaseRef] = page(
        "Dispute cases that it or a union below handles (劳动争议案件)",
        DisputeFilterRef,
        Order[DisputeField],
        SUBTREE,
        DATED,
    )
    statistics: StatisticsRef | None = statistics(
        "Counts and sums of the records of it and of the unions below, as these are today, dissolved ones as they last were (统计)",
        HIERARCHY,
    )
