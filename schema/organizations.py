"""Unions (工会组织) in the schema, with both hierarchies; the lists of other slices are mixed in as ``…OfOrganization``."""

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
    SuccessionKind,
)
from schema.activities import ActivitiesOfOrganization
from schema.agreements import AgreementsOfOrganization
from schema.assistance import AssistanceOfOrganization
from schema.care import CareOfOrganization
from schema.certifications import CertificationFilter, CertificationsOfOrganization
from schema.code_lists import describe
from schema.coverage import ConstructionProjectFilter, CoverageOfOrganization
from schema.disputes import DisputesOfOrganization
from schema.employers import CoverageFilter, EmployersOfOrganization
from schema.fairs import FairsOfOrganization
from schema.fields import NAME_MATCHING, field, optional
from schema.filters import BooleanFilter, Choice, DateFilter, Held, IdFilter, Order, StringFilter, conditions
from schema.insurance import InsuranceOfOrganization
from schema.mediation import MediationOfOrganization
from schema.members import MembersOfOrganization
from schema.policies import PoliciesOfOrganization
from schema.quality import DataQualityCount
from schema.records import Sourced, Versioned
from schema.refs import DivisionFilterRef, DivisionRef
from schema.relay import (
    BY_CREDIT_CODE,
    BY_ID,
    DATED,
    DIVISION,
    HIERARCHY,
    PLACED,
    SUBTREE,
    WITHIN,
    Connection,
    Node,
    page,
)
from schema.relief import ReliefOfOrganization
from schema.services import ServicesOfOrganization
from schema.statistics import Statistics, statistics
from schema.venues import VenueFilter, VenuesOfOrganization


class OrganizationField(Term):
    """Columns that unions can be ordered by (工会排序字段)."""

    NAME = "Name (名称)"
    LEVEL = "Level (层级)"
    ESTABLISHED_ON = "Day of establishment (成立日期)"
    DISSOLVED_ON = "Day of dissolution (撤销日期)"
    NAME_MATCH = NAME_MATCHING
    CHANGED_AT = "Time of the last change (变更时间)"


describe(OrganizationField)


@conditions("Which unions (工会筛选)", changed=True, sourced=True)
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
        'Where it is located; anywhere in 苏州市: `{within: {name: {eq: "苏州市"}}}` (所在区划)'
    )
    coverages: Held[CoverageFilter] | None = optional("Employers whose workers it covers (覆盖单位)")
    venues: Held[VenueFilter] | None = optional("Venues that it and the unions below run (场所)")
    certifications: Held[CertificationFilter] | None = optional("Certifications of it and below (评选认定)")
    works: Held[ConstructionProjectFilter] | None = optional("Projects whose project union it is (所属工程)")
    credit_code_fails_check: BooleanFilter | None = optional(
        "Whether its credit code fails the check digit: a rule of `dataQuality` (统一社会信用代码校验不符)"
    )
    term_is_over: BooleanFilter | None = optional(
        "Whether the term of a committee is over, and no later one on record: a rule of `dataQuality` (届期已满未换届)"
    )


@strawberry.type(description="Dated link of a union to a parent in one hierarchy (隶属关系)")
class OrganizationLink(Versioned, Node):
    """Dated link of a union to a parent in one hierarchy (隶属关系)."""

    hierarchy: Hierarchy = field("The hierarchy (隶属体系)")
    is_lead: bool = field("Whether this parent leads: approval, fees and counting follow it (是否主管)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    reason: str | None = field("Why it began or ended (原因)")
    child: "Organization | None" = field("The lower union (下级工会)")
    parent: "Organization | None" = field("The higher union (上级工会)")


@strawberry.type(description="A union took over another, or a part of it, on a day (沿革)")
class OrganizationSuccession(Node):
    """A union took over another, or a part of it, on a day."""

    kind: SuccessionKind = field("How (沿革方式)")
    succeeded_on: date = field("The first day on which the successor has what it took over (生效日期)")
    reason: str = field("Why, e.g. the document that approved it (依据)")
    predecessor: "Organization | None" = field("The union that was taken over, or a part of it (原工会)")
    successor: "Organization | None" = field("The union that took it over (承接工会)")


@strawberry.type(description="Term of a union's committee (届期)")
class CommitteeTerm(Versioned, Node):
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
    EmployersOfOrganization,
    MembersOfOrganization,
    AgreementsOfOrganization,
    InsuranceOfOrganization,
    DisputesOfOrganization,
    Sourced,
    Versioned,
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
    division: DivisionRef | None = field("Where it is located (所在区划)")
    parents: list[OrganizationLink] = field("Its links to higher unions (上级隶属关系)", **DATED)
    predecessors: list[OrganizationSuccession] = field("What it took over from other unions (前身)")
    successors: list[OrganizationSuccession] = field("Which unions took it or parts of it over (后继)")
    ancestors: list["Organization"] = field(
        "The unions above it, the topmost first; for a dissolved union those above its last place (各级上级工会)",
        **HIERARCHY,
        **PLACED,
    )
    children: Connection["Organization"] = page(
        "The unions directly below it (下级工会)",
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
    data_quality: list[DataQualityCount] | None = field(
        "Rules that records of it and the unions below break, with how many of those that you see do (数据质量)"
    )
    statistics: Statistics | None = statistics(
        "Counts and sums of the records of it and of the unions below it today, with dissolved unions in their last place (统计)",
        HIERARCHY,
    )
    credit_code_fails_check: bool = field(
        "Whether its credit code fails the check digit: a rule of `dataQuality` (统一社会信用代码校验不符)"
    )
    term_is_over: bool = field(
        "Whether the term of a committee is over, and no later one on record: a rule of `dataQuality` (届期已满未换届)"
    )


@strawberry.type(description="Unions at the root (工会查询)")
class OrganizationsQuery:
    """Root fields, mixed into the query root."""

    organization: Organization | None = field(
        "A union by exactly one of its ID and its credit code (工会)", **BY_ID, **BY_CREDIT_CODE
    )
    organizations: Connection[Organization] | None = page(
        "Unions, everywhere or within one (工会列表)",
        OrganizationFilter,
        Order[OrganizationField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Unions in a division (辖区工会)")
class OrganizationsOfDivision:
    """Fields of divisions, mixed into them."""

    organizations: Connection[Organization] = page(
        "Unions located in it (辖区工会)", OrganizationFilter, Order[OrganizationField], DIVISION, DATED
    )
