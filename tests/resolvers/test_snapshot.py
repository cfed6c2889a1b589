"""One operation sees one moment of the database, whatever others commit while it runs."""

import asyncpg
import pytest

from db.server.connect import create_pool
from tests.resolvers.engine_client import EngineClient

TEXT = """query ($id: ID!) {
  employer(id: $id) { name headcount coverages { totalCount nodes { organization { name } } } }
  again: employers(filter: {id: {eq: $id}}) { totalCount nodes { name headcount } }
}"""
"""Five statements: the employer, its coverages and their count, the list and its count."""


async def change(url: str, key: int) -> None:
    """A committed change of everything that the operation reads."""
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("UPDATE employer SET name = 'changed', headcount = headcount + 1 WHERE id = $1", key)
        await connection.execute(
            "UPDATE organization SET name = 'changed' WHERE id IN"
            " (SELECT organization_id FROM employer_coverage WHERE employer_id = $1)",
            key,
        )
        await connection.execute(
            "INSERT INTO employer_coverage (organization_id, employer_id, valid_from) VALUES (1, $1, '2026-01-01')", key
        )
    await connection.close()


@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_a_change_that_is_committed_while_an_operation_runs_is_not_seen_by_it(
    fresh_database_url: str, at: int
) -> None:
    pool = await create_pool(fresh_database_url, size=2)
    try:
        key = await pool.fetchval("SELECT employer_id FROM employer_coverage ORDER BY id LIMIT 1")
        variables = {"id": f"emp_{key:x}"}
        before = await EngineClient(pool).data(TEXT, variables)
        changed = False

        async def hold(sent: int) -> None:
            nonlocal changed
            if sent == at:
                changed = True
                await change(fresh_database_url, key)

        assert await EngineClient(pool, hold=hold).data(TEXT, variables) == before
        assert changed
        after = await EngineClient(pool).data(TEXT, variables)
        assert after["employer"]["name"] == after["again"]["nodes"][0]["name"] == "changed"
        assert after["employer"]["coverages"]["totalCount"] == before["employer"]["coverages"]["totalCount"] + 1
    finally:
        await pool.close()


async def test_an_operation_of_one_statement_begins_no_transaction_and_one_of_several_begins_one(
    caller: EngineClient,
) -> None:
    begun = caller.watched.transactions
    begun.clear()
    await caller.data("{ members(first: 1) { nodes { name } } }")
    assert begun == []
    await caller.data("{ members(first: 1) { totalCount nodes { name memberships { id organization { id } } } } }")
    assert begun == [{"isolation": "repeatable_read", "readonly": True}]


async def test_a_plan_is_kept_unless_the_best_one_depends_on_the_values_of_a_run(database_url: str) -> None:
    pool = await create_pool(database_url, size=1)
    try:
        key = await pool.fetchval("SELECT id FROM employer ORDER BY id LIMIT 1")
        anew = (False, True)
        asked = {
            "{ employers(first: 2) { nodes { kind } } }": {},
            "{ employers(first: 2, orderBy: {field: NAME}) { nodes { name } } }": {},
            '{ employers(first: 2, filter: {name: {contains: "有限"}}) { nodes { name } } }': {},
            "query ($id: ID!) { employers(first: 2, filter: {id: {in: [$id]}}) { nodes { name } } }": {
                "id": f"emp_{key:x}"
            },
            "query ($id: ID!) { node(id: $id) { ... on Employer { name } } }": {"id": f"emp_{key:x}"},
            "query ($id: ID!) { employer(id: $id) { name headcount } }": {"id": f"emp_{key:x}"},
            "query ($id: ID!) { employer(id: $id) { kind coverages { totalCount } } }": {"id": f"emp_{key:x}"},
        }
        hub = EngineClient(pool)
        for _ in range(3):
            for text, variables in asked.items():
                await hub.data(text, variables)
        rows = await pool.fetch(
            "SELECT generic_plans > 0 AS kept, custom_plans > 0 AS anew FROM pg_prepared_statements"
            " WHERE statement LIKE $1",
            "% FROM employer %$1%",
        )
        assert sorted((row["kept"], row["anew"]) for row in rows) == [anew] * 2 + [(True, False)] * 5
    finally:
        await pool.close()
