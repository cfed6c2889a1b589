"""Figures of Chongqing (重庆): insurance, and the document of eleven bodies."""

from decimal import Decimal

from db.page.chongqing_policy import CITY, ENROLLED, TITLE
from db.page.days import PAGE
from db.page.figure import Figure, Unit

DOCUMENT = (
    '{ division(code: "50") { policyDocuments(validity: ANY,'
    ' first: 1, scope: SELF, filter: {title: {eq: "%s"}}) { nodes { %s } } } }'
)
FIGURES = (
    Figure(
        "CQ8",
        "首批基层快递职工有7875人优先参加工伤保险",
        "How many couriers are in the first batch of priority work-injury insurance?",
        Decimal(ENROLLED),
        Unit.PERSON,
        CITY,
        '{ division(code: "50") { statistics(kind: INSURANCE_ENROLMENTS, until: "2023-02-13", where: [{dimension: SCHEME, in:'
        ' ["COURIER_PRIORITY_WORK_INJURY"]}, {dimension: COHORT, in: ["1"]}]) { total { persons } } } }',
        "division.statistics.total.persons",
        ends_on=PAGE,
    ),
    Figure(
        "CQ9",
        "11家单位联合出台",
        "How many bodies issued the opinion together?",
        Decimal(11),
        Unit.ORGANIZATION,
        CITY,
        DOCUMENT % (TITLE, "issuerCount"),
        "division.policyDocuments.nodes.0.issuerCount",
    ),
    Figure(
        "CQ10",
        "提出21条具体措施",
        "How many measures has it?",
        Decimal(21),
        Unit.ITEM,
        CITY,
        DOCUMENT % (TITLE, "measureCount"),
        "division.policyDocuments.nodes.0.measureCount",
    ),
    Figure(
        "CQ10b",
        "从四个方面",
        "In how many groups do its measures stand?",
        Decimal(4),
        Unit.ITEM,
        CITY,
        DOCUMENT % (TITLE, "areaCount"),
        "division.policyDocuments.nodes.0.areaCount",
    ),
    Figure(
        "CQ11",
        "以快递行业为突破口,开展行业集体协商,签订集体合同",
        "How many agreements of the express industry were in force on the day of the page, and how many workers do they cover?",
        Decimal(1),
        Unit.ITEM,
        CITY,
        '{ division(code: "50") { collectiveAgreements(first: 1, asOf: "2023-02-13", filter: {kind: {eq: INDUSTRY}, industry: {eq:'
        ' "G60"}, organization: {name: {eq: "重庆市快递行业工会联合会"}}}) { totalCount nodes { title workerCount } } } }',
        "division.collectiveAgreements.totalCount",
        ends_on=PAGE,
    ),
)
