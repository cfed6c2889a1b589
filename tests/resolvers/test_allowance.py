"""What a caller's roles may ask for at once, where that is less than anybody may."""

import json
from typing import Any

import asyncpg
import pytest

from resolvers.engine.execute.engine import Engine
from resolvers.engine.reference.executor import EXECUTORS
from resolvers.engine.request.limits import Allowance
from schema import registry, schema
from tests.resolvers.engine_client import NATIONAL
from tests.resolvers.parsed_documents import document

SMALL = Allowance(objects=60, page=30)


@pytest.fixture(params=["plan", "default"])
def engine(request: pytest.FixtureRequest, pool: asyncpg.Pool) -> Engine:
    return Engine(schema._schema, registry, pool, max_objects=1_000, reference=EXECUTORS[request.param])


async def ask(engine: Engine, text: str, allowance: Allowance | None = SMALL, **variables: Any) -> Any:
    answer = await engine.execute(document(text), None, variables, caller=NATIONAL, allowance=allowance)
    return json.loads(answer.body)


async def code(engine: Engine, text: str, allowance: Allowance | None = SMALL, **variables: Any) -> str:
    response = await ask(engine, text, allowance, **variables)
    assert "data" not in response
    return str(response["errors"][0]["extensions"]["code"])


async def test_a_page_up_to_the_roles_is_given(engine: Engine) -> None:
    response = await ask(engine, "{ organizations(first: 30) { nodes { id } } }")
    assert len(response["data"]["organizations"]["nodes"]) == 30


@pytest.mark.parametrize("name", ["first", "last"])
async def test_a_larger_page_is_refused(engine: Engine, name: str) -> None:
    text = f"query Q($size: Int) {{ organizations({name}: $size) {{ nodes {{ id }} }} }}"
    assert await code(engine, text, size=31) == "PAGE_TOO_LARGE_FOR_ROLE"
    assert await code(engine, text, size=201) == "BAD_PAGE"
    assert "data" in await ask(engine, text, None, size=31)


async def test_pages_below_parents_and_pages_without_rows_are_refused_too(engine: Engine) -> None:
    nested = "{ organizations(first: 1) { nodes { members(first: 31) { totalCount } } } }"
    assert await code(engine, nested) == "PAGE_TOO_LARGE_FOR_ROLE"
    assert await code(engine, "{ members(first: 31) { totalCount } }") == "PAGE_TOO_LARGE_FOR_ROLE"


async def test_lists_of_ids_are_pages(engine: Engine) -> None:
    text = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await code(engine, text, ids=["org_1"] * 31) == "PAGE_TOO_LARGE_FOR_ROLE"
    assert len((await ask(engine, text, ids=["org_1"] * 30))["data"]["nodes"]) == 30


async def test_the_page_that_nobody_asked_for_is_no_larger_than_the_roles(engine: Engine) -> None:
    response = await ask(engine, "{ organizations { nodes { id } } }", Allowance(1_000, 7))
    assert len(response["data"]["organizations"]["nodes"]) == 7


CITIES = """{ divisions(first: %d, filter: {level: {eq: CITY}, name: {endsWith: "市"}}) {
    nodes { descendants(first: %d) { nodes { id } } } } }"""


async def test_more_objects_than_the_roles_are_refused(engine: Engine) -> None:
    assert await code(engine, CITIES % (10, 6)) == "TOO_COMPLEX_FOR_ROLE"
    assert "data" in await ask(engine, CITIES % (10, 5))
    assert "data" in await ask(engine, CITIES % (10, 6), None)
    assert await code(engine, CITIES % (100, 200), None) == "TOO_COMPLEX"


async def test_a_role_is_not_given_more_than_anybody(engine: Engine) -> None:
    assert await code(engine, CITIES % (100, 20), Allowance(25_000, 200)) == "TOO_COMPLEX"
