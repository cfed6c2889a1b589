"""Tongchuan (铜川): five-good unions, certified round by round; a union in every village of one town; wage bargaining in the zone."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, firm, reserve
from db.page.days import PAGE, spread
from db.page.people import Joining, People
from db.page.places import Home, county_codes, county_of, division_id, migrants_joined, places, union_id
from db.server.bulk_copy import copy_rows

CITY, TOWN, ZONE = "6102", "610222103", "铜川高新技术产业开发区"
HOSPITAL = "铜川市人民医院工会委员会"
VILLAGE_MIGRANTS = 1_087
ROUNDS = (
    ("FIVE_GOOD", 1, date(2020, 12, 18), 8),
    ("FIVE_GOOD", 2, date(2021, 11, 26), 9),
    ("FIVE_GOOD", 3, date(2022, 6, 30), 10),
    ("FIVE_GOOD_DEMONSTRATION", 1, date(2023, 1, 18), 11),
)
"""Kind, number, day and count of awards of each round of the city: 38 unions in all, 11 of them in the last."""

YEARS_VALID = 3
CRITERIA = ("LEADERSHIP", "TEAM", "PLACE", "FINANCE", "EXPERIENCE")
EVIDENCE = ("换届材料", "职工之家照片", "经费收支账册", "经审报告", "工作总结")
FACILITIES = ("CANTEEN", "DORMITORY", "BATHROOM", "LIBRARY", "NURSERY", "FITNESS_ROOM")
FACILITY_NAMES = ("小食堂", "小宿舍", "小浴室", "小书屋", "爱心母婴室", "健身室")
ACTIONS = (
    "思想引领能力提升行动",
    "建功立业能力提升行动",
    "维权服务能力提升行动",
    "组织建设能力提升行动",
    "职工素质能力提升行动",
    "阵地建设能力提升行动",
    "经费管理能力提升行动",
    "网上工作能力提升行动",
)
"""The page counts the actions and does not list them; these names are plausible."""

TRADES = (("C30", "建材"), ("B06", "矿业"), ("C31", "铝业"), ("D44", "热电"), ("F52", "百货"), ("C14", "食品"))


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("tongchuan")
    city, above = await division_id(connection, CITY), await union_id(connection, "铜川市总工会")
    unions = await _unions(connection, chance)
    await _certify(connection, chance, above, city, unions)
    await _document(connection, above, city)
    await _villages(connection, people)
    await _zone(connection, chance)


async def _unions(connection: asyncpg.Connection, chance: random.Random) -> list[tuple[int, int]]:
    """46 grassroots unions of companies in the city and, as the last, the hospital's: ID and division of each."""
    codes = await county_codes(connection)
    counties = await places(connection, CITY, "COUNTY")
    unions, employers = [], []
    for number in range(45):
        place = counties[number % len(counties)]
        industry, trade = chance.choice(TRADES)
        name = firm(chance, place["name"].removesuffix("区").removesuffix("县"), trade)
        established = date(2005 + chance.randrange(12), 1 + chance.randrange(12), 1 + chance.randrange(28))
        unions.append(
            NewUnion(f"{name}工会委员会", "INDEPENDENT", place["id"], place["union_id"], established, industry=industry)
        )
        employers.append((name, place, established, industry))
    keys = await add_unions(connection, unions)
    await add_employers(
        connection,
        [
            NewEmployer(
                name,
                place["id"],
                county_of(place["code"], codes),
                key,
                40 + chance.randrange(600),
                established,
                industry,
                covered=established,
            )
            for key, (name, place, established, industry) in zip(keys, employers, strict=True)
        ],
    )
    found = [(key, union.division or 0) for key, union in zip(keys, unions, strict=True)]
    return [*found, (await union_id(connection, HOSPITAL), await division_id(connection, CITY))]


