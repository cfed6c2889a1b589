"""Statistics (统计) in the schema: counts and sums of every kind of record, by up to three dimensions."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from resolvers.code_lists import Dimension, RecordEvent, RecordKind
from schema.code_lists import describe
from schema.fields import Argument, field
from schema.refs import DivisionRef, OrganizationRef
from schema.relay import HIERARCHY, WITHIN

for kind in (Dimension, RecordEvent, RecordKind):
    describe(kind)


@strawberry.input(description="Values of a dimension to count (统计条件)")
class DimensionFilter:
    """Values of a dimension to count."""

    dimension: Dimension = strawberry.field(description="The dimension (维度)")
    in_: list[str | None] = strawberry.field(
        name="in",
        description="Its values as in the keys of groups: codes, global IDs, numbers, texts, `true` and `false`, or periods; null for"
        " records without a value, `OUT_OF_SIGHT` for rows that you do not see (取值；null 为无值)",
    )


@strawberry.type(description="Value of one dimension that identifies a group (分组值)")
class StatisticsKey:
    """Value of one dimension that identifies a group."""

    dimension: Dimension = field("The dimension (维度)")
    value: str | None = field(
        "The value, as `where` takes it: a code, a global ID, a number, a text, `true` or `false`, or a period; null if the records have"
        " none, `OUT_OF_SIGHT` for all rows that you do not see (取值)"
    )
    label: str | None = field("Display name of the value (名称)")
    organization: OrganizationRef | None = field("The union, if the value is one that you see (工会)")
    division: DivisionRef | None = field("The division, if the value is one (区划)")


def rate(quotient: str, chinese: str) -> str:
    """The description of a rate."""
    return (
        f"{quotient}, of this group's numbers, rounded half up to four places: `0.0625` for 6.25 %; null if either is null, or the divisor"
        f" is zero ({chinese})"
    )


@strawberry.type(
    description="Measures of the whole or of a group; do not add one to another. For callers with aggregates only, a measure of few"
    " records is null (统计值)"
)
class StatisticsGroup:
    """Measures of the whole or of a group."""

    keys: list[StatisticsKey] = field(
        "The value of each dimension, in the order of `groupBy`; none for the whole (分组值)"
    )
    records: int | None = field("Records of the kind (记录数，条)")
    persons: int | None = field("Distinct persons in this group (人数，人)")
    attendances: int | None = field("Attendances (人次)")
    sessions: int | None = field("Sessions (场次)")
    households: int | None = field("Distinct households in this group (户数，户)")
    units: int | None = field("Distinct unions or employers in this group (单位数，家)")
    cases: int | None = field("Distinct cases in this group (案件数，起)")
    items: int | None = field("Pieces: wishes, posts, copies, vehicles (件数，个、份)")
    filled: int | None = field("Posts filled, where that is known (录用人数，人)")
    workers: int | None = field("Workers as counted in the records: a sum, not distinct persons (职工数，人)")
    amount: Decimal | None = field("Sum of money, in yuan (金额，元)")
    quantity: Decimal | None = field(
        "Sum of quantities, in the unit of the records; null if the units differ: group by UNIT or choose one (数量)"
    )
    overdue: int | None = field(
        "Records with a step that was done after its last day, or is past it and not done: see `overdue` of the record (逾期数)"
    )
    on_time: int | None = field("Records with a period under a deadline rule that are not overdue (按期数)")
    timed: int | None = field("Records with a period under a deadline rule (有期限的记录数)")
    overdue_share: Decimal | None = field(rate("`overdue` over `timed`", "逾期率"))
    on_time_share: Decimal | None = field(rate("`onTime` over `timed`", "按期率"))
    organized: int | None = field(
        "Employers that a union covers today; census records of units that had one that day; projects with a union (已建会数)"
    )
    organized_share: Decimal | None = field(rate("`organized` over `records`", "建会率"))
    concluded: int | None = field("Cases, or mediations before arbitration, that were concluded (办结数)")
    settled: int | None = field("Cases that were settled (调解成功数)")
    settled_early: int | None = field("Concluded ones that were settled before arbitration (仲裁前调解成功数)")
    settled_share: Decimal | None = field(rate("`settled` over `concluded`", "调解成功率"))
    settled_before_arbitration: Decimal | None = field(rate("`settledEarly` over `concluded`", "仲裁前调解成功率"))
    followed_up: int | None = field("Posts of the offers whose number of filled posts is known (已回访岗位数，个)")
    filled_share: Decimal | None = field(rate("`filled` over `followedUp`", "录用率"))
    awarded: int | None = field("Applications that were awarded, by `event: APPLIED` (获评数)")
    awarded_share: Decimal | None = field(rate("`awarded` over `records`", "获评率"))
    passed: int | None = field("Scores that passed (达标数)")
    passed_share: Decimal | None = field(rate("`passed` over `records`", "达标率"))
    delivered: int | None = field("Wishes that were delivered (已送达数)")
    delivered_share: Decimal | None = field(rate("`delivered` over `records`", "心愿实现率"))
    paid: int | None = field("Grants applied for that were paid, by `event: APPLIED` (已发放数)")
    paid_share: Decimal | None = field(rate("`paid` over `records`", "发放率"))
    completed: int | None = field("Projects that were completed, by `event: BEGAN` (已完成数)")
    completed_share: Decimal | None = field(rate("`completed` over `records`", "完成率"))
    migrants: int | None = field("Memberships of migrant workers (农民工会籍数)")
    migrant_share: Decimal | None = field(rate("`migrants` over `records`", "农民工占比"))
    women: int | None = field("Memberships of women (女职工会籍数)")
    women_share: Decimal | None = field(rate("`women` over `records`", "女职工占比"))
    median_days: float | None = field("Median number of days that completed records took (中位天数，天)")
    median_minutes: float | None = field("Median number of minutes that completed records took (中位分钟数，分钟)")


@strawberry.type(description="Counts and sums of one kind of record, whole and in groups (统计)")
class Statistics:
    """Counts and sums of one kind of record, whole and in groups."""

    kind: RecordKind = field("Kind of record that was counted (统计对象)")
    as_of: date | None = field("The day as of which it was counted; empty for a period (截至日期)")
    from_: date | None = strawberry.field(name="from", description="First day of the period (起始日期)")
    until: date | None = field("Day before which the period ended (终止日期，不含)")
    total: StatisticsGroup = field("The whole (合计)")
    groups: list[StatisticsGroup] = field(
        "The groups; also those without records, if the possible values are known beforehand (分组)"
    )


QUESTION = {
    "kind": Argument(RecordKind, "Kind of record to count (统计对象)"),
    "as_of": Argument(
        date | None,
        "Count what holds on this day, or has happened by it; today if no period is given either (截至日期)",
    ),
    "from": Argument(date | None, "Count what began or happened on this day or later (起始日期)"),
    "until": Argument(date | None, "Count what began or happened before this day (终止日期，不含)"),
    "event": Argument(
        RecordEvent | None,
        "Which day of a record is compared with the period or day; its beginning by default (口径日期，默认起始日)",
    ),
    "group_by": Argument(list[Dimension] | None, "Up to three dimensions, at most 2,000 groups (分组维度)"),
    "where": Argument(list[DimensionFilter] | None, "Count only these values; all conditions must hold (统计条件)"),
}


def statistics(description: str, *places: dict[str, Argument]) -> Any:
    """A field of statistics; ``places`` are the arguments that choose the place."""
    return field(description, **{name: value for part in places for name, value in part.items()}, **QUESTION)


@strawberry.type(description="Statistics at the root (统计查询)")
class StatisticsQuery:
    """Root field, mixed into the query root."""

    statistics: Statistics | None = statistics(
        "Counts and sums of a kind of record, everywhere or within a union and those below it (统计)",
        WITHIN,
        HIERARCHY,
    )
