"""Over random operations for random callers: what comes is within what plain SQL says of them; and all of that can be reached."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLObjectType, get_named_type

from db.access import Role
from db.clock import today
from db.organizations import Hierarchy
from resolvers.access.callers import PUBLIC, Caller, Grant, Lens
from resolvers.engine.request import global_ids
from schema import registry, schema
from tests.access import query_writer
from tests.access.comparison import key_of
from tests.access.fixtures import AccessFixtures
from tests.access.policy_reference import PolicyReference
from tests.access.policy_table import PolicyTable
from tests.access.test_matrix import TABLES
from tests.resolvers.engine_client import EngineClient as Hub
from tests.resolvers.random_operations import Known, OperationWriter
from tests.slow import sampled

SEEDS, CALLERS, OPERATIONS = 10, 6, 25
SAMPLE = range(1)
"""Seeds that ``make test`` runs, behind the first wall and behind both."""
SOME = {
    "union": "SELECT id FROM organization WHERE status = 'NORMAL' AND level <> 'GRASSROOTS' ORDER BY hashint8(id) LIMIT 60",
    "member union": "SELECT organization_id FROM membership GROUP BY 1 ORDER BY hashint8(organization_id) LIMIT 40",
    "province": "SELECT id FROM organization WHERE status = 'NORMAL' AND level IN ('PROVINCIAL', 'CITY') ORDER BY id LIMIT 60",
    "industry": "SELECT DISTINCT ancestor_id FROM industrial_closure WHERE depth > 0 ORDER BY 1 LIMIT 40",
    "division": "SELECT DISTINCT ancestor_id FROM division_closure c JOIN employer e ON e.division_id = c.descendant_id"
    " ORDER BY 1 LIMIT 60",
    "case": "SELECT id FROM dispute_case ORDER BY id",
    "member": "SELECT DISTINCT member_id FROM dispute_party WHERE member_id IS NOT NULL ORDER BY 1",
}
"""Where random grants are taken from."""


@pytest.fixture(scope="session")
async def some(owner: asyncpg.Pool, fixtures: AccessFixtures) -> dict[str, list[int]]:
    """Keys that random grants are taken from."""
    return {name: [row[0] for row in await owner.fetch(sql)] for name, sql in SOME.items()}


class Operations(OperationWriter):
    """Random operations that ask for the ID of every row, and for pages that show something."""

    def selection(self, type_: GraphQLObjectType, depth: int, count: int | None = None) -> str:
        text = super().selection(type_, depth, count)
        return f"{text[:-1]}id{self.chance.randint(0, 10**9)}: id }}" if type_.name in registry.sources else text

    def scalar(self, kind: str, name: str, target: str | None) -> Any:
        return self.chance.randint(1, 12) if name == "size" else super().scalar(kind, name, target)


@pytest.fixture(scope="session")
async def known(owner: asyncpg.Pool, fixtures: AccessFixtures) -> Known:
    """IDs of some rows of every type, and of one that is not there."""
    found = {}
    for name, source in registry.sources.items():
        rows = await owner.fetch(f"SELECT id FROM {source.table.name} ORDER BY hashint8(id + 7) LIMIT 40")
        keys = [*(row["id"] for row in rows), *fixtures.keys(name), 2**40]
        found[name] = [global_ids.encode(source.prefix, key) for key in keys]
    return Known(found)


def somebody(chance: random.Random, some: dict[str, list[int]]) -> Caller:
    """A caller with one to three grants of any roles over any scopes."""
    grants, cases, member = [], (), None
    for role in chance.choices(list(Role), k=chance.choice((1, 1, 1, 2, 3))):
        match role:
            case Role.FEDERATION:
                key = chance.choice(some[chance.choice(("union", "province"))])
                grants.append(Grant(role, organization_id=key, hierarchy=Hierarchy.TERRITORIAL))
            case Role.GRASSROOTS_UNION:
                key = chance.choice(some["member union"])
                grants.append(Grant(role, organization_id=key, hierarchy=Hierarchy.TERRITORIAL))
            case Role.INDUSTRY_UNION:
                grants.append(
                    Grant(role, organization_id=chance.choice(some["industry"]), hierarchy=Hierarchy.INDUSTRIAL)
                )
            case Role.HR_BUREAU | Role.SOCIAL_SECURITY_AGENCY | Role.EMPLOYERS_BODY:
                grants.append(Grant(role, division_id=chance.choice(some["division"])))
            case Role.CASE_WORKER | Role.TRIBUNAL:
                grants.append(Grant(role))
                cases = tuple(sorted(chance.sample(some["case"], k=chance.randint(1, 4))))
            case Role.WORKER:
                grants.append(Grant(role))
                member = chance.choice(some["member"])
            case Role.ANALYST:
                grants.append(Grant(role))
    return Caller("somebody", 1, tuple(grants), member, cases)


async def nearby(reference: PolicyReference, known: Known, chance: random.Random) -> Known:
    """IDs of rows that a caller sees, where there are any, beside as many others."""
    found = {}
    for name, others in known.ids.items():
        prefix = registry.sources[name].prefix
        visible = sorted(await reference.rows(name)) if name in reference.policy.types else []
        seen = [global_ids.encode(prefix, key) for key in chance.sample(visible, k=min(len(visible), 20))]
        found[name] = [*seen, *chance.sample(others, k=min(len(others), max(len(seen), 1)))]
    return Known(found)


def rows_and_counts(type_: GraphQLObjectType, value: Any) -> Iterator[tuple[str, str | int | None]]:
    """All IDs in an answer with their types, and all counts with the types that they count."""
    if isinstance(value, list):
        for item in value:
            yield from rows_and_counts(type_, item)
        return
    if value is None:
        return
    if not isinstance(type_, GraphQLObjectType):
        type_ = schema._schema.type_map[value["__typename"]]
    for alias, below in value.items():
        name = "id" if alias == "fragmentId" else alias.rstrip("0123456789")
        if name in ("typename", "__typename"):
            continue
        found = get_named_type(type_.fields[name].type)
        if name == "id" and type_.name in registry.sources:
            yield type_.name, below
        elif name == "totalCount":
            yield get_named_type(type_.fields["nodes"].type).name, below
        elif hasattr(found, "fields") or hasattr(found, "types"):
            yield from rows_and_counts(found, below)


@pytest.mark.parametrize("seed", sampled(range(SEEDS), SAMPLE))
async def test_no_operation_brings_or_counts_a_row_that_the_reference_does_not_allow(
    hub: Hub,
    owner: asyncpg.Pool,
    policy: PolicyTable,
    fixtures: AccessFixtures,
    known: Known,
    some: dict[str, list[int]],
    seed: int,
) -> None:
    """Rows of an answer, at any depth, are among those of the caller; counts are no larger; an analyst has no row at all."""
    chance = random.Random(f"sight {seed}")
    rows = counts = 0
    persona = chance.choice(sorted(fixtures.callers))
    for caller in (fixtures.callers[persona], PUBLIC, *(somebody(chance, some) for _ in range(CALLERS - 2))):
        reference = PolicyReference(owner, policy, TABLES, caller, today())
        near = await nearby(reference, known, chance)
        for _ in range(OPERATIONS):
            operation = Operations(schema._schema, near, chance).write()
            response = await hub.response(operation.text, operation.variables, caller=caller)
            query = schema._schema.query_type
            assert query is not None
            for typename, told in rows_and_counts(query, response.get("data")):
                if typename not in policy.types:
                    continue  # the test of the policy table says so
                allowed = await reference.rows(typename)
                if isinstance(told, str):
                    assert key_of(told) in allowed, (caller, told, operation)
                    assert caller.shape != (Lens.AGGREGATES,) or policy.types[typename].open, (told, operation)
                else:
                    assert caller.shape != (Lens.AGGREGATES,) or policy.types[typename].open, (told, operation)
                    assert told is not None, operation
                    assert int(told) <= len(allowed), (caller, typename, told, operation)
                rows, counts = rows + isinstance(told, str), counts + isinstance(told, int)
    assert rows > 10
    assert counts > 10
    print(f"{rows} rows, {counts} counts")


LATER = {
    "members": "SELECT id FROM member m WHERE EXISTS (SELECT FROM membership s WHERE s.member_id = m.id"
    " AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1))",
}
"""Lists that are of a day: what they have on it at least."""


@pytest.mark.parametrize("seed", sampled(range(8), range(4)))
async def test_every_row_that_the_reference_allows_is_reached_by_the_lists(
    hub: Hub,
    owner: asyncpg.Pool,
    policy: PolicyTable,
    fixtures: AccessFixtures,
    some: dict[str, list[int]],
    seed: int,
) -> None:
    """The lists at the root, page by page, have all rows that the caller may see, and are counted as such."""
    chance = random.Random(f"reach {seed}")
    personas = sorted(set(fixtures.callers) - {"national", "public", "analyst"})
    writer = query_writer.QueryWriter(schema._schema, policy)
    for caller in (fixtures.callers[personas[seed % len(personas)]], somebody(chance, some)):
        reference = PolicyReference(owner, policy, TABLES, caller, today())
        if caller.shape == (Lens.AGGREGATES,):
            continue
        for each in writer.lists:
            if not each.root or policy.types[each.target].open:
                continue
            found, count = await paged(hub, each.field, caller, each.ever)
            allowed = await reference.rows(each.target)
            least = allowed
            if each.field in LATER:
                least = {row[0] for row in await owner.fetch(LATER[each.field], today())} & allowed
            assert least <= set(found) <= allowed, (caller, each.field)
            assert len(found) == len(set(found))
            assert count == len(found), (caller, each.field)


async def paged(hub: Hub, field: str, caller: Caller, ever: str) -> tuple[Sequence[int], int | None]:
    """The keys of all rows of a list, page by page, and its count."""
    text = (
        f"query($after: String) {{ {field}(first: {query_writer.MANY}, after: $after{ever})"
        " { totalCount pageInfo { hasNextPage endCursor } nodes { id } } }"
    )
    keys: list[int] = []
    after = None
    while True:
        response = await hub.response(text, {"after": after}, caller=caller)
        page = response["data"][field]
        keys += [key_of(node["id"]) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return keys, page["totalCount"]
        after = page["pageInfo"]["endCursor"]
