"""What is derived is compared with the records, and mended: rows that were made before a trigger kept them, or past it."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from db.consistency.checks import CHECKS
from db.consistency.run import Finding, examine, repair
from db.encryption.vault import Vault
from db.hierarchies import TABLES
from db.rollups.maintenance import rollup_differences
from tests.closure_walk import WALK

PAST = "SET LOCAL unionhub.closures = off; SET LOCAL session_replication_role = replica"
"""No trigger runs: what was written before there were any."""

BROKEN = {
    "territorial closure": (
        "UPDATE territorial_closure SET depth = depth + 1 WHERE descendant_id IN (SELECT max(id) FROM organization)",
        "DELETE FROM territorial_closure WHERE descendant_id = 7 AND depth > 0",
        "UPDATE territorial_closure SET valid_to = '2020-01-01' WHERE descendant_id = 8 AND ancestor_id = 1",
    ),
    "industrial closure": (
        "INSERT INTO industrial_closure (ancestor_id, descendant_id, valid_from, depth) SELECT 1, max(id), '2020-01-01', 1"
        " FROM organization",
    ),
    "division closure": (
        "DELETE FROM division_closure WHERE descendant_id = (SELECT max(id) FROM division) AND depth = 1",
        "INSERT INTO division_closure (ancestor_id, descendant_id, depth, inherited) SELECT max(id), min(id), 3, false FROM division",
    ),
    "members": ("UPDATE member SET organization_id = NULL WHERE id % 50 = 3",),
    "memberships": ("UPDATE membership SET entry = 'RETURNED' WHERE id % 60 = 7",),
    "imports": (
        "INSERT INTO import_job (organization_id, principal, kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes,"
        " state, started_at) VALUES (1, 'p', 'unions', 'f', 'd', false, false, false, 'RUNNING', now() - interval '1 day')",
    ),
    "blind indexes": (
        "UPDATE member SET resident_number_index = sha256(id::text::bytea) WHERE id % 70 = 9 AND resident_number IS NOT NULL",
        "UPDATE member SET phone_head = '999' WHERE id % 90 = 11 AND phone IS NOT NULL",
        "UPDATE member SET birth_year_from = 1900 WHERE id % 110 = 13 AND birth_date IS NOT NULL",
    ),
    "roll-ups": ("DELETE FROM rollup.membership_pack",),
}
"""What is broken past the triggers, by the check that finds it."""


@pytest.fixture(scope="module")
def url(kept_database: Callable[[str], str], template: str) -> str:
    return kept_database(template)


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def past_the_triggers(connection: asyncpg.Connection, *statements: str) -> None:
    async with connection.transaction():
        await connection.execute(PAST)
        for statement in statements:
            await connection.execute(statement)


async def repaired(url: str, vault: Vault | None, *, dry_run: bool = False) -> dict[str, Finding]:
    ring = None if vault is None else vault.keys.ring()
    return {finding.check: finding async for finding in repair(url, ring, dry_run=dry_run)}


async def test_a_sound_database_has_no_findings(url: str, vault: Vault) -> None:
    found = await repaired(url, vault)
    assert [finding for finding in found.values() if finding.count] == []
    assert set(BROKEN) <= set(found)


async def test_everything_that_is_broken_is_found_and_mended(
    url: str, connection: asyncpg.Connection, vault: Vault
) -> None:
    for statements in BROKEN.values():
        await past_the_triggers(connection, *statements)
    found = await repaired(url, vault, dry_run=True)
    assert {name for name, finding in found.items() if finding.count and not finding.mended} == set(BROKEN)
    quick = {finding.check async for finding in examine(connection) if finding.count}
    assert quick == set(BROKEN) & {check.name for check in CHECKS}
    members = await connection.fetchval("SELECT count(*) FROM member m WHERE id % 50 = 3 AND EXISTS (SELECT FROM membership s"
                                        " WHERE s.member_id = m.id AND s.valid_from IS NOT NULL AND s.valid_to IS NULL)")  # fmt: skip
    assert found["members"].count == members > FEW
    assert f"{members} members have another union" in found["members"].text

    mended = await repaired(url, vault)
    assert {name for name, finding in mended.items() if finding.mended} == set(BROKEN)
    assert not [finding for finding in (await repaired(url, vault)).values() if finding.count]
    assert await connection.fetchval("SELECT state FROM import_job WHERE principal = 'p'") == "BROKEN_OFF"
    async with connection.transaction(isolation="repeatable_read"):
        assert await rollup_differences(connection) == []
    unions = [row["id"] for row in await connection.fetch("SELECT id FROM organization")]
    for hierarchy, table in TABLES.items():
        rows = f"SELECT ancestor_id, descendant_id, valid_from, valid_to, depth FROM {table}"
        walk = WALK.format(table=table)
        for one, other in (("SELECT * FROM pairs", rows), (rows, "SELECT * FROM pairs")):
            assert await connection.fetch(f"{walk} {one} EXCEPT {other}", unions, hierarchy.name) == []


FEW = 5


async def test_unions_that_came_before_the_triggers_are_found_and_mended(
    url: str, connection: asyncpg.Connection
) -> None:
    """Two unions with links, inserted by SQL into a hub of an older version."""
    await past_the_triggers(
        connection,
        "INSERT INTO organization (id, name, level, kind, form, status, established_on) OVERRIDING SYSTEM VALUE VALUES"
        " (900001, '甲', 'GRASSROOTS', 'GRASSROOTS_UNION', 'INDEPENDENT', 'NORMAL', '2020-01-01'),"
        " (900002, '乙', 'GRASSROOTS', 'GRASSROOTS_UNION', 'INDEPENDENT', 'NORMAL', '2021-01-01')",
        "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from) VALUES"
        " (900001, (SELECT min(id) FROM organization WHERE level = 'COUNTY'), 'TERRITORIAL', true, '2020-01-01'),"
        " (900002, 900001, 'TERRITORIAL', true, '2021-01-01')",
    )
    found = {finding.check: finding async for finding in examine(connection)}
    for name in ("territorial closure", "industrial closure"):
        assert found[name].count == 2
        assert "first 900001, 900002" in found[name].text
    await repaired(url, None)
    assert not [finding async for finding in examine(connection) if finding.count]
    assert await connection.fetchval("SELECT count(*) FROM territorial_closure WHERE descendant_id = 900002") >= 4


async def test_a_circle_of_before_is_named_and_left(url: str, connection: asyncpg.Connection) -> None:
    low = await connection.fetchval(
        "SELECT max(descendant_id) FROM territorial_closure WHERE depth = 3 AND valid_to IS NULL"
    )
    above = await connection.fetchval(
        "SELECT ancestor_id FROM territorial_closure WHERE descendant_id = $1 AND depth = 2", low
    )
    was = await connection.fetchrow(
        "SELECT * FROM organization_link WHERE child_id = $1 AND hierarchy = 'TERRITORIAL'", above
    )
    change = f"UPDATE organization_link SET parent_id = {{}} WHERE id = {was['id']}"
    await past_the_triggers(connection, change.format(low))
    found = await repaired(url, None)
    assert found["circles"].count == 3
    assert not found["circles"].mended
    assert "End one link" in found["circles"].advice
    assert not {"territorial closure", "roll-ups"} & set(found)
    await past_the_triggers(connection, change.format(was["parent_id"]))
    assert not [finding for finding in (await repaired(url, None)).values() if finding.count]


async def test_values_that_the_keys_do_not_open_are_named(
    url: str, connection: asyncpg.Connection, vault: Vault
) -> None:
    first, second = await connection.fetch("SELECT id, phone FROM member WHERE phone IS NOT NULL ORDER BY id LIMIT 2")
    change = f"UPDATE member SET phone = '\\x{{}}' WHERE id = {first['id']}"
    await past_the_triggers(connection, change.format(second["phone"].hex()))
    found = await repaired(url, vault)
    assert found["encrypted values"].count == 1
    assert "1 members have encrypted values that the keys do not open" in found["encrypted values"].text
    await past_the_triggers(connection, change.format(first["phone"].hex()))
