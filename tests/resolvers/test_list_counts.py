"""``totalCount`` from roll-ups is the number of rows (docs/adr/0049): of every list that declares it, for every caller, under the
filters that roll-ups can answer, on any day, in both hierarchies, between writes and folds."""

import itertools
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLObjectType

from db.rollups.layout import FACTS
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller
from resolvers.engine.declare.sources import Many
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel, snake
from schema import registry, schema
from tests.conftest import run
from tests.db.test_rollups import write
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of
from tests.resolvers.random_operations import Code, literal
from tests.slow import sampled

CORE = schema._schema
LISTS = {
    f"{type_.name}.{shown}": (type_.name, shown, many)
    for type_ in CORE.type_map.values()
    if isinstance(type_, GraphQLObjectType)
    for shown in type_.fields
    for many in [
        registry.roots.get(snake(shown))
        if type_.name == "Query"
        else type_.name in registry.sources and registry.sources[type_.name].fields.get(snake(shown))
    ]
    if isinstance(many, Many) and many.counted_by is not None
}
"""By place: the lists that name a statistic which counts the same rows."""

DAYS = ("2016-05-09", "2021-12-31", "2025-03-01", "2026-09-01", "2027-06-30", "1850-01-01", "9999-12-31")
VALUES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "worker_type": (
        {"eq": Code("EMPLOYEE")},
        {"in": [Code("COURIER"), Code("FOOD_DELIVERY")]},
        {"ne": Code("EMPLOYEE")},
    ),
    "sex": ({"eq": Code("FEMALE")}, {"notIn": [Code("FEMALE")]}),
    "is_migrant_worker": ({"eq": True},),
    "is_model_worker": ({"eq": False},),
    "channel": ({"eq": Code("QR")}, {"in": [Code("APP"), Code("PAPER")]}),
    "status": ({"eq": Code("ACTIVE")}, {"ne": Code("ACTIVE")}),
    "entry": ({"eq": Code("FIRST")}, {"in": [Code("RETURNED"), Code("TRANSFERRED_IN")]}),
    "exit": ({"isNull": True}, {"eq": Code("LEFT")}),
    "scheme": ({"eq": Code("STANDARD_WORK_INJURY")}, {"ne": Code("STANDARD_WORK_INJURY")}),
    "cohort": ({"eq": 1}, {"isNull": True}, {"gte": 2}),
    "level": ({"eq": Code("GRASSROOTS")}, {"in": [Code("COUNTY"), Code("CITY")]}),
    "form": ({"eq": Code("INDEPENDENT")}, {"isNull": False}),
    "industry": ({"startsWith": "G"}, {"eq": "G60"}, {"isNull": True}),
}
"""Conditions on each dimension."""


def filters(many: Many) -> tuple[list[str], list[str]]:
    """A filter by each dimension of the roll-ups that the list's rows or the rows beside them have, and by pairs of dimensions."""
    assert many.counted_by is not None
    rollup = registry.statistics[many.counted_by].rollup
    assert rollup is not None
    fact, source = FACTS[rollup.table], registry.sources[many.target]
    found: list[dict[str, Any]] = []
    for name in fact.names:
        for value in VALUES[name]:
            home, condition = fact.home(name), {camel(name): value}
            if home == source.table.name:
                found.append(condition)
            elif source.table.name == fact.table:
                found.append({home: condition})
    pairs = [{"and": [one, other]} for one, other in itertools.combinations(found, 2)]
    return [literal(each) for each in found], [literal(each) for each in pairs]


