"""Yunnan (云南): micro-wishes (微心愿), collected by its county federations and taken on by Shanghai's unions, units and individuals."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import asyncpg

from db.page.bodies import firm
from db.page.days import PAGE, spread, within, working_days
from db.page.people import People
from db.page.places import places, union_id
from db.page.sessions import Session, add_activities
from db.page.yunnan import HELPED, HELPER, HELPER_UNION, MEETING, TERMS, line_id
from db.server.bulk_copy import copy_rows

ON_THE_SPOT, TAKEN_ON, UNCLAIMED = 600, 2_046, 38
"""Collective wishes claimed at the meeting; wishes taken on by units and individuals before the page; wishes that nobody took on."""

STANDARD = "500.00"
GATHERING, UNITS = 32, 45
"""How many counties collect wishes, and how many units take some on."""

BY_UNIT, CONFIRMED, GIVEN_UP = 0.65, 0.95, 0.02
"""Shares: taken on by units rather than individuals; confirmed by the recipient once delivered; not fulfilled."""

ITEMS = {"DAILY_GOODS": 4, "STUDY_GOODS": 6}
TRADES = ("商贸", "食品", "电子科技", "物流", "餐饮", "机械", "医药", "纺织", "建筑工程", "软件")

CLAIMANTS = """
SELECT o.id, CASE o.kind WHEN 'INDUSTRY_UNION' THEN 2 ELSE 1 END AS weight FROM organization o
JOIN division d ON d.id = o.division_id AND d.valid_to IS NULL AND starts_with(d.code, $1)
WHERE o.dissolved_on IS NULL AND (o.kind = 'INDUSTRY_UNION' AND o.level = 'PROVINCIAL'
                                  OR o.kind = 'LOCAL_FEDERATION' AND o.level = 'COUNTY' AND d.kind = 'STATUTORY') ORDER BY 1
"""
"""The federations of the districts, and the industry unions."""

MEMBERS = """
SELECT c.ancestor_id AS county, s.member_id FROM membership s JOIN organization o ON o.id = s.organization_id
JOIN division_closure c ON c.descendant_id = o.division_id AND c.ancestor_id = ANY ($1)
WHERE s.valid_from < $2 AND s.valid_to IS NULL AND o.dissolved_on IS NULL ORDER BY 1, 2
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; the agreement exists already."""
    chance = people.chance("yunnan wishes")
    counties = sorted(chance.sample(await places(connection, HELPED, "COUNTY"), GATHERING), key=lambda row: row["code"])
    line = await line_id(connection, "CARE", MEETING)
    kunming = next(place["id"] for place in await places(connection, HELPED, "CITY") if place["code"] == "5301")
    helper = await union_id(connection, HELPER_UNION)
    await add_activities(connection, [Session(helper, kunming, "CARE", "沪滇“微心愿”现场认领", MEETING, line=line)])
    drawn = chance.choices(list(ITEMS), list(ITEMS.values()), k=ON_THE_SPOT + TAKEN_ON + UNCLAIMED)
    made = [
        *await _on_the_spot(connection, chance, counties),
        *await _taken_on(connection, chance, counties),
        *_unclaimed(chance, counties),
    ]
    await copy_rows(
        connection,
        "wish",
        ("line_id", "standard_value", "item", "organization_id", "division_id", "member_id", "is_collective", "status",
         "claimant_kind", "claimant_id", "claimant_name", "proposed_on", "claimed_on", "delivered_on", "confirmed_on"),
        ((line, STANDARD, item, *row) for item, row in zip(drawn, made, strict=True)),
    )  # fmt: skip


async def _on_the_spot(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record]
) -> list[tuple[object, ...]]:
    """Collective wishes, all taken on by unions of Shanghai at the meeting, each some of them, and delivered in spring."""
    unions = await connection.fetch(CLAIMANTS, HELPER)
    keys = [row["id"] for row in unions]
    keys += chance.choices(keys, [row["weight"] for row in unions], k=ON_THE_SPOT - len(keys))
    proposed = spread(chance, ON_THE_SPOT, date(2022, 11, 1), date(2023, 1, 14))
    rows: list[tuple[object, ...]] = []
    for union, day in zip(keys, proposed, strict=True):
        county = chance.choice(counties)
        end = _end(chance, MEETING, (25, 85))
        rows.append(
            (county["union_id"], county["id"], None, True, end[0], "UNION", union, None, day, MEETING, *end[1:])
        )
    return rows


async def _taken_on(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record]
) -> list[tuple[object, ...]]:
    """Wishes of individual workers, one in three a member in the database, taken on since the first autumn of the renewed agreement."""
    known = await _members(connection, [county["id"] for county in counties])
    units = [firm(chance, "上海", chance.choice(TRADES)) for _ in range(UNITS)]
    worked = working_days(TERMS[1][1], PAGE)
    rows: list[tuple[object, ...]] = []
    for claimed in spread(chance, TAKEN_ON, date(2021, 9, 13), PAGE, {1: 2.0, 8: 1.6, 12: 1.5}):
        county = chance.choice(counties)
        members = known.get(county["id"])
        member = chance.choice(members) if members and chance.random() < 0.35 else None
        by_unit = chance.random() < BY_UNIT
        proposed = chance.choice(within(worked, claimed - timedelta(days=75), claimed))
        end = _end(chance, claimed, (10, 60))
        rows.append(
            (
                county["union_id"], county["id"], member, False, end[0], "UNIT" if by_unit else "INDIVIDUAL", None,
                chance.choice(units) if by_unit else None, proposed, claimed, *end[1:],
            )
        )  # fmt: skip
    return rows


def _unclaimed(chance: random.Random, counties: Sequence[asyncpg.Record]) -> list[tuple[object, ...]]:
    """Published wishes that expired."""
    chosen = [chance.choice(counties) for _ in range(UNCLAIMED)]
    days = spread(chance, UNCLAIMED, date(2021, 9, 1), date(2022, 12, 1))
    nobody = (None,) * 3
    return [
        (county["union_id"], county["id"], None, False, "LAPSED", *nobody, day, *nobody)
        for county, day in zip(chosen, days, strict=True)
    ]


def _end(chance: random.Random, claimed: date, after: tuple[int, int]) -> tuple[str, date | None, date | None]:
    """How a wish that was taken on ended: state, and days of delivery and confirmation."""
    if chance.random() < GIVEN_UP:
        return "LAPSED", None, None
    delivered = claimed + timedelta(days=chance.randint(*after))
    if chance.random() < CONFIRMED:
        return "CONFIRMED", delivered, delivered + timedelta(days=chance.randrange(15))
    return "DELIVERED", delivered, None


async def _members(connection: asyncpg.Connection, counties: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Members of unions in these counties from before the agreement was renewed, by county."""
    known: dict[int, list[int]] = {}
    for row in await connection.fetch(MEMBERS, counties, TERMS[1][1]):
        known.setdefault(row["county"], []).append(row["member_id"])
    return known
