"""Yunnan (云南): cadres sent there by Shanghai, all on a roster, and each visited in 2022."""

import random
from collections.abc import Sequence
from datetime import date

import asyncpg

from db.page.bodies import reserve
from db.page.days import spread
from db.page.people import Joining, People, Person
from db.page.places import homes, places, union_id
from db.page.sessions import Presence, Session, add_activities, add_programme, attend
from db.page.yunnan import HELPED, HELPER, HELPER_UNION, line_id
from db.server.bulk_copy import copy_rows

CADRES, AGAIN = 344, 41
"""Cadres on the roster; how many of them were visited twice."""

YEAR = (date(2022, 1, 1), date(2023, 1, 1))
ROSTER, AS_OF = "2022年上海援滇干部花名册", date(2022, 1, 10)
TITLE = "上海援滇干部走访慰问"
FORMS = ("INDEPENDENT", "JOINT")
SEASON = {1: 3.0, 2: 0.5, 7: 0.7, 9: 1.5, 12: 1.6}
AT_ONCE = 9
"""The most cadres visited in one round."""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; the agreement exists already."""
    chance = people.chance("yunnan cadres")
    sent = Joining(
        CADRES, await homes(connection, HELPER, date(2006, 1, 1), date(2020, 1, 1), FORMS), date(2006, 1, 1), date(2020, 1, 1),
        channels={"PAPER": 3, "COLLECTIVE": 1},
    )  # fmt: skip
    cadres = await people.join("yunnan cadres", sent)
    counties = await places(connection, HELPED, "COUNTY")
    posted = sorted(
        ((chance.choice(counties), cadre) for cadre in cadres), key=lambda pair: (pair[0]["code"], pair[1].id)
    )
    union = await union_id(connection, HELPER_UNION)
    await _roster(connection, union, posted)
    await _visits(connection, chance, union, posted)


async def _roster(connection: asyncpg.Connection, union: int, posted: Sequence[tuple[asyncpg.Record, Person]]) -> None:
    """The roster, with the county of each posting."""
    (roster,) = await reserve(connection, "roster", 1)
    await copy_rows(
        connection,
        "roster",
        ("id", "organization_id", "line_id", "name", "as_of"),
        [(roster, union, await line_id(connection, "VISIT", AS_OF), ROSTER, AS_OF)],
    )
    await copy_rows(
        connection,
        "roster_entry",
        ("roster_id", "organization_id", "division_id", "member_id"),
        ((roster, union, county["id"], cadre.id) for county, cadre in posted),
    )


async def _visits(
    connection: asyncpg.Connection, chance: random.Random, union: int, posted: Sequence[tuple[asyncpg.Record, Person]]
) -> None:
    """Rounds within a prefecture, in which all are visited once; some again before the Spring Festival of the next year."""
    prefectures = {place["code"]: place["id"] for place in await places(connection, HELPED, "CITY")}
    again = sorted(chance.sample(range(CADRES), AGAIN))
    rounds = [
        (prefecture, days, group[start : start + AT_ONCE])
        for days, visited in (
            ((date(2022, 1, 11), date(2022, 11, 1)), posted),
            ((date(2022, 12, 1), YEAR[1]), [posted[position] for position in again]),
        )
        for code, prefecture in prefectures.items()
        for group in [[pair for pair in visited if pair[0]["code"].startswith(code)]]
        for start in range(0, len(group), AT_ONCE)
    ]
    programme = await add_programme(connection, union, TITLE, *YEAR)
    line = await line_id(connection, "VISIT", AS_OF)
    sessions = [
        Session(union, prefecture, "VISIT", TITLE, spread(chance, 1, *days, SEASON)[0], programme=programme, line=line)
        for prefecture, days, _ in rounds
    ]
    keys = await add_activities(connection, sessions)
    await attend(
        connection,
        (
            Presence(key, union, county["id"], "BENEFICIARY", one.starts_on, cadre.id)
            for key, one, (_, _, group) in zip(keys, sessions, rounds, strict=True)
            for county, cadre in group
        ),
    )
