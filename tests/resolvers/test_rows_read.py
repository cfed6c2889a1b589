"""Root lists cost what the caller sees: they read no more where the federation is three times as large and the caller's part the same."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from bench.rows_read import MeasuredPool, Read, root_lists
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller, Lens
from resolvers.engine.declare.sources import Many
from resolvers.engine.execute.engine import Engine
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import camel, snake
from resolvers.relations import Within
from schema import registry, schema
from tests.conftest import run
from tests.growth import grow
from tests.resolvers.parsed_documents import document
from tests.resolvers.personas import callers_of
from tests.resolvers.random_operations import Code, literal

COPIES = 2
"""So many federations stand beside the one that the callers belong to."""
FACTOR, ROWS, BLOCKS = 1.5, 60, 90
"""How much more rows and blocks may be read in the larger database: so many times as many, and so many besides, for an index that is a
level deeper and for a scan of a small index from end to end. A block for each row of the caller's is no growth: PostgreSQL may read the
same rows one by one instead of by a bitmap."""
NAMES = (
    "province", "city", "grassroots", "industry", "hr", "social_security", "employers_body", "mediator", "member", "several",
)  # fmt: skip
LISTS = root_lists()


class Databases:
    """Two databases behind both walls: one federation alone, and the same with others beside it."""

    def __init__(self, pools: Mapping[str, asyncpg.Pool], callers: Mapping[str, Caller], nation: int) -> None:
        self.callers = callers
        self.nation = nation
        self.pools = {name: MeasuredPool(pool) for name, pool in pools.items()}
        self.engines = {
            name: Engine(schema._schema, registry, pool, max_objects=25_000)  # type: ignore[arg-type]
            for name, pool in self.pools.items()
        }
        self.engines["many"].plans = self.engines["one"].plans

    async def faults(self, text: str, name: str) -> list[str]:
        """How an operation costs more, or answers otherwise, where there are many federations."""
        answers, reads = {}, {}
        for size, engine in self.engines.items():
            read = self.pools[size].read = Read()
            answer = await engine.execute(document(text), None, {}, caller=self.callers[name])
            answers[size], reads[size] = json.loads(answer.body), read
        if answers["one"].get("errors", [{}])[0].get("extensions", {}).get("code") == "MASKED_COLUMN":
            return []
        one, many = reads["one"], reads["many"]
        found = []
        if answers["one"] != answers["many"] or "errors" in answers["one"]:
            found.append(f"{name}: {text}: {answers}")
        if many.rows > FACTOR * one.rows + ROWS:
            found.append(f"{name}: {text}: {one.rows:.0f} rows become {many.rows:.0f}")
        if many.blocks > max(FACTOR * one.blocks + BLOCKS, one.rows):
            found.append(f"{name}: {text}: {one.blocks} blocks become {many.blocks}")
        return found

    async def below(self, text: str, name: str) -> tuple[Any, Read]:
        """The answer to an operation in the smaller database, and what it read."""
        read = self.pools["one"].read = Read()
        answer = await self.engines["one"].execute(document(text), None, {}, caller=self.callers[name])
        return json.loads(answer.body), read


@pytest.fixture(scope="module")
def urls(kept_database: Callable[[str], str], template: str) -> Mapping[str, str]:
    """The two databases, by name."""
    found = {"one": kept_database(template), "many": kept_database(template)}
    run(_prepare(found))
    return found


async def _prepare(found: Mapping[str, str]) -> None:
    for size, url in found.items():
        connection = await asyncpg.connect(url)
        await connection.execute(f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET enable_seqscan = off")
        if size == "many":
            await grow(connection, COPIES)
        await connection.close()


@pytest.fixture(scope="module")
async def databases(urls: Mapping[str, str]) -> AsyncIterator[Databases]:
    pools = {size: await create_pool(url, role=READER, size=1) for size, url in urls.items()}
    owner = await create_pool(urls["one"], size=1)
    nation = await owner.fetchval("SELECT id FROM organization WHERE level = 'NATIONAL' ORDER BY id LIMIT 1")
    yield Databases(pools, await callers_of(owner), nation)
    for pool in (*pools.values(), owner):
        await pool.close()


def arguments(root: str, name: str) -> Any:
    """The type of an argument of a root list."""
    query = schema._schema.query_type
    assert query is not None
    found = query.fields[root].args.get(name)
    return None if found is None else get_named_type(found.type)


def condition(type_: GraphQLInputObjectType) -> Any:
    """A condition on a column that many rows fulfil; None of rows that a filter leads to."""
    fields = {name: get_named_type(found.type) for name, found in type_.fields.items()}
    if "contains" in fields:
        return {"contains": "工"}
    if "gte" in fields and fields["gte"].name in VALUES:
        return {"gte": VALUES[fields["gte"].name]}
    if isinstance(fields.get("eq"), GraphQLEnumType):
        return {"eq": Code(next(iter(fields["eq"].values)))}
    return {"isNull": False} if "isNull" in fields else None


VALUES = {"Date": "2020-01-01", "DateTime": "2020-01-01T00:00:00Z", "Int": 1, "Decimal": "1"}


def variants(root: str) -> list[str]:
    """The arguments of a root list beside its page: each condition of its filter on a column, and each of its orders."""
    found = []
    filters, orders = arguments(root, "filter"), arguments(root, "orderBy")
    for name, field in {} if filters is None else filters.fields.items():
        inner = get_named_type(field.type)
        is_column = name != "id" and snake(name) in registry.sources[LISTS[root]].table.c
        set_ = condition(inner) if is_column and isinstance(inner, GraphQLInputObjectType) else None
        if set_ is not None:
            found.append(f"filter: {{{name}: {literal(set_)}}}")
    for name in () if orders is None else get_named_type(orders.fields["field"].type).values:
        if not name.endswith("_MATCH"):
            found.append(f"orderBy: {{field: {name}, direction: DESC}}")
    return found


def seen(databases: Databases, name: str) -> Iterator[str]:
    """The root lists of which a caller sees some rows and not all."""
    for root, target in LISTS.items():
        if registry.access.parts(registry.sources[target], databases.callers[name].shape, Binder()):
            yield root


@pytest.mark.parametrize("name", NAMES)
async def test_a_list_and_its_count_read_what_the_caller_sees(databases: Databases, name: str) -> None:
    found = []
    for root in seen(databases, name):
        found += await databases.faults(f"{{ {root}(first: 20) {{ totalCount nodes {{ id }} }} }}", name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", NAMES[::2])
async def test_so_do_filters_and_orders(databases: Databases, name: str) -> None:
    """One of each list here, another one for each caller, of every other caller; all of them in the slow test."""
    found = []
    for place, root in enumerate(seen(databases, name)):
        choices = variants(root)
        chosen = [choices[(place + 5 * NAMES.index(name)) % len(choices)]] if choices else []
        for more in chosen:
            found += await databases.faults(f"{{ {root}(first: 20, {more}) {{ totalCount nodes {{ id }} }} }}", name)
    assert not found, "\n".join(found)


SEEN_OTHERWISE = {
    "venues", "policyDocuments", "certificationRounds", "certifications", "cooperationAgreements", "wishes", "rosters", "careCases",
    "mutualAidClaims",
}  # fmt: skip
"""Lists below a union of records that are not in sight by their union alone, or by more of them than their own: these read all below."""
TIMES = 6
"""Of members below the nation each is looked up that a union of the caller's has, where below the caller's own that is asked once."""


def lists_below_a_union() -> Iterator[str]:
    """The lists of records of the unions below one."""
    for name, field in registry.sources["Organization"].fields.items():
        if isinstance(field, Many) and isinstance(field.relation, Within):
            yield camel(name)


@pytest.mark.parametrize("name", ["province", "city", "grassroots"])
async def test_a_list_below_the_nation_reads_what_the_caller_sees(databases: Databases, name: str) -> None:
    """It has the rows below the caller's own union."""
    (own,) = databases.callers[name].lenses[Lens.TERRITORIAL]
    found = []
    for field in set(lists_below_a_union()) - SEEN_OTHERWISE:
        (rows, read), (rows_below, read_below) = [
            await databases.below(
                f'{{ organization(id: "org_{key:x}") {{ {field}(first: 5) {{ nodes {{ id }} }} }} }}', name
            )
            for key in (own, databases.nation)
        ]
        if rows_below != rows or not rows["data"]["organization"]:
            found.append(f"{field}: {rows} is not {rows_below}")
        if read_below.rows > TIMES * read.rows + ROWS or read_below.blocks > TIMES * read.blocks + BLOCKS:
            found.append(f"{field}: {read} becomes {read_below}")
    assert not found, "\n".join(found)
    assert set(lists_below_a_union()) > SEEN_OTHERWISE


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_so_do_all_filters_and_orders(databases: Databases, name: str) -> None:
    found = []
    for root in seen(databases, name):
        for more in variants(root):
            found += await databases.faults(f"{{ {root}(first: 20, {more}) {{ totalCount nodes {{ id }} }} }}", name)
    assert not found, "\n".join(found)
