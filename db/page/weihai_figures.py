"""Figures of Weihai (威海): members who joined, and the unions and centres of every township."""

from decimal import Decimal

from db.page.days import PAGE
from db.page.figure import Figure, Unit
from db.page.weihai_members import CITY, JOINED, THROUGH_PROJECTS, YEAR

MIGRANTS = 'where: [{dimension: IS_MIGRANT_WORKER, in: ["true"]}%s]'
FIGURES = (
    Figure(
        "WH1",
        "2022年,共有18011名农民工入会“进家”",
        "How many migrant workers joined unions in Weihai in 2022?",
        Decimal(JOINED),
        Unit.PERSON,
        CITY,
        '{ division(code: "3710") { statistics(kind: MEMBERSHIPS, from: "2022-01-01", until: "2023-01-01", '
        + MIGRANTS % ""
        + ") { total { persons } } } }",
        "division.statistics.total.persons",
        starts_on=YEAR[0],
        ends_on=YEAR[1],
    ),
    Figure(
        "WH3",
        "“项目工会”累计发展农民工会员11827人",
        "How many migrant workers have ever joined through project unions, dissolved ones among them?",
        Decimal(THROUGH_PROJECTS),
        Unit.PERSON,
        CITY,
        '{ division(code: "3710") { statistics(kind: MEMBERSHIPS, until: "2023-02-13", '
        + MIGRANTS % ', {dimension: FORM, in: ["PROJECT"]}'
        + ") { total { persons } } } }",
        "division.statistics.total.persons",
        ends_on=PAGE,
    ),
    Figure(
        "WH12",
        "在所有乡镇(街道)建立“工会劳动关系全响应中心”",
        "How many townships have a full-response centre? All 73 that there are; those without one are found with `none`.",
        Decimal(73),
        Unit.ITEM,
        CITY,
        '{ division(code: "3710") { descendants(first: 0, asOf: "2023-02-13", filter: {level: {eq: TOWNSHIP}, venues: {some: {kind:'
        ' {eq: RESPONSE_CENTRE}, validFrom: {lt: "2023-02-13"}}}}) { totalCount } } }',
        "division.descendants.totalCount",
        ends_on=PAGE,
    ),
    Figure(
        "WH17",
        "每个镇街建立“网上会员之家”,兜底吸收农民工入会",
        "How many townships have no online home of members?",
        Decimal(0),
        Unit.ITEM,
        CITY,
        '{ division(code: "3710") { descendants(first: 0, asOf: "2023-02-13", filter: {level: {eq: TOWNSHIP}, organizations: {none:'
        ' {form: {eq: ONLINE_HOME}, establishedOn: {lt: "2023-02-13"}}}}) { totalCount } } }',
        "division.descendants.totalCount",
        ends_on=PAGE,
    ),
)
