"""Figures of Shanghai and Yunnan (沪滇): agreement, wishes, donations, bases, aid projects, and cadres visited."""

from datetime import date
from decimal import Decimal

from db.page.days import PAGE
from db.page.figure import Figure, Qualifier, Unit
from db.page.yunnan import HELPED, HELPED_UNION, HELPER, HELPER_UNION, LINES, MEETING, TERMS
from db.page.yunnan_cadres import CADRES, ROSTER, YEAR
from db.page.yunnan_gifts import BASES, PRODUCE, PROJECTS, SUPPLIES
from db.page.yunnan_wishes import ON_THE_SPOT

RENEWED = (
    '{ cooperationAgreements(first: 1, asOf: "2023-02-09", filter: {organization: {name: {eq: "上海市总工会"}}, signedOn: {gte:'
    ' "2021-01-01", lt: "2022-01-01"}, predecessor: {signedOn: {lt: "2021-01-01"}}}) { %s } }'
)
WISHES = '{ division(code: "53") { statistics(kind: WISHES, event: CLAIMED, from: "%s", until: "%s", where: [%s]) { total { %s } } } }'
GIVEN = (
    '{ division(code: "%s") { statistics(kind: DONATIONS, from: "%s", until: "%s", where: [{dimension: ITEM, in: ["%s"]}, {dimension:'
    ' UNIT, in: ["%s"]}]) { total { quantity units } } } }'
)
PROJECT = '{ division(code: "53") { statistics(kind: AID_PROJECTS, until: "2023-02-13") { total { %s } } %s} }'
CADRE = (
    '{ rosters(first: 1, filter: {name: {eq: "%s"}}) { nodes { entries(first: 0, filter: {member: {attendances: {%s: {role: {eq:'
    ' BENEFICIARY}, attendedOn: {gte: "2022-01-01", lt: "2023-01-01"}, activity: {kind: {eq: VISIT}}}}}}) { totalCount } } } }'
)
ITEMS, QUANTITY = "division.statistics.total.items", "division.statistics.total.quantity"
ENTRIES = "rosters.nodes.0.entries.totalCount"

