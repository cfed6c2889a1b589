"""Chongqing (重庆): care for couriers session by session, a contest of express companies, a booklet, and a green window."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import asyncpg

from db.clock import SHANGHAI
from db.page.bodies import NewEmployer, add_employers, reserve
from db.page.chongqing_policy import CITY, ISSUED, SCHEME
from db.page.days import spread
from db.page.people import People
from db.page.places import county_codes, county_of, division_id, union_id
from db.page.sessions import Presence, Session, add_activities, add_programme, attend, hand_out
from db.server.bulk_copy import copy_rows

PROGRAMME = "暖蜂行动"
SERIES = {
    "送清凉": "CARE", "送温暖": "CARE", "健康体检": "CARE", "心理关爱": "CARE", "交通安全课堂": "TRAINING", "技能大讲堂": "TRAINING",
    "集中入会行动": "ORGANIZING", "法律服务进网点": "LEGAL_OUTREACH", "青年交友联谊": "CARE", "暑期亲子课堂": "CARE",
    "中秋慰问": "CARE", "年夜饭": "CARE",
}  # fmt: skip
REPORTED = {
    "健康体检": "开展心理关爱和健康体检", "心理关爱": "开展心理关爱和健康体检", "技能大讲堂": "开展职业技能培训",
    "集中入会行动": "推进快递企业建会入会", "法律服务进网点": "建立矛盾纠纷联动调处机制",
}  # fmt: skip
"""The measure of the joint opinion under which each series is reported."""

SESSIONS, ATTENDANCES = 96, 7_655
SINCE, UNTIL = date(2022, 4, 1), date(2023, 2, 11)

CONTEST, TEAMS, CONTESTANTS = date(2022, 9, 22), 7, 54
AWARDS = ("FIRST", "SECOND", "SECOND", "THIRD", "THIRD", "THIRD")

DISTRICT, SERVED, MINUTES = "500120", 61, 5
BOOKLET = "入会知识50问"

COURIERS = """
SELECT s.member_id, s.organization_id, o.name AS union_name FROM membership s
JOIN member m ON m.id = s.member_id AND m.worker_type = 'COURIER'
JOIN organization o ON o.id = s.organization_id JOIN organization_link l ON l.child_id = o.id AND l.parent_id = $1 AND l.is_lead
WHERE s.valid_from < $2 AND (s.valid_to IS NULL OR s.valid_to > $3) ORDER BY s.member_id
"""
UNIONS = """
SELECT o.id, o.name, o.division_id, o.established_on, d.code, d.name AS place FROM organization o
JOIN organization_link l ON l.child_id = o.id AND l.parent_id = $1 AND l.is_lead
JOIN division d ON d.id = o.division_id WHERE o.form = 'NEW_FORM' ORDER BY o.id
"""
OUTLETS = """
SELECT c.employer_id, c.organization_id, e.division_id FROM employer_coverage c JOIN employer e ON e.id = c.employer_id
WHERE c.organization_id = ANY ($1) ORDER BY 1
"""
MEASURES = """
SELECT m.id, m.title FROM policy_measure m JOIN policy_document p ON p.id = m.document_id
JOIN division d ON d.id = p.division_id AND d.code = $1 WHERE p.kind = 'IMPLEMENTING_OPINION'
"""
ENROLLED = """
SELECT i.id, i.member_id, i.valid_from FROM insurance_enrolment i JOIN employer e ON e.id = i.participant_id
JOIN division d ON d.id = e.division_id
WHERE i.scheme = $1 AND i.cohort = 1 AND starts_with(d.code, $2) AND i.valid_from < $3 ORDER BY d.code <> $4, i.id LIMIT $5
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; its couriers, outlets and enrolments exist already."""
    chance = people.chance("chongqing activities")
    industry = await union_id(connection, "重庆市国防邮电工会")
    federation = await union_id(connection, "重庆市快递行业工会联合会")
    unions = await connection.fetch(UNIONS, federation)
    couriers = await connection.fetch(COURIERS, federation, SINCE, UNTIL)
    await _booklet(connection, chance, unions)
    await _series(connection, chance, industry, unions, couriers)
    await _contest(connection, chance, industry, unions, couriers)
    await _window(connection, chance)


async def _booklet(connection: asyncpg.Connection, chance: random.Random, unions: Sequence[asyncpg.Record]) -> None:
    """The booklet, distributed to each outlet by its company's union."""
    outlets = await connection.fetch(OUTLETS, [row["id"] for row in unions])
    days = spread(chance, len(outlets), date(2021, 11, 15), date(2022, 3, 1))
    given = [
        (row["organization_id"], row["division_id"], None, row["employer_id"], 80 + 10 * chance.randrange(15), day)
        for row, day in zip(outlets, days, strict=True)
    ]
    await hand_out(connection, "BOOK", BOOKLET, given)