def operation(anchor: str | None, chance: random.Random, *, some: int) -> str:
    """The counts of each list below a union, or everywhere: without a filter, as of a day, of the union alone, in the other hierarchy, and
    under so many filters at random."""
    roots, nested = [], []
    for type_, shown, many in LISTS.values():
        if anchor is None and type_ != "Query":
            continue
        every = [each for group in filters(many) for each in group]
        variants: list[dict[str, str]] = [{}, {"asOf": f'"{chance.choice(DAYS)}"'}]
        variants += [{"filter": each} for each in chance.sample(every, some)]
        variants += [{"asOf": f'"{chance.choice(DAYS)}"', "filter": chance.choice(every)}]
        if anchor is None:
            variants.append({"filter": f"{{or: [{chance.choice(every)}, {chance.choice(every)}]}}"})
        elif type_ != "Query":
            variants += [{"scope": "SELF"}, {"hierarchy": "INDUSTRIAL", "filter": chance.choice(every)}]
        fields = roots if type_ == "Query" else nested
        for given in variants:
            within = {"within": f'"{anchor}"'} if type_ == "Query" and anchor is not None else {}
            arguments = ", ".join(f"{name}: {value}" for name, value in {**within, **given}.items())
            alias = f"c{len(roots)}_{len(nested)}"
            fields.append(f"{alias}: {shown}{f'({arguments})' if arguments else ''} {{ totalCount }}")
    if nested:
        roots.append(f'organization(id: "{anchor}") {{ {" ".join(nested)} }}')
    return f"{{ {' '.join(roots)} }}"


async def unions(pool: asyncpg.Pool) -> list[str]:
    """Unions of every level and of both hierarchies, those with the most members first, one that has moved and one that is dissolved."""
    rows = await pool.fetch(
        "(SELECT ancestor_id AS id FROM territorial_closure c JOIN membership m ON m.organization_id = descendant_id"
        " GROUP BY 1 ORDER BY count(*) DESC LIMIT 12)"
        " UNION (SELECT ancestor_id FROM industrial_closure c JOIN membership m ON m.organization_id = descendant_id"
        " WHERE depth > 0 GROUP BY 1 ORDER BY count(*) DESC LIMIT 3)"
        " UNION (SELECT id FROM organization WHERE dissolved_on IS NOT NULL ORDER BY id LIMIT 1) ORDER BY id"
    )
    return [global_ids.encode("org", row["id"]) for row in rows]


DISTURBED = (
    """CREATE TEMP TABLE gone ON COMMIT DROP AS
    SELECT m.organization_id AS id, (date_trunc('month', now()) - interval '1 month')::date AS day FROM membership m
    JOIN organization o ON o.id = m.organization_id WHERE o.level = 'GRASSROOTS' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 25 OFFSET 5""",
    "UPDATE organization_link SET valid_to = day FROM gone WHERE child_id = gone.id AND valid_to IS NULL AND valid_from < day",
    "UPDATE organization o SET status = 'DISSOLVED', dissolved_on = day FROM gone WHERE o.id = gone.id",
    "UPDATE membership SET valid_to = '2099-01-01' WHERE member_id % 31 = 3 AND valid_to IS NULL AND valid_from IS NOT NULL",
    "UPDATE membership SET valid_from = '2099-01-01' WHERE member_id % 37 = 5 AND valid_to IS NULL AND valid_from IS NOT NULL",
)
"""What lists and roll-ups see otherwise: dissolved unions that keep their members, memberships that will begin or end."""


async def disturb(url: str) -> None:
    """Write at random, moves of unions among it, and what lists and roll-ups see otherwise."""
    await write(url, 11, 150)
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        for statement in DISTURBED:
            await connection.execute(statement)
    await connection.close()


@pytest.fixture(scope="module")
def url(kept_database: Any, template: str) -> str:
    """A database in which something has been written since the roll-ups were built."""
    made: str = kept_database(template)
    run(disturb(made))
    return made


