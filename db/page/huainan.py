"""Huainan (淮南): a job fair for new and flexible forms of work, with legal outreach beside it."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import asyncpg

from db.page.bodies import NewEmployer, add_employers, firm, reserve
from db.page.figure import Figure, Unit
from db.page.people import People
from db.page.places import county_of, division_id, places, union_id
from db.page.sessions import Session, add_activities, add_programme, hand_out
from db.server.bulk_copy import copy_rows

CITY, DISTRICT = "3404", "340403"
FAIR = date(2023, 2, 12)
EMPLOYERS, POSTS = 80, 3_000
TRADES = {
    "G60": ("快递", ("快递员", "分拣员", "快件操作员")),
    "G54": ("物流", ("货车司机", "仓库管理员", "装卸工")),
    "H62": ("餐饮", ("外卖配送员", "服务员", "厨师学徒")),
    "O80": ("家政服务", ("家政服务员", "育婴员", "养老护理员")),
    "C39": ("电子科技", ("装配工", "质检员", "设备维修工")),
    "F52": ("百货", ("营业员", "收银员", "电商客服")),
    "L72": ("人力资源服务", ("网约车司机", "直播运营", "灵活用工专员")),
}
FLEXIBLE = frozenset({"快递员", "外卖配送员", "网约车司机", "家政服务员", "育婴员", "直播运营", "货车司机"})

EXISTING = """
SELECT e.id, e.industry FROM employer e JOIN division d ON d.id = e.division_id
WHERE starts_with(d.code, $1) AND e.industry = ANY ($2) AND e.closed_on IS NULL AND e.registered_on < $3 ORDER BY e.id LIMIT $4
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("huainan")
    union, district_union = (
        await union_id(connection, "淮南市总工会"),
        await union_id(connection, "淮南市田家庵区总工会"),
    )
    district = await division_id(connection, DISTRICT)
    programme = await add_programme(connection, union, "2023年春风行动", date(2023, 1, 29), date(2023, 4, 1))
    (fair,) = await add_activities(
        connection, [Session(union, district, "JOB_FAIR", "新业态及灵活用工专场招聘会", FAIR, programme=programme)]
    )
    (outreach,) = await add_activities(
        connection, [Session(district_union, district, "LEGAL_OUTREACH", "工会法现场宣传", FAIR, parent=fair)]
    )
    await hand_out(connection, "LEAFLET", "工会法宣传单", [(district_union, district, outreach, None, 1_200, FAIR)])
    found = await _employers(connection, chance)
    stands = await reserve(connection, "exhibitor", len(found))
    await copy_rows(
        connection,
        "exhibitor",
        ("id", "activity_id", "organization_id", "employer_id"),
        ((stand, fair, union, employer) for stand, (employer, _) in zip(stands, found, strict=True)),
    )
    await copy_rows(
        connection,
        "job_offer",
        ("exhibitor_id", "organization_id", "title", "headcount", "filled_count", "monthly_wage", "is_flexible"),
        (
            (
                stands[stand],
                union,
                title,
                count,
                chance.randrange(count // 2 + 1) if chance.random() < 0.7 else None,
                f"{4_000 + 100 * chance.randrange(45)}.00",
                title in FLEXIBLE,
            )
            for stand, title, count in _posts(chance, [industry for _, industry in found])
        ),
    )


async def _employers(connection: asyncpg.Connection, chance: random.Random) -> list[tuple[int, str]]:
    """The employers, as many as the page says, from all districts: some exist already, the others are new; with their industries."""
    there = await connection.fetch(EXISTING, CITY, list(TRADES), FAIR, EMPLOYERS // 4)
    found = [(row["id"], row["industry"]) for row in there]
    counties = await places(connection, CITY, "COUNTY")
    codes = [place["code"] for place in counties]
    new = []
    for number in range(EMPLOYERS - len(found)):
        place = counties[number % len(counties)]
        industry = chance.choice(list(TRADES))
        new.append(
            NewEmployer(
                firm(chance, "淮南", TRADES[industry][0]), place["id"], county_of(place["code"], codes), place["union_id"],
                15 + chance.randrange(180), date(2008 + chance.randrange(13), 1 + chance.randrange(12), 1 + chance.randrange(28)),
                industry,
            )
        )  # fmt: skip
    keys = await add_employers(connection, new)
    return found + [(key, employer.industry) for key, employer in zip(keys, new, strict=True)]


def _posts(chance: random.Random, industries: Sequence[str]) -> list[tuple[int, str, int]]:
    """Two or three titles at each stand with their posts: together as many as the page says."""
    offers = [
        (stand, title)
        for stand, industry in enumerate(industries)
        for title in chance.sample(TRADES[industry][1], 2 + chance.randrange(2))
    ]
    counts = [5] * len(offers)
    sizes = [0.3 + chance.expovariate(1.0) for _ in offers]
    for position in chance.choices(range(len(offers)), sizes, k=POSTS - sum(counts)):
        counts[position] += 1
    return [(stand, title, count) for (stand, title), count in zip(offers, counts, strict=True)]


ON_THE_DAY = (
    '{ division(code: "3404") { statistics(kind: %s, from: "2023-02-12", until: "2023-02-13") { total { %s } } } }'
)
FIGURES = (
    Figure(
        "HN1",
        "80家企业参加招聘会",
        "How many employers stood at the fair of 12 February 2023?",
        Decimal(EMPLOYERS),
        Unit.ORGANIZATION,
        CITY,
        ON_THE_DAY % ("EXHIBITORS", "units"),
        "division.statistics.total.units",
        starts_on=FAIR,
        ends_on=date(2023, 2, 13),
    ),
    Figure(
        "HN2",
        "提供3000个就业岗位",
        "How many posts did they offer together?",
        Decimal(POSTS),
        Unit.ITEM,
        CITY,
        ON_THE_DAY % ("JOB_OFFERS", "items filled"),
        "division.statistics.total.items",
        starts_on=FAIR,
        ends_on=date(2023, 2, 13),
    ),
    Figure(
        "HN3",
        "现场开展工会法宣传",
        "How many fairs of February 2023 had legal outreach beside them?",
        Decimal(1),
        Unit.SESSION,
        CITY,
        '{ division(code: "3404") { activities(filter: {kind: {eq: JOB_FAIR}, startsOn: {gte: "2023-02-01", lt: "2023-03-01"},'
        " beside: {some: {kind: {eq: LEGAL_OUTREACH}}}}) { totalCount } } }",
        "division.activities.totalCount",
        starts_on=date(2023, 2, 1),
        ends_on=date(2023, 3, 1),
    ),
)
