"""Filters and orders of coverage (覆盖): census, estimates, targets, designations, construction projects."""

from db.columns.measurement_units import Unit
from db.coverage import CensusObstacle, DesignationKind, TargetMetric, TargetOperator
from db.members import WorkerType
from db.model import Term
from schema.code_lists import describe
from schema.fields import optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    DecimalFilter,
    IdFilter,
    IntFilter,
    StringFilter,
    conditions,
)
from schema.refs import DivisionFilterRef, EmployerFilterRef, OrganizationFilterRef, PolicyDocumentFilterRef


class CensusRoundField(Term):
    """Columns that census rounds can be ordered by (摸排轮次排序字段)."""

    NAME = "Name (名称)"
    STARTS_ON = "First day (开始日期)"
    ENDS_ON = "Day after the last (结束日期)"


class CensusRecordField(Term):
    """Columns that census records can be ordered by (摸排记录排序字段)."""

    SURVEYED_ON = "Day of the visit (摸排日期)"
    HEADCOUNT = "Workers (职工人数)"
    MIGRANT_COUNT = "Migrant workers (农民工人数)"
    NON_MEMBER_COUNT = "Workers who are no members (未入会人数)"
    FOLLOW_UP_ON = "Day of the next visit (回访日期)"


class PopulationEstimateField(Term):
    """Columns that population estimates can be ordered by (劳动者基数排序字段)."""

    AS_OF = "Day of which it tells (时点)"
    VALUE = "Workers (人数)"
    WORKER_TYPE = "Occupation group (职工类别)"


class TargetField(Term):
    """Columns that targets can be ordered by (工作目标排序字段)."""

    METRIC = "What it is set for (指标)"
    VALUE = "Value (目标值)"
    STARTS_ON = "First day (开始日期)"
    ENDS_ON = "Day by which it is due (截止日期)"


class DesignationField(Term):
    """Columns that designations can be ordered by (区划标识排序字段)."""

    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"


class ConstructionProjectField(Term):
    """Columns that construction projects can be ordered by (工程项目排序字段)."""

    NAME = "Name (名称)"
    STARTED_ON = "Start of works (开工日期)"
    COMPLETED_ON = "Completion (竣工日期)"


for kind in (
    CensusObstacle, CensusRecordField, CensusRoundField, ConstructionProjectField, DesignationField, DesignationKind,
    PopulationEstimateField, TargetField, TargetMetric, TargetOperator,
):  # fmt: skip
    describe(kind)


@conditions("Which census rounds (摸排轮次筛选)")
class CensusRoundFilter:
    """Which census rounds (摸排轮次筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    starts_on: DateFilter | None = optional("First day (开始日期)")
    ends_on: DateFilter | None = optional("Day after the last (结束日期)")
    organization: OrganizationFilterRef | None = optional("The federation that holds it (组织工会)")


@conditions("Which census records (摸排记录筛选)")
class CensusRecordFilter:
    """Which census records (摸排记录筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    surveyed_on: DateFilter | None = optional("Day of the visit (摸排日期)")
    has_union: BooleanFilter | None = optional("Whether the unit had a union that day (当时是否已建会)")
    headcount: IntFilter | None = optional("Workers (职工人数)")
    migrant_count: IntFilter | None = optional("Migrant workers (农民工人数)")
    non_member_count: IntFilter | None = optional("Workers who are no members (未入会人数)")
    obstacle: Choice[CensusObstacle] | None = optional("Why not organised (未建会原因)")
    follow_up_on: DateFilter | None = optional("Day of the next visit (回访日期)")
    round: CensusRoundFilter | None = optional("The round (轮次)")
    organization: OrganizationFilterRef | None = optional("The union that surveyed (摸排工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    employer: EmployerFilterRef | None = optional("The unit; whether it is organised today says `isOrganized` (单位)")


@conditions("Which population estimates (劳动者基数筛选)")
class PopulationEstimateFilter:
    """Which population estimates (劳动者基数筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    worker_type: Choice[WorkerType] | None = optional("Occupation group; empty for all workers (职工类别)")
    as_of: DateFilter | None = optional("Day of which it tells (时点)")
    value: IntFilter | None = optional("Workers, persons (人数)")
    organization: OrganizationFilterRef | None = optional("The federation that answers for it (负责工会)")
    division: DivisionFilterRef | None = optional("Where (区划)")


@conditions("Which targets (工作目标筛选)")
class TargetFilter:
    """Which targets (工作目标筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    metric: Choice[TargetMetric] | None = optional("What it is set for (指标)")
    operator: Choice[TargetOperator] | None = optional("How it is compared (比较方式)")
    value: DecimalFilter | None = optional("Value, in its unit (目标值)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    starts_on: DateFilter | None = optional("First day (开始日期)")
    ends_on: DateFilter | None = optional("Day by which it is due (截止日期)")
    organization: OrganizationFilterRef | None = optional("The federation that set it (提出工会)")
    division: DivisionFilterRef | None = optional("For where (区划)")
    document: PolicyDocumentFilterRef | None = optional("The document that sets it (依据文件)")


@conditions("Which designations (区划标识筛选)")
class DesignationFilter:
    """Which designations (区划标识筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[DesignationKind] | None = optional("Kind (标识)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    organization: OrganizationFilterRef | None = optional("The federation that designated it (认定工会)")
    division: DivisionFilterRef | None = optional("The division (区划)")


@conditions("Which construction projects (工程项目筛选)")
class ConstructionProjectFilter:
    """Which construction projects (工程项目筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    started_on: DateFilter | None = optional("Start of works (开工日期)")
    completed_on: DateFilter | None = optional("Completion (竣工日期)")
    organization: OrganizationFilterRef | None = optional("The federation answerable for it (负责工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    employer: EmployerFilterRef | None = optional("The contractor (施工单位)")
    union: OrganizationFilterRef | None = optional(
        "Its project union; one that outlived it has `dissolvedOn` empty or after the completion (项目工会)"
    )
