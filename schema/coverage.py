"""Coverage (覆盖) in the schema: census, population estimates, targets, designations and construction projects."""

from datetime import date
from decimal import Decimal

import strawberry

from db.columns.measurement_units import Unit
from db.coverage import CensusObstacle, DesignationKind, TargetMetric, TargetOperator
from db.members import WorkerType
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    DecimalFilter,
    IdFilter,
    IntFilter,
    Order,
    StringFilter,
    conditions,
)
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    EmployerFilterRef,
    EmployerRef,
    OrganizationFilterRef,
    OrganizationRef,
    PolicyDocumentFilterRef,
    PolicyDocumentRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class CensusRoundField(Term):
    """Columns that census rounds can be ordered by (摸排轮次排序字段)."""

    NAME = "Name (名称)"
    STARTS_ON = "First day (开始日期)"
    ENDS_ON = "Day after the last (结束日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class CensusRecordField(Term):
    """Columns that census records can be ordered by (摸排记录排序字段)."""

    SURVEYED_ON = "Day of the visit (摸排日期)"
    HEADCOUNT = "Workers (职工人数)"
    MIGRANT_COUNT = "Migrant workers (农民工人数)"
    NON_MEMBER_COUNT = "Workers who are no members (未入会人数)"
    FOLLOW_UP_ON = "Day of the next visit (回访日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class PopulationEstimateField(Term):
    """Columns that population estimates can be ordered by (劳动者基数排序字段)."""

    AS_OF = "Day to which it applies (时点)"
    VALUE = "Workers (人数)"
    WORKER_TYPE = "Occupation group (职工类别)"
    CHANGED_AT = "Time of the last change (变更时间)"


class TargetField(Term):
    """Columns that targets can be ordered by (工作目标排序字段)."""

    METRIC = "The metric (指标)"
    VALUE = "Value (目标值)"
    STARTS_ON = "First day (开始日期)"
    ENDS_ON = "Day by which it is due (截止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class DesignationField(Term):
    """Columns that designations can be ordered by (区划标识排序字段)."""

    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class ConstructionProjectField(Term):
    """Columns that construction projects can be ordered by (工程项目排序字段)."""

    NAME = "Name (名称)"
    STARTED_ON = "Start of works (开工日期)"
    COMPLETED_ON = "Completion (竣工日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (
    CensusObstacle, CensusRecordField, CensusRoundField, ConstructionProjectField, DesignationField, DesignationKind,
    PopulationEstimateField, TargetField, TargetMetric, TargetOperator,
):  # fmt: skip
    describe(kind)


