"""Figures of Shenzhen (深圳): the joint centre and its services."""

from datetime import date
from decimal import Decimal

from db.page.days import PAGE
from db.page.figure import Figure, Unit
from db.page.shenzhen import CENTRE, CITY, LAWYERS, LINKS, NORMS, PARTIES, PLAN

DOCUMENT = '{ division(code: "4403") { policyDocuments(validity: ANY, first: 1, filter: {title: {eq: "%s"}}) { nodes { %s } } } }'
BODY = (
    '{ division(code: "4403") { mediationBodies(validity: ANY,'
    ' first: 1, filter: {name: {eq: "%s"}}) { nodes { sideCount seats { side name } } } } }'
)

FIGURES = (
    Figure(
        "SZ1",
        "劳动争议三方联合调解中心揭牌",
        "How many sides sit on the joint mediation centre?",
        Decimal(3),
        Unit.ITEM,
        CITY,
        BODY % CENTRE,
        "division.mediationBodies.nodes.0.sideCount",
        starts_on=date(2023, 2, 7),
    ),
    Figure(
        "SZ2",
        "5家单位联合印发工作方案",
        "How many bodies issued the plan of October 2022 together?",
        Decimal(len(PARTIES)),
        Unit.ORGANIZATION,
        CITY,
        DOCUMENT % (PLAN, "issuerCount issuers { nodes { name } }"),
        "division.policyDocuments.nodes.0.issuerCount",
        starts_on=date(2022, 10, 1),
        ends_on=date(2022, 11, 1),
    ),
    Figure(
        "SZ3",
        "组建百人工会律师团",
        "How many lawyers were on the union's panel on the day of the page?",
        Decimal(LAWYERS),
        Unit.PERSON,
        CITY,
        '{ division(code: "4403") { statistics(kind: MEDIATORS, asOf: "2023-02-13", where: [{dimension: KIND, in: ["PANEL_LAWYER"]}])'
        " { total { records } } } }",
        "division.statistics.total.records",
        ends_on=PAGE,
    ),
    Figure(
        "SZ4",
        "制定实施方案、管理制度、法律援助办法",
        "How many norms of the centre were in force on the day of the page?",
        Decimal(len(NORMS)),
        Unit.ITEM,
        CITY,
        '{ division(code: "4403") { policyDocuments(asOf: "2023-02-13", filter: {title: {startsWith: "三方联合调解"}, kind: {in:'
        " [IMPLEMENTATION_PLAN, MANAGEMENT_RULES, PROCEDURE]}}) { totalCount } } }",
        "division.policyDocuments.totalCount",
        ends_on=PAGE,
    ),
    Figure(
        "SZ5",
        "普法宣传、法律咨询、日常调解、裁前调解、诉前调解、法律援助全链条服务",
        "How many links has the chain of legal service that the plan provides for?",
        Decimal(len(LINKS)),
        Unit.ITEM,
        CITY,
        DOCUMENT % (PLAN, "measureCount measures { nodes { title } }"),
        "division.policyDocuments.nodes.0.measureCount",
    ),
)
