"""The reference for lists: plain SQL on records and links, not on the closures that the engine uses."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import asyncpg

from db.clock import today

UNIONS = """
WITH RECURSIVE standing AS (
    SELECT o.id FROM organization o
    WHERE coalesce(o.established_on,
                   (SELECT min(valid_from) FROM organization_link l WHERE l.child_id = o.id), '1925-05-01') <= $3
      AND (o.dissolved_on IS NULL OR o.dissolved_on > $3)
), held AS (
    SELECT child_id, parent_id FROM organization_link
    WHERE hierarchy = $2 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)
), below (id) AS (
    SELECT $1::bigint
    UNION
    SELECT held.child_id FROM held JOIN below ON held.parent_id = below.id
), above (id, steps) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT held.parent_id, above.steps + 1 FROM held JOIN above ON held.child_id = above.id
)
"""
"""The unions below and above union $1 in hierarchy $2 on day $3, through the links that hold that day."""


async def below(db: asyncpg.Pool, union: int, hierarchy: str, day: date) -> set[int]:
    """The union and all below it that stand on the day."""
    rows = await db.fetch(UNIONS + "SELECT id FROM below JOIN standing USING (id)", union, hierarchy, day)
    return {row["id"] for row in rows}


async def above(db: asyncpg.Pool, union: int, hierarchy: str, day: date) -> list[int]:
    """The unions above one, the topmost first; none where the union does not stand on the day."""
    rows = await db.fetch(
        UNIONS + "SELECT id FROM above WHERE steps > 0 AND $1 IN (SELECT id FROM standing) ORDER BY steps DESC",
        union,
        hierarchy,
        day,
    )
    return [row["id"] for row in rows]


async def children(db: asyncpg.Pool, union: int, hierarchy: str, day: date) -> set[int]:
    """The unions right below one on the day."""
    rows = await db.fetch(UNIONS + "SELECT child_id AS id FROM held WHERE parent_id = $1", union, hierarchy, day)
    return {row["id"] for row in rows}


LAST = """
WITH RECURSIVE up (start, id, day) AS (
    SELECT id, id, CASE WHEN dissolved_on <= $3 THEN dissolved_on - 1 ELSE $3 END
    FROM organization WHERE established_on IS NULL OR established_on <= $3
    UNION
    SELECT up.start, l.parent_id, up.day FROM up
    JOIN organization_link l ON l.child_id = up.id AND l.hierarchy = $2
     AND l.valid_from <= up.day AND (l.valid_to IS NULL OR l.valid_to > up.day)
)
SELECT start AS id FROM up WHERE id = $1
"""
"""The unions that are below union $1 on day $3, or were on the last day before they were dissolved."""


async def ever_below(db: asyncpg.Pool, union: int, hierarchy: str, day: date | None = None) -> set[int]:
    """The union and all whose place on the day, today without one, or whose last place by then, is below it."""
    return {row["id"] for row in await db.fetch(LAST, union, hierarchy, day or today())}


async def last_day(db: asyncpg.Pool, union: int, day: date | None = None) -> date:
    """The day, today without one, or the last day on which a union stood that was dissolved by then."""
    day = day or today()
    dissolved = await db.fetchval("SELECT dissolved_on FROM organization WHERE id = $1", union)
    return day if dissolved is None or dissolved > day else dissolved - timedelta(days=1)


DIVISIONS = """
WITH RECURSIVE below (id) AS (
    SELECT $1::bigint UNION SELECT division.id FROM division JOIN below ON division.parent_id = below.id
)
"""


async def divisions_below(db: asyncpg.Pool, division: int) -> set[int]:
    """The division and all below it, through their parents."""
    return {row["id"] for row in await db.fetch(DIVISIONS + "SELECT id FROM below", division)}


MEMBERSHIPS = """
SELECT s.id, member_id, s.organization_id, s.status, valid_from, valid_to, entry, exit FROM membership s
WHERE valid_from IS NOT NULL ORDER BY member_id, valid_from, s.id
"""
"""All memberships that have begun, person by person in the order of their days."""


def paths(rows: Iterable[Mapping[str, Any]]) -> dict[int, tuple[str, str | None]]:
    """How each membership began and ended, told from the ones of the same person before and after it."""
    found: dict[int, tuple[str, str | None]] = {}
    for _, group in groupby(rows, key=lambda row: row["member_id"]):
        path = list(group)
        for place, row in enumerate(path):
            entry, gone = "FIRST", None
            if place:
                before = path[place - 1]
                no_gap = before["valid_to"] is None or before["valid_to"] >= row["valid_from"]
                entry = "TRANSFERRED_IN" if before["status"] == "TRANSFERRED_OUT" or no_gap else "RETURNED"
            if row["valid_to"] is not None:
                moved = place + 1 < len(path) and path[place + 1]["valid_from"] <= row["valid_to"]
                gone = "TRANSFERRED_OUT" if row["status"] == "TRANSFERRED_OUT" or moved else "LEFT"
            found[row["id"]] = (entry, gone)
    return found
