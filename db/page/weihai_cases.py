"""Weihai (威海): wages of migrant workers recovered in 2022, and those of thirty-nine workers of a haulier in January 2023."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, reserve
from db.page.cases import Case, Claimant, add_cases, add_services
from db.page.days import spread
from db.page.people import Joining, People
from db.page.places import Home, places
from db.page.weihai_members import CITY, YEAR

CLOSED = 98
DISTRICT, WORKERS, OWED = "371003", 39, 19_000_000
"""文登区: the number of workers of one company, and the amount owed to them together, in fen."""

JANUARY = (date(2023, 1, 1), date(2023, 2, 1))

CASES = """
SELECT count(*) FROM dispute_case k JOIN division_closure c ON c.descendant_id = k.division_id
JOIN division d ON d.id = c.ancestor_id AND d.code = $1 AND d.valid_to IS NULL
WHERE k.cause = 'UNPAID_WAGES' AND k.closed_on >= $2 AND k.closed_on < $3
"""
ENGAGED = """
SELECT g.employer_id, e.name AS employer, e.division_id, left(d.code, 6) AS county, g.member_id, m.name, g.valid_from
FROM engagement g JOIN member m ON m.id = g.member_id AND m.is_migrant_worker
JOIN employer e ON e.id = g.employer_id JOIN division d ON d.id = e.division_id
WHERE starts_with(d.code, $1) AND g.valid_from < $2 ORDER BY g.employer_id, g.member_id
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; its members exist already."""
    chance = people.chance("weihai cases")
    counties = {place["code"]: place for place in await places(connection, CITY, "COUNTY")}
    await _wages(connection, chance, counties)
    await _haulier(connection, people, chance, counties[DISTRICT])


async def _wages(connection: asyncpg.Connection, chance: random.Random, counties: Mapping[str, asyncpg.Record]) -> None:
    """Cases closed in the year, with those that exist already as many as the page says."""
    wanted = CLOSED - await connection.fetchval(CASES, CITY, *YEAR)
    workers: dict[int, list[asyncpg.Record]] = {}
    for row in await connection.fetch(ENGAGED, CITY, date(2021, 12, 1)):
        if row["county"] in counties:
            workers.setdefault(row["employer_id"], []).append(row)
    employers = [key for key, found in workers.items() if len(found) >= 5]
    cases = []
    for number, closed in enumerate(spread(chance, wanted, *YEAR, {1: 2.4, 2: 0.4, 11: 1.4, 12: 2.0}), 1):
        of = workers[chance.choice(employers)]
        size = min(len(of), 10 + chance.randrange(9) if chance.random() < 0.05 else 1 + chance.randrange(5))
        decided = chance.random() < 0.12
        received = closed - timedelta(days=40 + chance.randrange(16) if decided else 2 + chance.randrange(12))
        claims = [300_000 + 1_000 * chance.randrange(2_400) for _ in range(size)]
        part = 100 if chance.random() < 0.6 else 70 + chance.randrange(30)
        cases.append(
            Case(
                f"威工维〔{closed.year}〕{number}号", counties[of[0]["county"]]["union_id"], of[0]["division_id"],
                (of[0]["employer_id"], of[0]["employer"]),
                [
                    Claimant(row["member_id"], row["name"], claim, claim * part // 100)
                    for row, claim in zip(chance.sample(of, size), claims, strict=True)
                ],
                received, closed,
                *(("DECIDED", "ARBITRATION", "ARBITRATION_COMMISSION") if decided else ("SETTLED", "DAILY_MEDIATION", "TOWNSHIP")),
                paid=min(closed + timedelta(days=chance.randrange(20)), date(2022, 12, 30)),
            )
        )  # fmt: skip
    await _served(connection, await add_cases(connection, cases), cases)


async def _served(connection: asyncpg.Connection, keys: Sequence[int], cases: Sequence[Case]) -> None:
    """A consultation at a full-response centre, before each case."""
    first = await reserve(connection, "legal_service", 2 * len(cases))
    rows: list[tuple[object, ...]] = []
    for position, (key, one) in enumerate(zip(keys, cases, strict=True)):
        asked, handled = first[2 * position], first[2 * position + 1]
        member = one.claimants[0].member
        settled = "SETTLED" if one.status == "SETTLED" else "PASSED_ON"
        rows.append((asked, one.organization, one.division, "CONSULTATION", "PASSED_ON", None, None, None, member, None,
                     one.received - timedelta(days=1), one.received))  # fmt: skip
        rows.append((handled, one.organization, one.division, "DAILY_MEDIATION", settled, None, None, key, member, asked,
                     one.received, one.closed))  # fmt: skip
    await add_services(connection, rows)


async def _haulier(
    connection: asyncpg.Connection, people: People, chance: random.Random, district: asyncpg.Record
) -> None:
    """The collective case: all claimants were paid in full within the month."""
    founded = date(2018, 6, 1)
    name = "威海市文登区远达通物流有限公司"
    (union,) = await add_unions(
        connection,
        [NewUnion(f"{name}工会委员会", "INDEPENDENT", district["id"], district["union_id"], founded, industry="G54")],
    )
    (employer,) = await add_employers(
        connection,
        [NewEmployer(name, district["id"], DISTRICT, union, 86, date(2016, 4, 11), "G54", covered=founded)],
    )
    home = Home(union, district["id"], DISTRICT, founded, None, (employer,))
    joined = await people.join(
        "weihai haulier", Joining(WORKERS, [home], date(2019, 3, 1), date(2021, 12, 1), title="驾驶员")
    )
    shares = [350_000 + 1_000 * chance.randrange(270) for _ in joined]
    rest, odd = divmod(OWED - sum(shares), WORKERS)
    shares = [share + rest + (position < odd) for position, share in enumerate(shares)]
    claimants = [Claimant(one.id, one.name, share, share) for one, share in zip(joined, shares, strict=True)]
    cases = [
        Case(
            "威文工维〔2023〕1号", district["union_id"], district["id"], (employer, name), claimants, date(2023, 1, 4), date(2023, 1, 13),
            paid=date(2023, 1, 17),
        )
    ]  # fmt: skip
    await _served(connection, await add_cases(connection, cases), cases)
