"""Census rounds and records, population estimates, targets, designations and construction projects, as records that are written."""

from collections.abc import Sequence

from db.columns.measurement_units import Unit
from db.coverage import (
    CensusObstacle,
    CensusRecord,
    CensusRound,
    ConstructionProject,
    Designation,
    DesignationKind,
    PopulationEstimate,
    Target,
    TargetMetric,
    TargetOperator,
)
from db.members import WorkerType
from resolvers.writing import columns as shared
from resolvers.writing.batch import Batch, rows_with
from resolvers.writing.columns import KEY, SOURCE, TERM, UNION, column, day, division, employer, source, term, union
from resolvers.writing.declare import Heading, Order, RowRule, TableKind
from resolvers.writing.parts import Part
from resolvers.writing.records import records_of
from resolvers.writing.taken import refuse_elsewhere
from resolvers.writing.values import CodeType, CountType, DecimalType, TextType, YesNoType

TAKEN = "SELECT division_id, worker_type, as_of FROM wall.taken_estimates($1, $2, $3)"

ROUNDS = TableKind(
    name="census-rounds",
    record="CensusRound",
    heading=Heading("Census rounds", "摸排轮次", ("摸底排查轮次",)),
    model=CensusRound,
    columns=(
        union("组织工会"),
        column("name", "Name", "轮次名称", TextType(), "名称", "摸排轮次", required=True, example="2023 年建会摸排"),
        day("starts_on", "Starts on", "开始日期", "起始日期", required=True, example="2023-03-01"),
        day("ends_on", "Ends on", "结束日期", "终止日期", example="2023-06-01", note="The first day after it (结束后的首日)"),
    ),
    natural_keys=(("union", "name"),),
    orders=(Order(first="starts_on", last="ends_on", message="A round ends after it starts."),),
)  # fmt: skip

RECORDS = TableKind(
    name="census-records",
    record="CensusRecord",
    heading=Heading("Census records", "摸排记录", ("摸排台账",)),
    model=CensusRecord,
    columns=(
        *source("摸排编号", example="MP2023001"),
        column("round", "Round", "摸排轮次", TextType(), "轮次", "轮次名称", required=True, fixed=True, refers_to=shared.CENSUS_ROUND,
               example="2023 年建会摸排"),
        union("摸排工会"),
        employer("Employer", "用人单位", required=True, fixed=True),
        division(required=True),
        day("surveyed_on", "Surveyed on", "摸排日期", required=True, past=True, example="2023-03-15"),
        column("has_union", "Has a union", "是否建会", YesNoType(), "已建会", required=True, example="否"),
        column("headcount", "Headcount", "职工人数", CountType(), "人数", required=True, example="126"),
        column("migrant_count", "Migrant workers", "农民工人数", CountType(), "农民工数", required=True, example="40"),
        column("non_member_count", "Not members", "未入会人数", CountType(), "未入会职工数", required=True, example="126"),
        column("obstacle", "Obstacle", "未建会原因", CodeType(CensusObstacle), "原因", example="TOO_FEW"),
        day("follow_up_on", "Follow up on", "跟进日期", "回访日期", example="2023-04-15"),
    ),
    natural_keys=(SOURCE, ("round", "employer", "surveyed_on")),
    rules=tuple(
        RowRule(
            code="VALUES_DISAGREE", column=name, broken=lambda record, name=name: record[name] > record["headcount"],  # type: ignore[misc]
            message="This is a part of the headcount, and no more than it.",
        )
        for name in ("migrant_count", "non_member_count")
    ),
)  # fmt: skip

