"""Zhejiang (浙江): catch-all organizing (兜底建): a document with six measures, targets for three years, estimates of workers, and the
unions so far."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, firm, reserve
from db.page.days import spread
from db.page.people import Joining, People
from db.page.places import Home, county_codes, county_of, division_id, places, union_id
from db.server.bulk_copy import copy_rows

PROVINCE = "33"
ISSUED = date(2023, 1, 16)
TITLE = "浙江省总工会关于推进新就业形态劳动者“兜底建”工作的实施方案"
MEASURES = (
    ("开展新就业形态劳动者摸底普查", "CENSUS"),
    ("推进商圈楼宇建会入会", "BUILDINGS"),
    ("推进社区(村)兜底建会入会", "COMMUNITY"),
    ("推进乡镇(街道)、园区建会入会", "TOWNSHIP"),
    ("推进行业共建", "INDUSTRY"),
    ("强化维权服务", "RIGHTS"),
)
REPORTED = {
    "CENSUS": ("EMPLOYER_VISIT", "新业态企业大走访大调研"),
    "BUILDINGS": ("ORGANIZING", "商圈楼宇集中入会"),
    "COMMUNITY": ("ORGANIZING", "社区兜底入会"),
    "TOWNSHIP": ("ORGANIZING", "园区集中入会"),
    "INDUSTRY": ("MEETING", "行业共建座谈"),
    "RIGHTS": ("CARE", "新就业形态劳动者关爱服务"),
}
NEW_FORMS = {"COURIER": 0.35, "FOOD_DELIVERY": 0.3, "TRUCK_DRIVER": 0.2, "RIDE_HAILING_DRIVER": 0.15}
JOINED = 3_200
"""Number of members: a small part of the 300,000, in proportion to the size of the generated federation."""

DESIGNATED, FEDERATED = 180, 0.78
"""Townships where such workers concentrate, and the share of them with a regional union."""
WITHOUT = 4
"""How many counties do not have a union of workers in new forms at the end of 2023."""

SURVEYS = (
    (date(2022, 12, 31), 0.94),
    (date(2023, 12, 31), 0.96),
    (date(2024, 12, 31), 0.98),
    (date(2025, 12, 31), 1.0),
)
"""Days of the estimates, and the number of workers at the last."""

ACTIVE = """
SELECT county.id AS county, m.worker_type, count(DISTINCT m.id) AS members
FROM membership s JOIN member m ON m.id = s.member_id AND m.worker_type = ANY ($2)
JOIN organization o ON o.id = s.organization_id
JOIN division_closure c ON c.descendant_id = o.division_id
JOIN division county ON county.id = c.ancestor_id AND county.level = 'COUNTY' AND starts_with(county.code, $1)
WHERE s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3)
GROUP BY 1, 2
"""
FEDERATIONS = """
SELECT DISTINCT c.ancestor_id FROM organization o JOIN division_closure c ON c.descendant_id = o.division_id
WHERE c.ancestor_id = ANY ($1) AND (o.form = 'NEW_FORM' OR (o.form = 'UNION_FEDERATION' AND o.name LIKE '%新业态%'))
AND o.dissolved_on IS NULL
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("zhejiang")
    province, above = await division_id(connection, PROVINCE), await union_id(connection, "浙江省总工会")
    counties, townships = await places(connection, PROVINCE, "COUNTY"), await places(connection, PROVINCE, "TOWNSHIP")
    codes = await county_codes(connection)
    document, measures = await _document(connection, above, province)
    await _targets(connection, above, province, document, [county["id"] for county in counties])
    homes = await _unions(connection, chance, counties, codes)
    homes += await _regional(connection, chance, townships, codes)
    for worker_type, part in NEW_FORMS.items():
        joining = Joining(
            int(JOINED * part), homes, date(2023, 2, 6), date(2026, 1, 1), worker_type, 0.6,
            {"QR": 5, "APP": 3, "COLLECTIVE": 2}, kind="PLATFORM",
        )  # fmt: skip
        await people.join(f"zhejiang {worker_type}", joining)
    await _estimates(connection, chance, counties)
    employers = await _parks(connection, chance, counties, codes)
    employers += await _heads(connection, chance, counties, codes, measures["CENSUS"])
    await _census(connection, chance, above, employers)
    await _reports(connection, chance, counties, measures)


