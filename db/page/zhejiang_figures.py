"""Figures of Zhejiang (浙江): targets and their days."""

from datetime import date
from decimal import Decimal

from db.page.figure import Figure, Qualifier, Unit
from db.page.zhejiang import PROVINCE


def _target(scope: str, condition: str, value: str) -> str:
    """A query of targets for the province."""
    return f'{{ division(code: "33") {{ targets(validity: ANY, {scope}filter: {{{condition}}}) {{ {value} }} }} }}'


FIRST, COUNT = ("nodes { value }", "division.targets.nodes.0.value"), ("totalCount", "division.targets.totalCount")
COVERAGE = 'metric: {eq: NEW_FORM_COVERAGE}, operator: {eq: GE}, endsOn: {eq: "%s"}'
ALONE = "scope: SELF, "
FIGURES = (
    Figure(
        "ZJ1",
        "经过3年努力吸收80%以上新就业形态劳动者入会",
        "What share of the workers in new forms is to be reached by the end of 2025? `progress` tells how far it is.",
        Decimal("0.8"),
        Unit.RATIO,
        PROVINCE,
        _target(ALONE, COVERAGE % "2026-01-01", FIRST[0]),
        FIRST[1],
        Qualifier.GE,
        date(2023, 1, 1),
        date(2026, 1, 1),
    ),
    Figure(
        "ZJ2",
        "各县(市、区)至少建立1家县级综合性或行业性新业态基层工会",
        "For how many counties is at least one county-level union of workers in new forms the target of 2023? For each of the 90.",
        Decimal(90),
        Unit.ITEM,
        PROVINCE,
        _target(
            "first: 0, ",
            'metric: {eq: NEW_FORM_UNIONS}, operator: {eq: GE}, value: {eq: "1"}, endsOn: {eq: "2024-01-01"},'
            " division: {level: {eq: COUNTY}}",
            COUNT[0],
        ),
        COUNT[1],
        starts_on=date(2023, 1, 1),
        ends_on=date(2024, 1, 1),
    ),
    Figure(
        "ZJ3",
        "2023年不少于30万名新就业形态劳动者入会",
        "How many workers in new forms are to join in 2023?",
        Decimal(300_000),
        Unit.PERSON,
        PROVINCE,
        _target(ALONE, "metric: {eq: NEW_FORM_JOINS}, operator: {eq: GE}", FIRST[0]),
        FIRST[1],
        Qualifier.GE,
        date(2023, 1, 1),
        date(2024, 1, 1),
    ),
    Figure(
        "ZJ4",
        "2024年新就业形态劳动者入会率达60%以上",
        "What share of the workers in new forms is to be reached by the end of 2024?",
        Decimal("0.6"),
        Unit.RATIO,
        PROVINCE,
        _target(ALONE, COVERAGE % "2025-01-01", FIRST[0]),
        FIRST[1],
        Qualifier.GE,
        date(2024, 1, 1),
        date(2025, 1, 1),
    ),
    Figure(
        "ZJ4b",
        "乡镇(街道)、社区(村)、园区普遍建立区域性新业态工会联合会或联合工会",
        "What share of the townships where such workers concentrate is to have a regional union by the end of 2024? All.",
        Decimal(1),
        Unit.RATIO,
        PROVINCE,
        _target(ALONE, "metric: {eq: REGIONAL_FEDERATIONS}, operator: {eq: GE}", FIRST[0]),
        FIRST[1],
        starts_on=date(2024, 1, 1),
        ends_on=date(2025, 1, 1),
    ),
    Figure(
        "ZJ5",
        "2025年,80%以上新就业形态劳动者入会",
        "For how many counties is 80 % the target of 2025? Those below it on the day are found by `progress { met }`.",
        Decimal(90),
        Unit.ITEM,
        PROVINCE,
        _target(
            "first: 0, ", (COVERAGE % "2026-01-01") + ', value: {eq: "0.8"}, division: {level: {eq: COUNTY}}', COUNT[0]
        ),
        COUNT[1],
        starts_on=date(2025, 1, 1),
        ends_on=date(2026, 1, 1),
    ),
    Figure(
        "ZJ6",
        "六大工作举措",
        "How many measures has the plan?",
        Decimal(6),
        Unit.ITEM,
        PROVINCE,
        '{ division(code: "33") { policyDocuments(validity: ANY,'
        ' scope: SELF, filter: {title: {contains: "兜底建"}}) { nodes { measureCount } } } }',
        "division.policyDocuments.nodes.0.measureCount",
    ),
    Figure(
        "ZJ8",
        "快递物流园区要全部建立各类工会组织",
        "What share of the express logistics parks is to have a union? All; those without one are found by `isOrganized`.",
        Decimal(1),
        Unit.RATIO,
        PROVINCE,
        _target(ALONE, "metric: {eq: LOGISTICS_PARKS}, operator: {eq: GE}", FIRST[0]),
        FIRST[1],
        starts_on=date(2025, 1, 1),
        ends_on=date(2026, 1, 1),
    ),
)
