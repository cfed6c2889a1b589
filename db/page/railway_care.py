"""China Railway No. 4 Engineering Group (中铁四局): care for a member who falls ill on a site in another province.

Only the structure is the page's: patient, illness, days and sums are made up.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg

from db.page.bodies import reserve
from db.page.people import Joining, People
from db.page.places import Home, division_ids, union_id
from db.server.bulk_copy import copy_rows

UNION = "中铁四局集团有限公司工会委员会"
SITE, HOME = "3602", "3401"
"""景德镇, where the member fell ill, and 合肥, where the union is and the second hospital."""

COLLEAGUES, CARERS, AT_ONCE = 24, 4, 2
"""Number of members; number of carers among them; and number of carers on one day."""

ONSET, OPENED, MOVED, CLOSED = date(2022, 11, 7), date(2022, 11, 8), date(2022, 11, 17), date(2023, 2, 3)
STEPS = (
    ("VISIT", OPENED, None, SITE, "工会到医院探望并安排陪护"),
    ("REFERRAL", date(2022, 11, 14), SITE, HOME, "联系上级医院会诊"),
    ("REMOTE_FILING", date(2022, 11, 15), SITE, HOME, "协助办理异地就医备案"),
    ("TRANSFER", MOVED, SITE, HOME, "转至合肥继续治疗"),
    ("ESCORT", MOVED, SITE, HOME, "安排救护车护送"),
    ("CONDOLENCE_APPLIED", date(2022, 11, 23), None, None, "申请慰问金"),
    ("CLAIM_FILED", date(2022, 12, 20), None, None, "协助办理职工医疗互助"),
    ("VISIT", date(2023, 1, 17), None, HOME, "春节前探望"),
    ("DISCHARGE", CLOSED, None, HOME, "出院康复"),
)
"""Kind, day, from where, to where, and a note for the handling union."""

GRANT = ("3000.00", date(2022, 11, 23), date(2022, 11, 29), date(2022, 12, 2))
CLAIM = ("12000.00", date(2022, 12, 20), date(2023, 1, 10), date(2023, 1, 18))
PREMIUM = "60.00"
INSURED = ((date(2022, 1, 1), date(2023, 1, 1)), (date(2023, 1, 1), date(2024, 1, 1)))


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the article's rows."""
    union = await union_id(connection, UNION)
    site, home = await division_ids(connection, [SITE, HOME])
    joining = Joining(
        COLLEAGUES, [Home(union, home, "340102", date(1966, 5, 1))], date(2008, 7, 1), date(2021, 12, 1),
        migrant=0.3, channels={"PAPER": 1.0}, engaged=False,
    )  # fmt: skip
    members = [person.id for person in await people.join("railway", joining)]
    chance = people.chance("railway care")
    patient = chance.choice(members)
    case = await _case(connection, union, patient, site, {SITE: site, HOME: home})
    carers = await connection.fetch(
        "SELECT id FROM member WHERE id = ANY ($1) AND id <> $2 ORDER BY sex <> 'MALE', birth_year_from DESC, id LIMIT $3",
        members,
        patient,
        CARERS,
    )
    await _shifts(connection, chance, case, [row["id"] for row in carers])
    await _money(connection, union, home, case, patient, members)


async def _case(
    connection: asyncpg.Connection, union: int, patient: int, site: int, divisions: dict[str | None, int]
) -> int:
    """The case and its steps: treatment in another province is registered before the transfer."""
    (case,) = await reserve(connection, "care_case", 1)
    await copy_rows(
        connection,
        "care_case",
        ("id", "organization_id", "member_id", "division_id", "diagnosis", "onset_on", "opened_on", "closed_on"),
        [(case, union, patient, site, "重症肺炎", ONSET, OPENED, CLOSED)],
    )
    await copy_rows(
        connection,
        "care_step",
        ("case_id", "kind", "occurred_on", "from_division_id", "to_division_id", "note"),
        ((case, kind, day, divisions.get(before), divisions.get(after), note) for kind, day, before, after, note in STEPS),
    )  # fmt: skip
    return case


async def _shifts(connection: asyncpg.Connection, chance: random.Random, case: int, carers: Sequence[int]) -> None:
    """Some of the carers on every day of the case, in turns."""
    days = [OPENED + timedelta(days=number) for number in range((CLOSED - OPENED).days + 1)]
    first = chance.randrange(len(carers))
    await copy_rows(
        connection,
        "care_shift",
        ("case_id", "member_id", "served_on"),
        (
            (case, carers[(first + AT_ONCE * number + turn) % len(carers)], day)
            for number, day in enumerate(days)
            for turn in range(AT_ONCE)
        ),
    )


async def _money(
    connection: asyncpg.Connection, union: int, home: int, case: int, patient: int, members: Sequence[int]
) -> None:
    """Condolence money and a claim of mutual aid for the patient; all members are enrolled in mutual aid year by year."""
    amount, *days = GRANT
    await copy_rows(
        connection,
        "aid_grant",
        ("organization_id", "division_id", "kind", "status", "member_id", "amount", "applied_on", "approved_on", "paid_on"),
        [(union, home, "CONDOLENCE", "PAID", patient, amount, *days)],
    )  # fmt: skip
    enrolled = [(member, *term) for term in INSURED for member in members]
    keys = await reserve(connection, "mutual_aid_enrolment", len(enrolled))
    await copy_rows(
        connection,
        "mutual_aid_enrolment",
        ("id", "organization_id", "premium", "member_id", "valid_from", "valid_to"),
        ((key, union, PREMIUM, *row) for key, row in zip(keys, enrolled, strict=True)),
    )
    amount, *days = CLAIM
    await copy_rows(
        connection,
        "mutual_aid_claim",
        ("enrolment_id", "case_id", "organization_id", "member_id", "status", "amount", "filed_on", "approved_on", "paid_on"),
        [(keys[members.index(patient)], case, union, patient, "PAID", amount, *days)],
    )  # fmt: skip
