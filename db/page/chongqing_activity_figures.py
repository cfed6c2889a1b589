"""Figures of Chongqing (重庆): care for couriers, their contest, and the green window."""

from datetime import date
from decimal import Decimal

from db.page.chongqing_activities import ATTENDANCES, CONTESTANTS, DISTRICT, MINUTES, SESSIONS, SINCE, TEAMS
from db.page.chongqing_policy import CITY
from db.page.days import PAGE
from db.page.figure import Figure, Qualifier, Unit

OF_PROGRAMME = 'programme: {parent: {name: {eq: "暖蜂行动"}}}'
CONTEST = (
    '{ division(code: "50") { statistics(kind: ATTENDANCES, from: "2022-01-01", until: "2023-01-01", where: [{dimension: KIND, in:'
    ' ["COMPETITION"]}, {dimension: SKILL, in: ["COURIER"]}, {dimension: ROLE, in: ["CONTESTANT"]}]) { total { %s } } } }'
)
YEAR = (date(2022, 1, 1), date(2023, 1, 1))
ACTIVITIES = '{ division(code: "50") { activities(filter: {mode: {eq: OFFLINE}, startsOn: {lt: "2023-02-13"}, %s}) { totalCount } } }'
ATTENDED = (
    '{ division(code: "50") { attendances(filter: {attendedOn: {lt: "2023-02-13"}, activity: {mode: {eq: OFFLINE}, %s}})'
    " { totalCount } } }"
)

FIGURES = (
    Figure(
        "CQ2",
        "10余项“暖蜂行动”系列活动",
        "How many series has the programme?",
        Decimal(10),
        Unit.ITEM,
        CITY,
        '{ programmes(validity: ANY, filter: {parent: {name: {eq: "暖蜂行动"}}}) { totalCount } }',
        "programmes.totalCount",
        Qualifier.GE,
        organization="重庆市国防邮电工会",
        ends_on=PAGE,
    ),
    Figure(
        "CQ3",
        "线下活动96场次",
        "How many sessions of the programme were held on site?",
        Decimal(SESSIONS),
        Unit.SESSION,
        CITY,
        ACTIVITIES % OF_PROGRAMME,
        "division.activities.totalCount",
        organization="重庆市国防邮电工会",
        starts_on=SINCE,
        ends_on=PAGE,
    ),
    Figure(
        "CQ4",
        "服务快递从业青年职工7655人次",
        "How many attendances had they?",
        Decimal(ATTENDANCES),
        Unit.ATTENDANCE,
        CITY,
        ATTENDED % OF_PROGRAMME,
        "division.attendances.totalCount",
        organization="重庆市国防邮电工会",
        starts_on=SINCE,
        ends_on=PAGE,
    ),
    Figure(
        "CQ5",
        "7个快递企业参加技能竞赛",
        "How many companies sent a team to the couriers' contest of 2022?",
        Decimal(TEAMS),
        Unit.ORGANIZATION,
        CITY,
        CONTEST % "units",
        "division.statistics.total.units",
        organization="重庆市国防邮电工会",
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "CQ6",
        "54名职工参赛",
        "How many contestants were there?",
        Decimal(CONTESTANTS),
        Unit.PERSON,
        CITY,
        CONTEST % "persons",
        "division.statistics.total.persons",
        organization="重庆市国防邮电工会",
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "CQ7",
        "全程只花了5分钟",
        "How many minutes does it take at the green window, in the median?",
        Decimal(MINUTES),
        Unit.MINUTE,
        DISTRICT,
        '{ division(code: "500120") { statistics(kind: SERVICE_TRANSACTIONS, until: "2023-02-13", where: [{dimension: KIND, in:'
        ' ["GREEN_WINDOW"]}]) { total { medianMinutes } } } }',
        "division.statistics.total.medianMinutes",
        ends_on=PAGE,
    ),
)
