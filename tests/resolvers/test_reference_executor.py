"""Plans answer as graphql-core's own executor does, errors included, over random operations on the whole schema, for callers of every
lens."""

import asyncio
import json
import random
from typing import Any

import asyncpg
import pytest

from resolvers.engine.execute.engine import Engine
from resolvers.engine.reference.executor import reference_executor
from resolvers.engine.request import global_ids
from schema import registry, schema
from tests.resolvers.parsed_documents import document
from tests.resolvers.personas import callers_of
from tests.resolvers.random_operations import Known, OperationWriter
from tests.slow import sampled

OPERATIONS = 2_600
SEEDS = 26
SAMPLE = range(3)
"""Seeds that ``make test`` runs: half of them as the national federation, the others as one persona each."""


@pytest.fixture(scope="session")
async def known(pool: asyncpg.Pool) -> Known:
    """IDs of some rows of each type, the richest first where that can be told, and of one row that is not there."""
    found = {}
    for name, source in registry.sources.items():
        rows = await pool.fetch(f"SELECT id FROM {source.table.name} ORDER BY hashint8(id) LIMIT 40")
        found[name] = [global_ids.encode(source.prefix, row["id"]) for row in rows] + [
            global_ids.encode(source.prefix, 2**40)
        ]
    parents = await pool.fetch(
        "SELECT ancestor_id AS id, count(*) FROM territorial_closure GROUP BY 1 ORDER BY 2 DESC LIMIT 8"
    )
    unions = await pool.fetch(
        "SELECT organization_id AS id, count(*) FROM membership GROUP BY 1 ORDER BY 2 DESC LIMIT 30"
    )
    found["Organization"] += [global_ids.encode("org", row["id"]) for row in (*parents, *unions)]
    return Known(found)


@pytest.mark.parametrize("seed", sampled(range(SEEDS), SAMPLE))
async def test_plan_and_default_executor_give_the_same_response(pool: asyncpg.Pool, known: Known, seed: int) -> None:
    core = schema._schema
    planned = Engine(core, registry, pool, max_objects=25_000)
    referee = Engine(core, registry, pool, max_objects=25_000, reference=reference_executor)
    chance = random.Random(f"operations {seed}")
    callers = await callers_of(pool)
    caller = callers["national"] if seed % 2 else callers[sorted(callers)[seed // 2 % len(callers)]]
    answered = refused = 0
    for _ in range(OPERATIONS // SEEDS):
        operation = OperationWriter(core, known, chance, bad=0.03).write()
        found = document(operation.text)
        ours, theirs = await asyncio.gather(
            planned.execute(found, None, operation.variables, caller=caller),
            referee.execute(found, None, operation.variables, caller=caller),
        )
        if theirs.code == "TOO_COMPLEX":  # the referee goes by page sizes alone
            assert ours.status == 200 or ours.code == "TOO_COMPLEX", operation
            continue
        assert ours.status == theirs.status, operation
        assert comparable(json.loads(ours.body)) == comparable(json.loads(theirs.body)), operation
        answered += ours.status == 200
        refused += ours.status == 400
    assert answered > refused > 0 or (not caller.sees_rows and answered and refused)


def comparable(response: dict[str, Any]) -> dict[str, Any]:
    """A response with its errors in an order of their own: the specification leaves theirs open."""
    if "errors" in response:
        response["errors"].sort(key=lambda error: json.dumps(error, sort_keys=True))
    return response
