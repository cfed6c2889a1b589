"""Figures of Weihai (威海): households visited, relief paid, children aided."""

from decimal import Decimal

from db.page.figure import Figure, Qualifier, Unit
from db.page.weihai_members import CITY, YEAR

STATISTICS = (
    '{ division(code: "3710") { statistics(kind: %s, from: "2022-01-01", until: "2023-01-01", where: [{dimension: KIND, in: ["%s"]}%s])'
    " { total { %s } } } }"
)


def _figure(code: str, phrase: str, question: str, claim: int, unit: Unit, asked: tuple[str, str, str, str]) -> Figure:
    return Figure(
        code,
        phrase,
        question,
        Decimal(claim),
        unit,
        CITY,
        STATISTICS % asked,
        f"division.statistics.total.{asked[3].split()[0]}",
        Qualifier.GE,
        *YEAR,
    )


VISITED = ', {dimension: ROLE, in: ["BENEFICIARY"]}'
FIGURES = (
    _figure(
        "WH13",
        "走访慰问1000余户困难农民工",
        "How many distinct households of migrant workers were visited in 2022?",
        1_000,
        Unit.HOUSEHOLD,
        ("ATTENDANCES", "VISIT", VISITED, "households attendances"),
    ),
    _figure(
        "WH14",
        "发放救助金200余万元",
        "How much relief was paid to households in 2022?",
        2_000_000,
        Unit.YUAN,
        ("AID_GRANTS", "RELIEF", "", "amount households"),
    ),
    _figure(
        "WH15",
        "资助困难农民工子女130余名",
        "How many children were aided in 2022?",
        130,
        Unit.PERSON,
        ("AID_GRANTS", "TUITION", "", "persons"),
    ),
    _figure(
        "WH16",
        "发放助学金260余万元",
        "How much tuition aid was paid in 2022?",
        2_600_000,
        Unit.YUAN,
        ("AID_GRANTS", "TUITION", "", "amount persons"),
    ),
)
