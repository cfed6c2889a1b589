"""Yunnan (云南): union cadres of five prefectures trained online by Shanghai, under the agreement of the two federations."""

from datetime import date
from decimal import Decimal

import asyncpg

from db.page.figure import Figure, Unit
from db.page.people import People
from db.page.places import division_ids, union_id
from db.page.sessions import Presence, Session, add_activities, add_programme, attend
from db.page.yunnan import HELPED, HELPER_UNION, line_id

PREFECTURES = {"5308": 62, "5305": 58, "5333": 41, "5334": 36, "5325": 73}
"""普洱, 保山, 怒江, 迪庆, 红河: the attendances of each at every course."""

COURSES = (("基层工会干部能力提升线上培训", date(2022, 6, 14)), ("职工服务工作线上培训", date(2022, 9, 20)))


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows; of attendees only the prefecture is known."""
    helper = await union_id(connection, HELPER_UNION)
    province, *prefectures = await division_ids(connection, [HELPED, *PREFECTURES])
    programme = await add_programme(connection, helper, "沪滇工会干部线上培训", date(2022, 6, 1), date(2023, 1, 1))
    sessions = [
        Session(
            helper, province, "CADRE_TRAINING", title, day, mode="ONLINE", programme=programme,
            line=await line_id(connection, "TRAINING", day),
        )
        for title, day in COURSES
    ]  # fmt: skip
    keys = await add_activities(connection, sessions)
    await attend(
        connection,
        (
            Presence(key, helper, prefecture, "CADRE", one.starts_on)
            for key, one in zip(keys, sessions, strict=True)
            for prefecture, count in zip(prefectures, PREFECTURES.values(), strict=True)
            for _ in range(count)
        ),
    )


FIGURES = (
    Figure(
        "YN6",
        "为普洱、保山、怒江、迪庆、红河等5个州市开展工会干部线上培训",
        "From how many prefectures did cadres attend Shanghai's courses online in 2022?",
        Decimal(len(PREFECTURES)),
        Unit.ITEM,
        HELPED,
        '{ division(code: "53") { descendants(first: 0, filter: {level: {eq: CITY}, attendances: {some: {role: {eq: CADRE}, attendedOn:'
        ' {gte: "2022-01-01", lt: "2023-01-01"}, activity: {kind: {eq: CADRE_TRAINING}, mode: {eq: ONLINE}}}}}) { totalCount } } }',
        "division.descendants.totalCount",
        organization=HELPER_UNION,
        starts_on=date(2022, 1, 1),
        ends_on=date(2023, 1, 1),
    ),
)
