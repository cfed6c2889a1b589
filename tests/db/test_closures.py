"""Closures equal links whichever way unions and links came: triggers keep them (migration 0043)."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.hierarchies import TABLES
from db.organizations import Hierarchy
from tests.closure_walk import WALK

UNION = """INSERT INTO organization (name, level, kind, form, status, established_on)
SELECT 'U' || n, 'GRASSROOTS', 'GRASSROOTS_UNION', 'INDEPENDENT', 'NORMAL', {day} FROM generate_series(1, $1) n RETURNING id"""
LINK = "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from) VALUES ($1, $2, $3, $4, $5::text::date)"
TOWNSHIP = "SELECT min(id) FROM organization WHERE level = 'TOWNSHIP' AND dissolved_on IS NULL"


@pytest.fixture
async def connection(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    async with pool.acquire() as acquired:
        transaction = acquired.transaction()
        await transaction.start()
        yield acquired
        await transaction.rollback()


async def wrong(connection: asyncpg.Connection) -> int:
    """How many closure rows differ from those that the links give, of all unions."""
    found = 0
    every = [row["id"] for row in await connection.fetch("SELECT id FROM organization")]
    for hierarchy, table in TABLES.items():
        rows = f"SELECT ancestor_id, descendant_id, valid_from, valid_to, depth FROM {table}"
        found += await connection.fetchval(
            f"{WALK.format(table=table)} SELECT count(*) FROM ((SELECT * FROM pairs EXCEPT {rows})"
            f" UNION ALL ({rows} EXCEPT SELECT * FROM pairs)) d",
            every,
            hierarchy.name,
        )
    return found


async def unions(connection: asyncpg.Connection, count: int = 1, day: str = "date '2020-05-01'") -> list[int]:
    return [row["id"] for row in await connection.fetch(UNION.format(day=day), count)]


async def test_unions_and_links_of_plain_sql_are_in_the_closures(connection: asyncpg.Connection) -> None:
    above = await connection.fetchval(TOWNSHIP)
    first, second = await unions(connection, 2)
    assert await wrong(connection) == 0
    await connection.execute(LINK, second, first, "TERRITORIAL", True, "2021-01-01")
    await connection.execute(LINK, first, above, "TERRITORIAL", True, "2020-05-01")
    assert await wrong(connection) == 0
    assert (
        await connection.fetchval(
            "SELECT depth FROM territorial_closure WHERE (ancestor_id, descendant_id) = ($1, $2)", above, second
        )
        == 2
    )


@pytest.mark.parametrize("day", ["date '2020-05-01'", "NULL"])
async def test_closures_follow_every_change_of_links_and_days(connection: asyncpg.Connection, day: str) -> None:
    above = await connection.fetchval(TOWNSHIP)
    other = await connection.fetchval(f"{TOWNSHIP} AND id > $1", above)
    made = await unions(connection, 3, day)
    await connection.execute(LINK, made[0], above, "TERRITORIAL", True, "2020-06-01")
    await connection.execute(LINK, made[1], made[0], "TERRITORIAL", True, "2020-06-01")
    await connection.execute(LINK, made[2], made[1], "INDUSTRIAL", True, "2020-06-01")
    for statement in (
        f"UPDATE organization_link SET parent_id = {other} WHERE child_id = {made[0]}",
        f"UPDATE organization_link SET valid_from = '2021-01-01' WHERE child_id = {made[0]}",
        f"UPDATE organization_link SET hierarchy = 'INDUSTRIAL' WHERE child_id = {made[1]}",
        f"UPDATE organization_link SET valid_to = '2020-12-01' WHERE child_id = {made[2]}",
        f"UPDATE organization_link SET child_id = {made[2]} WHERE child_id = {made[1]}",
        f"UPDATE organization_link SET valid_to = '2022-01-01', reason = 'x' WHERE child_id = {made[0]}",
        f"UPDATE organization SET established_on = '2021-02-01' WHERE id = ANY ('{{{made[0]},{made[1]}}}')",
        f"UPDATE organization SET dissolved_on = '2023-01-01', status = 'DISSOLVED' WHERE id = {made[0]}",
        f"DELETE FROM organization_link WHERE child_id = {made[0]}",
        f"DELETE FROM organization_link WHERE child_id = ANY ('{{{made[1]},{made[2]}}}')",
    ):
        await connection.execute(statement)
        assert await wrong(connection) == 0, statement


async def test_a_circle_of_unions_is_refused(connection: asyncpg.Connection) -> None:
    top, middle, low = await unions(connection, 3)
    await connection.execute(LINK, middle, top, "TERRITORIAL", True, "2020-05-01")
    await connection.execute(LINK, low, middle, "TERRITORIAL", True, "2020-05-01")
    for child, parent in ((top, low), (top, top)):
        with pytest.raises(asyncpg.CheckViolationError, match=f"union {top} would be above itself"):
            async with connection.transaction():
                await connection.execute(LINK, child, parent, "TERRITORIAL", True, "2021-01-01")
    await connection.execute(LINK, top, low, "INDUSTRIAL", True, "2021-01-01")
    assert await wrong(connection) == 0


async def test_what_closures_do_not_depend_on_costs_no_computing(connection: asyncpg.Connection) -> None:
    """The computing writes to closures; here their rows stay where they are."""
    places = "SELECT array_agg(ctid::text ORDER BY ctid) FROM territorial_closure"
    before = await connection.fetchval(places)
    await connection.execute("UPDATE organization_link SET reason = 'x', is_lead = is_lead")
    await connection.execute("UPDATE organization SET name = name || '。'")
    assert await connection.fetchval(places) == before


@pytest.mark.parametrize("hierarchy", Hierarchy)
async def test_many_links_of_one_statement_take_one_computing(
    connection: asyncpg.Connection, hierarchy: Hierarchy
) -> None:
    above = await connection.fetchval(TOWNSHIP)
    made = await unions(connection, 300)
    await connection.execute(
        "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from)"
        " SELECT u, CASE WHEN n = 1 THEN $2 ELSE ($1::bigint[])[n / 7 + 1 - (n = 1)::int] END, $3, true, '2020-05-01'"
        " FROM unnest($1::bigint[]) WITH ORDINALITY AS made(u, n) WHERE n = 1 OR n / 7 + 1 < n",
        made,
        above,
        hierarchy.name,
    )
    assert await wrong(connection) == 0
