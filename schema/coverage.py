"""Coverage (覆盖) in the schema: what unions set out to reach, and whom there is to reach."""

from datetime import date
from decimal import Decimal

import strawberry

from db.columns.measurement_units import Unit
from db.coverage import CensusObstacle, DesignationKind, TargetMetric, TargetOperator
from db.members import WorkerType
from schema.coverage_filters import (
    CensusRecordField,
    CensusRecordFilter,
    CensusRoundField,
    CensusRoundFilter,
    ConstructionProjectField,
    ConstructionProjectFilter,
    DesignationField,
    DesignationFilter,
    PopulationEstimateField,
    PopulationEstimateFilter,
    TargetField,
    TargetFilter,
)
from schema.fields import field
from schema.filters import Order
from schema.refs import DivisionRef, EmployerRef, OrganizationRef, PolicyDocumentRef
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


@strawberry.type(description="Census round: unorganised units and non-members are counted (摸排轮次)")
class CensusRound(Node):
    """Census round (摸排轮次)."""

    name: str = field("Name (名称)")
    starts_on: date = field("First day (开始日期)")
    ends_on: date | None = field("Day after the last; empty while it runs (结束日期)")
    organization: OrganizationRef | None = field("The federation that holds it (组织工会)")
    records: Connection["CensusRecord"] = page(
        "What was found (摸排记录)", CensusRecordFilter, Order[CensusRecordField]
    )


@strawberry.type(description="What a census round found at one unit on one day (摸排记录)")
class CensusRecord(Node):
    """Census record (摸排记录)."""

    surveyed_on: date = field("Day of the visit (摸排日期)")
    has_union: bool = field("Whether the unit had a union that day (当时是否已建会)")
    headcount: int = field("Workers, persons (职工人数)")
    migrant_count: int = field("Migrant workers among them, persons (农民工人数)")
    non_member_count: int = field("Workers who were no members, persons (未入会人数)")
    obstacle: CensusObstacle | None = field("Why not organised (未建会原因)")
    follow_up_on: date | None = field("Day of the next visit (回访日期)")
    round: CensusRound | None = field("The round (轮次)")
    organization: OrganizationRef | None = field("The union that surveyed (摸排工会)")
    division: DivisionRef | None = field("Where (所在区划)")
    employer: EmployerRef | None = field("The unit (单位)")


@strawberry.type(description="Population estimate: the denominator of coverage (劳动者基数)")
class PopulationEstimate(Node):
    """Population estimate (劳动者基数)."""

    worker_type: WorkerType | None = field("Occupation group; empty for all workers (职工类别)")
    as_of: date = field("Day of which it tells (时点)")
    value: int = field("Workers, persons (人数)")
    source: str = field("Where the number comes from (来源)")
    organization: OrganizationRef | None = field("The federation that answers for it (负责工会)")
    division: DivisionRef | None = field("Where (区划)")


@strawberry.type(description="How far a target is, counted from the records (目标进度)")
class TargetProgress:
    """How far a target is (目标进度)."""

    as_of: date = field(
        "The day as of which it is counted: today, or the last day of the period once it is over (时点)"
    )
    value: int = field("What is reached: persons, unions, townships or parks (完成数)")
    denominator: int | None = field("What that is a share of, where the target is a share (基数)")
    ratio: float | None = field(
        "The share reached, or of a target that is a number the part of it; empty where there is nothing to share (完成率)"
    )
    met: bool | None = field("Whether the target is met (是否完成)")
    gap: Decimal | None = field("What is lacking, in the target's unit; nothing when it is met (差额)")


@strawberry.type(description="Target of a federation for a division (工作目标)")
class Target(Node):
    """Target (工作目标)."""

    metric: TargetMetric = field("What it is set for (指标)")
    operator: TargetOperator = field("How the value is held against it (比较方式)")
    value: Decimal = field("Value, in its unit (目标值)")
    unit: Unit = field("Unit of the value (计量单位)")
    starts_on: date = field("First day of its period (开始日期)")
    ends_on: date = field("Day after the last of its period (截止日期)")
    organization: OrganizationRef | None = field("The federation that set it (提出工会)")
    division: DivisionRef | None = field("For where (区划)")
    document: PolicyDocumentRef | None = field("The document that sets it (依据文件)")
    progress: TargetProgress | None = field("How far it is (进度)")


@strawberry.type(description="Designation of a division by a federation (区划标识)")
class Designation(Node):
    """Designation (区划标识)."""

    kind: DesignationKind = field("Kind (标识)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    organization: OrganizationRef | None = field("The federation that designated it (认定工会)")
    division: DivisionRef | None = field("The division (区划)")


@strawberry.type(
    description="Construction project: its project union is founded and dissolved with the works (工程项目)"
)
class ConstructionProject(Node):
    """Construction project (工程项目)."""

    name: str = field("Name (名称)")
    started_on: date = field("Start of works (开工日期)")
    completed_on: date | None = field("Completion; empty while works go on (竣工日期)")
    organization: OrganizationRef | None = field("The federation answerable for it (负责工会)")
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
        "What it and the unions below found (摸排记录)", CensusRecordFilter, Order[CensusRecordField], SUBTREE
    )
    population_estimates: Connection[PopulationEstimate] = page(
        "Population estimates that it or a union below answers for (劳动者基数)",
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
        "Construction projects that it or a union below is answerable for (工程项目)",
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
        "What was found in it (辖区摸排记录)", CensusRecordFilter, Order[CensusRecordField], DIVISION
    )
    population_estimates: Connection[PopulationEstimate] = page(
        "Population estimates for it and what is below (辖区劳动者基数)",
        PopulationEstimateFilter,
        Order[PopulationEstimateField],
        DIVISION,
    )
    targets: Connection[Target] = page(
        "Targets for it and what is below (辖区工作目标)", TargetFilter, Order[TargetField], DIVISION, DATED
    )
    designations: Connection[Designation] = page(
        "Its designations and those of what is below (辖区标识)",
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
        "What census rounds found at it (摸排记录)", CensusRecordFilter, Order[CensusRecordField]
    )
    construction_projects: Connection[ConstructionProject] = page(
        "Construction projects of which it is the contractor (承建工程)",
        ConstructionProjectFilter,
        Order[ConstructionProjectField],
        DATED,
    )
