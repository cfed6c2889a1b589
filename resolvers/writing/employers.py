"""Employers and the unions that cover them, as records that are written."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.columns.industries import INDUSTRY
from db.employers import Employer, EmployerCoverage, EmployerKind
from resolvers.writing.batch import Batch, refuse_unordered, rows_with
from resolvers.writing.columns import CREDIT_CODE, column, division, union
from resolvers.writing.declare import Heading, Order, TableKind
from resolvers.writing.parts import Part
from resolvers.writing.records import records_of
from resolvers.writing.scope import below
from resolvers.writing.values import CodeType, CountType, DayType, TextType, YesNoType

EMPLOYERS = TableKind(
    name="employers",
    record="Employer",
    model=Employer,
    heading=Heading("Employers", "用人单位", ("单位", "企业")),
    columns=(
        column("name", "Name", "单位名称", TextType(), "名称", "企业名称", "用人单位名称", required=True, example="杭州示例物流有限公司"),
        column(
            "credit_code", "Credit code", "统一社会信用代码", CREDIT_CODE, "信用代码", "社会信用代码", "统一信用代码",
            required=True, fixed=True, example="91330106MC0000012E",
        ),
        column("kind", "Kind", "单位类型", CodeType(EmployerKind), "企业类型", "单位性质", "类型", required=True, example="民营企业"),
        column("industry", "Industry", "行业", CodeType(INDUSTRY.codes), "所属行业", "国民经济行业", "行业代码", example="G54"),
        division("所属区县", required=True),
        union(
            "所在工会",
            note="The union responsible for the employer: the one that covers it or, while none does, the federation of its township or"
            " county (负责该单位的工会；尚未建会的，填乡镇或区县总工会)",
        ),
        column(
            "headcount", "Headcount", "职工人数", CountType(), "人数", "员工人数", "从业人数", required=True, example="126",
        ),
        column("is_platform_head", "Leading platform enterprise", "平台头部企业", YesNoType(), "头部平台企业", default=False, example="否"),
        column("registered_on", "Registered on", "成立日期", DayType(), "注册日期", "登记日期", past=True, example="2019-03-04"),
        column("closed_on", "Closed on", "注销日期", DayType(), "注销时间"),
        column(
            "covered_from", "Covered from", "建会日期", DayType(), "覆盖起始日期", "入会覆盖日期", stored=None, example="2021-05-01",
            note="Since when the union covers the employer's workers; empty if none does (工会覆盖该单位的起始日期；未建会的留空)",
        ),
        column("covered_to", "Covered to", "覆盖终止日期", DayType(), "覆盖结束日期", stored=None),
    ),
    natural_keys=(("credit_code",),),
    orders=(Order(first="registered_on", last="closed_on", message="An employer is closed after it was registered."),),
)  # fmt: skip

COVERAGE = f"""SELECT t.id, t.employer_id, t.organization_id, t.valid_from, t.valid_to FROM employer_coverage t
WHERE t.employer_id = ANY ($5::bigint[]) AND {below("t.organization_id")} ORDER BY t.id"""  # noqa: S608

UNION_CODES = ("81", "89")


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of employers and their coverage."""
    employers = await records_of(batch)
    coverage = await _coverage(batch, employers)
    _check(batch, employers, coverage)
    return employers, coverage


async def _coverage(batch: Batch, employers: Part) -> Part:
    """The coverage of each employer by the row's union: the one in force, else the one that began on the same day."""
    assert employers.ids is not None
    values, union = batch.values, batch.keys["union"]
    known = [row["id"] for row in employers.existing if row is not None]
    by_employer: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for record in await batch.fetch(COVERAGE, known):
        by_employer.setdefault((record["employer_id"], record["organization_id"]), []).append(record)
    found: list[Mapping[str, Any] | None] = [None] * len(batch)
    present = [day is not None for day in values["covered_from"]]
    for row in rows_with(values["covered_from"], union):
        records = by_employer.get((employers.ids[row], union[row] or 0), [])
        found[row] = period_of(records, values["covered_from"][row])
    for row, day in enumerate(values["covered_to"]):
        if day is not None and not present[row]:
            batch.refuse(row, "REQUIRED", "covered_from", "Say when the coverage began that ends on `covered_to`.")
    return Part(
        EmployerCoverage,
        found,
        {"valid_from": values["covered_from"], "valid_to": values["covered_to"]},
        fixed={"employer_id": employers.ids, "organization_id": union},
        present=present,
    )


def period_of(records: Sequence[Mapping[str, Any]], begins: Any) -> Mapping[str, Any] | None:
    """Of some records of the same things the one that begins on a day, else the one that has not ended."""
    same = [record for record in records if record["valid_from"] == begins]
    return next(iter(same or [record for record in records if record["valid_to"] is None]), None)


def _check(batch: Batch, employers: Part, coverage: Part) -> None:
    """The days of a row against each other, and the kind of its code."""
    refuse_unordered(
        batch, coverage.values["valid_from"], coverage.values["valid_to"], "covered_to", "Coverage ends after it began."
    )
    refuse_unordered(
        batch, batch.values["covered_from"], employers.values["closed_on"], "covered_from", "An employer that is closed is not covered.",
    )  # fmt: skip
    for row, code in enumerate(batch.values["credit_code"]):
        if code is not None and code.startswith(UNION_CODES):
            batch.warn(
                row, "CODE_OF_UNION", "credit_code", "This is the code of a union, not of the unit that it is in."
            )
