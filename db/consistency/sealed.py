"""What stands beside sealed values (blind indexes, region, head of the phone, five years of birth), computed again from these."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg

from db.encryption.keys import KeyRing
from db.encryption.vault import Sealed, SealError, Secret, blind_index, decrypt, version_of
from db.members import BIRTH_DATE, PHONE, RESIDENT_NUMBER
from db.server.bulk_copy import Progress

BATCH = 2_000
DERIVED = ("resident_number_index", "resident_number_region", "phone_index", "phone_head", "birth_year_from")
ROWS = f"""
SELECT id, resident_number, phone, birth_date, {", ".join(DERIVED)} FROM member
WHERE id > $1 AND num_nonnulls(resident_number, phone, birth_date) > 0 ORDER BY id LIMIT {BATCH}
"""  # noqa: S608 — constants
MEND = """
UPDATE member SET resident_number_index = v.a, resident_number_region = v.b, phone_index = v.c, phone_head = v.d, birth_year_from = v.e
FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bytea[], $5::text[], $6::bigint[]) AS v (id, a, b, c, d, e) WHERE member.id = v.id
"""

Values = Mapping[str, Any]


async def differing(
    connection: asyncpg.Connection, ring: KeyRing, progress: Progress | None = None
) -> AsyncIterator[tuple[dict[int, Values], list[int]]]:
    """Batch by batch: the members whose derived columns differ, with what these should be, and those whose values do not open."""
    last, done = 0, 0
    total = await connection.fetchval("SELECT count(*) FROM member") if progress is not None else 0
    while rows := await connection.fetch(ROWS, last):
        wrong: dict[int, Values] = {}
        closed: list[int] = []
        for row in rows:
            try:
                right = derived(ring, row)
            except SealError:
                closed.append(row["id"])
                continue
            if any(row[name] != value for name, value in right.items()):
                wrong[row["id"]] = right
        last, done = rows[-1]["id"], done + len(rows)
        if progress is not None:
            progress("rows", done, max(done, total))
        yield wrong, closed


def derived(ring: KeyRing, row: asyncpg.Record) -> Values:
    """What the sealed values of a member give.

    Raises:
        SealError: one cannot be opened.
    """
    number, phone, born = (_opened(ring, secret, row) for secret in (RESIDENT_NUMBER, PHONE, BIRTH_DATE))
    return {
        "resident_number_index": number and _index(ring, RESIDENT_NUMBER, row, number),
        "resident_number_region": number and number[:6],
        "phone_index": phone and _index(ring, PHONE, row, phone),
        "phone_head": phone and phone[:3],
        "birth_year_from": born and int(born[:4]) // 5 * 5,
    }


def _opened(ring: KeyRing, secret: Secret, row: asyncpg.Record) -> str | None:
    value = row[secret.column]
    return None if value is None else decrypt(ring, [Sealed(secret.table, secret.column, row["id"], value)])[0]


def _index(ring: KeyRing, secret: Secret, row: asyncpg.Record, text: str) -> bytes:
    """The blind index under the key version of the row's value: both change in one statement."""
    return blind_index(ring.versions[version_of(row[secret.column])], secret, text)


async def mend(connection: asyncpg.Connection, wrong: Mapping[int, Values]) -> None:
    """Write what the columns should be."""
    columns = [[values[name] for values in wrong.values()] for name in DERIVED]
    await connection.execute(MEND, list(wrong), *columns)