async def _certify(
    connection: asyncpg.Connection, chance: random.Random, above: int, city: int, unions: Sequence[tuple[int, int]]
) -> None:
    """Each round with its awards, which are valid for three years, and two applicants who did not pass."""
    rounds = await reserve(connection, "certification_round", len(ROUNDS))
    await copy_rows(
        connection,
        "certification_round",
        ("id", "organization_id", "kind", "level", "cohort", "name", "publicised_from", "publicised_to", "awarded_on"),
        (
            (key, above, kind, "CITY", cohort, f"{day.year}年市级“五好”基层工会评选", day - timedelta(days=12), day - timedelta(days=5),
             day)
            for key, (kind, cohort, day, _) in zip(rounds, ROUNDS, strict=True)
        ),
    )  # fmt: skip
    waiting = list(unions)
    hospital = waiting.pop()
    awards: list[tuple[int, int, int, date, bool]] = []
    for key, (kind, _, day, count) in zip(rounds, ROUNDS, strict=True):
        winners = [waiting.pop(0) for _ in range(count - (kind == "FIVE_GOOD_DEMONSTRATION"))]
        if kind == "FIVE_GOOD_DEMONSTRATION":
            winners.append(hospital)
            await _facilities(connection, winners)
        awards += [(key, *winner, day, True) for winner in winners]
        awards += [(key, *loser, day, False) for loser in waiting[:2]]
    keys = await reserve(connection, "certification", len(awards))
    rows, scores = [], []
    for key, (round_, union, division, day, won) in zip(keys, awards, strict=True):
        until = day.replace(year=day.year + YEARS_VALID) if won else None
        status = ("LAPSED" if until and until <= date(2026, 6, 30) else "AWARDED") if won else "INSPECTED"
        rows.append(
            (
                key,
                round_,
                union,
                division or city,
                status,
                day - timedelta(days=60 + chance.randrange(30)),
                day if won else None,
                until,
            )
        )
        failed = () if won else chance.sample(CRITERIA, 1 + chance.randrange(2))
        for criterion, evidence in zip(CRITERIA, EVIDENCE, strict=True):
            score = 40 + chance.randrange(19) if criterion in failed else 80 + chance.randrange(20)
            scores.append((key, criterion, score, criterion not in failed, evidence))
    await copy_rows(
        connection,
        "certification",
        ("id", "round_id", "organization_id", "division_id", "status", "applied_on", "awarded_on", "valid_to"),
        rows,
    )
    await copy_rows(
        connection, "certification_score", ("certification_id", "criterion", "score", "is_passed", "evidence"), scores
    )


async def _facilities(connection: asyncpg.Connection, unions: Sequence[tuple[int, int]]) -> None:
    """The facilities of each of these unions (四小两需: four small, two needed)."""
    named = dict(
        await connection.fetch("SELECT id, name FROM organization WHERE id = ANY ($1)", [key for key, _ in unions])
    )
    await copy_rows(
        connection,
        "venue",
        ("name", "kind", "organization_id", "division_id", "valid_from"),
        (
            (f"{named[key].removesuffix('工会委员会')}{name}", kind, key, division, date(2022, 9, 1))
            for key, division in unions
            for kind, name in zip(FACILITIES, FACILITY_NAMES, strict=True)
        ),
    )


async def _document(connection: asyncpg.Connection, union: int, city: int) -> None:
    """The campaign of eight actions."""
    (document,) = await reserve(connection, "policy_document", 1)
    issued = date(2022, 3, 10)
    await copy_rows(
        connection,
        "policy_document",
        ("id", "title", "kind", "organization_id", "division_id", "issued_on", "valid_from"),
        [(document, "基层工会“能力提升”八项行动方案", "CAMPAIGN", union, city, issued, issued)],
    )
    await copy_rows(
        connection,
        "policy_issuer",
        ("document_id", "position", "name", "kind", "organization_id"),
        [(document, 1, "铜川市总工会", "UNION", union)],
    )
    await copy_rows(
        connection,
        "policy_measure",
        ("document_id", "position", "title"),
        ((document, position, title) for position, title in enumerate(ACTIONS, 1)),
    )


