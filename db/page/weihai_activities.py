"""Weihai (威海): courses, contests, legal outreach and check-ups for migrant workers in 2022."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import asyncpg

from db.page.days import spread, working_days
from db.page.people import People
from db.page.places import places
from db.page.sessions import Presence, Session, add_activities, add_programme, attend, hand_out
from db.page.weihai_members import CITY, YEAR

TRAINED, CONTESTS, OUTREACH, ONLINE, CHECKUPS = 60_486, 213, 237, 48, 166
"""Attendances at courses, contests, outreach on site and online, check-ups: a few more than the page says."""

ZONE, COURSE, COURSE_DAYS = "371073", date(2022, 11, 15), 4
"""The zone, first day and number of days of the free course in pastry, which ends with a certificate."""

SEASON = {1: 0.5, 2: 0.4, 6: 0.7, 8: 0.7, 9: 1.3, 10: 1.3, 11: 1.6, 12: 1.4}
COURSES = {
    "PASTRY": "面点制作", "ELECTRICIAN": "电工", "DOMESTIC_SERVICE": "家政服务", "CONSTRUCTION": "建筑施工", "E_COMMERCE": "电子商务",
    "AQUATIC_PROCESSING": "水产品加工", "FLOUR_ART": "花饽饽制作", "COURIER": "快递服务",
}  # fmt: skip
CONTESTED = {
    "FLOUR_ART": "花饽饽制作",
    "AQUATIC_PROCESSING": "水产品加工",
    "TEA": "采茶制茶",
    "CONSTRUCTION": "建筑施工",
}
TEA_GROWING = ("371003", "371082", "371083")
AWARDS = ("FIRST", "SECOND", "SECOND", "THIRD", "THIRD", "THIRD")

MIGRANTS = """
SELECT s.member_id, s.valid_from, s.valid_to, left(d.code, 6) AS county
FROM membership s JOIN member m ON m.id = s.member_id AND m.is_migrant_worker
JOIN organization o ON o.id = s.organization_id JOIN division d ON d.id = o.division_id
WHERE starts_with(d.code, $1) AND s.valid_from < $2 ORDER BY s.valid_from, s.member_id
"""
EMPLOYERS = """
SELECT e.id, e.name, e.division_id, left(d.code, 6) AS county FROM employer e JOIN division d ON d.id = e.division_id
WHERE starts_with(d.code, $1) AND e.closed_on IS NULL AND coalesce(e.registered_on, '-infinity') < $2 ORDER BY e.id
"""


@dataclass
class Crowd:
    """The migrant workers of one county in the order of joining, with the last day of each membership."""

    members: list[int] = field(default_factory=list)
    joined: list[date] = field(default_factory=list)
    until: list[date] = field(default_factory=list)

    def some(self, chance: random.Random, number: int, day: date) -> list[int]:
        """``count`` members of a day, or all if there are fewer."""
        known = range(bisect_left(self.joined, day))
        drawn = chance.sample(known, min(len(known), 2 * number))
        return [self.members[one] for one in drawn if self.until[one] > day][:number]


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; its members exist already."""
    chance = people.chance("weihai activities")
    crowds = await _crowds(connection)
    townships, counties = await places(connection, CITY, "TOWNSHIP"), await places(connection, CITY, "COUNTY")
    union = await connection.fetchval("SELECT id FROM organization WHERE name = '威海市总工会'")
    skills = await add_programme(connection, union, "农民工技能提升行动", *YEAR)
    law = await add_programme(connection, union, "农民工公益法律服务行动", *YEAR)
    await _course(connection, chance, crowds, counties, skills)
    await _courses(connection, chance, crowds, townships, skills)
    await _contests(connection, chance, crowds, [*townships, *counties], skills)
    await _outreach(connection, chance, townships, law)
    await _checkups(connection, chance, counties, law)


async def _crowds(connection: asyncpg.Connection) -> dict[str, Crowd]:
    crowds: dict[str, Crowd] = {}
    for row in await connection.fetch(MIGRANTS, CITY, YEAR[1]):
        crowd = crowds.setdefault(row["county"], Crowd())
        crowd.members.append(row["member_id"])
        crowd.joined.append(row["valid_from"])
        crowd.until.append(row["valid_to"] or date.max)
    return crowds


async def _course(
    connection: asyncpg.Connection,
    chance: random.Random,
    crowds: dict[str, Crowd],
    counties: Sequence[asyncpg.Record],
    programme: int,
) -> None:
    """The free course of four days in the zone."""
    zone = next(place for place in counties if place["code"] == ZONE)
    last = COURSE + timedelta(days=COURSE_DAYS - 1)
    (key,) = await add_activities(
        connection,
        [
            Session(
                zone["union_id"],
                zone["id"],
                "TRAINING",
                "临港区农民工面点制作免费培训班",
                COURSE,
                last,
                "PASTRY",
                programme=programme,
            )
        ],
    )
    trainees = crowds[ZONE].some(chance, 38, COURSE)
    await attend(
        connection,
        [
            Presence(
                key, zone["union_id"], zone["id"], "TRAINEE", COURSE, one, certificate=f"威临培〔2022〕{number:03d}"
            )
            for number, one in enumerate(trainees, 1)
        ],
    )