AGREED = (
    Figure(
        "YN4",
        "2021年续签对口支援工作框架协议",
        "How many agreements that were in force at the meeting had been signed in 2021 to renew another?",
        Decimal(1),
        Unit.ITEM,
        HELPED,
        RENEWED % "totalCount nodes { title signedOn validFrom validTo predecessor { signedOn } }",
        "cooperationAgreements.totalCount",
        organization=HELPER_UNION,
        starts_on=date(2021, 1, 1),
        ends_on=date(2022, 1, 1),
    ),
    Figure(
        "YN5",
        "学习交流一批、培训扶持一批、爱心帮扶一批、走访慰问一批的“四个一批”",
        "How many lines of work has the agreement?",
        Decimal(len(LINES)),
        Unit.ITEM,
        HELPED,
        RENEWED % "nodes { lines(first: 4) { totalCount nodes { kind title } } }",
        "cooperationAgreements.nodes.0.lines.totalCount",
        organization=HELPER_UNION,
    ),
)
WISHED = (
    Figure(
        "YN1",
        "现场认领600个集体“微心愿”",
        "How many collective wishes did unions take on at the meeting of 9 February 2023, and how many unions was that?",
        Decimal(ON_THE_SPOT),
        Unit.ITEM,
        HELPED,
        WISHES
        % (
            "2023-02-09",
            "2023-02-10",
            '{dimension: IS_COLLECTIVE, in: ["true"]}, {dimension: CLAIMANT_KIND, in: ["UNION"]}',
            "items units",
        ),
        ITEMS,
        starts_on=MEETING,
        ends_on=date(2023, 2, 10),
    ),
    Figure(
        "YN2",
        "认领2000余个“微心愿”",
        "How many wishes have units and individuals taken on since the agreement was renewed, worth how much?",
        Decimal(2_000),
        Unit.ITEM,
        HELPED,
        WISHES % ("2021-07-01", "2023-02-13", '{dimension: CLAIMANT_KIND, in: ["UNIT", "INDIVIDUAL"]}', "items amount"),
        ITEMS,
        Qualifier.GE,
        TERMS[1][1],
        PAGE,
    ),
    Figure(
        "YN3",
        "按每份500元标准",
        "How many yuan is a wish worth that units or individuals took on? The dearest comes first.",
        Decimal(500),
        Unit.YUAN,
        HELPED,
        '{ division(code: "53") { wishes(first: 1, orderBy: [{field: STANDARD_VALUE, direction: DESC}], filter: {claimantKind: {in: [UNIT,'
        ' INDIVIDUAL]}, claimedOn: {lt: "2023-02-13"}}) { nodes { standardValue item } } } }',
        "division.wishes.nodes.0.standardValue",
        ends_on=PAGE,
    ),
)
GIFTS = (
    Figure(
        "YN7",
        "2022年捐赠4辆救护车",
        "How many ambulances did Shanghai's unions give to Yunnan in 2022, and how many unions was that?",
        Decimal(4),
        Unit.VEHICLE,
        HELPED,
        GIVEN % (HELPED, "2022-01-01", "2023-01-01", "AMBULANCE", "VEHICLE"),
        QUANTITY,
        organization=HELPER_UNION,
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "YN8",
        "此次又捐赠了4辆商务车",
        "How many business vans did it give at the meeting of February 2023?",
        Decimal(4),
        Unit.VEHICLE,
        HELPED,
        GIVEN % (HELPED, "2023-02-01", "2023-02-13", "BUSINESS_VAN", "VEHICLE"),
        QUANTITY,
        organization=HELPER_UNION,
        starts_on=date(2023, 2, 1),
        ends_on=PAGE,
    ),
    Figure(
        "YN9",
        "首批认定2家职工疗休养基地",
        "How many recuperation bases in Yunnan of the first round were valid on the day of the page?",
        Decimal(len(BASES)),
        Unit.ORGANIZATION,
        HELPED,
        '{ division(code: "53") { certifications(first: 2, asOf: "2023-02-13", filter: {status: {eq: AWARDED}, round: {kind: {eq:'
        " RECUPERATION_BASE}, cohort: {eq: 1}}}) { totalCount nodes { validTo venue { name } round { name organization { name } } } } } }",
        "division.certifications.totalCount",
        ends_on=PAGE,
    ),
    Figure(
        "YN10",
        "安排13万元援建职工驿站、爱心接力站、职工书屋",
        "How much did Shanghai provide for aid projects in Yunnan, and what has become of each?",
        Decimal(sum(project.budget for project in PROJECTS)),
        Unit.YUAN,
        HELPED,
        PROJECT % ("amount", "aidProjects(validity: ANY, first: 3) { nodes { name budget spent completedOn } } "),
        "division.statistics.total.amount",
        organization=HELPER_UNION,
        ends_on=PAGE,
    ),
    Figure(
        "YN10b",
        "等3个项目",
        "How many aid projects is that?",
        Decimal(len(PROJECTS)),
        Unit.ITEM,
        HELPED,
        PROJECT % ("items", ""),
        ITEMS,
        organization=HELPER_UNION,
        ends_on=PAGE,
    ),
    Figure(
        "YN11",
        "采购260吨水果、蔬菜援沪",
        "How many tonnes of fruit and vegetables did Yunnan send to Shanghai in 2022?",
        Decimal(sum(PRODUCE.values())),
        Unit.TONNE,
        HELPER,
        GIVEN % (HELPER, "2022-01-01", "2023-01-01", "PRODUCE", "TONNE"),
        QUANTITY,
        organization=HELPED_UNION,
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "YN12",
        "各级工会援助176吨抗疫物资",
        "How many tonnes of supplies against the epidemic did Yunnan's unions send to Shanghai in 2022, and how many unions was that?",
        Decimal(SUPPLIES),
        Unit.TONNE,
        HELPER,
        GIVEN % (HELPER, "2022-01-01", "2023-01-01", "EPIDEMIC_SUPPLIES", "TONNE"),
        QUANTITY,
        organization=HELPED_UNION,
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
)
VISITED = (
    Figure(
        "YN13",
        "2022年对344名上海援滇干部走访慰问",
        "How many of Shanghai's cadres in Yunnan that are on the roster were visited in 2022?",
        Decimal(CADRES),
        Unit.PERSON,
        HELPED,
        CADRE % (ROSTER, "some"),
        ENTRIES,
        organization=HELPER_UNION,
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "YN13b",
        "全覆盖走访慰问",
        "How many of them were not visited?",
        Decimal(0),
        Unit.PERSON,
        HELPED,
        CADRE % (ROSTER, "none"),
        ENTRIES,
        organization=HELPER_UNION,
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
)