@conditions("Which census rounds (摸排轮次筛选)", changed=True)
class CensusRoundFilter:
    """Which census rounds (摸排轮次筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    starts_on: DateFilter | None = optional("First day (开始日期)")
    ends_on: DateFilter | None = optional("Day after the last (结束日期)")
    organization: OrganizationFilterRef | None = optional("The federation that holds it (组织工会)")


@conditions("Which census records (摸排记录筛选)", changed=True, sourced=True)
class CensusRecordFilter:
    """Which census records (摸排记录筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    surveyed_on: DateFilter | None = optional("Day of the visit (摸排日期)")
    has_union: BooleanFilter | None = optional("Whether the unit had a union that day (当时是否已建会)")
    headcount: IntFilter | None = optional("Workers (职工人数)")
    migrant_count: IntFilter | None = optional("Migrant workers (农民工人数)")
    non_member_count: IntFilter | None = optional("Workers who are no members (未入会人数)")
    obstacle: Choice[CensusObstacle] | None = optional("Why it has no union (未建会原因)")
    follow_up_on: DateFilter | None = optional("Day of the next visit (回访日期)")
    round: CensusRoundFilter | None = optional("The round (轮次)")
    organization: OrganizationFilterRef | None = optional("The union that surveyed (摸排工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    employer: EmployerFilterRef | None = optional(
        "The unit; filter by `isOrganized` for whether a union covers it today (单位)"
    )


@conditions("Which population estimates (劳动者基数筛选)", changed=True)
class PopulationEstimateFilter:
    """Which population estimates (劳动者基数筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    worker_type: Choice[WorkerType] | None = optional("Occupation group; empty for all workers (职工类别)")
    as_of: DateFilter | None = optional("Day to which it applies (时点)")
    value: IntFilter | None = optional("Workers, persons (人数)")
    organization: OrganizationFilterRef | None = optional("The federation responsible for it (负责工会)")
    division: DivisionFilterRef | None = optional("Where (区划)")


@conditions("Which targets (工作目标筛选)", changed=True)
class TargetFilter:
    """Which targets (工作目标筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    metric: Choice[TargetMetric] | None = optional("The metric (指标)")
    operator: Choice[TargetOperator] | None = optional("How the value is compared (比较方式)")
    value: DecimalFilter | None = optional("Value, in its unit (目标值)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    starts_on: DateFilter | None = optional("First day (开始日期)")
    ends_on: DateFilter | None = optional("Day by which it is due (截止日期)")
    organization: OrganizationFilterRef | None = optional("The federation that set it (提出工会)")
    division: DivisionFilterRef | None = optional("Division to which it applies (区划)")
    document: PolicyDocumentFilterRef | None = optional("The document that sets it (依据文件)")


@conditions("Which designations (区划标识筛选)", changed=True)
class DesignationFilter:
    """Which designations (区划标识筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[DesignationKind] | None = optional("Kind (标识)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    organization: OrganizationFilterRef | None = optional("The federation that designated it (认定工会)")
    division: DivisionFilterRef | None = optional("The division (区划)")


@conditions("Which construction projects (工程项目筛选)", changed=True, sourced=True)
class ConstructionProjectFilter:
    """Which construction projects (工程项目筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    started_on: DateFilter | None = optional("Start of works (开工日期)")
    completed_on: DateFilter | None = optional("Completion (竣工日期)")
    organization: OrganizationFilterRef | None = optional("The federation responsible for it (负责工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    employer: EmployerFilterRef | None = optional("The contractor (施工单位)")
    union: OrganizationFilterRef | None = optional(
        "Its project union; `dissolvedOn` is empty or after completion if the union outlived the project (项目工会)"
    )


@strawberry.type(description="Census round: unorganised units and non-members are counted (摸排轮次)")
class CensusRound(Versioned, Node):
    """Census round (摸排轮次)."""

    name: str = field("Name (名称)")
    starts_on: date = field("First day (开始日期)")
    ends_on: date | None = field("Day after the last; empty while it runs (结束日期)")
    organization: OrganizationRef | None = field("The federation that holds it (组织工会)")
    records: Connection["CensusRecord"] = page(
        "Records of the round (摸排记录)", CensusRecordFilter, Order[CensusRecordField]
    )


@strawberry.type(description="Census record: findings at one unit on one day (摸排记录)")
class CensusRecord(Sourced, Versioned, Node):
    """Census record (摸排记录)."""

    surveyed_on: date = field("Day of the visit (摸排日期)")
    has_union: bool = field("Whether the unit had a union that day (当时是否已建会)")
    headcount: int = field("Workers, persons (职工人数)")
    migrant_count: int = field("Migrant workers among them, persons (农民工人数)")
    non_member_count: int = field("Workers who were no members, persons (未入会人数)")
    obstacle: CensusObstacle | None = field("Why it has no union (未建会原因)")
    follow_up_on: date | None = field("Day of the next visit (回访日期)")
    round: CensusRound | None = field("The round (轮次)")
    organization: OrganizationRef | None = field("The union that surveyed (摸排工会)")
    division: DivisionRef | None = field("Where (所在区划)")
    employer: EmployerRef | None = field("The unit (单位)")


@strawberry.type(description="Population estimate: the denominator of coverage (劳动者基数)")
class PopulationEstimate(Versioned, Node):
    """Population estimate (劳动者基数)."""

    worker_type: WorkerType | None = field("Occupation group; empty for all workers (职工类别)")
    as_of: date = field("Day to which it applies (时点)")
    value: int = field("Workers, persons (人数)")
    source: str = field("Where the number comes from (来源)")
    organization: OrganizationRef | None = field("The federation responsible for it (负责工会)")
    division: DivisionRef | None = field("Where (区划)")


@strawberry.type(description="Progress of a target, counted from the records (目标进度)")
class TargetProgress:
    """Progress of a target (目标进度)."""

    as_of: date = field(
        "The day as of which it is counted: today, or the last day of the period once it is over (时点)"
    )
    value: int = field("Number reached: persons, unions, townships or parks (完成数)")
    denominator: int | None = field("Denominator, if the target is a share (基数)")
    ratio: float | None = field(
        "Share reached; for a target that is a number, the part of it that is reached; empty if the denominator is zero (完成率)"
    )
    met: bool | None = field("Whether the target is met (是否完成)")
    gap: Decimal | None = field("What is missing, in the target's unit; zero if the target is met (差额)")


@strawberry.type(description="Target of a federation for a division (工作目标)")
class Target(Versioned, Node):
    """Target (工作目标)."""

    metric: TargetMetric = field("The metric (指标)")
    operator: TargetOperator = field("How the value is compared (比较方式)")
    value: Decimal = field("Value, in its unit (目标值)")
    unit: Unit = field("Unit of the value (计量单位)")
    starts_on: date = field("First day of its period (开始日期)")
    ends_on: date = field("Day after the last of its period (截止日期)")
    organization: OrganizationRef | None = field("The federation that set it (提出工会)")
    division: DivisionRef | None = field("Division to which it applies (区划)")
    document: PolicyDocumentRef | None = field("The document that sets it (依据文件)")
    progress: TargetProgress | None = field("Progress (进度)")


@strawberry.type(description="Designation of a division by a federation (区划标识)")
class Designation(Versioned, Node):
    """Designation (区划标识)."""

    kind: DesignationKind = field("Kind (标识)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    organization: OrganizationRef | None = field("The federation that designated it (认定工会)")
    division: DivisionRef | None = field("The division (区划)")


@strawberry.type(
    description="Construction project: its project union is founded and dissolved with the works (工程项目)"
)
class ConstructionProject(Sourced, Versioned, Node):
    """Construction project (工程项目)."""

    name: str = field("Name (名称)")
    started_on: date = field("Start of works (开工日期)")
    completed_on: date | None = field("Completion; empty while works go on (竣工日期)")
    organization: OrganizationRef | None = field("The federation responsible for it (负责工会)")
    division: DivisionRef | None = field("Where (所在区划)")
    employer: EmployerRef | None = field("The contractor (施工单位)")
    union: OrganizationRef | None = field("Its project union (项目工会)")


@strawberry.type(description="Coverage at the root (覆盖查询)")
class CoverageQuery:
    """Root fields, mixed into the query root."""

    census_rounds: Connection[CensusRound] | None = page(
        "Census rounds, everywhere or within a union (摸排轮次列表)",
        CensusRoundFilter,
        Order[CensusRoundField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    census_records: Connection[CensusRecord] | None = page(
        "Census records, everywhere or within a union (摸排记录列表)",
        CensusRecordFilter,
        Order[CensusRecordField],
        WITHIN,
        SUBTREE,
    )
    population_estimates: Connection[PopulationEstimate] | None = page(
        "Population estimates, everywhere or within a union (劳动者基数列表)",
        PopulationEstimateFilter,
        Order[PopulationEstimateField],
        WITHIN,
        SUBTREE,
    )
    targets: Connection[Target] | None = page(
        "Targets, everywhere or within a union (工作目标列表)",
        TargetFilter,
        Order[TargetField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    designations: Connection[Designation] | None = page(
        "Designations of divisions, everywhere or within a union (区划标识列表)",
        DesignationFilter,
        Order[DesignationField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    construction_projects: Connection[ConstructionProject] | None = page(
        "Construction projects, everywhere or within a union (工程项目列表)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Coverage by a union (工会覆盖工作)")
class CoverageOfOrganization:
    """Fields of unions, mixed into them."""

    census_rounds: Connection[CensusRound] = page(
        "Census rounds of it and the unions below (摸排轮次)",
        CensusRoundFilter,
        Order[CensusRoundField],
        SUBTREE,
        DATED,
    )
    census_records: Connection[CensusRecord] = page(
        "Census records of it and the unions below (摸排记录)", CensusRecordFilter, Order[CensusRecordField], SUBTREE
    )
    population_estimates: Connection[PopulationEstimate] = page(
        "Population estimates that it or a union below is responsible for (劳动者基数)",
        PopulationEstimateFilter,
        Order[PopulationEstimateField],
        SUBTREE,
    )
    targets: Connection[Target] = page(
        "Targets set by it and the unions below (工作目标)", TargetFilter, Order[TargetField], SUBTREE, DATED
    )
    designations: Connection[Designation] = page(
        "Divisions designated by it and the unions below (区划标识)",
        DesignationFilter,
        Order[DesignationField],
        SUBTREE,
        DATED,
    )
    construction_projects: Connection[ConstructionProject] = page(
        "Construction projects that it or a union below is responsible for (工程项目)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        SUBTREE,
        DATED,
    )
    works: Connection[ConstructionProject] = page(
        "Construction projects whose project union it is (所属工程)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        DATED,
    )


@strawberry.type(description="Coverage in a division (区划覆盖工作)")
class CoverageOfDivision:
    """Fields of divisions, mixed into them."""

    census_records: Connection[CensusRecord] = page(
        "Census records in it (辖区摸排记录)", CensusRecordFilter, Order[CensusRecordField], DIVISION
    )
    population_estimates: Connection[PopulationEstimate] = page(
        "Population estimates for it and the divisions below (辖区劳动者基数)",
        PopulationEstimateFilter,
        Order[PopulationEstimateField],
        DIVISION,
    )
    targets: Connection[Target] = page(
        "Targets for it and the divisions below (辖区工作目标)", TargetFilter, Order[TargetField], DIVISION, DATED
    )
    designations: Connection[Designation] = page(
        "Its designations and those of the divisions below (辖区标识)",
        DesignationFilter,
        Order[DesignationField],
        DIVISION,
        DATED,
    )
    construction_projects: Connection[ConstructionProject] = page(
        "Construction projects in it (辖区工程项目)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        DIVISION,
        DATED,
    )


@strawberry.type(description="Coverage of an employer (单位覆盖情况)")
class CoverageOfEmployer:
    """Fields of employers, mixed into them."""

    census_records: Connection[CensusRecord] = page(
        "Census records of it (摸排记录)", CensusRecordFilter, Order[CensusRecordField]
    )
    construction_projects: Connection[ConstructionProject] = page(
        "Construction projects of which it is the contractor (承建工程)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        DATED,
    )


@strawberry.type(description="Targets of a policy document (文件的工作目标)")
class CoverageOfDocument:
    """Fields of policy documents, mixed into them."""

    targets: Connection[Target] = page("Targets that it sets (工作目标)", TargetFilter, Order[TargetField], DATED)
