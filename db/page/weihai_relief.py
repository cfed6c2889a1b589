"""Weihai (威海): households of migrant workers in hardship, visited, relieved, and their children aided with tuition in 2022."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import asyncpg

from db.page.bodies import reserve
from db.page.days import spread, working_days
from db.page.people import People
from db.page.places import division_id, places, union_id
from db.page.sessions import Presence, Session, add_activities, add_programme, attend
from db.page.weihai_members import CITY, YEAR
from db.server.bulk_copy import copy_rows

HOUSEHOLDS, TWICE, RELIEVED, CHILDREN = 1_046, 187, 1_028, 134
"""Households visited; households visited twice; households relieved; children aided."""

RELIEF = {1_500: 2, 2_000: 6, 2_500: 2}
TUITION = {"PRIMARY": 15_000, "JUNIOR_SECONDARY": 18_000, "SENIOR_SECONDARY": 21_000, "TERTIARY": 24_000}
"""Yuan for a household, with weights, and for a child by school stage."""

AGES = {"PRIMARY": (6, 11), "JUNIOR_SECONDARY": (12, 14), "SENIOR_SECONDARY": (15, 17), "TERTIARY": (18, 22)}
HARDSHIPS = {"LOW_INCOME": 2, "LOW_INCOME_EDGE": 3, "ACCIDENT": 3, "RELATIVE": 4}
SEASON = {1: 6.0, 2: 0.5, 9: 2.0, 12: 3.0}
AT_ONCE = 12
"""The most households visited in one round."""

HEADS = """
SELECT DISTINCT ON (s.member_id) s.member_id, o.division_id, left(d.code, 6) AS county
FROM membership s JOIN member m ON m.id = s.member_id AND m.is_migrant_worker
JOIN organization o ON o.id = s.organization_id JOIN division d ON d.id = o.division_id
WHERE starts_with(d.code, $1) AND length(d.code) >= 6 AND s.valid_from < $2 ORDER BY s.member_id, s.valid_from
"""
"""SQL: migrant workers who have joined by a day, with those who were transferred from a dissolved project union."""


@dataclass(frozen=True, slots=True)
class Home:
    """A household on file: ID, union, division, worker, and the first day on file."""

    key: int
    union: int
    division: int
    member: int
    since: date


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; its members exist already."""
    chance = people.chance("weihai relief")
    homes = await _households(connection, chance)
    await _visits(connection, chance, homes)
    await _relief(connection, chance, homes[:RELIEVED])
    await _children(connection, chance, homes)


async def _households(connection: asyncpg.Connection, chance: random.Random) -> list[Home]:
    """Households on file with the federation of the county."""
    unions = {place["code"]: place["union_id"] for place in await places(connection, CITY, "COUNTY")}
    heads = [one for one in await connection.fetch(HEADS, CITY, date(2021, 7, 1)) if one["county"] in unions]
    chosen = chance.sample(heads, HOUSEHOLDS)
    since = spread(chance, HOUSEHOLDS, date(2021, 7, 1), date(2022, 1, 1))
    keys = await reserve(connection, "household", HOUSEHOLDS)
    homes = [
        Home(key, unions[one["county"]], one["division_id"], one["member_id"], day)
        for key, one, day in zip(keys, chosen, since, strict=True)
    ]
    kinds, weights = list(HARDSHIPS), list(HARDSHIPS.values())
    await copy_rows(
        connection,
        "household",
        ("id", "organization_id", "division_id", "member_id", "hardship", "size", "valid_from", "valid_to"),
        (
            (
                home.key, home.union, home.division, home.member, chance.choices(kinds, weights)[0], 2 + chance.randrange(4),
                home.since, date(2023, 7, 1) + timedelta(days=chance.randrange(700)) if chance.random() < 0.4 else None,
            )
            for home in homes
        ),
    )  # fmt: skip
    return homes


async def _visits(connection: asyncpg.Connection, chance: random.Random, homes: Sequence[Home]) -> None:
    """Rounds of visits in the year: each household once, some again after half a year or later."""
    city, union = await division_id(connection, CITY), await union_id(connection, "威海市总工会")
    programme = await add_programme(connection, union, "困难农民工走访慰问", *YEAR)
    first, second = list(homes), chance.sample(homes, TWICE)
    rounds = [
        (title, days, group[start : start + AT_ONCE])
        for title, days, group in (
            ("困难农民工家庭走访慰问", (YEAR[0], date(2022, 7, 1)), first),
            ("困难农民工家庭再次走访", (date(2022, 9, 1), YEAR[1]), second),
        )
        for start in range(0, len(group), AT_ONCE)
    ]
    sessions = [
        Session(union, city, "VISIT", title, spread(chance, 1, *days, SEASON)[0], programme=programme)
        for title, days, _ in rounds
    ]
    keys = await add_activities(connection, sessions)
    await attend(
        connection,
        (
            Presence(key, union, home.division, "BENEFICIARY", one.starts_on, household=home.key)
            for key, one, (_, _, group) in zip(keys, sessions, rounds, strict=True)
            for home in group
        ),
    )


async def _relief(connection: asyncpg.Connection, chance: random.Random, homes: Sequence[Home]) -> None:
    amounts = chance.choices(list(RELIEF), list(RELIEF.values()), k=len(homes))
    await _pay(
        connection,
        chance,
        [(home, "RELIEF", None, amount) for home, amount in zip(homes, amounts, strict=True)],
        (date(2022, 1, 10), date(2022, 12, 28)),
    )


async def _children(connection: asyncpg.Connection, chance: random.Random, homes: Sequence[Home]) -> None:
    """One child for each household, aided before the school year begins."""
    chosen = sorted(chance.sample(homes, CHILDREN), key=lambda home: home.key)
    keys = await reserve(connection, "dependant", CHILDREN)
    stages = [list(TUITION)[number % len(TUITION)] for number in range(CHILDREN)]
    await copy_rows(
        connection,
        "dependant",
        ("id", "household_id", "organization_id", "birth_year", "school_stage"),
        (
            (key, home.key, home.union, 2022 - chance.randint(*AGES[stage]), stage)
            for key, home, stage in zip(keys, chosen, stages, strict=True)
        ),
    )
    await _pay(
        connection,
        chance,
        [(home, "TUITION", key, TUITION[stage]) for key, home, stage in zip(keys, chosen, stages, strict=True)],
        (date(2022, 8, 8), date(2022, 9, 10)),
    )


async def _pay(
    connection: asyncpg.Connection,
    chance: random.Random,
    grants: Sequence[tuple[Home, str, int | None, int]],
    period: tuple[date, date],
) -> None:
    """Grants to households, or to one child of each, paid on working days of a period."""
    rows = []
    for (home, kind, child, amount), paid in zip(grants, spread(chance, len(grants), *period), strict=True):
        before = working_days(paid - timedelta(days=40), paid)
        applied, approved = before[chance.randrange(5)], before[-3]
        rows.append(
            (
                home.union, home.division, kind, "PAID", home.key, child, home.member if child is None else None, f"{amount}.00",
                max(applied, home.since), approved, paid,
            )
        )  # fmt: skip
    await copy_rows(
        connection,
        "aid_grant",
        ("organization_id", "division_id", "kind", "status", "household_id", "dependant_id", "member_id", "amount", "applied_on",
         "approved_on", "paid_on"),
        rows,
    )  # fmt: skip
