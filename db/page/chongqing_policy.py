"""Chongqing (重庆): insurance of couriers, the document that eleven bodies issued, and the industry's collective agreement.

The page counts issuers and measures but does not list them all; the names here are plausible, not quoted.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg

from db.page.bodies import NewEmployer, NewUnion, add_employers, add_unions, firm, reserve
from db.page.days import PAGE, spread
from db.page.people import Joining, People, Person
from db.page.places import Home, county_codes, county_of, division_id, places, union_id
from db.server.bulk_copy import copy_rows

CITY = "50"
ENROLLED = 7_875
FIRST_BATCH = (date(2022, 4, 1), date(2023, 2, 1))
COMPANIES = 12
WINDOW = "500120"
"""璧山区, whose social-security centre has a green window for couriers; one of the companies is in it."""
TITLE = "关于做好快递员群体合法权益保障工作的实施意见"
ISSUED = date(2022, 6, 20)
ISSUERS = (
    ("重庆市邮政管理局", "GOVERNMENT_BODY"),
    ("重庆市交通局", "GOVERNMENT_BODY"),
    ("重庆市发展和改革委员会", "GOVERNMENT_BODY"),
    ("重庆市人力资源和社会保障局", "HR_BUREAU"),
    ("重庆市商务委员会", "GOVERNMENT_BODY"),
    ("重庆市市场监督管理局", "GOVERNMENT_BODY"),
    ("重庆市公安局", "GOVERNMENT_BODY"),
    ("重庆市住房和城乡建设委员会", "GOVERNMENT_BODY"),
    ("重庆市医疗保障局", "GOVERNMENT_BODY"),
    ("国家税务总局重庆市税务局", "GOVERNMENT_BODY"),
    ("重庆市总工会", "UNION"),
)
AREAS = {
    "明确责任": ("落实企业主体责任", "压实属地责任", "强化行业监管责任", "规范加盟关系和用工", "明确平台连带责任"),
    "健全制度": (
        "制定派费核算指引", "发布行业劳动定额标准", "推进基层网点优先参加工伤保险", "畅通参加职工社会保险渠道",
        "推行行业集体协商", "建立收入监测制度",
    ),
    "优化服务": ("设立参保绿色窗口", "改善末端作业环境", "建设户外劳动者服务站点", "开展职业技能培训", "开展心理关爱和健康体检"),
    "强化机制": ("建立联席会议机制", "建立矛盾纠纷联动调处机制", "推进快递企业建会入会", "加强权益保障监督检查", "开展宣传表彰"),
}  # fmt: skip
SCHEME = "COURIER_PRIORITY_WORK_INJURY"

ENROLMENTS = """
SELECT count(DISTINCT e.member_id) FROM insurance_enrolment e
JOIN organization o ON o.id = e.organization_id
JOIN division_closure c ON c.descendant_id = o.division_id
JOIN division d ON d.id = c.ancestor_id AND d.code = $1 AND d.valid_to IS NULL
WHERE e.scheme = $2 AND e.cohort = 1 AND e.valid_from < $3
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    chance = people.chance("chongqing policy")
    city = await division_id(connection, CITY)
    federation = await union_id(connection, "重庆市快递行业工会联合会")
    await _document(connection, city)
    outlets, homes = await _companies(connection, chance, federation)
    await _enrol(connection, people, chance, homes)
    await _agreements(connection, chance, city, federation, outlets)


async def _document(connection: asyncpg.Connection, city: int) -> None:
    union = await union_id(connection, "重庆市总工会")
    (document,) = await reserve(connection, "policy_document", 1)
    await copy_rows(
        connection,
        "policy_document",
        ("id", "title", "number", "kind", "organization_id", "division_id", "issued_on", "valid_from"),
        [(document, TITLE, "渝邮管联〔2022〕12号", "IMPLEMENTING_OPINION", union, city, ISSUED, ISSUED)],
    )
    await copy_rows(
        connection,
        "policy_issuer",
        ("document_id", "position", "name", "kind", "organization_id"),
        (
            (document, position, name, kind, union if kind == "UNION" else None)
            for position, (name, kind) in enumerate(ISSUERS, 1)
        ),
    )
    listed = [(area, title) for area, titles in AREAS.items() for title in titles]
    await copy_rows(
        connection,
        "policy_measure",
        ("document_id", "position", "area", "title"),
        ((document, position, area, title) for position, (area, title) in enumerate(listed, 1)),
    )


async def _companies(
    connection: asyncpg.Connection, chance: random.Random, federation: int
) -> tuple[list[tuple[int, NewEmployer]], list[Home]]:
    """Express companies with a union each below the industry's federation, and the outlets that these unions cover; the unions, for
    members to join."""
    codes = await county_codes(connection)
    counties = await places(connection, CITY, "COUNTY")
    districts = [place for place in counties if place["code"] < WINDOW]
    chosen = [districts[number % len(districts)] for number in range(COMPANIES - 1)]
    chosen += [place for place in counties if place["code"] == WINDOW]
    unions = [
        NewUnion(
            f"{firm(chance, '重庆', '速递')}工会委员会", "NEW_FORM", place["id"], federation, date(2021, 11, 10), industry="G60",
            industrial=federation,
        )
        for place in chosen
    ]  # fmt: skip
    keys = await add_unions(connection, unions)
    outlets = []
    for key, union, place in zip(keys, unions, chosen, strict=True):
        company = union.name.removesuffix("有限公司工会委员会")
        for number in range(3 + chance.randrange(3)):
            name = f"{company}{place['name']}第{number + 1}网点"
            registered = date(2016 + chance.randrange(5), 1 + chance.randrange(12), 11)
            outlets.append(
                NewEmployer(name, place["id"], county_of(place["code"], codes), key, 160 + chance.randrange(60), registered, "G60",
                            covered=union.established)
            )  # fmt: skip
    outlet_keys = await add_employers(connection, outlets)
    of: dict[int, list[int]] = {}
    for key, outlet in zip(outlet_keys, outlets, strict=True):
        of.setdefault(outlet.union, []).append(key)
    homes = [
        Home(
            key, union.division, county_of(place["code"], codes), union.established, None, tuple(of[key]), len(of[key])
        )
        for key, union, place in zip(keys, unions, chosen, strict=True)
    ]
    return list(zip(outlet_keys, outlets, strict=True)), homes


