"""Shenzhen (深圳): the joint centre of three parties, the panel of lawyers, and the six links of legal service in 2023."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import asyncpg

from db.generate.names import brand, person_name
from db.page.bodies import reserve
from db.page.cases import Case, Claimant, add_cases, add_services
from db.page.days import spread
from db.page.people import People
from db.page.places import division_id, union_id
from db.server.bulk_copy import copy_rows

CITY = "4403"
ISSUED, OPENED = date(2022, 10, 18), date(2023, 2, 7)
LAWYERS = 100
CENTRE = "深圳市劳动争议三方联合调解中心"
HOST = "深圳市劳动人事争议仲裁院"
PLAN = "深圳市劳动争议三方联合调解工作方案"
PARTIES = (
    ("深圳市人力资源和社会保障局", "HR_BUREAU", "GOVERNMENT"),
    ("深圳市总工会", "UNION", "UNION"),
    ("深圳市工商业联合会", "EMPLOYERS_BODY", "EMPLOYER"),
    ("深圳市企业联合会", "EMPLOYERS_BODY", "EMPLOYER"),
    ("深圳市外商投资企业协会", "EMPLOYERS_BODY", "EMPLOYER"),
)
NORMS = (
    ("三方联合调解中心建设实施方案", "IMPLEMENTATION_PLAN"),
    ("三方联合调解中心管理制度", "MANAGEMENT_RULES"),
    ("三方联合调解法律援助办法", "PROCEDURE"),
)
LINKS = ("OUTREACH", "CONSULTATION", "DAILY_MEDIATION", "PRE_ARBITRATION", "PRE_TRIAL", "LEGAL_AID")
BEGUN = {"OUTREACH": 90, "CONSULTATION": 260, "DAILY_MEDIATION": 60, "PRE_ARBITRATION": 70}
"""How many services of the year begin at each link; the others were handed over to it."""

SETTLED = {
    "OUTREACH": 0.4,
    "CONSULTATION": 0.55,
    "DAILY_MEDIATION": 0.6,
    "PRE_ARBITRATION": 0.65,
    "PRE_TRIAL": 0.6,
    "LEGAL_AID": 0.8,
}
DAYS = {
    "OUTREACH": 1,
    "CONSULTATION": 3,
    "DAILY_MEDIATION": 14,
    "PRE_ARBITRATION": 14,
    "PRE_TRIAL": 25,
    "LEGAL_AID": 50,
}
YEAR = (date(2023, 1, 3), date(2024, 1, 1))

WORKERS = """
SELECT DISTINCT ON (m.id) m.id, m.name, g.employer_id, e.name AS employer, e.division_id
FROM engagement g JOIN member m ON m.id = g.member_id JOIN employer e ON e.id = g.employer_id
JOIN division d ON d.id = e.division_id WHERE starts_with(d.code, $1) AND g.valid_from < $2 ORDER BY m.id LIMIT 600
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A planned service: position of the previous one in the list (None for the first), link, worker, days and outcome."""

    previous: int | None
    link: str
    worker: asyncpg.Record | None
    opened: date
    closed: date
    outcome: str


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("shenzhen")
    city, union = await division_id(connection, CITY), await union_id(connection, "深圳市总工会")
    documents = await _documents(connection, city, union)
    (body,) = await reserve(connection, "mediation_body", 1)
    await copy_rows(
        connection,
        "mediation_body",
        ("id", "name", "kind", "organization_id", "division_id", "document_id", "host", "valid_from"),
        [(body, CENTRE, "JOINT_TRIPARTITE", union, city, documents[0], HOST, OPENED)],
    )
    await copy_rows(
        connection,
        "mediation_seat",
        ("body_id", "side", "name", "organization_id", "valid_from"),
        ((body, side, name, union if side == "UNION" else None, OPENED) for name, _, side in PARTIES),
    )
    lawyers = await _lawyers(connection, chance, union, body)
    await _services(connection, chance, city, union, body, lawyers)


async def _documents(connection: asyncpg.Connection, city: int, union: int) -> list[int]:
    """The plan of five bodies with the six links as its measures, and the three norms of the centre."""
    titles = [(PLAN, "WORK_PLAN", ISSUED), *((title, kind, date(2022, 12, 20)) for title, kind in NORMS)]
    keys = await reserve(connection, "policy_document", len(titles))
    await copy_rows(
        connection,
        "policy_document",
        ("id", "title", "number", "kind", "organization_id", "division_id", "issued_on", "valid_from"),
        (
            (key, title, f"深人社联发〔{on.year}〕{30 + position}号", kind, union, city, on, on)
            for position, (key, (title, kind, on)) in enumerate(zip(keys, titles, strict=True))
        ),
    )
    issuers = [(keys[0], position, party) for position, party in enumerate(PARTIES, 1)]
    issuers += [(key, position, party) for key in keys[1:] for position, party in enumerate(PARTIES[:2], 1)]
    await copy_rows(
        connection,
        "policy_issuer",
        ("document_id", "position", "name", "kind", "organization_id"),
        ((key, position, name, kind, union if kind == "UNION" else None) for key, position, (name, kind, _) in issuers),
    )
    links = ("普法宣传", "法律咨询", "日常调解", "裁前调解", "诉前调解", "法律援助")
    await copy_rows(
        connection,
        "policy_measure",
        ("document_id", "position", "area", "title"),
        ((keys[0], position, "全链条法律服务", title) for position, title in enumerate(links, 1)),
    )
    return keys


async def _lawyers(connection: asyncpg.Connection, chance: random.Random, union: int, body: int) -> list[int]:
    """The panel, of whom some left and were replaced; the lawyers stationed at the centre, and its mediators. The IDs of all who work at
    the centre."""
    firms = [f"广东{brand(chance)}律师事务所" for _ in range(18)]
    panel: list[tuple[object, ...]] = []
    for day in spread(chance, LAWYERS, date(2022, 9, 1), date(2023, 1, 20)):
        left = date(2024, 1, 1) + timedelta(days=chance.randrange(500)) if chance.random() < 0.08 else None
        panel.append((None, "PANEL_LAWYER", person_name(chance), chance.choice(firms), day, left))
    later = [
        (None, "PANEL_LAWYER", person_name(chance), chance.choice(firms), left + timedelta(days=10), None)
        for *_, left in panel
        if isinstance(left, date)
    ]
    stationed = [
        (body, "STATIONED_LAWYER", person_name(chance), chance.choice(firms), OPENED, None) for _ in range(6)
    ] + [(body, "MEDIATOR", person_name(chance), None, OPENED, None) for _ in range(8)]
    everyone = [*panel, *later, *stationed]
    keys = await reserve(connection, "mediator", len(everyone))
    await copy_rows(
        connection,
        "mediator",
        ("id", "organization_id", "body_id", "kind", "name", "firm", "valid_from", "valid_to"),
        ((key, union, *one) for key, one in zip(keys, everyone, strict=True)),
    )
    return keys[-len(stationed) :]


async def _services(
    connection: asyncpg.Connection, chance: random.Random, city: int, union: int, body: int, lawyers: Sequence[int]
) -> None:
    """The services of the year, link by link; each has a case from mediation before arbitration on."""
    workers = await connection.fetch(WORKERS, CITY, YEAR[0])
    made: list[Service] = []
    for link in LINKS:
        begun = spread(chance, BEGUN.get(link, 0), *YEAR)
        waiting: list[tuple[int | None, date]] = [(None, day) for day in begun]
        waiting += [
            (position, one.closed)
            for position, one in enumerate(made)
            if one.outcome == "PASSED_ON" and LINKS.index(one.link) == LINKS.index(link) - 1
        ]
        for previous, opened in waiting:
            worker = made[previous].worker if previous is not None else chance.choice(workers) if workers else None
            closed = opened + timedelta(days=chance.randrange(DAYS[link] + 1))
            made.append(Service(previous, link, worker, opened, closed, _outcome(chance, link)))
    filed = [position for position, one in enumerate(made) if one.link == "PRE_ARBITRATION" and one.worker is not None]
    numbers = await add_cases(
        connection, [_case(chance, city, union, number, made[position]) for number, position in enumerate(filed, 1)]
    )
    cases = dict(zip(filed, numbers, strict=True))
    keys = await reserve(connection, "legal_service", len(made))
    rows: list[tuple[object, ...]] = []
    for position, (key, one) in enumerate(zip(keys, made, strict=True)):
        case = cases.get(position) or (None if one.previous is None else cases.get(one.previous))
        if case is not None:
            cases[position] = case
        at_centre = one.link not in ("OUTREACH", "LEGAL_AID")
        rows.append(
            (
                key, union, city, one.link, one.outcome, body if at_centre and one.opened >= OPENED else None,
                chance.choice(lawyers) if one.opened >= OPENED else None, case, one.worker and one.worker["id"],
                None if one.previous is None else keys[one.previous], one.opened, one.closed,
            )
        )  # fmt: skip
    await add_services(connection, rows)


def _outcome(chance: random.Random, link: str) -> str:
    """Settled, handed over to the next link, or ended otherwise; the last link hands nothing over."""
    if chance.random() < SETTLED[link]:
        return "SETTLED"
    if link != LINKS[-1] and chance.random() < 0.75:
        return "PASSED_ON"
    return chance.choice(("WITHDRAWN", "CLOSED"))


def _case(chance: random.Random, city: int, union: int, number: int, one: Service) -> Case:
    """The case of a mediation before arbitration."""
    assert one.worker is not None
    claimed = 500_000 + 1_000 * chance.randrange(6_000)
    settled = one.outcome == "SETTLED"
    claimant = Claimant(one.worker["id"], one.worker["name"], claimed, claimed * 9 // 10 if settled else 0)
    ended = "SETTLED" if settled else "WITHDRAWN" if one.outcome == "WITHDRAWN" else "CLOSED"
    return Case(
        f"深三方调〔2023〕{number}号", union, one.worker["division_id"] or city, (one.worker["employer_id"], one.worker["employer"]),
        [claimant], one.opened, one.closed, ended, "PRE_ARBITRATION", "JOINT_TRIPARTITE",
        paid=one.closed + timedelta(days=chance.randrange(10)) if settled else None,
    )  # fmt: skip