async def _courses(
    connection: asyncpg.Connection,
    chance: random.Random,
    crowds: dict[str, Crowd],
    townships: Sequence[asyncpg.Record],
    programme: int,
) -> None:
    """Courses of one to three days in every township, until as many have attended as the page says."""
    days = spread(chance, 1_500, date(2022, 1, 5), date(2022, 12, 28), SEASON)
    chance.shuffle(days)
    sessions, trainees, attended = [], [], 0
    for turn in count():
        if attended == TRAINED:
            break
        place, starts = townships[turn % len(townships)], days[turn % len(days)]
        skill, called = chance.choice(list(COURSES.items()))
        came = crowds[place["code"][:6]].some(chance, min(45 + chance.randrange(50), TRAINED - attended), starts)
        if not came:
            continue
        ends = chance.choice(working_days(starts, starts + timedelta(days=3)))
        title = f"{place['name']}农民工{called}培训"
        sessions.append(
            Session(place["union_id"], place["id"], "TRAINING", title, starts, ends, skill, programme=programme)
        )
        trainees.append(came)
        attended += len(came)
    keys = await add_activities(connection, sessions)
    await attend(
        connection,
        (
            Presence(
                key, one.organization, one.division, "TRAINEE", one.starts_on, member,
                certificate=f"威培〔2022〕{key}-{number:03d}" if one.ends_on != one.starts_on else None,
            )
            for key, one, came in zip(keys, sessions, trainees, strict=True)
            for number, member in enumerate(came, 1)
        ),
    )  # fmt: skip


async def _contests(
    connection: asyncpg.Connection,
    chance: random.Random,
    crowds: dict[str, Crowd],
    where: Sequence[asyncpg.Record],
    programme: int,
) -> None:
    """Contests; those for tea in spring, and only where tea grows."""
    days = spread(chance, CONTESTS, date(2022, 3, 1), date(2022, 12, 20), {4: 1.6, 5: 1.6, 9: 1.4, 10: 1.3})
    sessions, rows = [], []
    for day in days:
        place = chance.choice(where)
        growing = place["code"][:6] in TEA_GROWING and day.month in (4, 5, 6)
        skill = chance.choice([skill for skill in CONTESTED if growing or skill != "TEA"])
        title = f"{place['name']}{CONTESTED[skill]}技能竞赛"
        sessions.append(
            Session(place["union_id"], place["id"], "COMPETITION", title, day, skill=skill, programme=programme)
        )
    counties = {place["id"]: place["code"][:6] for place in where}
    for key, one in zip(await add_activities(connection, sessions), sessions, strict=True):
        county = counties[one.division]
        for number, member in enumerate(crowds[county].some(chance, 10 + chance.randrange(16), one.starts_on)):
            award = AWARDS[number] if number < len(AWARDS) else None
            rows.append(Presence(key, one.organization, one.division, "CONTESTANT", one.starts_on, member, award=award))
    await attend(connection, rows)


async def _outreach(
    connection: asyncpg.Connection, chance: random.Random, townships: Sequence[asyncpg.Record], programme: int
) -> None:
    """Legal outreach on site, with leaflets, and online."""
    sessions = []
    for mode, held in (("OFFLINE", OUTREACH), ("ONLINE", ONLINE)):
        for number, day in enumerate(spread(chance, held, *YEAR, {1: 1.3, 4: 1.5, 5: 1.4, 12: 1.8})):
            place = townships[(number * 31) % len(townships)]
            title = f"{place['name']}普法宣传" + ("进工地" if mode == "OFFLINE" else "线上专栏")
            sessions.append(
                Session(place["union_id"], place["id"], "LEGAL_OUTREACH", title, day, mode=mode, programme=programme)
            )
    keys = await add_activities(connection, sessions)
    given = [
        (one.organization, one.division, key, None, 50 + 10 * chance.randrange(40), one.starts_on)
        for key, one in zip(keys, sessions, strict=True)
        if one.mode == "OFFLINE"
    ]
    await hand_out(connection, "LEAFLET", "农民工维权手册", given)


async def _checkups(
    connection: asyncpg.Connection, chance: random.Random, counties: Sequence[asyncpg.Record], programme: int
) -> None:
    """Legal check-ups of employers, each of a different one as far as there are enough."""
    employers = await connection.fetch(EMPLOYERS, CITY, YEAR[0])
    unions = {place["code"]: place["union_id"] for place in counties}
    known = [one for one in employers if one["county"] in unions]
    chosen = chance.sample(known, min(CHECKUPS, len(known)))
    chosen += chance.choices(known, k=CHECKUPS - len(chosen))
    days = spread(chance, CHECKUPS, *YEAR, {3: 1.4, 6: 1.3, 10: 1.5})
    await add_activities(
        connection,
        [
            Session(
                unions[one["county"]], one["division_id"], "LEGAL_CHECKUP", f"{one['name']}法治体检", day,
                programme=programme, employer=one["id"],
            )
            for one, day in zip(chosen, days, strict=True)
        ],
    )  # fmt: skip