async def _enrol(connection: asyncpg.Connection, people: People, chance: random.Random, homes: Sequence[Home]) -> None:
    """Enrolments of the first batch, with those that exist already in exactly the number of the page; a few have ended since."""
    wanted = ENROLLED - await connection.fetchval(ENROLMENTS, CITY, SCHEME, PAGE)
    couriers = await people.join(
        "chongqing couriers",
        Joining(
            wanted, homes, date(2021, 11, 15), FIRST_BATCH[0], "COURIER", 0.6, {"QR": 5, "COLLECTIVE": 3, "APP": 2},
            kind="OUTSOURCED", title="快递员",
        ),
    )  # fmt: skip
    days = spread(chance, len(couriers), *FIRST_BATCH, {4: 2.0, 7: 1.5, 9: 1.5})

    def row(courier: Person, day: date) -> tuple[object, ...]:
        lapsed = day + timedelta(days=200 + chance.randrange(900)) if chance.random() < 0.08 else None
        base = 3_957 + 10 * chance.randrange(120)
        return (
            courier.union, courier.id, courier.employer, SCHEME, 1, f"{base}.00", "0.00400", "SSA-50", f"CQ{courier.id:09d}", day,
            lapsed,
        )  # fmt: skip

    await copy_rows(
        connection,
        "insurance_enrolment",
        ("organization_id", "member_id", "participant_id", "scheme", "cohort", "base_amount", "rate", "source_system",
         "source_number", "valid_from", "valid_to"),
        (row(courier, day) for courier, day in zip(couriers, days, strict=True)),
    )  # fmt: skip


TERMS = ((date(2022, 11, 8), date(2024, 11, 8), "EXPIRED"), (date(2024, 11, 8), date(2027, 11, 8), "EFFECTIVE"))


async def _agreements(
    connection: asyncpg.Connection,
    chance: random.Random,
    city: int,
    federation: int,
    outlets: Sequence[tuple[int, NewEmployer]],
) -> None:
    """The industry's agreement and its successor, with the outlets that they cover."""
    workers = {key: outlet.headcount for key, outlet in outlets}
    keys = await reserve(connection, "collective_agreement", len(TERMS))
    agreements: list[tuple[object, ...]] = []
    parties: list[tuple[object, ...]] = []
    coverage: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    for key, (since, until, status) in zip(keys, TERMS, strict=True):
        path = {
            "REQUESTED": since - timedelta(days=75),
            "REPLIED": since - timedelta(days=66),
            "BARGAINING": since - timedelta(days=60),
            "DRAFTED": since - timedelta(days=40),
            "CONGRESS_PASSED": since - timedelta(days=28),
            "SIGNED": since - timedelta(days=25),
            "SUBMITTED": since - timedelta(days=20),
            "UNDER_REVIEW": since - timedelta(days=15),
            "EFFECTIVE": since,
        }
        number = f"渝快协〔{since.year}〕1号"
        agreements.append(
            (key, number, "重庆市快递行业集体合同", "INDUSTRY", status, federation, city, "G60", sum(workers.values()), path["REQUESTED"],
             path["SIGNED"], path["SUBMITTED"], path["UNDER_REVIEW"], since, since + timedelta(days=6), since, until)
        )  # fmt: skip
        parties.append((key, "UNION", federation, "重庆市快递行业工会联合会"))
        parties.append((key, "EMPLOYER", None, "重庆市快递行业企业代表"))
        closed = until if status == "EXPIRED" else None
        coverage += [(key, outlet, count, since, closed) for outlet, count in workers.items()]
        actors = {"REPLIED": "EMPLOYER", "CONGRESS_PASSED": "WORKERS_CONGRESS", "SUBMITTED": "EMPLOYER", "UNDER_REVIEW": "HR_BUREAU",
                  "EFFECTIVE": "HR_BUREAU"}  # fmt: skip
        for state, day in path.items():
            roster = (120, 104 + chance.randrange(10), 98) if state == "CONGRESS_PASSED" else (None, None, None)
            steps.append((key, state, actors.get(state, "UNION"), day, *roster))
        if status == "EXPIRED":
            steps.append((key, "EXPIRED", "UNION", until, None, None, None))
    await copy_rows(
        connection,
        "collective_agreement",
        ("id", "number", "title", "kind", "status", "organization_id", "division_id", "industry", "worker_count", "requested_on",
         "signed_on", "submitted_on", "received_on", "effective_on", "published_on", "term_from", "term_to"),
        agreements,
    )  # fmt: skip
    await copy_rows(connection, "agreement_party", ("agreement_id", "side", "organization_id", "name"), parties)
    await copy_rows(
        connection,
        "agreement_coverage",
        ("agreement_id", "employer_id", "worker_count", "valid_from", "valid_to"),
        coverage,
    )
    await copy_rows(
        connection,
        "agreement_step",
        ("agreement_id", "status", "actor", "occurred_on", "roster_count", "present_count", "votes_for"),
        steps,
    )
