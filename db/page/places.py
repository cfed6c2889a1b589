"""Finds divisions by code, unions by name, and the grassroots unions of a place."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from db.errors import DataError


@dataclass(frozen=True, slots=True)
class Home:
    """A union that persons join. It exists from ``established`` to ``dissolved``; ``county`` is the first six digits of resident numbers
    there; ``employers`` are those that it covers; ``weight`` is its share of new members."""

    union: int
    division: int | None
    county: str
    established: date | None = None
    dissolved: date | None = None
    employers: tuple[int, ...] = ()
    weight: float = 1.0


async def division_id(connection: asyncpg.Connection, code: str) -> int:
    """The ID of a division in force by its code, or by its name if it has none.

    Raises:
        DataError: there is none.
    """
    found = await connection.fetchval(
        "SELECT id FROM division WHERE valid_to IS NULL AND (code = $1 OR (code IS NULL AND name = $1))", code
    )
    if found is None:
        raise DataError(f"There is no division {code}.")
    return int(found)


async def division_ids(connection: asyncpg.Connection, codes: Sequence[str]) -> list[int]:
    """The IDs of divisions in force, in the order of their codes.

    Raises:
        DataError: a division does not exist.
    """
    rows = await connection.fetch(
        "SELECT code, id FROM division WHERE valid_to IS NULL AND code = ANY ($1)", list(codes)
    )
    found = {row["code"]: row["id"] for row in rows}
    missing = [code for code in codes if code not in found]
    if missing:
        raise DataError(f"There is no division {missing[0]}.")
    return [found[code] for code in codes]


async def union_id(connection: asyncpg.Connection, name: str) -> int:
    """The ID of a union by its name.

    Raises:
        DataError: there is none.
    """
    found = await connection.fetchval("SELECT id FROM organization WHERE name = $1 ORDER BY id LIMIT 1", name)
    if found is None:
        raise DataError(f"There is no union called {name}.")
    return int(found)


HOMES = """
SELECT o.id, o.division_id, d.code, o.established_on, o.dissolved_on,
       coalesce(array_agg(c.employer_id ORDER BY c.employer_id) FILTER (WHERE c.employer_id IS NOT NULL), '{}') AS employers
FROM division_closure a
JOIN division b ON b.id = a.ancestor_id AND b.valid_to IS NULL AND b.code = $1
JOIN division d ON d.id = a.descendant_id
JOIN organization o ON o.division_id = d.id AND o.level = 'GRASSROOTS' AND ($2::text[] IS NULL OR o.form = ANY ($2))
LEFT JOIN employer_coverage c ON c.organization_id = o.id
WHERE (o.established_on IS NULL OR o.established_on < $4) AND (o.dissolved_on IS NULL OR o.dissolved_on > $3)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
"""


async def homes(
    connection: asyncpg.Connection, division: str, since: date, until: date, forms: Sequence[str] | None = None
) -> list[Home]:
    """The grassroots unions of a division and below, of these ``forms``, that exist on some day of ``[since, until)``."""
    counties = await county_codes(connection)
    rows = await connection.fetch(HOMES, division, None if forms is None else list(forms), since, until)
    return [
        Home(
            row["id"],
            row["division_id"],
            county_of(row["code"] or division, counties),
            row["established_on"],
            row["dissolved_on"],
            tuple(row["employers"]),
        )
        for row in rows
    ]


async def county_codes(connection: asyncpg.Connection) -> list[str]:
    """The codes of all statutory counties in force, and of cities without counties, in order: the first digits of resident numbers."""
    rows = await connection.fetch(
        "SELECT code FROM division WHERE level = 'COUNTY' AND kind IN ('STATUTORY', 'REPETITION') AND valid_to IS NULL AND"
        " length(code) = 6"
        " ORDER BY code"
    )
    return [row["code"] for row in rows]


def county_of(code: str, counties: Sequence[str]) -> str:
    """The county whose code resident numbers of a division begin with: its own, else the first of its city or province."""
    for length in (6, 4, 2):
        place = bisect_left(counties, code[:length])
        if place < len(counties) and counties[place].startswith(code[:length]):
            return counties[place]
    return counties[0]


PLACES = """
SELECT d.id, d.code, d.name, d.level, o.id AS union_id, o.name AS union_name
FROM division_closure c
JOIN division a ON a.id = c.ancestor_id AND a.code = $1 AND a.valid_to IS NULL
JOIN division d ON d.id = c.descendant_id AND d.level = $2 AND d.valid_to IS NULL AND d.code IS NOT NULL
JOIN LATERAL (SELECT id, name FROM organization o WHERE o.division_id = d.id AND o.dissolved_on IS NULL
              AND o.kind = 'LOCAL_FEDERATION' ORDER BY id LIMIT 1) o ON true
ORDER BY d.code
"""


async def places(connection: asyncpg.Connection, code: str, level: str) -> list[asyncpg.Record]:
    """The divisions of a level within another one that have a code, in order: ``id``, ``code``, ``name``, and of its local federation
    ``union_id`` and ``union_name``."""
    rows: list[asyncpg.Record] = await connection.fetch(PLACES, code, level)
    return rows


JOINED = """
SELECT count(DISTINCT s.member_id) FROM membership s
JOIN member m ON m.id = s.member_id AND m.is_migrant_worker
JOIN organization o ON o.id = s.organization_id AND ($4::text IS NULL OR o.form = $4)
JOIN division_closure c ON c.descendant_id = o.division_id
JOIN division d ON d.id = c.ancestor_id AND d.code = $1 AND d.valid_to IS NULL
WHERE s.valid_from < $3 AND ($2::date IS NULL OR s.valid_from >= $2)
"""


async def migrants_joined(
    connection: asyncpg.Connection, code: str, since: date | None, until: date, form: str | None = None
) -> int:
    """How many migrant workers joined unions of a division and below (of this form) in ``[since, until)``."""
    return int(await connection.fetchval(JOINED, code, since, until, form))
