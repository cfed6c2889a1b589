"""Employers (用人单位) and their coverage by unions in the schema."""

from datetime import date

import strawberry

from db.employers import EmployerKind
from db.model import Term
from schema.activities import ActivitiesOfEmployer, ActivityFilter, AttendanceFilter
from schema.agreements import AgreementCoverageFilter, AgreementFilter, AgreementsOfEmployer
from schema.code_lists import describe
from schema.coverage import CensusRecordFilter, CoverageOfEmployer
from schema.disputes import DisputesOfEmployer
from schema.fairs import ExhibitorFilter, FairsOfEmployer
from schema.fields import NAME_MATCHING, field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    Held,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.insurance import InsuranceOfEmployer
from schema.members import MembersOfEmployer
from schema.records import Sourced, Versioned
from schema.refs import DivisionFilterRef, DivisionRef, OrganizationFilterRef, OrganizationRef
from schema.relay import BY_CREDIT_CODE, BY_ID, DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page
from schema.services import ServicesOfEmployer
from schema.venues import VenueFilter, VenuesOfEmployer


class EmployerField(Term):
    """Columns that employers can be ordered by (用人单位排序字段)."""

    NAME = "Name (名称)"
    HEADCOUNT = "Number of workers (职工人数)"
    REGISTERED_ON = "Day of registration (注册日期)"
    NAME_MATCH = NAME_MATCHING
    CHANGED_AT = "Time of the last change (变更时间)"


describe(EmployerField)


class CoverageField(Term):
    """Columns that coverages can be ordered by (覆盖排序字段)."""

    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


describe(CoverageField)


@conditions("Which employers (用人单位筛选)", changed=True, sourced=True)
class EmployerFilter:
    """Which employers (用人单位筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    kind: Choice[EmployerKind] | None = optional("Kind (类型)")
    credit_code: StringFilter | None = optional("Unified social credit code (统一社会信用代码)")
    industry: StringFilter | None = optional("Industry, GB/T 4754-2017 (行业)")
    headcount: IntFilter | None = optional("Number of workers (职工人数)")
    is_platform_head: BooleanFilter | None = optional("Leading platform enterprise (平台头部企业)")
    is_organized: BooleanFilter | None = optional("Whether a union covers it today (是否已建会)")
    registered_on: DateFilter | None = optional("Day of registration (注册日期)")
    closed_on: DateFilter | None = optional("Day of closing (注销日期)")
    division: DivisionFilterRef | None = optional(
        'Where it is located; anywhere in 苏州市: `{within: {name: {eq: "苏州市"}}}` (所在区划)'
    )
    organization: OrganizationFilterRef | None = optional("The union responsible for it (负责工会)")
    coverages: Held["CoverageFilter"] | None = optional("Unions that cover it (覆盖工会)")
    collective_agreements: Held[AgreementFilter] | None = optional(
        "Agreements of its own, to which it is the party (本单位集体合同)"
    )
    agreement_coverages: Held[AgreementCoverageFilter] | None = optional("Agreements that cover it (适用集体合同)")
    venues: Held[VenueFilter] | None = optional("Venues that belong to it (所属场所)")
    activities: Listed[ActivityFilter] | None = optional("Visits to it and check-ups of it (走访与体检)")
    attendances: Listed[AttendanceFilter] | None = optional("Attendances of people that it sent (派出参加记录)")
    exhibitors: Listed[ExhibitorFilter] | None = optional("Job fairs at which it exhibited (参会记录)")
    census_records: Listed[CensusRecordFilter] | None = optional("Census records of it (摸排记录)")
    credit_code_fails_check: BooleanFilter | None = optional(
        "Whether its credit code fails the check digit: a rule of `dataQuality` (统一社会信用代码校验不符)"
    )
    lacks_headcount: BooleanFilter | None = optional(
        "Whether it is open and has no headcount: a rule of `dataQuality` (未填职工人数)"
    )


@conditions("Which coverages (覆盖筛选)", changed=True)
class CoverageFilter:
    """Which coverages (覆盖筛选)."""

    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    employer: EmployerFilter | None = optional("The employer (用人单位)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")


@strawberry.type(description="A union covers an employer's workers from a day on (工会覆盖单位)")
class EmployerCoverage(Versioned, Node):
    """A union covers an employer's workers from a day on (工会覆盖单位)."""

    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    organization: OrganizationRef | None = field("The union (工会)")
    employer: "Employer | None" = field("The employer (用人单位)")


@strawberry.type(description="Employer, a legal person apart from its union (用人单位)")
class Employer(
    CoverageOfEmployer,
    VenuesOfEmployer,
    ActivitiesOfEmployer,
    FairsOfEmployer,
    ServicesOfEmployer,
    MembersOfEmployer,
    AgreementsOfEmployer,
    InsuranceOfEmployer,
    DisputesOfEmployer,
    Sourced,
    Versioned,
    Node,
):
    """Employer, a legal person apart from its union (用人单位)."""

    name: str = field("Name (名称)")
    kind: EmployerKind = field("Kind (类型)")
    credit_code: str | None = field("Unified social credit code, GB 32100 (统一社会信用代码)")
    industry: str | None = field("Industry: letter and two digits of GB/T 4754-2017 (行业)")
    headcount: int = field("Number of workers, persons (职工人数)")
    is_platform_head: bool = field("Leading platform enterprise (平台头部企业)")
    is_organized: bool = field("Whether a union covers it today (是否已建会)")
    registered_on: date | None = field("Day of registration (注册日期)")
    closed_on: date | None = field("Day of closing (注销日期)")
    division: DivisionRef | None = field("Where it is located (所在区划)")
    organization: OrganizationRef | None = field(
        "The union responsible for it: the one that covers it, or the township or county federation in its place (负责工会)"
    )
    coverages: Connection[EmployerCoverage] = page(
        "Unions that cover it, with dates (覆盖工会)",
        CoverageFilter,
        Order[CoverageField],
        DATED,
    )
    credit_code_fails_check: bool = field(
        "Whether its credit code fails the check digit: a rule of `dataQuality` (统一社会信用代码校验不符)"
    )
    lacks_headcount: bool = field("Whether it is open and has no headcount: a rule of `dataQuality` (未填职工人数)")


@strawberry.type(description="Employers at the root (用人单位查询)")
class EmployersQuery:
    """Root fields, mixed into the query root."""

    employer: Employer | None = field(
        "An employer by exactly one of its ID and its credit code (用人单位)", **BY_ID, **BY_CREDIT_CODE
    )
    employers: Connection[Employer] | None = page(
        "Employers, everywhere or within a union (用人单位列表)",
        EmployerFilter,
        Order[EmployerField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Employers of a union (工会所属用人单位)")
class EmployersOfOrganization:
    """Fields of unions, mixed into them."""

    coverages: Connection[EmployerCoverage] = page(
        "Employers whose workers it covers, with dates (覆盖单位)", CoverageFilter, Order[CoverageField], DATED
    )
    employers: Connection[Employer] = page(
        "Employers that it or a union below is responsible for (用人单位)",
        EmployerFilter,
        Order[EmployerField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Employers in a division (辖区用人单位)")
class EmployersOfDivision:
    """Fields of divisions, mixed into them."""

    employers: Connection[Employer] = page(
        "Employers located in it (辖区用人单位)", EmployerFilter, Order[EmployerField], DIVISION, DATED
    )
