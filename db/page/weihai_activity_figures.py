"""Figures of Weihai (威海): courses, contests, outreach, check-ups, and wages recovered."""

from datetime import date
from decimal import Decimal

from db.page.figure import Figure, Qualifier, Unit
from db.page.weihai_activities import COURSE_DAYS, ZONE
from db.page.weihai_cases import CLOSED, DISTRICT, JANUARY, OWED, WORKERS
from db.page.weihai_members import CITY, YEAR

STATISTICS = '{ division(code: "3710") { statistics(kind: %s, from: "2022-01-01", until: "2023-01-01", where: [%s]) { total { %s } } } }'
SESSIONS = "division.statistics.total.sessions"
RECOVERED = (
    '{ division(code: "371003") { statistics(kind: RECOVERIES, from: "2023-01-01", until: "2023-02-01", where: [{dimension:'
    ' IS_COLLECTIVE, in: ["true"]}, {dimension: INDUSTRY, in: ["G54"]}]) { total { %s } } } }'
)

ACTIVITIES = (
    Figure(
        "WH4",
        "为期4天的免费面点制作培训班,发放结业证书",
        "How long was the free course of November 2022 in the zone that ended with a certificate?",
        Decimal(COURSE_DAYS),
        Unit.DAY,
        ZONE,
        '{ division(code: "371073") { activities(filter: {kind: {eq: TRAINING}, isFree: {eq: true}, days: {gte: 4}, startsOn: {gte:'
        ' "2022-11-01", lt: "2022-12-01"}, attendances: {some: {certificateNumber: {isNull: false}}}}) { nodes { title days } } } }',
        "division.activities.nodes.0.days",
        starts_on=date(2022, 11, 1),
        ends_on=date(2022, 12, 1),
    ),
    Figure(
        "WH5",
        "共培训农民工6万余人次",
        "How many attendances of migrant workers had the courses of 2022, and how many persons were that?",
        Decimal(60_000),
        Unit.ATTENDANCE,
        CITY,
        STATISTICS
        % (
            "ATTENDANCES",
            '{dimension: KIND, in: ["TRAINING"]}, {dimension: IS_MIGRANT_WORKER, in: ["true"]}',
            "attendances persons",
        ),
        "division.statistics.total.attendances",
        Qualifier.GE,
        *YEAR,
    ),
    Figure(
        "WH6",
        "开展200余场次技能竞赛和比武",
        "How many skills competitions were held in 2022?",
        Decimal(200),
        Unit.SESSION,
        CITY,
        STATISTICS % ("ACTIVITIES", '{dimension: KIND, in: ["COMPETITION"]}', "sessions"),
        SESSIONS,
        Qualifier.GE,
        *YEAR,
    ),
    Figure(
        "WH10",
        "线下开展普法宣传230余次",
        "How many sessions of legal outreach were held on site in 2022?",
        Decimal(230),
        Unit.SESSION,
        CITY,
        STATISTICS
        % (
            "ACTIVITIES",
            '{dimension: KIND, in: ["LEGAL_OUTREACH"]}, {dimension: MODE, in: ["OFFLINE"]}',
            "sessions",
        ),
        SESSIONS,
        Qualifier.GE,
        *YEAR,
    ),
    Figure(
        "WH11",
        "为企业提供法治体检160余次",
        "How many legal check-ups had employers in 2022, and how many employers were that?",
        Decimal(160),
        Unit.SESSION,
        CITY,
        STATISTICS % ("ACTIVITIES", '{dimension: KIND, in: ["LEGAL_CHECKUP"]}', "sessions units"),
        SESSIONS,
        Qualifier.GE,
        *YEAR,
    ),
)
CASES = (
    Figure(
        "WH7",
        "某物流公司的39名职工拿到被拖欠的工资",
        "How many workers of hauliers had owed pay through collective cases in January 2023?",
        Decimal(WORKERS),
        Unit.PERSON,
        DISTRICT,
        RECOVERED % "persons",
        "division.statistics.total.persons",
        starts_on=JANUARY[0],
        ends_on=JANUARY[1],
    ),
    Figure(
        "WH8",
        "拿到企业拖欠的19万元工资",
        "How much owed pay reached them?",
        Decimal(OWED) / 100,
        Unit.YUAN,
        DISTRICT,
        RECOVERED % "amount",
        "division.statistics.total.amount",
        starts_on=JANUARY[0],
        ends_on=JANUARY[1],
    ),
    Figure(
        "WH9",
        "共处结98起与农民工工资相关案件",
        "How many wage cases were closed in 2022, and in how many days?",
        Decimal(CLOSED),
        Unit.CASE,
        CITY,
        '{ division(code: "3710") { statistics(kind: DISPUTE_CASES, event: ENDED, from: "2022-01-01", until: "2023-01-01", where:'
        ' [{dimension: CAUSE, in: ["UNPAID_WAGES"]}]) { total { cases medianDays } } } }',
        "division.statistics.total.cases",
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
)
