"""Memory of a hub whose caches are full: it answers many different operations, each once, and one that clients send again and again."""

import json
import random
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

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
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from bench.database import Database, settings_of
from bench.load import Load, put
from bench.servers import Server, ServerError, hub
from hub.authentication.demonstration_tokens import token_of
from schema import schema

PERSONAS = ("national", "zhejiang", "chongqing-posts", "analyst")
"""Who asks, in turn: their lenses differ, and so the plans of the same document; the last one has aggregates only."""

MEGABYTE = 2**20
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
CONNECTIONS = 8
"""Operations that run at the same time: all connections of the pool have statements prepared."""

BATCH = 100
"""Different operations, after which the popular one is sent."""

STATISTICS = 0.1
"""The part of the operations that are statistics, whose statements are the longest."""

DIMENSIONS = ("WORKER_TYPE", "SEX", "CHANNEL", "INDUSTRY", "FORM", "LEVEL", "CHILD_DIVISION")
TIMES = ("YEAR", "QUARTER", "MONTH")
"""Of these a statistic takes one."""

POPULAR = "query Popular { organizations(first: 3) { nodes { name members(first: 2) { totalCount nodes { name } } } } }"
"""What a client sends again and again, after every hundred others."""


def documents(count: int, seed: int) -> Iterator[str]:
    """Different documents of the size that pages and reports have: a list, with lists and records below it."""
    chance = random.Random(seed)
    known: set[str] = set()
    query = schema._schema.query_type
    assert query is not None
    while len(known) < count:
        root = chance.choice(ROOTS)
        field = statistic(chance) if chance.random() < STATISTICS else _field(root, query.fields[root], DEPTH, chance)
        text = f"query Q{len(known)} {{ {field} }}"
        if text not in known:
            known.add(text)
            yield text


def statistic(chance: random.Random) -> str:
    """A statistic of memberships over a year, in groups by one to three dimensions."""
    by = ", ".join([*chance.sample(DIMENSIONS, chance.randint(1, 2)), *chance.sample(TIMES, chance.randint(0, 1))])
    year = chance.randint(2015, 2024)
    return (
        f'statistics(kind: MEMBERSHIPS, groupBy: [{by}], from: "{year}-01-01", until: "{year + 1}-01-01")'
        " { total { records persons } groups { keys { value label } records } }"
    )


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


@dataclass(frozen=True, slots=True)
class Seen:
    """A hub's memory and caches at one moment, in bytes."""

    resident: int
    documents: int
    plans: int
    document_bytes: int
    plan_bytes: int
    misses: int
    """Documents that were not in the cache."""

    @property
    def weights(self) -> int:
        """What the caches weigh, as they estimate it."""
        return self.document_bytes + self.plan_bytes


def memory(database: Database, count: int, most: float, console: Console) -> bool:
    """Print what a hub takes at rest and while it answers ``count`` different operations; whether it stays within ``most`` megabytes."""
    token = secrets.token_urlsafe(32)
    settings = {"UNIONHUB_METRICS_TOKEN": token, "UNIONHUB_ANALYST_CELLS": "0", "UNIONHUB_PUBLIC_CELLS": "0"}
    table = Table("operations", "RSS, MB", "documents", "plans", "weights, MB", "growth, MB", "popular found")
    with hub(database, more=settings) as server:
        headers = [{"Authorization": f"Bearer {token_of(settings_of(database), name)}"} for name in PERSONAS]
        texts = documents(count, seed=1)
        asked = found = done = failed = 0
        rest = after = seen(server, token)
        table.add_row("0", *figures_of(rest, rest), "")
        while batch := list(islice(texts, BATCH)):
            bodies = [json.dumps({"query": text}) for text in batch]
            load = Load(server.port, bodies, headers[asked % len(headers)], CONNECTIONS, 600.0, len(bodies))
            figures = put(load)
            done, failed = done + figures.requests, failed + figures.errors
            before = seen(server, token)
            server.data(json.dumps({"query": POPULAR}))
            after = seen(server, token)
            asked, found = asked + 1, found + (before.misses == after.misses)
            if done % max(BATCH, count // 10) < BATCH:
                row = f"{found / asked:.0%}"
                table.add_row(f"{done:,}", *figures_of(after, rest), row)
                console.print(f"{done:,} operations: {after.resident / MEGABYTE:.0f} MB", style="dim")
    console.print(table)
    console.print(f"{failed:,} of {done:,} operations were not answered with status 200.")
    return after.resident <= most * MEGABYTE


def figures_of(now: Seen, rest: Seen) -> list[str]:
    """The cells of a row: memory, what is kept, its weight, and by how much the memory has grown since the start."""
    grown = now.resident - rest.resident
    return [
        f"{now.resident / MEGABYTE:.0f}",
        f"{now.documents:,}",
        f"{now.plans:,}",
        f"{now.weights / MEGABYTE:.0f}",
        f"{grown / MEGABYTE:.0f}",
    ]


def seen(server: Server, token: str) -> Seen:
    """What the hub's metrics say.

    Raises:
        ServerError: they lack a figure.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    values = {
        sample.name: int(sample.value)
        for family in families
        for sample in family.samples
        if not sample.labels and sample.value == sample.value
    }
    try:
        return Seen(
            psutil.Process(server.pid).memory_info().rss,
            values["unionhub_document_cache_kept"],
            values["unionhub_plan_cache_kept"],
            values["unionhub_document_cache_bytes"],
            values["unionhub_plan_cache_bytes"],
            values["unionhub_document_cache_misses_total"],
        )
    except KeyError as error:
        raise ServerError(f"the hub has no metric {error}") from error
