"""The first wall removed: plans compiled without any scope, on the pool that the hub has, against plans with it and no second wall."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import product
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, get_named_type
from strawberry.utils.str_converters import to_camel_case

from db.clock import today
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller, Lens
from resolvers.access.row_access import OPEN as OPEN_TYPES
from resolvers.engine.declare.sources import Many
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request import global_ids
from resolvers.engine.statistics.published import NAMING
from schema import registry, schema
from tests.db.row_reference import REFERENCE, reference
from tests.resolvers.parsed_documents import document
from tests.resolvers.personas import callers_of
from tests.slow import sampled

LISTS = {
    name: registry.sources[answer.target].table.name
    for name, answer in ((to_camel_case(name), answer) for name, answer in registry.roots.items())
    if isinstance(answer, Many)
    and answer.target not in OPEN_TYPES
    and registry.sources[answer.target].table.name in REFERENCE
}
"""The lists at the root by what they hold, but for what is open to everyone and what the hub keeps itself."""
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
def first(pool: asyncpg.Pool) -> Engine:
    """The first wall alone."""
    return Engine(schema._schema, registry, pool, max_objects=25_000)


@pytest.fixture(scope="module")
def both(first: Engine, second: Engine) -> Engine:
    """Both walls; what is compiled for the first alone serves both."""
    made = Engine(schema._schema, registry, second.pool, max_objects=25_000)
    made.plans = first.plans
    return made


async def data(engine: Engine, text: str, caller: Caller, variables: Mapping[str, Any] | None = None) -> Any:
    response = json.loads((await engine.execute(document(text), None, variables or {}, caller=caller)).body)
    assert {error["extensions"]["code"] for error in response.get("errors", ())} <= {"NOT_FOUND"}, response
    return response["data"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", LISTS)
async def test_a_list_compiled_without_scope_holds_no_row_beyond_it(second, pool, callers, field, name):
    caller = callers[name]
    allowed = await reference(pool, LISTS[field], caller, today())
    found = (await data(second, f"{{ {field}(first: 200) {{ totalCount nodes {{ id }} }} }}", caller))[field]
    assert {global_ids.decode(node["id"], node["id"].split("_")[0])[1] for node in found["nodes"]} <= allowed
    assert found["totalCount"] <= len(allowed)
    if Lens.AGGREGATES in caller.lenses:
        assert found == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "analyst"])
async def test_the_second_wall_hides_nothing_that_the_first_shows(first, both, callers, name):
    for field in (*LISTS, "administeredGrants", "apiKeys"):
        text = f"{{ {field}(first: 200) {{ totalCount nodes {{ id }} }} }}"
        assert await data(both, text, callers[name]) == await data(first, text, callers[name]), field
    assert await data(both, NESTED, callers[name]) == await data(first, NESTED, callers[name])


@pytest.mark.parametrize("kind", registry.statistics)
async def test_statistics_are_the_same_behind_both_walls(first, both, callers, kind):
    text = f"{{ statistics(kind: {kind}) {{ total {{ records }} }} }}"
    for name in NAMES:
        assert await data(both, text, callers[name]) == await data(first, text, callers[name]), name


@pytest.mark.parametrize("kind", registry.statistics)
async def test_who_has_aggregates_only_groups_by_all_that_names_nobody(both, first, callers, kind):
    """Values that are rows out of sight are refused, grouped by or as a condition; all others are answered behind both walls."""
    for name, found in registry.statistics[kind].dimensions.items():
        text = f"{{ statistics(kind: {kind}, groupBy: [{name}]) {{ groups {{ keys {{ value label }} records }} }} }}"
        given = f'{{ statistics(kind: {kind}, where: [{{dimension: {name}, in: ["x_1"]}}]) {{ total {{ records }} }} }}'
        if name in NAMING or (isinstance(found, Ref) and found.target not in OPEN_TYPES):
            for refused in (text, given):
                answer = await both.execute(document(refused), None, {}, caller=callers["analyst"])
                codes = [error["extensions"]["code"] for error in json.loads(answer.body)["errors"]]
                assert codes == ["DIMENSION_WITHHELD"], (name, codes)
        else:
            assert await data(both, text, callers["analyst"]) == await data(first, text, callers["analyst"]), name


@pytest.mark.parametrize("name", NAMES)
async def test_what_lies_deeper_holds_no_row_beyond_it_either(second, pool, callers, name):
    caller = callers[name]
    allowed = {table: await reference(pool, table, caller, today()) for table in set(LISTS.values())}
    tables = {source.prefix: source.table.name for source in registry.sources.values()}

    def seen(value: Any) -> Iterator[tuple[str, int]]:
        if isinstance(value, dict):
            if "id" in value:
                prefix = value["id"].split("_")[0]
                yield tables[prefix], global_ids.decode(value["id"], prefix)[1]
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from seen(item)

    for table, key in seen(await data(second, NESTED, caller)):
        assert table not in allowed or key in allowed[table], (table, key)


@pytest.mark.parametrize("field", LISTS)
async def test_callers_with_aggregates_only_have_no_list_behind_either_wall(both, first, callers, field):
    for engine in (both, first):
        answer = await engine.execute(document(f"{{ {field} {{ totalCount }} }}"), None, {}, caller=callers["analyst"])
        (error,) = json.loads(answer.body)["errors"]
        assert error["extensions"]["code"] == "AGGREGATES_ONLY"


def filters(name: str, depth: int) -> Iterator[Any]:
    """A condition on each field of a filter's type and, through relations and lists, of those below it."""
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    for field, given in type_.fields.items():
        operand = get_named_type(given.type)
        assert isinstance(operand, GraphQLInputObjectType)
        if field in ("and", "or", "not"):
            continue
        if "isNull" in operand.fields:
            yield {field: {"isNull": False}}
        elif "in" in operand.fields:
            yield {field: {"in": []}}
        elif "some" in operand.fields:
            below = get_named_type(operand.fields["some"].type).name
            yield from ({field: {"some": found}} for found in filters(below, depth - 1)) if depth else ()
        elif "eq" in operand.fields:
            yield {field: {"eq": True}}
        elif depth:
            yield from ({field: found} for found in filters(operand.name, depth - 1))


@pytest.mark.parametrize(("field", "depth"), sampled(product(LISTS, (1, 3)), [(field, 1) for field in LISTS]))
async def test_no_filter_opens_a_list_to_callers_with_aggregates_only(both, callers, field, depth):
    given = get_named_type(schema._schema.query_type.fields[field].args["filter"].type).name
    text = f"query($filter: {given}) {{ {field}(filter: $filter) {{ totalCount }} }}"
    for found in filters(given, depth):
        answer = await both.execute(document(text), None, {"filter": found}, caller=callers["analyst"])
        assert (answer.status, answer.code) == (400, "AGGREGATES_ONLY"), found


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
                    second,
                    "query($id: ID!) { node(id: $id) { id } }",
                    caller,
                    {"id": global_ids.encode(source.prefix, key)},
                )
                assert (found["node"] is not None) is is_seen, (name, table, key)
