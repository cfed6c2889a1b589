"""Shanghai and Yunnan (沪滇): donations in kind both ways, recuperation bases that Shanghai recognises, and three aid projects."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from db.page.bodies import reserve
from db.page.days import spread
from db.page.people import People
from db.page.places import division_ids, places, union_id
from db.page.yunnan import HELPED, HELPED_UNION, HELPER, HELPER_UNION, MEETING, line_id
from db.server.bulk_copy import copy_rows

DONORS = {
    "上海烟草集团有限责任公司": (("5333", date(2022, 6, 16)), ("5334", date(2022, 6, 16))),
    "上海汽车集团股份有限公司": (("5309", date(2022, 9, 22)), ("5325", date(2022, 9, 22))),
}
"""Ambulances of 2022: the union that gave them, the place and the day. The page gives the number and the donors."""

VANS = ("5305", "5308", "5326", "5306")
PRODUCE = {"310115": 64, "310112": 52, "310104": 40, "310106": 36, "310113": 38, "310117": 30}
"""Tonnes of fruit and vegetables by district, 260 in all."""

SUPPLIES, OF_PROVINCE, COUNTIES = 176, 44, 36
"""Tonnes of supplies from Yunnan's unions at all levels; how many of them from the province's; and how many counties gave."""

SPRING = (date(2022, 4, 6), date(2022, 5, 28))
VALID = (MEETING, date(2028, 2, 9))
BASES = (
    ("云南省工人疗养院", HELPED_UNION, "5301"),
    ("腾冲职工及劳模疗休养基地", "保山市腾冲市总工会", "530581"),
)
OPEN_SINCE = date(2015, 5, 1)
CANDIDATE = ("大理职工疗休养点", "大理白族自治州总工会", "5329")
"""A base that applied in the same round and was not recognised; it is made up, as are the opening days of all three."""


@dataclass(frozen=True, slots=True)
class Project:
    """An aid project: the venue that it equips is run by ``union``; ``budget`` and ``spent`` in yuan."""

    kind: str
    name: str
    venue: str
    division: str
    union: str
    budget: int
    spent: str
    started: date
    completed: date


PROJECTS = (
    Project("STATION", "五华区华山街道职工驿站", "STATION", "530102001", "昆明市五华区华山街道总工会", 50_000, "49860.00",
            date(2022, 5, 9), date(2022, 8, 26)),
    Project("RELAY_STATION", "怒江美业爱心接力站", "STATION", "5333", "怒江傈僳族自治州总工会", 50_000, "50000.00",
            date(2022, 6, 13), date(2022, 10, 21)),
    Project("READING_ROOM", "福贡县福兴社区职工书屋", "READING_ROOM", "533323101", "怒江傈僳族自治州福贡县上帕镇总工会", 30_000, "29735.50",
            date(2022, 6, 20), date(2022, 11, 18)),
)  # fmt: skip
"""130,000 yuan together; the parts are made up."""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; the agreement exists already."""
    chance = people.chance("yunnan gifts")
    await _to_yunnan(connection)
    await _to_shanghai(connection, chance)
    await _bases(connection)
    await _projects(connection)


async def _to_yunnan(connection: asyncpg.Connection) -> None:
    """Ambulances from two groups through their unions; vans and health products from the federation at the meeting."""
    helper, line = await union_id(connection, HELPER_UNION), await line_id(connection, "CARE", MEETING)
    rows: list[tuple[object, ...]] = []
    for donor, gifts in DONORS.items():
        union = await union_id(connection, f"{donor}工会委员会")
        for (_, day), division in zip(gifts, await division_ids(connection, [code for code, _ in gifts]), strict=True):
            rows.append((union, division, line, donor, "AMBULANCE", 1, "VEHICLE", day))
    province, *prefectures = await division_ids(connection, [HELPED, *VANS])
    rows += [(helper, division, line, None, "BUSINESS_VAN", 1, "VEHICLE", MEETING) for division in prefectures]
    rows.append((helper, province, line, None, "HEALTH_PRODUCTS", None, "ITEM", MEETING))
    await _donate(connection, rows)


