"""Reference data that is in no file of codes: former divisions, other names, functional zones, and the periods of the law."""

from dataclasses import dataclass
from datetime import date

from db.deadlines import DeadlineUnit

SINCE = date(1949, 10, 1)
"""``valid_from`` of a division whose first day the files do not have."""


@dataclass(frozen=True, slots=True)
class Former:
    """A division with a successor; its dates are known to the year."""

    code: str
    name: str
    parent: str
    valid_from: date
    valid_to: date
    successor: str


@dataclass(frozen=True, slots=True)
class Period:
    """A period that the law sets: ``division`` is a code, None for the whole country; ``starts_on`` a column of the record."""

    procedure: str
    step: str
    division: str | None
    length: int
    unit: DeadlineUnit
    starts_on: str
    article: str
    valid_from: date


FORMER = (
    Former("371081", "文登市", "3710", date(1989, 1, 1), date(2014, 1, 1), "371003"),
    Former("500227", "璧山县", "5002", date(1997, 1, 1), date(2014, 1, 1), "500120"),
)
ALIASES = (("371073", "临港区"), ("371073", "威海临港区"))
ZONES = (("6102", "铜川高新技术产业开发区", ("高新区", "铜川高新区")),)

DAY, WORKING_DAY = DeadlineUnit.CALENDAR_DAY, DeadlineUnit.WORKING_DAY
PERIODS = (
    Period(
        "agreement",
        "reply",
        None,
        20,
        DAY,
        "requested_on",
        "Provisions on Collective Contracts art. 32",
        date(2004, 5, 1),
    ),
    Period(
        "agreement",
        "reply",
        "31",
        15,
        DAY,
        "requested_on",
        "Shanghai Regulations on Collective Contracts art. 15 (until 2015-09-30 art. 13)",
        date(2008, 1, 1),
    ),
    Period(
        "agreement",
        "reply",
        "33",
        10,
        WORKING_DAY,
        "requested_on",
        "Zhejiang Regulations on Collective Contracts art. 7",
        date(2011, 1, 1),
    ),
    Period(
        "agreement",
        "reply_wage",
        "37",
        10,
        DAY,
        "requested_on",
        "Shandong Regulations on Enterprises' Collective Wage Bargaining art. 21",
        date(2017, 1, 1),
    ),
    Period(
        "agreement",
        "submit",
        None,
        10,
        DAY,
        "signed_on",
        "Provisions on Collective Contracts art. 42",
        date(2004, 5, 1),
    ),
    Period(
        "agreement",
        "submit",
        "50",
        10,
        DAY,
        "signed_on",
        "Chongqing Regulations on Collective Contracts art. 28",
        date(2017, 1, 1),
    ),
    Period(
        "agreement",
        "submit",
        "33",
        10,
        DAY,
        "signed_on",
        "Zhejiang Regulations on Collective Contracts art. 34",
        date(2011, 1, 1),
    ),
    Period(
        "agreement",
        "submit",
        "31",
        10,
        DAY,
        "signed_on",
        "Shanghai Regulations on Collective Contracts art. 23 (until 2015-09-30 art. 21)",
        date(2008, 1, 1),
    ),
    Period("agreement", "review", None, 15, DAY, "received_on", "Labour Contract Law art. 54", date(2008, 1, 1)),
    Period(
        "agreement",
        "publish",
        "50",
        10,
        DAY,
        "effective_on",
        "Chongqing Regulations on Collective Contracts art. 29",
        date(2017, 1, 1),
    ),
    Period(
        "agreement",
        "publish",
        "33",
        5,
        WORKING_DAY,
        "effective_on",
        "Zhejiang Regulations on Collective Contracts art. 35",
        date(2011, 1, 1),
    ),
    Period(
        "agreement",
        "publish_wage",
        "37",
        7,
        DAY,
        "effective_on",
        "Shandong Regulations on Enterprises' Collective Wage Bargaining art. 31",
        date(2017, 1, 1),
    ),
    Period(
        "dispute",
        "mediate",
        None,
        15,
        DAY,
        "received_on",
        "Labour Dispute Mediation and Arbitration Law art. 14",
        date(2008, 5, 1),
    ),
    Period(
        "dispute",
        "accept",
        None,
        5,
        WORKING_DAY,
        "received_on",
        "Labour Dispute Mediation and Arbitration Law art. 29",
        date(2008, 5, 1),
    ),
    Period(
        "dispute",
        "award",
        None,
        45,
        DAY,
        "accepted_on",
        "Labour Dispute Mediation and Arbitration Law art. 43",
        date(2008, 5, 1),
    ),
)
"""The periods that a column of ours starts; ``reply_wage`` goes before ``reply`` for a wage agreement where a division has it, and so on.

A reply is due from the receipt of the request, which is taken to be its day; in Shanghai submission is due from the written notice that the
congress has passed the draft, for which the day of signing stands. The five days of ``accept`` are working days by the Rules for Handling
Arbitration Cases on Labour and Personnel Disputes. A rule holds from the day on which the text that sets it came into force."""
