"""Agreements under review (待审查集体合同) by the human-resources bureau of Shenzhen, on the day on which the demonstration is loaded."""

import random
from datetime import date, timedelta

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, firm, reserve
from db.server.bulk_copy import copy_rows

DIVISION = "4403"
RECEIVED = (26, 14, 12, 9, 5, 1)
"""How many days ago each agreement was received: the review of the first is late, that of the second ends within days."""
OBJECTED = 9
"""The agreement received so many days ago has an objection."""

PLACES = """
SELECT d.id, d.code, o.id AS federation FROM division d JOIN organization o ON o.division_id = d.id AND o.kind = 'LOCAL_FEDERATION'
WHERE d.level = 'COUNTY' AND d.kind = 'STATUTORY' AND d.valid_to IS NULL AND starts_with(d.code, $1) ORDER BY d.code LIMIT $2
"""
"""SQL: the counties of division $1, each with its federation."""

TRADES = (
    ("电子", "C39"), ("精密机械", "C35"), ("物流", "G59"), ("软件", "I65"), ("食品", "C14"), ("服装", "C18"),
)  # fmt: skip

STEPS = (
    ("REQUESTED", "UNION", 62),
    ("REPLIED", "EMPLOYER", 56),
    ("BARGAINING", "UNION", 50),
    ("DRAFTED", "UNION", 22),
    ("CONGRESS_PASSED", "WORKERS_CONGRESS", 9),
    ("SIGNED", "UNION", 5),
    ("SUBMITTED", "EMPLOYER", 1),
    ("UNDER_REVIEW", "HR_BUREAU", 0),
)
"""The steps of each agreement until it was received: state, who took the step, and how many days before."""

AGREEMENT = (
    "id", "number", "title", "kind", "status", "organization_id", "employer_id", "division_id", "industry", "worker_count", "requested_on",
    "signed_on", "submitted_on", "received_on",
)  # fmt: skip


async def add_reviews(connection: asyncpg.Connection, today: date) -> None:
    """Add an employer in each of a few counties, its union and their agreement, as of ``today``, inside the caller's transaction."""
    chance = random.Random("unionhub reviews")  # noqa: S311 — names, no secrets
    places = await connection.fetch(PLACES, DIVISION, len(RECEIVED))
    names = [firm(chance, "深圳", trade) for (trade, _), _ in zip(TRADES, places, strict=False)]
    founded = date(2016, 5, 1)
    units = list(zip(places, names, TRADES, RECEIVED, strict=False))
    unions = await add_unions(
        connection,
        [
            NewUnion(f"{name}工会委员会", "INDEPENDENT", place["id"], place["federation"], founded, industry=industry)
            for place, name, (_, industry), _ in units
        ],
    )
    employers = [
        NewEmployer(
            name, place["id"], place["code"], union, 80 + chance.randrange(400), date(2012, 3, 1), industry, covered=founded
        )
        for (place, name, (_, industry), _), union in zip(units, unions, strict=True)
    ]  # fmt: skip
    employed = await add_employers(connection, employers)
    keys = await reserve(connection, "collective_agreement", len(units))
    agreements: list[tuple[object, ...]] = []
    parties: list[tuple[object, ...]] = []
    coverages: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    for key, unit, employer, (place, _, _, ago) in zip(keys, employers, employed, units, strict=True):
        received = today - timedelta(days=ago)
        days = {state: received - timedelta(days=before) for state, _, before in STEPS}
        path = [(key, state, actor, days[state]) for state, actor, _ in STEPS]
        if ago == OBJECTED:
            path.append((key, "OBJECTED", "HR_BUREAU", today - timedelta(days=2)))
        number = f"集{place['code']}〔{days['SIGNED'].year}〕{key}号"
        kind, title = ("WAGE", "工资专项集体合同") if key % 2 else ("COMPREHENSIVE", "集体合同")
        named = (number, unit.name + title, kind, path[-1][1], unit.union, employer)
        dated = (days["REQUESTED"], days["SIGNED"], days["SUBMITTED"], received)
        agreements.append((key, *named, unit.division, unit.industry, unit.headcount, *dated))
        parties.append((key, "UNION", unit.union, None, f"{unit.name}工会委员会"))
        parties.append((key, "EMPLOYER", None, employer, unit.name))
        coverages.append((key, employer, unit.headcount, days["REQUESTED"]))
        steps += path
    await copy_rows(connection, "collective_agreement", AGREEMENT, agreements)
    columns = ("agreement_id", "side", "organization_id", "employer_id", "name")
    await copy_rows(connection, "agreement_party", columns, parties)
    await copy_rows(
        connection, "agreement_coverage", ("agreement_id", "employer_id", "worker_count", "valid_from"), coverages
    )
    await copy_rows(connection, "agreement_step", ("agreement_id", "status", "actor", "occurred_on"), steps)