async def _document(connection: asyncpg.Connection, union: int, division: int) -> tuple[int, dict[str, int]]:
    """The document with its six measures; their IDs."""
    (document,) = await reserve(connection, "policy_document", 1)
    await copy_rows(
        connection,
        "policy_document",
        ("id", "title", "number", "kind", "organization_id", "division_id", "issued_on", "valid_from"),
        [(document, TITLE, "浙总工发〔2023〕2号", "IMPLEMENTATION_PLAN", union, division, ISSUED, ISSUED)],
    )
    await copy_rows(
        connection,
        "policy_issuer",
        ("document_id", "position", "name", "kind", "organization_id"),
        [(document, 1, "浙江省总工会", "UNION", union)],
    )
    keys = await reserve(connection, "policy_measure", len(MEASURES))
    await copy_rows(
        connection,
        "policy_measure",
        ("id", "document_id", "position", "title"),
        ((key, document, position, title) for position, (key, (title, _)) in enumerate(zip(keys, MEASURES, strict=True), 1)),
    )  # fmt: skip
    return document, {code: key for key, (_, code) in zip(keys, MEASURES, strict=True)}


async def _targets(
    connection: asyncpg.Connection, union: int, province: int, document: int, counties: Sequence[int]
) -> None:
    """The targets for the end of 2023, 2024 and 2025: for the province and, where the page says so, for each county."""
    by = {year: (date(year, 1, 1), date(year + 1, 1, 1)) for year in (2023, 2024, 2025)}
    rows: list[tuple[object, ...]] = [
        (province, "NEW_FORM_JOINS", Decimal(300_000), "PERSON", *by[2023]),
        (province, "NEW_FORM_COVERAGE", Decimal("0.6"), "RATIO", *by[2024]),
        (province, "REGIONAL_FEDERATIONS", Decimal(1), "RATIO", *by[2024]),
        (province, "NEW_FORM_COVERAGE", Decimal("0.8"), "RATIO", *by[2025]),
        (province, "LOGISTICS_PARKS", Decimal(1), "RATIO", *by[2025]),
        *((county, "NEW_FORM_UNIONS", Decimal(1), "ORGANIZATION", *by[2023]) for county in counties),
        *((county, "NEW_FORM_COVERAGE", Decimal("0.8"), "RATIO", *by[2025]) for county in counties),
    ]
    await copy_rows(
        connection,
        "target",
        (
            "organization_id",
            "document_id",
            "operator",
            "division_id",
            "metric",
            "value",
            "unit",
            "starts_on",
            "ends_on",
        ),
        ((union, document, "GE", *row) for row in rows),
    )


async def _unions(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record], codes: Sequence[str]
) -> list[Home]:
    """A comprehensive or industry union of workers in new forms in all but a few counties; the unions, for members to join."""
    without = set(chance.sample([county["code"] for county in counties], WITHOUT))
    with_one = [county for county in counties if county["code"] not in without]
    days = spread(chance, len(with_one), date(2022, 3, 1), date(2023, 12, 29), {11: 2.0, 12: 2.0})
    chance.shuffle(days)
    unions = []
    for county, day in zip(with_one, days, strict=True):
        kind = chance.choice(("新业态", "新业态", "快递行业", "网约配送行业"))
        industry = {"快递行业": "G60", "网约配送行业": "H62"}.get(kind)
        name = f"{county['union_name'].removesuffix('总工会')}{kind}工会委员会"
        unions.append(NewUnion(name, "NEW_FORM", county["id"], county["union_id"], day, "COUNTY", industry))
    keys = await add_unions(connection, unions)
    return [
        Home(key, union.division, county_of(county["code"], codes), union.established, weight=0.4 + chance.random())
        for key, union, county in zip(keys, unions, with_one, strict=True)
    ]


