"""Memory of the hub's caches: a process that answers many different operations, each once, and one that clients send again and again."""

import asyncio
import gc
import random
from collections.abc import Iterator
from itertools import islice
from time import perf_counter

import psutil
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)
from rich.console import Console

from bench.database import Database
from db.server.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from hub.serve import spare_the_collector
from hub.settings import Settings
from resolvers.access.callers import Caller
from resolvers.engine.execute.engine import Engine
from schema import registry, schema

CALLER = Caller("benchmark", everything=True)
ROOTS = (
    "organizations",
    "members",
    "employers",
    "collectiveAgreements",
    "insuranceEnrolments",
    "disputeCases",
    "divisions",
)
DEPTH = 3
TOGETHER = 8
"""Operations that run at the same time: all connections of the pool have statements prepared."""

POPULAR = "query Popular { organizations(first: 3) { nodes { name members(first: 2) { totalCount nodes { name } } } } }"
"""What a client sends again and again, after every eight others."""


def documents(count: int, seed: int) -> Iterator[str]:
    """Different documents of the size that pages and reports have: a list, with lists and records below it."""
    chance = random.Random(seed)
    known: set[str] = set()
    query = schema._schema.query_type
    assert query is not None
    while len(known) < count:
        root = chance.choice(ROOTS)
        text = f"query Q{len(known)} {{ {_field(root, query.fields[root], DEPTH, chance)} }}"
        if text not in known:
            known.add(text)
            yield text


def _field(name: str, field: GraphQLField, depth: int, chance: random.Random) -> str:
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return name
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    if "nodes" in kind.fields:
        count = chance.choice(["totalCount ", ""])
        node = get_named_type(kind.fields["nodes"].type)
        assert isinstance(node, GraphQLObjectType | GraphQLInterfaceType)
        return f"{name}(first: {chance.randint(1, 2)}) {{ {count}nodes {{ {_selection(node, depth - 1, chance)} }} }}"
    return f"{name} {{ {_selection(kind, depth - 1, chance)} }}"


def _selection(kind: GraphQLObjectType | GraphQLInterfaceType, depth: int, chance: random.Random) -> str:
    free = {
        name: field
        for name, field in kind.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    }
    leaves = [name for name, field in free.items() if is_leaf_type(get_named_type(field.type))]
    others = [
        name
        for name, field in free.items()
        if isinstance(get_named_type(field.type), GraphQLObjectType) and not is_list_type(field.type)
    ]
    chosen = chance.sample(leaves, min(len(leaves), chance.randint(2, 6)))
    below = chance.sample(others, min(len(others), chance.randint(0, 2))) if depth > 0 else []
    return " ".join([*chosen, *(_field(name, free[name], depth, chance) for name in below)])


def batched(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    """Lists of so many texts."""
    while batch := list(islice(texts, size)):
        yield batch


def memory(database: Database, count: int, console: Console) -> None:
    """Print what the process takes at rest, and after so many different operations."""
    asyncio.run(_memory(database, count, console))


async def _memory(database: Database, count: int, console: Console) -> None:
    settings = Settings()
    pool = await create_pool(database.url, size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms)
    engine = Engine(schema._schema, registry, pool, max_objects=settings.max_objects)
    kept = Documents(schema._schema, limits_of(settings))
    spare_the_collector()
    process = psutil.Process()

    async def answer(text: str) -> None:
        document = kept.get(text)
        if isinstance(document, Accepted):
            await engine.execute(document.document, None, {}, caller=CALLER)

    def row(done: int, seconds: float, popular: float) -> None:
        gc.collect()
        figures = kept.statistics(), engine.statistics()
        console.print(
            f"{done:>8,} operations: {process.memory_info().rss / 2**20:4.0f} MB; {figures[0]['kept']:,} documents and "
            f"{figures[1]['kept']:,} plans kept; {1000 * seconds / max(done, 1):.1f} ms each; popular one found {popular:.0%}"
        )

    row(0, 0.0, 0.0)
    began, asked, hits = perf_counter(), 0, 0
    for number, texts in enumerate(batched(documents(count, 1), TOGETHER), 1):
        await asyncio.gather(*map(answer, texts))
        done = number * TOGETHER
        before = kept.statistics()["misses"]
        await answer(POPULAR)
        asked, hits = asked + 1, hits + (kept.statistics()["misses"] == before)
        if done % (count // 5) < TOGETHER:
            row(done, perf_counter() - began, hits / asked)
    await pool.close()
