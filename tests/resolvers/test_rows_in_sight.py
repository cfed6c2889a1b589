"""Root lists start from the caller's own keys: they have the rows for which the condition asked of each row holds, each once, in order."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ColumnElement, select
from strawberry.utils.str_converters import to_camel_case

from db.clock import today
from resolvers.access.callers import Caller
from resolvers.engine.declare.sources import Many
from resolvers.engine.declare.validity import validity_conditions
from resolvers.engine.declare.visibility import StatementAccess
from resolvers.engine.execute.engine import Engine
from resolvers.engine.plan.parameters import Binder, Inputs
from resolvers.engine.plan.statement import compiled
from resolvers.engine.request import global_ids
from schema import registry, schema
from tests.resolvers.parsed_documents import document
from tests.resolvers.personas import callers_of

NAMES = ("city", "industry", "social_security", "hr", "mediator", "member", "several")
SIZE, PAGES = 45, 4


@pytest.fixture(scope="module")
async def callers(pool: asyncpg.Pool) -> Mapping[str, Caller]:
    return await callers_of(pool)


@pytest.fixture(scope="module")
def engine(pool: asyncpg.Pool) -> Engine:
    return Engine(schema._schema, registry, pool, max_objects=25_000)


async def visible(pool: asyncpg.Pool, name: str, caller: Caller) -> list[tuple[int, ...]]:
    """The keys of a root list's rows, below their union where the list is by union, by the condition asked of each row."""
    many = registry.roots[name]
    assert isinstance(many, Many)
    source, binder = registry.sources[many.target], Binder()
    rows = many.relation.rows(source, None, {}, binder, StatementAccess(registry, caller.shape, binder))
    seen = registry.access.visible(source, caller.shape, binder, None)
    parts = registry.access.parts(source, caller.shape, binder) or ()
    assert seen is not None
    order: list[ColumnElement[Any]] = [source.key]
    if rows.union is not None and any(part.column is rows.union for part in parts):
        order.insert(0, rows.union)
    where = (*rows.where, *validity_conditions(many.period(source), {}, binder), seen)
    statement = compiled(select(*order).select_from(rows.from_).where(*where).order_by(*order), binder)
    inputs = Inputs({}, today(), caller)
    return [tuple(row) for row in await pool.fetch(statement.sql, *statement.bind(inputs))]


async def asked(engine: Engine, text: str, caller: Caller) -> Any:
    response = json.loads((await engine.execute(document(text), None, {}, caller=caller)).body)
    assert "errors" not in response, (response, text)
    return next(iter(response["data"].values()))


def keys_of(page: Any) -> list[int]:
    return [global_ids.decode(node["id"])[1] for node in page["nodes"]]


@pytest.mark.parametrize("name", NAMES)
async def test_lists_have_the_rows_in_sight(
    pool: asyncpg.Pool, engine: Engine, callers: Mapping[str, Caller], name: str
) -> None:
    caller, found = callers[name], 0
    for root, many in registry.roots.items():
        if not isinstance(many, Many) or not registry.access.parts(
            registry.sources[many.target], caller.shape, Binder()
        ):
            continue
        field = to_camel_case(root)
        expected = [row[-1] for row in await visible(pool, root, caller)]
        last = await asked(engine, f"{{ {field}(last: {SIZE}) {{ totalCount nodes {{ id }} }} }}", caller)
        assert last["totalCount"] == len(expected), field
        assert keys_of(last) == expected[-SIZE:], field
        after, keys, more = "", [], True
        for _ in range(PAGES):
            text = f"{{ {field}(first: {SIZE}{after}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
            page = await asked(engine, text, caller)
            keys += keys_of(page)
            more, cursor = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            if not more:
                break
            after = f', after: "{cursor}"'
        assert keys == expected[: len(keys)], field
        assert more == (len(keys) < len(expected)), field
        found += len(expected)
    assert found
