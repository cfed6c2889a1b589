"""Shanghai and Yunnan (沪滇): the two federations' agreement on paired assistance, renewed in 2021, its four lines, and their meetings."""

from datetime import date

import asyncpg

from db.page.bodies import reserve
from db.page.people import People
from db.page.places import division_ids, union_id
from db.page.sessions import Session, add_activities, add_programme
from db.server.bulk_copy import copy_rows

HELPER, HELPED = "31", "53"
HELPER_UNION, HELPED_UNION = "上海市总工会", "云南省总工会"
MEETING = date(2023, 2, 9)
TITLE = "沪滇工会对口支援工作框架协议"
TERMS = (
    (date(2016, 6, 21), date(2016, 7, 1), date(2021, 7, 1)),
    (date(2021, 6, 10), date(2021, 7, 1), date(2026, 7, 1)),
)
"""Days of signing, and the terms that begin then; the second agreement renews the first. The page gives only the year of the renewal."""

LINES = {
    "EXCHANGE": "学习交流一批",
    "TRAINING": "培训扶持一批",
    "CARE": "爱心帮扶一批",
    "VISIT": "走访慰问一批",
}
EXCHANGES = (
    ("310115", "沪滇劳模工匠学习交流", date(2021, 10, 19)),
    ("310112", "沪滇职工服务阵地学习交流", date(2022, 7, 26)),
    ("5329", "沪滇产业工人队伍建设学习交流", date(2022, 11, 15)),
    ("5301", "沪滇工会对口协作工作座谈会", MEETING),
)
"""Place, title and day of each meeting."""

LINE = """
SELECT l.id FROM cooperation_line l JOIN cooperation_agreement a ON a.id = l.agreement_id
JOIN organization h ON h.id = a.organization_id AND h.name = $1 JOIN organization p ON p.id = a.partner_id AND p.name = $2
WHERE l.kind = $3 AND a.valid_from <= $4 AND (a.valid_to IS NULL OR a.valid_to > $4)
"""


async def write(connection: asyncpg.Connection, people: People) -> None:
    """Write the agreements, which other articles of the two provinces refer to, and the meetings under them."""
    helper, helped = await union_id(connection, HELPER_UNION), await union_id(connection, HELPED_UNION)
    keys = await reserve(connection, "cooperation_agreement", len(TERMS))
    await copy_rows(
        connection,
        "cooperation_agreement",
        ("id", "title", "organization_id", "partner_id", "predecessor_id", "signed_on", "valid_from", "valid_to"),
        (
            (key, TITLE, helper, helped, before, *days)
            for key, before, days in zip(keys, (None, *keys), TERMS, strict=False)
        ),
    )
    await copy_rows(
        connection,
        "cooperation_line",
        ("agreement_id", "kind", "title"),
        ((key, kind, title) for key in keys for kind, title in LINES.items()),
    )
    programme = await add_programme(connection, helper, "沪滇工会学习交流", TERMS[1][1], TERMS[1][2])
    places = await division_ids(connection, [place for place, _, _ in EXCHANGES])
    await add_activities(
        connection,
        [
            Session(helper, place, "MEETING", title, day, programme=programme, line=await line_id(connection, "EXCHANGE", day))
            for place, (_, title, day) in zip(places, EXCHANGES, strict=True)
        ],
    )  # fmt: skip


async def line_id(connection: asyncpg.Connection, kind: str, day: date) -> int | None:
    """The ID of a line of the agreement in term on a day; None if none is in term."""
    found = await connection.fetchval(LINE, HELPER_UNION, HELPED_UNION, kind, day)
    return None if found is None else int(found)
