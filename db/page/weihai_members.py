"""Weihai (威海): migrant workers join. A census at three levels, project unions, an online home and a joint union in every township, a
full-response centre in each."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, cover, firm, reserve
from db.page.days import PAGE, spread, working_days
from db.page.people import Joining, People
from db.page.places import Home, county_codes, county_of, migrants_joined, places, union_id
from db.server.bulk_copy import copy_rows

CITY = "3710"
YEAR = (date(2022, 1, 1), date(2023, 1, 1))

JOINED, THROUGH_PROJECTS = 18_011, 11_827
BY_PROJECT_IN_YEAR = 3_460
"""How many joined through a project union, of those who joined in the year."""

SHARES = {"ONLINE_HOME": 0.3, "JOINT": 0.7}
SEASON = {1: 0.3, 2: 0.6, 3: 1.6, 4: 1.5, 5: 1.2, 9: 1.2, 11: 1.1, 12: 0.6}
"""Weights of months: few join around the Spring Festival, many when the sites open."""

PROJECTS_PER_COUNTY = 6
WORKS = (
    "安置房",
    "产业园",
    "海绵城市改造",
    "渔港扩建",
    "高铁枢纽配套",
    "污水处理厂",
    "医院新建",
    "学校改扩建",
    "跨海大桥",
    "冷链物流园",
)
TRADES = (("C13", "食品"), ("C14", "水产品加工"), ("C17", "纺织"), ("F51", "商贸"), ("G54", "物流"), ("H62", "餐饮"))
OBSTACLES = ("TOO_FEW", "TOO_FEW", "HIGH_TURNOVER", "WORKERS_UNAWARE", "EMPLOYER_UNWILLING", "NO_FIXED_PLACE")


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("weihai")
    townships, counties = await places(connection, CITY, "TOWNSHIP"), await places(connection, CITY, "COUNTY")
    codes = await county_codes(connection)
    homes = await _townships(connection, chance, townships, codes)
    projects = await _projects(connection, chance, counties, codes)
    await _census(connection, chance, townships, counties, homes)
    await _join(connection, people, homes, projects)


async def _townships(
    connection: asyncpg.Connection, chance: random.Random, townships: Sequence[asyncpg.Record], codes: Sequence[str]
) -> list[Home]:
    """A full-response centre, an online home of members and a joint union of small firms in every township; the unions, for members to
    join."""
    opened = spread(chance, len(townships), date(2020, 3, 1), date(2022, 7, 1))
    await copy_rows(
        connection,
        "venue",
        ("name", "kind", "organization_id", "division_id", "address", "valid_from"),
        (
            (
                f"{place['name']}工会劳动关系全响应中心",
                "RESPONSE_CENTRE",
                place["union_id"],
                place["id"],
                f"{place['name']}便民服务大厅",
                day,
            )
            for place, day in zip(townships, opened, strict=True)
        ),
    )
    online = [
        NewUnion(f"{p['name']}网上会员之家", "ONLINE_HOME", p["id"], p["union_id"], date(2021, 5, 1)) for p in townships
    ]
    joint = [
        NewUnion(f"{p['name']}小微企业联合工会委员会", "JOINT", p["id"], p["union_id"], day)
        for p, day in zip(townships, spread(chance, len(townships), date(2019, 1, 1), date(2021, 12, 31)), strict=True)
    ]
    online_keys, joint_keys = await add_unions(connection, online), await add_unions(connection, joint)
    firms = []
    for place, key, union in zip(townships, joint_keys, joint, strict=True):
        for _ in range(2 + chance.randrange(3)):
            industry, trade = chance.choice(TRADES)
            firms.append(
                NewEmployer(
                    firm(chance, place["name"].removesuffix("街道办事处").removesuffix("街道").removesuffix("镇"), trade),
                    place["id"], county_of(place["code"], codes), key, 20 + chance.randrange(60), union.established, industry,
                    covered=union.established,
                )
            )  # fmt: skip
    covered: dict[int, list[int]] = {}
    for key, employer in zip(await add_employers(connection, firms), firms, strict=True):
        covered.setdefault(employer.union, []).append(key)
    made = []
    for keys, unions, form in ((online_keys, online, "ONLINE_HOME"), (joint_keys, joint, "JOINT")):
        for key, union, place in zip(keys, unions, townships, strict=True):
            weight = SHARES[form] * (0.5 + chance.random())
            county = county_of(place["code"], codes)
            made.append(Home(key, union.division, county, union.established, None, tuple(covered.get(key, ())), weight))
    return made


async def _projects(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record], codes: Sequence[str]
) -> list[Home]:
    """Construction projects since 2018, each with its contractor and its project union, which, but for a few, ends with the works."""
    unions, spans = [], []
    for place in counties:
        for number, work in enumerate(chance.sample(WORKS, PROJECTS_PER_COUNTY)):
            begun = chance.choice(working_days(date(2018 + number // 2, 3, 1), date(2020 + number // 2, 3, 1)))
            completed = begun + timedelta(days=300 + chance.randrange(500))
            late = chance.random() < 0.2
            dissolved = completed + timedelta(days=90 + chance.randrange(200)) if late else completed
            ended = None if late and chance.random() < 0.5 else dissolved
            name = f"{place['name'].removeprefix('威海')}{work}一期工程"
            unions.append(
                NewUnion(f"{name}项目工会委员会", "PROJECT", place["id"], place["union_id"], begun, industry="E47", dissolved=ended)
            )  # fmt: skip
            spans.append((name, place, begun, completed))
    keys = await add_unions(connection, unions)
    contractors = await add_employers(
        connection,
        [
            NewEmployer(
                firm(chance, "威海", "建设工程"), place["id"], county_of(place["code"], codes), key, 120 + chance.randrange(300),
                begun - timedelta(days=900 + chance.randrange(2000)), "E47", covered=begun, covered_to=union.dissolved,
            )
            for key, union, (_, place, begun, _) in zip(keys, unions, spans, strict=True)
        ],
    )  # fmt: skip
    await copy_rows(
        connection,
        "construction_project",
        ("name", "organization_id", "division_id", "employer_id", "union_id", "started_on", "completed_on"),
        (
            (name, place["union_id"], place["id"], contractor, key, begun, completed)
            for key, contractor, (name, place, begun, completed) in zip(keys, contractors, spans, strict=True)
        ),
    )
    await _named_projects(connection)
    return [
        Home(key, union.division, county_of(place["code"], codes), union.established, union.dissolved, (contractor,), 0.5 + chance.random())
        for key, union, contractor, (_, place, _, _) in zip(keys, unions, contractors, spans, strict=True)
    ]  # fmt: skip


async def _named_projects(connection: asyncpg.Connection) -> None:
    """The works of the demonstration's project unions."""
    await connection.execute(
        "INSERT INTO construction_project (name, organization_id, division_id, union_id, started_on, completed_on)"
        " SELECT replace(o.name, '项目工会委员会', ''), l.parent_id, o.division_id, o.id, o.established_on, o.dissolved_on"
        " FROM organization o JOIN organization_link l ON l.child_id = o.id AND l.is_lead"
        " WHERE o.name IN ('文登区道路改造工程项目工会委员会', '临港区安置房工程项目工会委员会', '文登区产业园工程项目工会委员会')"
    )