async def _regional(
    connection: asyncpg.Connection, chance: random.Random, townships: Sequence[asyncpg.Record], codes: Sequence[str]
) -> list[Home]:
    """Townships designated as concentrated, most of them with a regional federation, and some with a union of a community below: the
    small three tiers."""
    chosen = sorted(chance.sample(list(townships), DESIGNATED), key=lambda place: str(place["code"]))
    await copy_rows(
        connection,
        "designation",
        ("organization_id", "division_id", "kind", "valid_from"),
        ((place["union_id"], place["id"], "NEW_FORM_CONCENTRATED", date(2023, 2, 20)) for place in chosen),
    )
    there = {row[0] for row in await connection.fetch(FEDERATIONS, [place["id"] for place in chosen])}
    wanted = [place for place in chosen if place["id"] not in there]
    new = chance.sample(wanted, max(int(DESIGNATED * FEDERATED) - len(there), 0))
    days = spread(chance, len(new), date(2023, 3, 1), date(2025, 6, 30))
    federations = [
        NewUnion(
            f"{place['name']}新业态工会联合会", "UNION_FEDERATION", place["id"], place["union_id"], day, "TOWNSHIP"
        )
        for place, day in zip(new, days, strict=True)
    ]
    keys = await add_unions(connection, federations)
    below, of = [], []
    for key, union, place in list(zip(keys, federations, new, strict=True))[:40]:
        for number in ("第一", "第二"):
            established = union.established + timedelta(days=20 + chance.randrange(60))
            name = f"{place['name']}{number}社区新业态联合工会委员会"
            below.append(NewUnion(name, "JOINT", place["id"], key, established, "VILLAGE"))
            of.append(place)
    return [
        Home(key, union.division, county_of(place["code"], codes), union.established, weight=0.3)
        for key, union, place in zip(await add_unions(connection, below), below, of, strict=True)
    ]


async def _estimates(connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record]) -> None:
    """The number of workers in each county, in proportion to the federation: about four in five are members at the last survey."""
    last = SURVEYS[-1][0]
    rows = await connection.fetch(ACTIVE, PROVINCE, list(NEW_FORMS), last)
    members = {(row["county"], row["worker_type"]): row["members"] for row in rows}
    estimates = []
    for county in counties:
        reached = 0.62 + 0.33 * chance.random()
        for worker_type in NEW_FORMS:
            workers = members.get((county["id"], worker_type), 0) / reached + chance.randrange(2)
            for day, part in SURVEYS:
                estimates.append(
                    (county["union_id"], county["id"], worker_type, day, max(round(workers * part), 1), f"{day.year}年新就业形态劳动者摸底")
                )  # fmt: skip
    await copy_rows(
        connection,
        "population_estimate",
        ("organization_id", "division_id", "worker_type", "as_of", "value", "source"),
        estimates,
    )


async def _parks(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record], codes: Sequence[str]
) -> list[tuple[int, NewEmployer, bool]]:
    """Express logistics parks, nine in ten with a union; some business buildings. The operators of the parks."""
    chosen = chance.sample(list(counties), 60)
    stands = [chance.random() < 0.88 for _ in chosen]
    named = [f"{place['name']}{chance.choice('东西南北')}部快递物流园" for place in chosen]
    unions = [
        NewUnion(f"{name}联合工会委员会", "JOINT", place["id"], place["union_id"], day, industry="G59")
        for name, place, has, day in zip(
            named, chosen, stands, spread(chance, 60, date(2022, 9, 1), date(2025, 9, 30)), strict=True
        )
        if has
    ]
    keys = iter(await add_unions(connection, unions))
    founded = iter(unions)
    employers = []
    for name, place, has in zip(named, chosen, stands, strict=True):
        union = next(founded) if has else None
        employers.append(
            NewEmployer(
                firm(chance, name, "", "管理有限公司"), place["id"], county_of(place["code"], codes),
                next(keys) if has else place["union_id"], 60 + chance.randrange(400), date(2015 + chance.randrange(6), 5, 8), "G59",
                covered=union.established if union else None,
            )
        )  # fmt: skip
    operators = await add_employers(connection, employers)
    opened = [employer.registered + timedelta(days=200) for employer in employers]
    venues: list[tuple[object, ...]] = [
        (name, "LOGISTICS_PARK", place["union_id"], place["id"], operator, day)
        for name, place, operator, day in zip(named, chosen, operators, opened, strict=True)
    ]
    for place in chance.sample(list(counties), 24):
        name = f"{place['name']}{chance.choice(('中央', '滨江', '城西', '城东'))}商务楼宇"
        venues.append((name, "BUSINESS_BUILDING", place["union_id"], place["id"], None, date(2023, 4, 3)))
    await copy_rows(
        connection, "venue", ("name", "kind", "organization_id", "division_id", "employer_id", "valid_from"), venues
    )
    return list(zip(operators, employers, stands, strict=True))