@dataclass
class Clients:
    """The same database by roll-ups and by rows, and its callers."""

    rolled: EngineClient
    rows: EngineClient
    callers: Mapping[str, Caller]
    owner: asyncpg.Pool

    async def faults(self, text: str, name: str) -> list[str]:
        """How the two ways differ, field by field."""
        found = await self.rolled.response(text, caller=self.callers[name])
        expected = await self.rows.response(text, caller=self.callers[name])
        if found == expected:
            return []
        one, other = (parts.get("data") or parts for parts in (found, expected))
        inner, outer = ({**each, **(each.get("organization") or {})} for each in (one, other))
        return [
            f"{name}: {text[text.index(f'{key}:') :][:300]}: {inner.get(key)} is {outer[key]}"
            for key in outer
            if key != "organization" and inner.get(key) != outer[key]
        ] or [f"{name}: {found} is {expected}"]


@pytest.fixture(scope="module")
async def clients(url: str) -> AsyncIterator[Clients]:
    pool, owner = await create_pool(url, role=READER, size=1), await create_pool(url, size=1)
    yield Clients(EngineClient(pool), EngineClient(pool, rollups=False), await callers_of(owner), owner)
    await pool.close()
    await owner.close()


COUNTING = {"national", "province", "city", "industry", "several", "grassroots"}
"""Callers who may have a place counted as a whole."""
WIDE = ("national", "province")
NAMES = (*WIDE, "city", "industry", "several", "grassroots", "social_security", "member")


@pytest.mark.parametrize("name", sampled(NAMES, ["province"]))
async def test_a_count_from_rollups_is_the_number_of_rows(clients: Clients, name: str) -> None:
    chance = random.Random(f"counts {name}")
    found: list[str] = []
    anchors = await unions(clients.owner)
    clients.rolled.watched.statements.clear()
    for anchor in [None, anchors[0], *chance.sample(anchors[1:], 3 if name in WIDE else 1)]:
        found += await clients.faults(operation(anchor, chance, some=2 if name in WIDE else 1), name)
    assert clients.rolled.reads_rollups is (name in COUNTING)
    assert not found, f"{len(found)} faults:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("part", sampled(range(10), [0]))
async def test_each_filter_by_dimensions_is_counted_from_rollups(clients: Clients, part: int) -> None:
    nation = (await unions(clients.owner))[0]
    for _, shown, many in (each for each in LISTS.values() if each[0] == "Query"):
        single, pairs = filters(many)
        chosen = [*(single if part == 0 else []), *pairs[part::10]]
        fields = [
            f'c{place}: {shown}(within: "{nation}", filter: {each}) {{ totalCount }}'
            for place, each in enumerate(chosen)
        ]
        clients.rolled.watched.statements.clear()
        found = await clients.faults(f"{{ {' '.join(fields)} }}", "national")
        assert not found, "\n".join(found)
        assert all("rollup." in each for each in clients.rolled.watched.statements)


async def test_a_count_is_as_long_as_its_list(clients: Clients) -> None:
    for anchor in (await unions(clients.owner))[3:4]:
        for shown in {shown for _, shown, _ in LISTS.values()}:
            for given in ("", ', asOf: "2024-02-29"'):
                text = f'query ($after: String) {{ {shown}(within: "{anchor}", first: 200, after: $after{given}) {{ totalCount nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}'  # fmt: skip  # noqa: E501
                after, length, more = None, 0, True
                while more:
                    page = (await clients.rolled.data(text, {"after": after}))[shown]
                    length, after, more = (
                        length + len(page["nodes"]),
                        page["pageInfo"]["endCursor"],
                        page["pageInfo"]["hasNextPage"],
                    )
                assert page["totalCount"] == length, (text, anchor)


async def test_a_count_is_right_after_folding_and_after_the_next_write(clients: Clients) -> None:
    nation, chance = (await unions(clients.owner))[0], random.Random("folds")
    text = operation(nation, chance, some=2)
    for statement in ("SELECT rollup.fold()", "UPDATE membership SET channel = 'PAPER' WHERE id % 7 = 0"):
        await clients.owner.execute(statement)
        assert (
            await clients.owner.fetchval("SELECT count(*) FROM rollup.membership_change") == 0 or "UPDATE" in statement
        )
        assert await clients.faults(text, "national") == []