async def _census(
    connection: asyncpg.Connection,
    chance: random.Random,
    townships: Sequence[asyncpg.Record],
    counties: Sequence[asyncpg.Record],
    homes: Sequence[Home],
) -> None:
    """One round at three levels: units without a union and workers who are not members; half of the units were organised later."""
    city = await union_id(connection, "威海市总工会")
    (round_,) = await reserve(connection, "census_round", 1)
    await copy_rows(
        connection,
        "census_round",
        ("id", "organization_id", "name", "starts_on", "ends_on"),
        [(round_, city, "2022年农民工入会三级摸排", date(2022, 2, 10), date(2022, 6, 1))],
    )
    surveyors = [(place, place["union_id"]) for place in townships for _ in range(2)]
    surveyors += [(place, place["union_id"]) for place in counties for _ in range(4)]
    surveyors += [(chance.choice(counties), city) for _ in range(6)]
    codes = await county_codes(connection)
    found = []
    for place, _ in surveyors:
        industry, trade = chance.choice(TRADES)
        found.append(
            NewEmployer(
                firm(chance, place["name"].removesuffix("街道").removesuffix("镇"), trade, "加工厂"), place["id"],
                county_of(place["code"], codes), place["union_id"], 6 + chance.randrange(60),
                date(2012 + chance.randrange(9), 1 + chance.randrange(12), 1 + chance.randrange(28)), industry, "SELF_EMPLOYED",
            )
        )  # fmt: skip
    keys = await add_employers(connection, found)
    days = spread(chance, len(found), date(2022, 2, 10), date(2022, 6, 1))
    records = []
    for key, employer, (place, union), day in zip(keys, found, surveyors, days, strict=True):
        migrants = chance.randrange(employer.headcount // 3, employer.headcount + 1)
        non_members = employer.headcount - chance.randrange(employer.headcount // 6 + 1)
        obstacle = chance.choice(OBSTACLES) if employer.headcount >= 25 else "TOO_FEW"
        follow_up = day + timedelta(days=30 + chance.randrange(60))
        records.append(
            (
                round_,
                union,
                place["id"],
                key,
                day,
                False,
                employer.headcount,
                migrants,
                non_members,
                obstacle,
                follow_up,
            )
        )
    await copy_rows(
        connection,
        "census_record",
        ("round_id", "organization_id", "division_id", "employer_id", "surveyed_on", "has_union", "headcount", "migrant_count",
         "non_member_count", "obstacle", "follow_up_on"),
        records,
    )  # fmt: skip
    joint = {home.division: home.union for home in homes if home.employers}
    organised = [record for record in records if record[2] in joint and chance.random() < 0.55]
    await cover(connection, ((joint[record[2]], record[3], record[10], None) for record in organised))
    await connection.executemany(
        "UPDATE employer SET organization_id = $2 WHERE id = $1",
        [(record[3], joint[record[2]]) for record in organised],
    )


async def _join(
    connection: asyncpg.Connection, people: People, homes: Sequence[Home], projects: Sequence[Home]
) -> None:
    """Migrant workers who join, with those that exist already exactly as many as the page says."""
    through = THROUGH_PROJECTS - await migrants_joined(connection, CITY, None, PAGE, "PROJECT")
    in_year = JOINED - await migrants_joined(connection, CITY, *YEAR)
    now = min(BY_PROJECT_IN_YEAR, through, in_year)
    year = Joining(now, projects, *YEAR, migrant=1.0, channels={"PROJECT": 1.0}, months=SEASON, title="建筑工人")
    await people.join("weihai projects", year)
    earlier = [home for home in projects if home.established and home.established < YEAR[0]]
    await people.join(
        "weihai projects before",
        replace(year, count=through - now, homes=earlier, since=date(2018, 3, 1), until=YEAR[0]),
    )
    rest = in_year - now
    fallback = rest * 3 // 10
    online, joint = [h for h in homes if not h.employers], [h for h in homes if h.employers]
    await people.join(
        "weihai online",
        Joining(fallback, online, *YEAR, "FLEXIBLE", 1.0, {"FALLBACK": 1.0}, SEASON),
    )
    await people.join(
        "weihai joint",
        Joining(rest - fallback, joint, *YEAR, "EMPLOYEE", 1.0, {"QR": 45, "COLLECTIVE": 35, "APP": 12, "PAPER": 8}, SEASON),
    )  # fmt: skip