ESTIMATES = TableKind(
    name="population-estimates",
    record="PopulationEstimate",
    heading=Heading("Population estimates", "劳动者基数", ("劳动者人数估算",)),
    model=PopulationEstimate,
    columns=(
        union("负责工会"),
        division(required=True),
        column("worker_type", "Occupation group", "职工类别", CodeType(WorkerType), "就业群体", empty_is_value=True, example="快递员",
               note="All workers if empty (空白为全部劳动者)"),
        day("as_of", "As of", "截至日期", "统计日期", required=True, example="2023-12-31"),
        column("value", "Persons", "人数", CountType(), "劳动者人数", "基数", required=True, example="12000"),
        column("source", "Source", "数据来源", TextType(), "来源", required=True, example="邮政管理部门统计"),
    ),
    natural_keys=(("union", "division", "worker_type", "as_of"),),
)  # fmt: skip

TARGETS = TableKind(
    name="targets",
    record="Target",
    heading=Heading("Targets", "工作目标", ("目标任务",)),
    model=Target,
    columns=(
        union("下达工会"),
        division(required=True),
        column("metric", "Metric", "目标指标", CodeType(TargetMetric), "指标", required=True, example="NEW_FORM_JOINS"),
        column("operator", "Comparison", "比较方式", CodeType(TargetOperator), default="GE", example="不低于",
               note="GE if empty (空白为不低于)"),
        column("value", "Value", "目标值", DecimalType(4, most=10**10 - 1), "数值", required=True, example="5000"),
        column("unit", "Unit", "计量单位", CodeType(Unit), required=True, example="PERSON"),
        day("starts_on", "Starts on", "开始日期", "起始日期", required=True, example="2023-01-01"),
        day("ends_on", "Ends on", "结束日期", "截止日期", "完成期限", required=True, example="2024-01-01",
            note="The first day after it (期满次日)"),
    ),
    natural_keys=(("union", "division", "metric", "starts_on"),),
    orders=(Order(first="starts_on", last="ends_on", message="A target ends after it starts."),),
)  # fmt: skip

DESIGNATIONS = TableKind(
    name="designations",
    record="Designation",
    heading=Heading("Designations of divisions", "区划标识"),
    model=Designation,
    columns=(
        union("认定工会"),
        division(required=True),
        column("kind", "Kind", "标识类型", CodeType(DesignationKind), "类型", required=True, example="NEW_FORM_CONCENTRATED"),
        *term(),
    ),
    natural_keys=(("union", "division", "kind", "valid_from"),),
    orders=(TERM,),
)  # fmt: skip

PROJECTS = TableKind(
    name="construction-projects",
    record="ConstructionProject",
    heading=Heading("Construction projects", "工程项目", ("重点工程",)),
    model=ConstructionProject,
    columns=(
        *source("项目编号", example="GC2023001"),
        column("name", "Name", "项目名称", TextType(), "名称", "工程名称", required=True, example="示例隧道工程"),
        union("负责工会"),
        division("项目所在区划", required=True),
        employer("Employer", "承建单位", "施工单位"),
        column("project_union", "Project union", "项目工会", KEY, "工程项目工会", refers_to=UNION, stored="union_id"),
        day("started_on", "Started on", "开工日期", required=True, example="2023-03-01"),
        day("completed_on", "Completed on", "竣工日期", "完工日期"),
    ),
    natural_keys=(SOURCE, ("union", "name")),
    orders=(Order(first="started_on", last="completed_on", message="Works are completed after they started."),),
)  # fmt: skip


async def prepare_estimates(batch: Batch) -> Sequence[Part]:
    """What is written of population estimates: refuses RECORDED_ELSEWHERE, because a division has one estimate for a day."""
    part = await records_of(batch)
    cells = [batch.keys["division"], batch.values["worker_type"], batch.values["as_of"]]
    rows = [row for row in rows_with(cells[0], cells[2]) if part.existing[row] is None]
    taken = await batch.connection.fetch(TAKEN, *([cell[row] for row in rows] for cell in cells))
    keys = {tuple(record) for record in taken}
    for row in rows:
        if tuple(cell[row] for cell in cells) in keys:
            refuse_elsewhere(batch, row, "division", "division, occupation group and day")
    return (part,)
