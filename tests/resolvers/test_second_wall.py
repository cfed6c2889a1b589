"""The first wall removed: plans compiled without any scope, on the pool that the hub has, against plans with it and no second wall."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from db.clock import today
from db.connect import create_pool
from db.row_security import READER
from resolvers.access import Caller, Lens
from resolvers.engine import ids
from resolvers.engine.engine import Engine
from schema import registry, schema
from tests.db.row_reference import reference
from tests.resolvers.callers import callers_of
from tests.resolvers.documents import document

LISTS = {
    "organizations": "organization",
    "members": "member",
    "memberships": "membership",
    "employers": "employer",
    "collectiveAgreements": "collective_agreement",
    "insuranceEnrolments": "insurance_enrolment",
    "disputeCases": "dispute_case",
}
NAMES = (
    "national", "province", "city", "grassroots", "industry", "hr", "social_security", "employers_body", "mediator", "member", "several",
    "analyst", "nobody",
)  # fmt: skip
NESTED = """query { organizations(first: 20, filter: {level: {in: [CITY, COUNTY, GRASSROOTS]}}) { totalCount nodes { id
  parents { id parent { id } } ancestors { id } children(first: 5) { totalCount nodes { id } } committeeTerms { id }
  employers(first: 3) { totalCount nodes { id organization { id } } }
  members(first: 3) { totalCount nodes { id memberships { id organization { id } } engagements { id employer { id } } } }
  disputeCases(first: 3) { totalCount nodes { id parties(first: 5) { nodes { id role } } steps { id } } }
  collectiveAgreements(first: 3) { totalCount nodes { id parties { id } steps { id } } }
  insuranceEnrolments(first: 3) { totalCount nodes { id member { id } participant { id } } } } } }"""


@pytest.fixture(scope="module")
async def callers(pool: asyncpg.Pool) -> Mapping[str, Caller]:
    return await callers_of(pool)


@pytest.fixture(scope="module")
async def second(database_url: str) -> AsyncIterator[Engine]:
    """The second wall alone."""
    pool = await create_pool(database_url, role=READER, size=2)
    yield Engine(schema._schema, registry, pool, max_objects=25_000, first_wall=False)
    await pool.close()


@pytest.fixture(scope="module")
def both(second: Engine) -> Engine:
    """Both walls."""
    return Engine(schema._schema, registry, second.pool, max_objects=25_000)


async def data(engine: Engine, text: str, caller: Caller, variables: Mapping[str, Any] | None = None) -> Any:
    response = json.loads((await engine.execute(document(text), None, variables or {}, caller=caller)).body)
    assert {error["extensions"]["code"] for error in response.get("errors", ())} <= {"NOT_FOUND"}, response
    return response["data"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", LISTS)
async def test_a_list_compiled_without_scope_holds_no_row_beyond_it(second, both, pool, callers, field, name):
    caller = callers[name]
    allowed = await reference(pool, LISTS[field], caller, today())
    found = (await data(second, f"{{ {field}(first: 200) {{ totalCount nodes {{ id }} }} }}", caller))[field]
    assert {ids.decode(node["id"], node["id"].split("_")[0])[1] for node in found["nodes"]} <= allowed
    assert found["totalCount"] <= len(allowed)
    if Lens.AGGREGATES in caller.lenses:
        assert found == {"totalCount": 0, "nodes": []}  # what an analyst is told of counts is the first wall's affair
    elif field != "organizations" or Lens.SELF not in caller.lenses:
        # the unions of a worker's enrolments and cases are open to the second wall only
        assert found == (await data(both, f"{{ {field}(first: 200) {{ totalCount nodes {{ id }} }} }}", caller))[field]


@pytest.mark.parametrize("name", NAMES)
async def test_what_lies_deeper_is_the_same_whichever_wall_stands(second, both, callers, name):
    caller = callers[name]
    if Lens.SELF in caller.lenses or Lens.AGGREGATES in caller.lenses:
        pytest.skip("the walls differ, as the lists say")
    assert await data(second, NESTED, caller) == await data(both, NESTED, caller)


@pytest.mark.parametrize("name", NAMES)
async def test_a_record_out_of_scope_is_null_to_a_plan_without_scope(second, pool, callers, name):
    caller = callers[name]
    for table in ("member", "dispute_case", "employer", "collective_agreement"):
        source = next(each for each in registry.sources.values() if each.table.name == table)
        allowed = await reference(pool, table, caller, today())
        every = {row["id"] for row in await pool.fetch(f"SELECT id FROM {table} ORDER BY id LIMIT 500")}
        for keys, is_seen in ((sorted(every & allowed)[:3], True), (sorted(every - allowed)[:3], False)):
            for key in keys:
                found = await data(
                    second, "query($id: ID!) { node(id: $id) { id } }", caller, {"id": ids.encode(source.prefix, key)}
                )
                assert (found["node"] is not None) is is_seen, (name, table, key)