async def _series(
    connection: asyncpg.Connection,
    chance: random.Random,
    organization: int,
    unions: Sequence[asyncpg.Record],
    couriers: Sequence[asyncpg.Record],
) -> None:
    """The sessions of a dozen series and the attendances, in exactly the numbers of the page."""
    whole = await add_programme(connection, organization, PROGRAMME, date(2021, 12, 1), None)
    series = {
        name: await add_programme(connection, organization, f"{PROGRAMME}·{name}", SINCE, None, whole)
        for name in SERIES
    }
    names = [name for position in range(SESSIONS) for name in [list(SERIES)[position % len(SERIES)]]]
    chance.shuffle(names)
    days = spread(chance, SESSIONS, SINCE, UNTIL, {7: 1.8, 8: 1.6, 9: 1.3, 1: 1.7})
    measures = {row["title"]: row["id"] for row in await connection.fetch(MEASURES, CITY)}
    sessions = []
    for name, day in zip(names, days, strict=True):
        measure = measures[REPORTED[name]] if name in REPORTED and day >= ISSUED else None
        place = chance.choice(unions)
        title = f"{place['place']}{PROGRAMME}·{name}"
        sessions.append(
            Session(
                organization, place["division_id"], SERIES[name], title, day, programme=series[name], measure=measure
            )
        )
    sizes = [ATTENDANCES // SESSIONS] * SESSIONS
    for _ in range(SESSIONS * 8):
        more, less = chance.randrange(SESSIONS), chance.randrange(SESSIONS)
        if sizes[less] > 20:
            sizes[more], sizes[less] = sizes[more] + 3, sizes[less] - 3
    for position in range(ATTENDANCES - sum(sizes)):
        sizes[position] += 1
    keys = await add_activities(connection, sessions)
    await attend(
        connection,
        (
            Presence(key, organization, one.division, "PARTICIPANT", one.starts_on, courier["member_id"])
            for key, one, size in zip(keys, sessions, sizes, strict=True)
            for courier in chance.sample(couriers, size)
        ),
    )


async def _contest(
    connection: asyncpg.Connection,
    chance: random.Random,
    organization: int,
    unions: Sequence[asyncpg.Record],
    couriers: Sequence[asyncpg.Record],
) -> None:
    """The companies as employers above their outlets; some of them send a team each to the contest."""
    codes = await county_codes(connection)
    companies = await add_employers(
        connection,
        [
            NewEmployer(
                row["name"].removesuffix("工会委员会"), row["division_id"], county_of(row["code"], codes), row["id"],
                260 + chance.randrange(400), date(2012, 5, 1) + timedelta(days=chance.randrange(2_000)), "G60",
                covered=row["established_on"],
            )
            for row in unions
        ],
    )  # fmt: skip
    city = await division_id(connection, CITY)
    (key,) = await add_activities(
        connection,
        [Session(organization, city, "COMPETITION", "2022年重庆市快递行业职工技能竞赛", CONTEST, skill="COURIER")],
    )
    crews: list[tuple[int, int]] = []
    for position, (company, row) in enumerate(list(zip(companies, unions, strict=True))[:TEAMS]):
        size = CONTESTANTS // TEAMS + (position < CONTESTANTS % TEAMS)
        own = [courier["member_id"] for courier in couriers if courier["organization_id"] == row["id"]]
        crews += [(company, member) for member in chance.sample(own, size)]
    chance.shuffle(crews)
    await attend(
        connection,
        [
            Presence(
                key, organization, city, "CONTESTANT", CONTEST, member, employer=company,
                award=AWARDS[place] if place < len(AWARDS) else None,
            )
            for place, (company, member) in enumerate(crews)
        ],
    )  # fmt: skip


async def _window(connection: asyncpg.Connection, chance: random.Random) -> None:
    """The green window: half of the couriers are served in less than five minutes, half in more, and one in exactly five."""
    district, union = await division_id(connection, DISTRICT), await union_id(connection, "重庆市璧山区总工会")
    (window,) = await reserve(connection, "venue", 1)
    await copy_rows(
        connection,
        "venue",
        ("id", "name", "kind", "organization_id", "division_id", "address", "valid_from"),
        [
            (
                window,
                "璧山区社保中心快递员参保绿色窗口",
                "GREEN_WINDOW",
                union,
                district,
                "璧山区社会保险服务中心一楼",
                SINCE,
            )
        ],
    )
    enrolments = await connection.fetch(ENROLLED, SCHEME, CITY, date(2023, 2, 1), DISTRICT, SERVED)
    lengths = [MINUTES * 60] + [
        MINUTES * 60 + sign * (5 + chance.randrange(150)) for sign in (-1, 1) for _ in range(SERVED // 2)
    ]
    chance.shuffle(lengths)
    rows = []
    for row, seconds in zip(enrolments, lengths, strict=True):
        at = time(9 + chance.randrange(7), chance.randrange(50), chance.randrange(60), tzinfo=SHANGHAI)
        began = datetime.combine(row["valid_from"], at).astimezone(UTC)
        rows.append((union, district, window, row["member_id"], row["id"], began, began + timedelta(seconds=seconds)))
    await copy_rows(
        connection,
        "service_transaction",
        ("organization_id", "division_id", "venue_id", "member_id", "enrolment_id", "started_at", "ended_at"),
        rows,
    )
