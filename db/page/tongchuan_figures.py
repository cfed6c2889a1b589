"""Figures of Tongchuan (铜川)."""

from datetime import date
from decimal import Decimal

from db.page.days import PAGE
from db.page.figure import Figure, Unit
from db.page.tongchuan import CITY, HOSPITAL, TOWN, VILLAGE_MIGRANTS

CERTIFIED = (
    '{ division(code: "6102") { statistics(kind: CERTIFICATIONS, from: "2020-01-01", until: "2023-02-13", where: [{dimension: LEVEL, in:'
    ' ["CITY"]}, {dimension: KIND, in: [%s]}]) { total { units } } } }'
)
UNITS = "division.statistics.total.units"
FIGURES = (
    Figure(
        "TC1",
        "授予该市人民医院工会等11家单位“五好”工会示范单位",
        "How many unions were awarded in the round of demonstration units?",
        Decimal(11),
        Unit.ORGANIZATION,
        CITY,
        CERTIFIED % '"FIVE_GOOD_DEMONSTRATION"',
        UNITS,
        ends_on=PAGE,
    ),
    Figure(
        "TC2",
        "2020年以来,已累计选树市级“五好”基层工会38个",
        "How many unions has the city certified as five-good since 2020?",
        Decimal(38),
        Unit.ORGANIZATION,
        CITY,
        CERTIFIED % '"FIVE_GOOD", "FIVE_GOOD_DEMONSTRATION"',
        UNITS,
        starts_on=date(2020, 1, 1),
        ends_on=PAGE,
    ),
    Figure(
        "TC3",
        "好班子、好队伍、好阵地、好财务、好经验",
        "By how many criteria is a union scored?",
        Decimal(5),
        Unit.ITEM,
        CITY,
        '{ division(code: "6102") { certifications(validity: ANY,'
        " first: 1, filter: {round: {kind: {eq: FIVE_GOOD_DEMONSTRATION}}, organization:"
        ' {name: {eq: "' + HOSPITAL + '"}}}) { nodes { scores(first: 0) { totalCount } } } } }',
        "division.certifications.nodes.0.scores.totalCount",
    ),
    Figure(
        "TC4",
        "在所辖11个行政村组建了村级工会",
        "How many villages of the town have a union?",
        Decimal(11),
        Unit.ORGANIZATION,
        TOWN,
        '{ division(code: "610222103") { children(first: 0, filter: {level: {eq: VILLAGE}, organizations: {some: {level: {eq: VILLAGE}}}})'
        " { totalCount } } }",
        "division.children.totalCount",
    ),
    Figure(
        "TC5",
        "发展农民工会员1087名",
        "How many migrant workers have joined unions in the town?",
        Decimal(VILLAGE_MIGRANTS),
        Unit.PERSON,
        TOWN,
        '{ division(code: "610222103") { statistics(kind: MEMBERSHIPS, until: "2023-02-13", where: [{dimension: IS_MIGRANT_WORKER, in:'
        ' ["true"]}]) { total { persons } } } }',
        "division.statistics.total.persons",
        ends_on=PAGE,
    ),
    Figure(
        "TC6",
        "“能力提升”八项行动",
        "How many actions has the campaign?",
        Decimal(8),
        Unit.ITEM,
        CITY,
        '{ division(code: "6102") { policyDocuments(validity: ANY,'
        " scope: SELF, filter: {kind: {eq: CAMPAIGN}}) { nodes { measureCount } } } }",
        "division.policyDocuments.nodes.0.measureCount",
    ),
    Figure(
        "TC6b",
        "“四小两需”",
        "How many kinds of facilities has a demonstration unit?",
        Decimal(6),
        Unit.ITEM,
        CITY,
        '{ division(code: "6102") { venues(validity: ANY, first: 0, filter: {organization: {name: {eq: "'
        + HOSPITAL
        + '"}}, kind: {in: [CANTEEN, DORMITORY, BATHROOM, LIBRARY, NURSERY, FITNESS_ROOM]}}) { totalCount } } }',
        "division.venues.totalCount",
    ),
)
