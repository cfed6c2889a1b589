"""The union on a member's row follows the memberships, whoever writes them and however."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

DIFFERENT = """
SELECT count(*) FROM member m
LEFT JOIN membership s ON s.member_id = m.id AND s.valid_from IS NOT NULL AND s.valid_to IS NULL
WHERE m.organization_id IS DISTINCT FROM s.organization_id
"""


@pytest.fixture
async def db(fresh_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def union_of(db: asyncpg.Connection, member: int) -> int | None:
    found: int | None = await db.fetchval("SELECT organization_id FROM member WHERE id = $1", member)
    return found


async def test_every_generated_member_has_the_union_of_the_active_membership(pool):
    assert await pool.fetchval(DIFFERENT) == 0
    assert await pool.fetchval("SELECT count(*) FROM member WHERE organization_id IS NULL") == 0


async def test_a_member_is_transferred(db):
    old = await union_of(db, 1)
    new = await db.fetchval("SELECT id FROM organization WHERE level = 'GRASSROOTS' AND id <> $1 LIMIT 1", old)
    await db.execute("UPDATE membership SET valid_to = valid_from + 9 WHERE member_id = 1 AND valid_to IS NULL")
    assert await union_of(db, 1) is None
    await db.execute(
        "INSERT INTO membership (member_id, organization_id, status, channel, applied_on)"
        " VALUES (1, $1, 'APPLIED', 'QR', '2026-01-02')",
        new,
    )
    assert await union_of(db, 1) is None
    await db.execute(
        "UPDATE membership SET valid_from = '2026-01-05', status = 'ACTIVE' WHERE member_id = 1 AND valid_from IS NULL"
    )
    assert await union_of(db, 1) == new
    await db.execute("DELETE FROM membership WHERE member_id = 1 AND organization_id = $1", new)
    assert await union_of(db, 1) is None
    assert await db.fetchval(DIFFERENT) == 0


async def test_memberships_that_move_in_one_statement_leave_no_member_behind(db):
    first, second = await db.fetch(
        "SELECT organization_id AS id FROM membership WHERE valid_to IS NULL GROUP BY 1 ORDER BY 1 LIMIT 2"
    )
    await db.execute("UPDATE membership SET organization_id = $1 WHERE organization_id = $2", first["id"], second["id"])
    assert await db.fetchval(DIFFERENT) == 0
    one, other = await db.fetch("SELECT id FROM member WHERE organization_id = $1 ORDER BY id LIMIT 2", first["id"])
    await db.execute("DELETE FROM membership WHERE member_id = $1", one["id"])
    await db.execute(
        "UPDATE membership SET member_id = $1 WHERE member_id = $2 AND valid_to IS NULL", one["id"], other["id"]
    )
    assert (await union_of(db, one["id"]), await union_of(db, other["id"])) == (first["id"], None)
    await db.execute("TRUNCATE membership CASCADE")
    assert await db.fetchval(DIFFERENT) == 0