async def _villages(connection: asyncpg.Connection, people: People) -> None:
    """Migrant workers who join the unions of their villages: in the whole town exactly as many as the page says."""
    rows = await connection.fetch(
        "SELECT o.id, o.division_id, o.established_on FROM organization o JOIN division d ON d.id = o.division_id"
        " WHERE o.level = 'VILLAGE' AND starts_with(d.code, $1) ORDER BY d.code",
        TOWN,
    )
    chance = people.chance("tongchuan villages")
    homes = [
        Home(row["id"], row["division_id"], TOWN[:6], row["established_on"], weight=0.5 + chance.random())
        for row in rows
    ]
    there = await migrants_joined(connection, TOWN, None, PAGE)
    joining = Joining(
        VILLAGE_MIGRANTS - there, homes, date(2021, 6, 1), date(2023, 1, 15), "EMPLOYEE", 1.0,
        {"COLLECTIVE": 6, "QR": 3, "PAPER": 1}, {1: 2.0, 2: 2.0, 7: 0.6, 8: 0.6}, engaged=False,
    )  # fmt: skip
    await people.join("tongchuan villages", joining)


async def _zone(connection: asyncpg.Connection, chance: random.Random) -> None:
    """Companies of the zone with a union each; two of the three have a wage agreement in force, passed by the workers' congress."""
    zone, above = await division_id(connection, ZONE), await union_id(connection, f"{ZONE}总工会")
    names = [firm(chance, "铜川高新", trade) for trade in ("新材料", "医药", "精密制造")]
    since = date(2012, 5, 16)
    unions = await add_unions(
        connection, [NewUnion(f"{name}工会委员会", "INDEPENDENT", zone, above, since, industry="C34") for name in names]
    )
    firms = await add_employers(
        connection,
        [
            NewEmployer(name, zone, "610204", union, 180 + 70 * number, since, "C34", covered=since)
            for number, (name, union) in enumerate(zip(names, unions, strict=True))
        ],
    )
    keys = await reserve(connection, "collective_agreement", 2)
    effective = spread(chance, 2, date(2026, 2, 1), date(2026, 5, 1))
    made = list(zip(keys, names, unions, firms, effective, strict=False))
    await copy_rows(
        connection,
        "collective_agreement",
        ("id", "number", "title", "kind", "status", "organization_id", "employer_id", "division_id", "industry", "worker_count",
         "requested_on", "signed_on", "submitted_on", "received_on", "effective_on", "published_on", "term_from", "term_to"),
        (
            (key, f"铜高工集〔2026〕{order}号", f"{name}工资专项集体合同", "WAGE", "EFFECTIVE", union, employer, zone, "C34",
             110 + 70 * order,
             day - timedelta(days=60), day - timedelta(days=24), day - timedelta(days=18), day - timedelta(days=15), day,
             day + timedelta(days=4), day, day.replace(year=day.year + 1))
            for order, (key, name, union, employer, day) in enumerate(made, 1)
        ),
    )  # fmt: skip
    await copy_rows(
        connection,
        "agreement_party",
        ("agreement_id", "side", "organization_id", "employer_id", "name"),
        [
            side
            for key, name, union, employer, _ in made
            for side in (
                (key, "UNION", union, None, f"{name}工会委员会"),
                (key, "EMPLOYER", None, employer, name),
            )
        ],
    )
    await copy_rows(
        connection,
        "agreement_coverage",
        ("agreement_id", "employer_id", "worker_count", "valid_from"),
        ((key, employer, 110 + 70 * order, day) for order, (key, _, _, employer, day) in enumerate(made, 1)),
    )
    await copy_rows(
        connection,
        "agreement_step",
        ("agreement_id", "status", "actor", "occurred_on", "roster_count", "present_count", "votes_for", "note"),
        [
            (key, "CONGRESS_PASSED", "WORKERS_CONGRESS", day - timedelta(days=30), 60, 52, 49, "职工代表大会审议通过")
            for key, _, _, _, day in made
        ],
    )