async def _to_shanghai(connection: asyncpg.Connection, chance: random.Random) -> None:
    """Donations in the spring of 2022: what the province's federation bought, and what unions at all levels gave, in half tonnes."""
    helped, line = await union_id(connection, HELPED_UNION), await line_id(connection, "CARE", SPRING[0])
    (city,) = await division_ids(connection, [HELPER])
    districts = await division_ids(connection, list(PRODUCE))
    days = spread(chance, len(PRODUCE), *SPRING)
    rows: list[tuple[object, ...]] = [
        (helped, division, line, None, "PRODUCE", tonnes, "TONNE", day)
        for division, tonnes, day in zip(districts, PRODUCE.values(), days, strict=True)
    ]
    prefectures = [place["union_id"] for place in await places(connection, HELPED, "CITY")]
    counties = [place["union_id"] for place in await places(connection, HELPED, "COUNTY")]
    givers = [*prefectures, *sorted(chance.sample(counties, COUNTIES))]
    halves = [2] * len(givers)
    for position in chance.choices(
        range(len(givers)), [4] * len(prefectures) + [1] * COUNTIES, k=2 * (SUPPLIES - OF_PROVINCE) - sum(halves)
    ):
        halves[position] += 1
    given = [(helped, f"{OF_PROVINCE}"), *((union, f"{half / 2}") for union, half in zip(givers, halves, strict=True))]
    days = spread(chance, len(given), *SPRING)
    rows += [
        (union, city, line, None, "EPIDEMIC_SUPPLIES", tonnes, "TONNE", day)
        for (union, tonnes), day in zip(given, days, strict=True)
    ]
    await _donate(connection, rows)


async def _donate(connection: asyncpg.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    await copy_rows(
        connection,
        "donation",
        ("organization_id", "division_id", "line_id", "donor_name", "item", "quantity", "unit", "donated_on"),
        rows,
    )


async def _bases(connection: asyncpg.Connection) -> None:
    """The first round of Shanghai's federation for bases in Yunnan: two were recognised, one was inspected."""
    (round_,) = await reserve(connection, "certification_round", 1)
    await copy_rows(
        connection,
        "certification_round",
        ("id", "organization_id", "kind", "level", "cohort", "name", "publicised_from", "publicised_to", "awarded_on"),
        [
            (
                round_, await union_id(connection, HELPER_UNION), "RECUPERATION_BASE", "PROVINCIAL", 1,
                "首批云南职工疗休养基地认定", date(2023, 1, 9), date(2023, 1, 14), MEETING,
            )
        ],
    )  # fmt: skip
    named = (*BASES, CANDIDATE)
    keys = await reserve(connection, "venue", len(named))
    divisions = await division_ids(connection, [code for _, _, code in named])
    unions = [await union_id(connection, union) for _, union, _ in named]
    await copy_rows(
        connection,
        "venue",
        ("id", "name", "kind", "organization_id", "division_id", "valid_from"),
        (
            (key, name, "RECUPERATION_BASE", union, division, OPEN_SINCE)
            for key, (name, _, _), union, division in zip(keys, named, unions, divisions, strict=True)
        ),
    )
    await copy_rows(
        connection,
        "certification",
        ("round_id", "organization_id", "venue_id", "division_id", "applied_on", "status", "awarded_on", "valid_to"),
        (
            (
                round_,
                union,
                key,
                division,
                date(2022, 9, 15 + 3 * order),
                *(("AWARDED", *VALID) if order < len(BASES) else ("INSPECTED", None, None)),
            )
            for order, (key, union, division) in enumerate(zip(keys, unions, divisions, strict=True))
        ),
    )


async def _projects(connection: asyncpg.Connection) -> None:
    """Each aid project with the venue that it paid for."""
    helper, line = await union_id(connection, HELPER_UNION), await line_id(connection, "CARE", MEETING)
    keys = await reserve(connection, "venue", len(PROJECTS))
    divisions = await division_ids(connection, [one.division for one in PROJECTS])
    made = list(zip(keys, divisions, PROJECTS, strict=True))
    await copy_rows(
        connection,
        "venue",
        ("id", "name", "kind", "organization_id", "division_id", "valid_from"),
        [
            (key, one.name, one.venue, await union_id(connection, one.union), division, one.completed)
            for key, division, one in made
        ],
    )
    await copy_rows(
        connection,
        "aid_project",
        ("organization_id", "division_id", "line_id", "venue_id", "kind", "name", "budget", "spent", "started_on", "completed_on"),
        (
            (helper, division, line, key, one.kind, one.name, f"{one.budget}.00", one.spent, one.started, one.completed)
            for key, division, one in made
        ),
    )  # fmt: skip