async def _heads(
    connection: asyncpg.Connection,
    chance: random.Random,
    counties: Sequence[asyncpg.Record],
    codes: Sequence[str],
    measure: int,
) -> list[tuple[int, NewEmployer, bool]]:
    """Leading platform enterprises; most were visited in 2023, fewer in each later year."""
    chosen = [place for place in counties if place["code"].startswith(("3301", "3302"))][:14]
    heads = [
        NewEmployer(
            firm(chance, "浙江", chance.choice(("网络科技", "供应链", "出行科技", "即时配送"))), place["id"],
            county_of(place["code"], codes), place["union_id"], 900 + chance.randrange(9_000), date(2014, 6, 18), "I64", "PLATFORM",
            covered=date(2022, 6, 1) if number % 3 else None, is_platform_head=True,
        )
        for number, place in enumerate(chosen)
    ]  # fmt: skip
    keys = await add_employers(connection, heads)
    visits = []
    for number, (key, place) in enumerate(zip(keys, chosen, strict=True)):
        for year in (2023, 2024, 2025, 2026)[: 4 - number // 4]:
            day = spread(chance, 1, date(year, 2, 1), date(year, 6, 20))[0]
            title = f"{year}年走访新业态头部企业"
            visits.append(
                (place["union_id"], place["id"], "EMPLOYER_VISIT", "OFFLINE", title, day, day, True, key, measure)
            )
    await copy_rows(connection, "activity", (*ACTIVITY, "employer_id", "measure_id"), visits)
    return [(key, head, head.covered is not None) for key, head in zip(keys, heads, strict=True)]


ACTIVITY = ("organization_id", "division_id", "kind", "mode", "title", "starts_on", "ends_on", "is_free")


async def _census(
    connection: asyncpg.Connection,
    chance: random.Random,
    union: int,
    employers: Sequence[tuple[int, NewEmployer, bool]],
) -> None:
    """The findings of the survey of 2023 at parks and platforms."""
    (round_,) = await reserve(connection, "census_round", 1)
    await copy_rows(
        connection,
        "census_round",
        ("id", "organization_id", "name", "starts_on", "ends_on"),
        [(round_, union, "2023年新就业形态劳动者摸底", date(2023, 2, 6), date(2023, 7, 1))],
    )
    owners = dict(
        await connection.fetch(
            "SELECT d.id, o.id FROM division d JOIN organization o ON o.division_id = d.id AND o.kind = 'LOCAL_FEDERATION'"
            " AND o.dissolved_on IS NULL WHERE d.id = ANY ($1)",
            [employer.division for _, employer, _ in employers],
        )
    )
    records = []
    for key, employer, _ in employers:
        day = spread(chance, 1, date(2023, 2, 6), date(2023, 7, 1))[0]
        has = employer.covered is not None and employer.covered <= day
        migrants = chance.randrange(employer.headcount // 2, employer.headcount)
        outside = chance.randrange(employer.headcount // 4, employer.headcount) if has else employer.headcount
        obstacle = None if has else chance.choice(("HIGH_TURNOVER", "WORKERS_UNAWARE", "EMPLOYER_UNWILLING"))
        records.append(
            (
                round_,
                owners[employer.division],
                employer.division,
                key,
                day,
                has,
                employer.headcount,
                migrants,
                outside,
                obstacle,
            )
        )
    await copy_rows(
        connection,
        "census_record",
        ("round_id", "organization_id", "division_id", "employer_id", "surveyed_on", "has_union", "headcount", "migrant_count",
         "non_member_count", "obstacle"),
        records,
    )  # fmt: skip


async def _reports(
    connection: asyncpg.Connection,
    chance: random.Random,
    counties: Sequence[asyncpg.Record],
    measures: dict[str, int],
) -> None:
    """Activities that counties reported under each measure."""
    rows = []
    for code, (kind, title) in REPORTED.items():
        for place in chance.sample(list(counties), 9 + chance.randrange(8)):
            day = spread(chance, 1, date(2023, 2, 6), date(2023, 12, 30))[0]
            named = f"{place['name']}{title}"
            rows.append((place["union_id"], place["id"], kind, "OFFLINE", named, day, day, True, measures[code]))
    await copy_rows(connection, "activity", (*ACTIVITY, "measure_id"), rows)
