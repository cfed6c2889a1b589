"""Figures of China Railway No. 4 Engineering Group (中铁四局): care for a seriously ill member; only the handling union sees them."""

from datetime import date
from decimal import Decimal

from db.page.days import PAGE
from db.page.figure import Figure, Qualifier, Unit
from db.page.railway_care import CARERS, HOME, MOVED, OPENED, SITE, UNION

STATISTICS = '{ division(code: "%s") { statistics(kind: %s, %suntil: "2023-02-13"%s) { total { %s } } } }'
FILED = (
    '{ division(code: "3602") { statistics(kind: CARE_STEPS, until: "2022-11-17", where: [{dimension: KIND, in: ["REMOTE_FILING"]}])'
    " { total { cases } } } careCases(validity: ANY,"
    ' first: 1, filter: {openedOn: {gte: "2022-11-01", lt: "2023-02-13"}, division: {code: {eq: "3602"}}})'
    " { nodes { steps { kind occurredOn toDivision { name } } } } }"
)

FIGURES = (
    Figure(
        "CR1",
        "近3个月",
        "For how many days was the case of a member who fell ill in Jingdezhen under care, of those closed by the day of the page?",
        Decimal(90),
        Unit.DAY,
        SITE,
        STATISTICS % (SITE, "CARE_CASES", "event: ENDED, ", "", "medianDays cases"),
        "division.statistics.total.medianDays",
        Qualifier.APPROX,
        OPENED,
        PAGE,
        UNION,
        sensitive=True,
    ),
    Figure(
        "CR2",
        "4名小伙子每天轮流陪护",
        "How many colleagues attended the patient, and how many person-days was that?",
        Decimal(CARERS),
        Unit.PERSON,
        SITE,
        STATISTICS % (SITE, "CARE_SHIFTS", 'from: "2022-11-01", ', "", "persons attendances"),
        "division.statistics.total.persons",
        starts_on=OPENED,
        ends_on=PAGE,
        organization=UNION,
        sensitive=True,
    ),
    Figure(
        "CR3",
        "申请慰问金",
        "For how many members did the union apply for condolence money in the winter of 2022?",
        Decimal(1),
        Unit.PERSON,
        HOME,
        STATISTICS
        % (
            HOME,
            "AID_GRANTS",
            'event: APPLIED, from: "2022-11-01", ',
            ', where: [{dimension: KIND, in: ["CONDOLENCE"]}]',
            "persons",
        ),
        "division.statistics.total.persons",
        starts_on=date(2022, 11, 1),
        ends_on=PAGE,
        organization=UNION,
    ),
    Figure(
        "CR3b",
        "办理职工医疗互助保险",
        "How many claims of mutual medical aid were filed for cases under care, and how many days did they wait?",
        Decimal(1),
        Unit.CASE,
        HOME,
        '{ mutualAidClaims(first: 1, filter: {filedOn: {gte: "2022-11-01", lt: "2023-02-13"}, case: {division: {code: {eq: "3602"}}}})'
        " { totalCount nodes { status filedOn paidOn } } }",
        "mutualAidClaims.totalCount",
        starts_on=date(2022, 11, 1),
        ends_on=PAGE,
        organization=UNION,
        sensitive=True,
    ),
    Figure(
        "CR4",
        "从景德镇转至安徽省立医院南区,办理异地就医备案",
        "In how many cases had treatment in another province been filed before 17 November 2022, when the patient was moved there?",
        Decimal(1),
        Unit.CASE,
        SITE,
        FILED,
        "division.statistics.total.cases",
        starts_on=OPENED,
        ends_on=MOVED,
        organization=UNION,
        sensitive=True,
    ),
)
